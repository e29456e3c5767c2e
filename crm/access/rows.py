"""Which rows are there for whom: the statement is the permission, and not yours looks exactly like not there."""

from enum import Enum, auto
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, false, or_, select, true
from sqlalchemy.orm import Session

from config.vocabulary import ShareAccess
from crm.access.actors import Actor, Reach
from crm.errors import NotAllowed, NotFound
from models.base import HeldIn, bare
from models.customers import Customer
from models.deals import Deal
from models.links import ExternalContact, ExternalFollow
from models.people import Person
from models.sharing import CustomerShare

NOT_THERE = "没有找到这个客户，或者不在您名下。发 /客户 看看您的客户，也可以 /查重 后问问主管"
ONLY_READ = "「{}」是共享给您看的，不能改动。要一起跟进，请联系负责人 {}，把共享改成「一起跟进」"
NOT_TO_DECIDE = "「{}」由 {} 负责，只有负责人、他的主管和销售运营能这样做。需要的话请联系他们"
NO_CONTACT = "没有找到这位联系人，或者他不是您的好友"

ME: BindParameter[int] = bindparam("me")
TEAMS: BindParameter[int] = bindparam("teams", expanding=True)
AT: BindParameter[Any] = bindparam("at", type_=CustomerShare.until.type)

_MERGED = select(bare(Customer).c.id, bare(Customer).c.merged_into_id)


class To(Enum):
    """What somebody wants of a customer: to look at its file, to write into it, or to decide whose it is."""

    READ = auto()
    WRITE = auto()
    DECIDE = auto()  # give, take back, share: for its holder and those above him, whatever was shared with others


READ, WRITE, DECIDE = To.READ, To.WRITE, To.DECIDE


def sees_customer(actor: Actor, to: To = READ) -> ColumnElement[bool]:
    """The condition that makes a customer visible to this actor (or, with `WRITE`, his to work on)."""
    return customer_in(actor.reach, actor.person_id, actor.team_ids, actor.at, to=to)


def customer_in(reach: Reach, me: Any = ME, teams: Any = TEAMS, at: Any = AT, *, to: To = READ) -> ColumnElement[bool]:
    """The rule itself: for one actor's values, or for a statement built once and run with `within(actor)`."""
    if reach is Reach.ALL:
        return true()
    shared = false() if to is DECIDE else HeldIn(Customer.id, shared_with(me, at, to).scalar_subquery())
    if reach is Reach.NOTHING:
        return shared
    mine: ColumnElement[bool] = Customer.owner_id == me
    if reach is Reach.OWN:
        return or_(mine, shared)
    people = select(Person.id).where(Person.team_id.in_(teams))
    return or_(mine, HeldIn(Customer.owner_id, people.scalar_subquery()), Customer.queue_team_id.in_(teams), shared)


def shared_with(me: Any, at: Any, to: To) -> Select[int]:
    """Customers of others that were shared with him: a share that was ended or has run out is none."""
    live = (CustomerShare.person_id == me, CustomerShare.ended_at.is_(None), CustomerShare.until > at)
    shared = select(CustomerShare.customer_id).where(*live)
    return shared if to is READ else shared.where(CustomerShare.access == ShareAccess.TOGETHER)


def customer_there(reach: Reach, by_id: bool, to: To) -> ColumnElement[bool]:
    """One customer by its id, inside or from outside, if whoever runs the statement (`within` his reach) may see it."""
    wanted = (Customer.id if by_id else Customer.public_id) == bindparam("id")
    return and_(Customer.merged_into_id.is_(None), customer_in(reach, to=to), wanted)


def within(actor: Actor) -> dict[str, Any]:
    """The values of `ME`, `TEAMS` and `AT` in a statement built once."""
    return {"me": actor.person_id, "teams": list(actor.team_ids), "at": actor.at}


def customers_for(actor: Actor, to: To = READ) -> Select[Customer]:
    """Customers this actor may see, as a query to build on. Merged ones are gone for everybody."""
    return select(Customer).where(Customer.merged_into_id.is_(None), sees_customer(actor, to))


