"""Runs of timed jobs: made once by any number of schedulers, worked once by whoever leases them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from crm import uow
from models.base import insert_once
from models.messages import Dialogue
from models.ops import IdempotencyKey, JobSlot, LoginAttempt, LoginSession, RecentSend

LEASE = timedelta(seconds=60)  # renewed by the worker while it works
_MOST_TRIES = 3
_PAUSE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """One run to do now; `until` names the lease that its outcome must still hold."""

    id: int
    job: str
    slot: datetime
    until: datetime


def make(s: Session, job: str, slot: datetime, now: datetime) -> bool:
    """True if this call made it; another scheduler may have been faster."""
    return insert_once(s, JobSlot, job=job, slot=slot, created_at=now, tries=0, outcome="")


def make_now(s: Session, job: str, now: datetime) -> None:
    """A run beside the plan, unless one of this job waits or is being worked already."""
    unfinished = select(JobSlot.id).where(JobSlot.job == job, JobSlot.done_at.is_(None))
    if s.scalar(unfinished.limit(1)) is None:
        make(s, job, now, now)
        uow.nudge(s, "slot")


def lease_next(s: Session, now: datetime, *, unclaimed_for: timedelta = timedelta(0)) -> Slot | None:
    """The oldest run that nobody works on; `unclaimed_for` leaves the young ones to the queue's workers.

    A run that broke off three times is closed as failed, so that it does not hold up the others for ever.
    """
    free = or_(JobSlot.lease_until.is_(None), JobSlot.lease_until <= now)
    due = (
        select(JobSlot)
        .where(JobSlot.done_at.is_(None), free, JobSlot.created_at <= now - unclaimed_for)
        .order_by(JobSlot.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    while (row := s.scalar(due)) is not None:
        if row.tries >= _MOST_TRIES:
            row.done_at, row.lease_until = now, None
            row.outcome = f"中断了 {_MOST_TRIES} 次，已放弃。{row.outcome}"
            s.flush()
            continue
        row.tries, row.lease_until = row.tries + 1, now + LEASE
        return Slot(row.id, row.job, row.slot, now + LEASE)
    return None


def renew(s: Session, slot: Slot, now: datetime) -> Slot | None:
    """Hold the lease for another while; None when it was lost, and the worker should stop."""
    until = now + LEASE
    mine = (JobSlot.id == slot.id, JobSlot.lease_until == slot.until, JobSlot.done_at.is_(None))
    kept = s.scalar(update(JobSlot).where(*mine).values(lease_until=until).returning(JobSlot.id))
    return None if kept is None else Slot(slot.id, slot.job, slot.slot, until)


def record_done(s: Session, slot: Slot, outcome: str, now: datetime) -> None:
    row = s.get_one(JobSlot, slot.id, with_for_update=True)
    if row.lease_until == slot.until:
        row.done_at, row.lease_until, row.outcome = now, None, outcome


def record_failed(s: Session, slot: Slot, words: str, now: datetime) -> None:
    """It broke off: again in a minute, three times in all. The reason stays readable."""
    row = s.get_one(JobSlot, slot.id, with_for_update=True)
    if row.lease_until == slot.until:
        row.lease_until, row.outcome = now + _PAUSE, words


def purge(s: Session, now: datetime) -> int:
    """Forget what nobody needs: ended sessions and log-ins, old idempotency keys, runs, dialogues and send counts."""
    week, month = now - timedelta(days=7), now - timedelta(days=30)
    old = (
        delete(LoginSession).where(LoginSession.expires_at <= now),
        delete(LoginAttempt).where(LoginAttempt.expires_at <= now),
        delete(IdempotencyKey).where(IdempotencyKey.at <= week),
        delete(JobSlot).where(JobSlot.done_at <= month),
        delete(Dialogue).where(Dialogue.expires_at <= now),
        delete(RecentSend).where(RecentSend.since <= now - timedelta(hours=2)),
    )
    return sum(s.execute(one, execution_options={"synchronize_session": False}).rowcount for one in old)  # type: ignore[attr-defined]
