"""The one place that moves a customer from one holder to the next: gapless, and only from what was seen."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import CursorResult, insert, select, update
from sqlalchemy.orm import Session

from config.vocabulary import HolderKind, OwnershipReason
from models.customers import Customer, OwnershipPeriod


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


def holder_at(s: Session, customer_id: int, moment: datetime) -> Holder | None:
    """Who held the customer at that moment; None before it existed."""
    period = s.scalar(
        select(OwnershipPeriod)
        .where(OwnershipPeriod.customer_id == customer_id, OwnershipPeriod.started_at <= moment)
        .order_by(OwnershipPeriod.started_at.desc(), OwnershipPeriod.id.desc())
        .limit(1)
    )
    return None if period is None else Holder(HolderKind(period.holder_kind), period.holder_id)


def begin(
    s: Session, customer: Customer, holder: Holder, reason: OwnershipReason, actor_id: int | None, now: datetime
) -> None:
    """The first period of a new customer."""
    s.execute(insert(OwnershipPeriod).values(_period(customer.id, holder, reason, actor_id, now)))


def pass_on(
    s: Session,
    customer_id: int,
    seen_period_id: int,
    seen_silent_since: datetime,
    to: Holder,
    reason: OwnershipReason,
    actor_id: int | None,
    now: datetime,
) -> bool:
    """Give the customer to the next holder, if it is still held, and still as silent, as the caller saw.

    False when somebody was faster; then nothing has changed. The new holder's clock starts now.
    """
    moved = s.execute(
        update(Customer)
        .where(
            Customer.id == customer_id,
            Customer.silent_since == seen_silent_since,
            select(OwnershipPeriod.id)
            .where(OwnershipPeriod.id == seen_period_id, OwnershipPeriod.ended_at.is_(None))
            .exists(),
        )
        .values(
            owner_id=to.id if to.kind is HolderKind.PERSON else None,
            queue_team_id=to.id if to.kind is HolderKind.QUEUE else None,
            silent_since=now,
        )
        .execution_options(synchronize_session=False)
    )
    if cast(CursorResult[object], moved).rowcount == 0:
        return False
    s.execute(update(OwnershipPeriod).where(OwnershipPeriod.id == seen_period_id).values(ended_at=now))
    s.execute(insert(OwnershipPeriod).values(_period(customer_id, to, reason, actor_id, now)))
    return True


def _period(
    customer_id: int, holder: Holder, reason: OwnershipReason, actor_id: int | None, now: datetime
) -> dict[str, object]:
    return {
        "customer_id": customer_id,
        "holder_kind": holder.kind,
        "holder_id": holder.id,
        "reason": reason,
        "started_at": now,
        "actor_id": actor_id,
    }
