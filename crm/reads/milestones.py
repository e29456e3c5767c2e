"""The moments of deals: those of one deal for its page, and one's own that come next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import MilestoneKind
from crm.access import Actor, sees_customer
from crm.milestones import Coming, coming
from models.deals import Deal, Milestone
from models.people import Person


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    """One moment of a deal. `done_at`: it was kept; `removed_at`: it was a mistake."""

    public_id: str
    kind: MilestoneKind
    due_at: datetime
    note: str
    by: str
    done_at: datetime | None
    removed_at: datetime | None


def milestones_of(s: Session, deal: Deal) -> Sequence[MilestoneRow]:
    """All of them by their moment; whoever asks has passed the deal's door."""
    rows = s.execute(
        select(Milestone, Person.name)
        .join(Person, Person.id == Milestone.made_by_id)
        .where(Milestone.deal_id == deal.id)
        .order_by(Milestone.due_at, Milestone.id)
    )
    return [
        MilestoneRow(
            one.public_id, MilestoneKind(one.kind), one.due_at, one.note, by, one.done_at, one.removed_at
        )
        for one, by in rows
    ]  # fmt: skip


def my_milestones(s: Session, actor: Actor, limit: int) -> Sequence[Coming]:
    """What comes next of the deals that are his own, as long as their customers are there for him."""
    return coming(s, (Deal.owner_id == actor.person_id) & sees_customer(actor), limit)


def milestones_among(s: Session, deal_ids: Sequence[int], limit: int) -> Sequence[Coming]:
    """What comes next of these deals; whoever asks has found them by what he may see."""
    return coming(s, Deal.id.in_(deal_ids), limit)


def open_ones(s: Session, deal_id: int, kind: MilestoneKind) -> Sequence[Coming]:
    """Those of one kind that a deal has, done or removed ones left out."""
    return coming(s, (Milestone.deal_id == deal_id) & (Milestone.kind == kind), 2)
