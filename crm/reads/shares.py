"""With whom a customer is shared, with whom it may be, and all shares that somebody answers for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, case, or_, select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import PersonStatus, ShareAccess
from crm.access import DECIDE, READ, Actor, get_customer, sees_customer
from crm.reads.customers import Page
from crm.reads.paging import cut
from crm.rules.days import day_of
from models.customers import Customer
from models.people import Person, Team
from models.sharing import CustomerShare


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A live share; `last_day` is the last on which it is one."""

    public_id: str
    customer_id: str
    customer: str
    holder: str
    person: str
    person_id: int
    team: str
    access: ShareAccess
    last_day: date
    credit_percent: int
    granted_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Shares:
    """`decides`: whether this actor may share it and end what is shared; `left` percent of credit are the holder's."""

    rows: tuple[ShareRow, ...]
    decides: bool
    left: int


@dataclass(frozen=True, slots=True)
class Mate:
    id: int
    name: str
    team: str


_By, _Holder = aliased(Person), aliased(Person)


def shares_of(s: Session, actor: Actor, customer_id: int | str, now: datetime) -> Shares:
    """The live shares of a customer this actor sees: all for who decides about it, else his own."""
    customer = get_customer(s, actor, customer_id, to=READ)
    decides = s.scalar(select(Customer.id).where(Customer.id == customer.id, sees_customer(actor, DECIDE))) is not None
    found = s.execute(_live(now).where(CustomerShare.customer_id == customer.id).order_by(CustomerShare.id))
    rows = tuple(_row(*one) for one in found)
    shown = rows if decides else tuple(row for row in rows if row.person_id == actor.person_id)
    return Shares(shown, decides, 100 - sum(row.credit_percent for row in rows))


def all_shares(s: Session, actor: Actor, now: datetime, page: int, size: int = 50) -> Page[ShareRow]:
    """Every live share of the customers this actor decides about, the soonest to end first."""
    mine = _live(now).where(Customer.merged_into_id.is_(None), sees_customer(actor, DECIDE))
    return cut(s, mine.order_by(CustomerShare.until, CustomerShare.id), page, size, _row)


def mates(s: Session, actor: Actor, customer_id: int | str, words: str = "", limit: int = 1000) -> tuple[Mate, ...]:
    """Colleagues a customer may be shared with, whose name or userid holds `words`: those of one's own team first."""
    customer = get_customer(s, actor, customer_id, to=DECIDE)
    own_team = case((Person.team_id == actor.team_id, 0), else_=1)
    rows = (
        select(Person.id, Person.name, Team.name)
        .join(Team, Team.id == Person.team_id)
        .where(Person.status == PersonStatus.ACTIVE, Person.id != (customer.owner_id or 0))
        .order_by(own_team, Team.path, Person.name, Person.id)
        .limit(limit)
    )
    typed = words.strip()
    if typed:
        key = typed.casefold()
        rows = rows.where(or_(Person.name.contains(typed, autoescape=True), Person.userid_key == key))
    return tuple(Mate(*row) for row in s.execute(rows))


def _live(now: datetime) -> Select[CustomerShare, str, str, str, str, str, str]:
    return (
        select(
            CustomerShare,
            Customer.public_id,
            Customer.name.label("customer"),
            _Holder.name.label("holder"),
            Person.name.label("person"),
            Team.name.label("team"),
            _By.name.label("by"),
        )
        .join(Customer, Customer.id == CustomerShare.customer_id)
        .join(Person, Person.id == CustomerShare.person_id)
        .join(Team, Team.id == Person.team_id)
        .join(_By, _By.id == CustomerShare.granted_by_id)
        .outerjoin(_Holder, _Holder.id == Customer.owner_id)
        .where(CustomerShare.ended_at.is_(None), CustomerShare.until > now)
    )


def _row(
    share: CustomerShare, customer_id: str, customer: str, holder: str | None, person: str, team: str, by: str
) -> ShareRow:
    return ShareRow(
        public_id=share.public_id,
        customer_id=customer_id,
        customer=customer,
        holder=holder or "待分配",
        person=person,
        person_id=share.person_id,
        team=team,
        access=ShareAccess(share.access),
        last_day=day_of(share.until - timedelta(microseconds=1)),
        credit_percent=share.credit_percent,
        granted_by=by,
        at=share.at,
    )