def get_customer(s: Session, actor: Actor, customer_id: int | str, *, to: To = WRITE, lock: bool = False) -> Customer:
    """One customer by id (inside) or public id (from outside); not yours is not there.

    Whoever may only look at it and wants to write is told so by name: that it is there he knows already. What forgets
    to say that it only looks (`to=READ`) is too strict, never too lax.

    The id of one that was merged leads to what it is part of now: old cards, links and phones go on working.
    """
    query = _one_customer(actor.reach, isinstance(customer_id, int), to, lock)
    found = s.scalar(query, {**within(actor), "id": customer_id})
    if found is not None:
        return found
    winner_id = merged_into(s, customer_id)
    if winner_id is not None:
        return get_customer(s, actor, winner_id, to=to, lock=lock)
    raise not_there(s, actor, customer_id, to)


def merged_into(s: Session, customer_id: int | str) -> int | None:
    """What a merged customer went into; None for one that was not merged, was taken back, or never was there."""
    wanted = bare(Customer).c.id if isinstance(customer_id, int) else bare(Customer).c.public_id
    row = s.execute(_MERGED.where(wanted == customer_id)).one_or_none()
    return None if row is None or row.merged_into_id == row.id else row.merged_into_id


def not_there(s: Session, actor: Actor, customer_id: int | str, to: To) -> NotFound | NotAllowed:
    """Why a customer is not his to look at, or to write to."""
    seen = None
    if to is not READ:
        by_id = isinstance(customer_id, int)
        seen = s.scalar(_one_customer(actor.reach, by_id, READ, False), {**within(actor), "id": customer_id})
    if seen is None:
        return NotFound(NOT_THERE)
    owner = s.scalar(select(Person.name).where(Person.id == seen.owner_id)) or "或主管"
    return NotAllowed((ONLY_READ if to is WRITE else NOT_TO_DECIDE).format(seen.name, owner))


@cache
def _one_customer(reach: Reach, by_id: bool, to: To, lock: bool) -> Select[Customer]:
    """Built once for each way of asking: drawing up the statement costs as much as running it."""
    query = select(Customer).where(customer_there(reach, by_id, to))
    return query.with_for_update() if lock else query


def deals_for(actor: Actor, to: To = READ) -> Select[Deal]:
    """Deals of the customers this actor may see, or work on."""
    mine = (Customer.merged_into_id.is_(None), sees_customer(actor, to))
    return select(Deal).join(Customer, Customer.id == Deal.customer_id).where(*mine)


def get_contact(s: Session, actor: Actor, contact_id: int | str, *, lock: bool = True) -> ExternalContact:
    """One outside contact, by id or external_userid, whose friend this actor is, or somebody he answers for.

    Locked unless it is only looked at: whoever links it waits for whoever is linking it.
    """
    by_id = isinstance(contact_id, int)
    found = s.scalar(_one_contact(actor.sees_all, by_id, lock), {**within(actor), "id": contact_id})
    if found is None:
        raise NotFound(NO_CONTACT)
    return found


@cache
def _one_contact(everybodys: bool, by_id: bool, lock: bool) -> Select[ExternalContact]:
    """Built once, like `_one_customer`."""
    friends = select(ExternalFollow.external_contact_id).join(Person, Person.id == ExternalFollow.person_id)
    followed = friends.where(ExternalFollow.ended_at.is_(None), _person_in(everybodys, ME, TEAMS))
    named = ExternalContact.id if by_id else ExternalContact.external_userid
    query = select(ExternalContact).where(named == bindparam("id"), ExternalContact.id.in_(followed))
    return query.with_for_update() if lock else query


def sees_person(actor: Actor) -> ColumnElement[bool]:
    """The people whose work this actor may look at: himself, his teams' members, or everybody."""
    return _person_in(actor.sees_all, actor.person_id, actor.team_ids)


def _person_in(everybody: bool, me: Any, teams: Any) -> ColumnElement[bool]:
    return true() if everybody else or_(Person.id == me, Person.team_id.in_(teams))
