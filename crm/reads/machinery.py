"""What an administrator worries about: whether anything is stuck in the machine."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.vocabulary import InboxState, OutboxState, Role
from crm import policy as numbers
from crm.access import Actor, require
from crm.reads.messages import overdue, pause_reason
from crm.rules.days import day_of
from models.messages import InboxEvent, OutboxMessage
from models.ops import JobSlot


@dataclass(frozen=True, slots=True)
class Machinery:
    """`last_run` is None where no timed job has ever finished; `paused_for` says why nothing is sent at present."""

    dead: int
    overdue: int
    paused_for: str
    failed_in: int
    last_run: datetime | None
    calendar_known: bool


def machinery(s: Session, actor: Actor, now: datetime) -> Machinery:
    require(actor, Role.ADMIN, Role.OPERATIONS)
    next_month = (day_of(now).replace(day=1) + timedelta(days=62)).replace(day=1) - timedelta(days=1)
    dead = select(func.count()).where(OutboxMessage.state == OutboxState.DEAD)
    failed = select(func.count()).where(InboxEvent.state == InboxState.FAILED)
    return Machinery(
        dead=s.scalar(dead) or 0,
        overdue=overdue(s, now),
        paused_for=pause_reason(s, now),
        failed_in=s.scalar(failed) or 0,
        last_run=s.scalar(select(func.max(JobSlot.done_at))),
        calendar_known=numbers.calendar(s).covers(next_month),
    )
