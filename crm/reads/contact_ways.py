"""The 联系我 codes of the people one may look at, and how many came by each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from config.prospects import LeadInlet
from crm.access import Actor, sees_customer, sees_person
from crm.errors import NotFound
from models.customers import Customer
from models.leads import LeadSource
from models.links import ExternalFollow
from models.mirror import ContactWay
from models.people import Person


@dataclass(frozen=True, slots=True)
class WayRow:
    """`source` or `customer` is what the code says, both empty for a plain one; `came` is how many have scanned it."""

    public_id: str
    name: str
    person: str
    source: str
    customer: str
    came: int
    made_at: datetime
    closed: bool


def contact_ways(s: Session, actor: Actor) -> tuple[WayRow, ...]:
    """Those that WeCom has made, open ones first, the newest first."""
    open_first = (ContactWay.closed_at.is_not(None), ContactWay.id.desc())
    return tuple(_row(*row) for row in s.execute(_ways(actor).order_by(*open_first)))


def contact_way(s: Session, actor: Actor, public_id: str) -> WayRow:
    found = s.execute(_ways(actor).where(ContactWay.public_id == public_id)).one_or_none()
    if found is None:
        raise NotFound("没有找到这个「联系我」，或者它不是您负责的")
    return _row(*found)


def _ways(actor: Actor) -> Select[ContactWay, str, str, str, int]:
    met = (ExternalFollow.state == ContactWay.state, ExternalFollow.person_id == Person.id)
    came = select(func.count()).where(*met).correlate(ContactWay, Person).scalar_subquery()
    seen = and_(Customer.id == ContactWay.customer_id, sees_customer(actor))
    return (
        select(ContactWay, Person.name, LeadSource.name, Customer.name, came)
        .join(Person, Person.id == ContactWay.person_id)
        .outerjoin(LeadSource, LeadSource.id == ContactWay.lead_source_id)
        .outerjoin(Customer, seen)
        .where(ContactWay.config_id != "", sees_person(actor))
    )


def _row(way: ContactWay, person: str, source: str | None, customer: str | None, came: int) -> WayRow:
    closed = way.closed_at is not None
    return WayRow(way.public_id, way.name, person, source or "", customer or "", came, way.made_at, closed)


def sources(s: Session) -> list[tuple[str, str]]:
    """Public id and name of the inlets that a code may name."""
    wanted = (LeadSource.inlet == LeadInlet.WECOM_CONTACT, LeadSource.closed_at.is_(None))
    rows = s.execute(select(LeadSource.public_id, LeadSource.name).where(*wanted).order_by(LeadSource.name))
    return [(row.public_id, row.name) for row in rows]
