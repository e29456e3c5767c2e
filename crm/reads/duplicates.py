"""查重与合并 at the desk: two files side by side, merges that can be undone, collisions that wait for a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from config.collisions import CollisionVerdict, said
from config.vocabulary import FieldObject, ShareAccess, TimelineKind
from crm import policy
from crm.access import DECIDE, JUDGES, Actor, get_customer, require, sees_customer, sees_person, sight
from crm.field_store import values_of
from crm.forms import specs
from crm.rules.credit import Cut, joined
from crm.rules.fields import say
from models.collisions import Collision
from models.customers import Contact, Customer
from models.deals import Deal
from models.merges import CustomerMerge
from models.people import Person
from models.sharing import CustomerShare
from models.timeline import TimelineEntry

MOST = 50  # lines of a list that a person works off, not an archive


@dataclass(frozen=True, slots=True)
class Choice:
    """One field in which the two files may differ: what each says, as this actor may see it."""

    key: str
    label: str
    winner: str
    loser: str


@dataclass(frozen=True, slots=True)
class Given:
    """A live share: with whom, how, and his percent of the results."""

    person: str
    access: ShareAccess
    credit_percent: int


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two files, and how much hangs on it."""

    public_id: str
    name: str
    owner: str
    contacts: int
    deals: int
    follow_ups: int
    shares: Sequence[Given]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`differs` needs a choice; `filled` is taken over because the winner says nothing there; `cut` are shares of the
    loser for which not all of their credit is left; `left` percent are the holder's once they are one."""

    winner: Side
    loser: Side
    differs: Sequence[Choice]
    filled: Sequence[Choice]
    cut: Sequence[Cut]
    left: int


def compare(s: Session, actor: Actor, winner_id: str, loser_id: str, now: datetime) -> Comparison:
    """Two customers that this actor may decide about, field by field."""
    winner, loser = (get_customer(s, actor, one, to=DECIDE) for one in (winner_id, loser_id))
    known, eyes = specs(s, FieldObject.CUSTOMER), sight(s, actor, FieldObject.CUSTOMER)
    values = {one.id: values_of(s, known, FieldObject.CUSTOMER, one) for one in (winner, loser)}
    rows = [
        Choice(
            spec.key,
            spec.label,
            *(
                eyes.shown(one.id, one.owner_id, spec.group, say(spec, values[one.id].get(spec.key)))
                for one in (winner, loser)
            ),
        )
        for spec in known
        if spec.key in values[loser.id] and values[loser.id][spec.key] != values[winner.id].get(spec.key)
    ]
    had = values[winner.id]
    kept, coming = (_live_shares(s, one.id, now) for one in (winner, loser))
    credit = _credit(kept, coming, winner.owner_id)
    return Comparison(
        _side(s, winner, kept),
        _side(s, loser, coming),
        differs=[row for row in rows if row.key in had],
        filled=[row for row in rows if row.key not in had],
        cut=[
            Cut(row.id, row.name, row.credit_percent, credit[row.id])
            for row in coming
            if credit.get(row.id, row.credit_percent) < row.credit_percent
        ],
        left=100 - sum(credit.values()),
    )


def _live_shares(s: Session, customer_id: int, now: datetime) -> Sequence[Any]:
    of_it = (CustomerShare.customer_id == customer_id, CustomerShare.ended_at.is_(None), CustomerShare.until > now)
    held = select(Person.id, Person.name, CustomerShare.access, CustomerShare.credit_percent)
    joint = held.join(Person, Person.id == CustomerShare.person_id)
    return s.execute(joint.where(*of_it).order_by(CustomerShare.id)).all()


def _credit(kept: Sequence[Any], coming: Sequence[Any], holder_id: int | None) -> dict[int, int]:
    """What everybody but the holder has once the two are one."""
    own, more = ({row.id: row.credit_percent for row in rows if row.id != holder_id} for rows in (kept, coming))
    return joined(own, more)


def _side(s: Session, customer: Customer, shares: Sequence[Any]) -> Side:
    owner = s.scalar(select(Person.name).where(Person.id == (customer.owner_id or 0)))
    hanging = (
        select(func.count()).where(Contact.customer_id == customer.id, Contact.retired_at.is_(None)),
        select(func.count()).where(Deal.customer_id == customer.id),
        select(func.count()).where(
            TimelineEntry.customer_id == customer.id,
            TimelineEntry.kind == TimelineKind.FOLLOW_UP,
            TimelineEntry.retracted_at.is_(None),
        ),
    )
    contacts, deals, follow_ups = s.execute(select(*(one.scalar_subquery() for one in hanging))).one()
    given = [Given(row.name, ShareAccess(row.access), row.credit_percent) for row in shares]
    return Side(customer.public_id, customer.name, owner or "待分配", contacts, deals, follow_ups, given)


@dataclass(frozen=True, slots=True)
class MergeRow:
    """`undo_until` is None where it cannot be undone any more: too old, or undone."""

    public_id: str
    winner: str
    winner_id: str
    loser: str
    at: datetime
    who: str
    undone_at: datetime | None
    undo_until: datetime | None


def merges(s: Session, actor: Actor, now: datetime) -> list[MergeRow]:
    """The latest merges into customers that this actor may see, newest first."""
    loser, who = aliased(Customer), aliased(Person)
    rows = s.execute(
        select(CustomerMerge, Customer.name, Customer.public_id, loser.name, who.name)
        .join(Customer, Customer.id == CustomerMerge.winner_id)
        .join(loser, loser.id == CustomerMerge.loser_id)
        .join(who, who.id == CustomerMerge.actor_id)
        .where(Customer.merged_into_id.is_(None), sees_customer(actor))
        .order_by(CustomerMerge.id.desc())
        .limit(MOST)
    )
    days = timedelta(days=policy.current(s).merge_undo_days)
    return [
        MergeRow(
            merge.public_id, winner, winner_id, lost, merge.at, name, merge.undone_at,
            merge.at + days if merge.undone_at is None and now <= merge.at + days else None,
        )
        for merge, winner, winner_id, lost, name in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CollisionRow:
    """`verdict` is empty while it waits."""

    public_id: str
    name: str
    holder: str
    asker: str
    reason: str
    opened_at: datetime
    due_at: datetime
    escalated: bool
    verdict: str
    may_differ: bool


def collisions(s: Session, actor: Actor) -> list[CollisionRow]:
    """Those of one's own people on either side: the waiting ones first, then the latest. For the judges of them."""
    require(actor, *JUDGES)
    asker, holder = aliased(Person), aliased(Person)
    mine = select(Person.id).where(sees_person(actor))
    rows = s.execute(
        select(Collision, asker.name, holder.name, Customer.name_key)
        .join(Customer, Customer.id == Collision.customer_id)
        .join(asker, asker.id == Collision.asked_by_id)
        .outerjoin(holder, holder.id == Customer.owner_id)
        .where(or_(Collision.asked_by_id.in_(mine), sees_customer(actor)))
        .order_by(Collision.decided_at.is_not(None), Collision.id.desc())
        .limit(MOST)
    )
    return [
        CollisionRow(
            public_id=one.public_id,
            name=one.name,
            holder=held_by or "待分配",
            asker=asked_by,
            reason=one.reason,
            opened_at=one.opened_at,
            due_at=one.due_at,
            escalated=one.escalated_at is not None,
            verdict=said(CollisionVerdict(one.verdict)) if one.verdict else "",
            may_differ=key != one.name_key,
        )
        for one, asked_by, held_by, key in rows
    ]
