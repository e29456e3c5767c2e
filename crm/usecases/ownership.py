"""The one place that moves a customer from one holder to the next: gapless, and only from what was seen."""

from datetime import datetime
from typing import cast

from sqlalchemy import CursorResult, insert, select, update
from sqlalchemy.orm import Session

from config.vocabulary import HolderKind, OwnershipReason, StageKind
from crm.holding import Holder
from models.customers import Customer, OwnershipPeriod
from models.deals import Deal, Stage


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

    False when somebody was faster; then nothing has changed. The new holder's clock starts now, and the customer's
    open deals go with it: stage, history and clocks stay, only the owner is another.
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
    if to.kind is HolderKind.PERSON:
        open_stages = select(Stage.id).where(Stage.kind == StageKind.OPEN)
        s.execute(
            update(Deal)
            .where(Deal.customer_id == customer_id, Deal.stage_id.in_(open_stages))
            .values(owner_id=to.id)
            .execution_options(synchronize_session=False)
        )
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
