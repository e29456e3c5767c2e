"""Events that need a slow call: leased by one worker at a time, tried again on a ladder, given up visibly."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from config.vocabulary import InboxState, Role, label
from crm import audit, uow
from crm.access import Actor, require
from crm.errors import Conflict, NotFound
from crm.messages import Received
from crm.rules.events import may_be_repeated
from crm.rules.words import storable
from models.messages import InboxEvent

LEASE = timedelta(seconds=30)  # a killed worker's event is another's well within a minute; handlers may run twice
_LADDER = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 7200, 21600))
_MOST_CRASHES = 3
_SOON = timedelta(seconds=5)

_NOW = bindparam("now", type_=InboxEvent.next_at.type)
_FREE = or_(InboxEvent.lease_until.is_(None), InboxEvent.lease_until <= _NOW)
_NEXT_DUE = (
    select(InboxEvent)
    .where(InboxEvent.state == InboxState.WAITING, InboxEvent.next_at <= _NOW, _FREE)
    .order_by(InboxEvent.next_at, InboxEvent.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One event to work now, and the lease that its outcome must still hold."""

    id: int
    received: Received
    at: datetime
    tries: int


def lease_next(s: Session, now: datetime) -> Waiting | None:
    """The event that has waited longest, None when nothing is due.

    An event whose lease ran out three times has killed three workers: it is given up, so that it cannot kill a fourth.
    """
    while (row := s.scalar(_NEXT_DUE, {"now": now})) is not None:
        if row.lease_until is not None:
            row.crashes += 1
        if row.crashes >= _MOST_CRASHES:
            _end(row, InboxState.FAILED, "处理这个事件时进程中断了 3 次，已停止处理", now)
            s.flush()
            continue
        row.lease_until, row.tries = now + LEASE, row.tries + 1
        return Waiting(row.id, _received(row), now, row.tries)
    return None


def record_done(s: Session, event: Waiting, now: datetime, *, kept: bool = False) -> None:
    """It was worked; `kept` says that nobody listens to this kind."""
    row = _still_mine(s, event)
    if row is not None:
        _end(row, InboxState.KEPT if kept else InboxState.DONE, "", now)


def record_failed(s: Session, event: Waiting, words: str, now: datetime) -> None:
    """It did not work (`words` are for people): later again, or given up after eight tries."""
    row = _still_mine(s, event)
    if row is None:
        return
    if row.tries > len(_LADDER):
        _end(row, InboxState.FAILED, words, now)
        return
    row.lease_until, row.error = None, storable(words)[:500]
    row.next_at = now + _LADDER[row.tries - 1] * random.uniform(1, 1.2)


def record_outage(s: Session, event: Waiting, now: datetime) -> None:
    """The store went away under it: neither the event nor its worker is to blame. Soon again, and not counted."""
    row = s.get_one(InboxEvent, event.id, with_for_update=True)
    if row.state != InboxState.WAITING:
        return
    if row.lease_until == event.at + LEASE:
        row.lease_until, row.next_at = None, now + _SOON
        row.tries -= 1
    else:  # somebody met the lease run out and took it for a crash
        row.crashes = max(row.crashes - 1, 0)


def retry(s: Session, actor: Actor, event_id: int, now: datetime, *, entrance: str) -> None:
    """Somebody mended the reason: work a failed event again."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    row = s.get(InboxEvent, event_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这个事件")
    if row.state != InboxState.FAILED:
        raise Conflict(f"这个事件现在是「{label(InboxState(row.state))}」，不用重新处理")
    if not may_be_repeated(row.event):
        raise Conflict("这条消息不能代替本人重新处理，请让他再发一次")
    audit.record(s, actor.person_id, "retry_event", f"inbox:{row.id}", now, entrance=entrance, was=row.error)
    row.state, row.next_at, row.done_at, row.error = InboxState.WAITING, now, None, ""
    row.tries = row.crashes = 0
    uow.nudge(s, "inbox")


def _received(row: InboxEvent) -> Received:
    return Received(
        key=row.key,
        msg_type=row.msg_type,
        event=row.event,
        change_type=row.change_type,
        userid=row.userid,
        object_id=row.object_id,
        raw=row.raw,
        made_at=row.made_at,
    )


def _still_mine(s: Session, event: Waiting) -> InboxEvent | None:
    row = s.get_one(InboxEvent, event.id, with_for_update=True)
    return row if row.state == InboxState.WAITING and row.lease_until == event.at + LEASE else None


def _end(row: InboxEvent, state: InboxState, words: str, now: datetime) -> None:
    row.state, row.lease_until, row.done_at, row.error = state, None, now, storable(words)[:500]
