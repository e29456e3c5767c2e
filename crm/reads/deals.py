"""Open deals as a person sees them, and one customer's deals."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from config.vocabulary import StageKind
from crm.access import Actor, sees_customer
from models.customers import Customer
from models.deals import Deal, Stage
from models.people import Person


@dataclass(frozen=True, slots=True)
class DealBrief:
    """`amount` in yuan."""

    id: int
    public_id: str
    name: str
    customer: str
    owner: str
    stage: str
    amount: Decimal
    stage_since: datetime


def open_deals(s: Session, actor: Actor, limit: int) -> list[DealBrief]:
    """The open deals of the customers this actor may see, longest on their rung first."""
    rows = _visible(actor).where(Stage.kind == StageKind.OPEN).order_by(Deal.stage_since, Deal.id).limit(limit)
    return _briefs(s, rows)


def open_deal_count(s: Session, actor: Actor) -> int:
    """How many `open_deals` there are without its limit."""
    rows = _visible(actor).where(Stage.kind == StageKind.OPEN).subquery()
    return s.scalar(select(func.count()).select_from(rows)) or 0


def deals_of(s: Session, actor: Actor, customer_id: int) -> list[DealBrief]:
    return _briefs(s, _visible(actor).where(Deal.customer_id == customer_id).order_by(Deal.created_at.desc()))


def _visible(actor: Actor) -> Select[Deal, str, str, str]:
    return (
        select(Deal, Customer.name, Person.name, Stage.label)
        .join(Customer, Customer.id == Deal.customer_id)
        .join(Person, Person.id == Deal.owner_id)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(Customer.merged_into_id.is_(None), sees_customer(actor))
    )


def _briefs(s: Session, query: Select[Deal, str, str, str]) -> list[DealBrief]:
    return [
        DealBrief(d.id, d.public_id, d.name, customer, owner, stage, d.amount, d.stage_since)
        for d, customer, owner, stage in s.execute(query)
    ]
