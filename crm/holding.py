"""Who holds a customer, and who held it before: the ledger of ownership, read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import HolderKind, OwnershipReason
from models.customers import OwnershipPeriod


@dataclass(frozen=True, slots=True)
class Holder:
    """A person, the queue of a team (its lead decides), or nobody in particular: the pool."""

    kind: HolderKind
    id: int | None

    @classmethod
    def person(cls, person_id: int) -> "Holder":
        return cls(HolderKind.PERSON, person_id)

    @classmethod
    def queue(cls, team_id: int) -> "Holder":
        return cls(HolderKind.QUEUE, team_id)


def holder_of(s: Session, customer_id: int) -> tuple[int, Holder, datetime]:
    """The open period: its id, its holder, its start."""
    period = s.execute(
        select(OwnershipPeriod).where(OwnershipPeriod.customer_id == customer_id, OwnershipPeriod.ended_at.is_(None))
    ).scalar_one()
    return period.id, Holder(HolderKind(period.holder_kind), period.holder_id), period.started_at


def tenure_began(s: Session, customer_id: int) -> datetime:
    """Since when the present holder has it: a move that was taken back has not interrupted him.

    Without this, giving a customer back and undoing it would be a way to restart the silence clock.
    """
    newest_first = select(OwnershipPeriod).where(OwnershipPeriod.customer_id == customer_id)
    periods = s.scalars(newest_first.order_by(OwnershipPeriod.id.desc())).all()
    at = 0
    while periods[at].reason == OwnershipReason.UNDONE:
        at += 2  # past the move that was taken back, to the period it had ended
    return periods[at].started_at


def former_holder(s: Session, customer_id: int) -> int | None:
    """The person who had it before the present holder; moves that were taken back do not count."""
    newest_first = select(OwnershipPeriod).where(OwnershipPeriod.customer_id == customer_id)
    periods = s.scalars(newest_first.order_by(OwnershipPeriod.id.desc())).all()
    at, seen_present = 0, False
    while at < len(periods):
        if periods[at].reason == OwnershipReason.UNDONE:
            at += 2  # past the move that was taken back, to the period it had ended
            continue
        if seen_present and periods[at].holder_kind == HolderKind.PERSON:
            return periods[at].holder_id
        seen_present, at = True, at + 1
    return None


def holder_at(s: Session, customer_id: int, moment: datetime) -> Holder | None:
    """Who held the customer at that moment; None before it existed."""
    period = s.scalar(
        select(OwnershipPeriod)
        .where(OwnershipPeriod.customer_id == customer_id, OwnershipPeriod.started_at <= moment)
        .order_by(OwnershipPeriod.started_at.desc(), OwnershipPeriod.id.desc())
        .limit(1)
    )
    return None if period is None else Holder(HolderKind(period.holder_kind), period.holder_id)
