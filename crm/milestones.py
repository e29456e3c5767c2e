"""The moments of deals that come near, and those that were missed: for the lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from config.vocabulary import MilestoneKind, StageKind
from models.base import one_of
from models.customers import Customer
from models.deals import Deal, Milestone, Stage


@dataclass(frozen=True, slots=True)
class Coming:
    """One moment of an open deal that is not done."""

    id: int
    public_id: str
    kind: MilestoneKind
    due_at: datetime
    note: str
    deal: str
    customer: str


@dataclass(frozen=True, slots=True)
class Next:
    """The nearest moment of one deal."""

    kind: MilestoneKind
    due_at: datetime


def next_of(s: Session, deal_ids: Sequence[int]) -> dict[int, Next]:
    """By the deal's id; those that were missed and not done come before, and a deal without any is left out."""
    rows = s.execute(
        select(Milestone.deal_id, Milestone.kind, Milestone.due_at)
        .where(one_of(s, Milestone.deal_id, deal_ids), Milestone.done_at.is_(None), Milestone.removed_at.is_(None))
        .order_by(Milestone.due_at.desc(), Milestone.id.desc())
    )
    return {deal: Next(MilestoneKind(kind), due_at) for deal, kind, due_at in rows}


def coming(s: Session, which: ColumnElement[bool], limit: int) -> Sequence[Coming]:
    """The nearest first; those that were missed come before."""
    rows = s.execute(
        select(Milestone, Deal.name, Customer.name)
        .join(Deal, Deal.id == Milestone.deal_id)
        .join(Stage, Stage.id == Deal.stage_id)
        .join(Customer, Customer.id == Deal.customer_id)
        .where(
            which,
            Milestone.done_at.is_(None),
            Milestone.removed_at.is_(None),
            Stage.kind == StageKind.OPEN,
            Customer.merged_into_id.is_(None),
        )
        .order_by(Milestone.due_at, Milestone.id)
        .limit(limit)
    )
    return [
        Coming(one.id, one.public_id, MilestoneKind(one.kind), one.due_at, one.note, deal, customer)
        for one, deal, customer in rows
    ]
