"""Keep promises: lease what is due, remember how each attempt ended, and tell somebody when one cannot be kept."""

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from config.vocabulary import NoticeClass, OutboxState, PersonStatus, Role, label
from crm import audit, uow
from crm.access import Actor, require
from crm.errors import Conflict, NotFound
from crm.promises import KEEP_TRYING
from crm.rules.words import storable
from crm.usecases import bundles, undeliverable
from crm.usecases.drawing import DUPLICATE_CHECK, OutboxDraft, drawn
from crm.usecases.send_limits import count_send, free_at
from models.base import insert_once
from models.messages import OutboxMessage
from models.ops import Pause
from models.people import Person

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)  # longer than connecting (3 s) and reading (8 s) take
_LADDER = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 7200, 21600))
_LAST_REPEAT = DUPLICATE_CHECK - timedelta(minutes=10)
_SETUP_PAUSE = timedelta(minutes=5)  # one call in five minutes finds out that somebody mended it
_CAUGHT_UP = timedelta(minutes=1)
_CHANNEL = "outbox"
_NO_ANSWERS = "no-answers"  # the note, in the table of pauses, that somebody waits on the ladder for an answer
_OPEN = (OutboxState.READY, OutboxState.LEASED)
_STUCK = (OutboxState.DEAD, OutboxState.UNKNOWN, OutboxState.EXPIRED)
_GONE = (PersonStatus.DISABLED, PersonStatus.LEFT)


class Failure(StrEnum):
    """How an attempt failed, as far as it decides what happens next."""

    NO_ANSWER = "no_answer"  # it may have arrived: only the same bytes may follow, and only for four hours
    BUSY = "busy"  # refused for now
    LIMITED = "limited"  # everybody has to be quiet for a while
    SETUP = "setup"  # the app is refused until an administrator mends something
    RECEIVER = "receiver"  # this person cannot be reached
    REFUSED = "refused"  # our own mistake: the same bytes will be refused again
    SPENT = "spent"  # the card cannot be exchanged on the phone any more: the same is said as a message


@dataclass(frozen=True, slots=True)
class Leased:
    """One message to send now: the very bytes of every attempt, and the lease that an outcome must still hold."""

    id: int
    userid: str
    payload: str
    at: datetime
    tries: int
    redraws: bool = False  # exchanges a card instead of sending a message


def lease_next(s: Session, now: datetime, render: Callable[[OutboxDraft], str]) -> Leased | None:
    """The next message that is due, drawn if this is its first attempt; None when nothing may be sent now.

    On the way it settles what cannot be sent: too old, recipient gone, recipient's limit reached, cannot be drawn.
    """
    if _paused(s, now):
        return None
    times = {"now": now, "repeatable_since": now - DUPLICATE_CHECK}
    while (found := s.execute(_LOST, times).first() or s.execute(_READY, times).first()) is not None:
        row, too_old = found
        if too_old:  # after a long outage there may be thousands: all of them at once
            s.execute(_GIVE_UP, times, execution_options={"synchronize_session": False})
            continue
        person = s.get_one(Person, row.person_id, with_for_update=True)  # two deliverers count his messages in turn
        untold = row.notice_class == NoticeClass.BUNDLE and row.payload is None
        if untold and not bundles.fill(s, row):  # whoever adds to it holds the person's row
            row.state = OutboxState.EXPIRED
            s.flush()
            continue
        if person.status in _GONE:
            undeliverable.bury(s, row, f"{person.name}{label(PersonStatus(person.status))}，不再向他发送", now)
        elif (quiet_until := free_at(s, person.id, now)) is not None:
            _put_off(s, row, quiet_until)
        elif drawn(s, row, person, now, render):
            count_send(s, person.id, now)
            row.state, row.lease_until, row.tries = OutboxState.LEASED, now + LEASE, row.tries + 1
            row.first_try_at = row.first_try_at or now
            return Leased(row.id, person.userid, row.payload or "", now, row.tries, row.redraws_id is not None)
        s.flush()
    return None


def record_sent(s: Session, leased: Leased, msgid: str, response_code: str, now: datetime) -> None:
    """It arrived; true even when the lease was lost meanwhile."""
    row = s.get_one(OutboxMessage, leased.id, with_for_update=True)
    row.state, row.sent_at, row.lease_until, row.error = OutboxState.SENT, now, None, ""
    row.msgid, row.response_code = msgid[:128], response_code[:255]
    s.flush()
    _hurry_the_waiting(s, now)


def record_failed(
    s: Session, leased: Leased, failure: Failure, words: str, now: datetime, *, retry_after: timedelta = timedelta(0)
) -> None:
    """Remember why it did not arrive (`words` are for people) and decide when, or whether, it is tried again.

    A deliverer that lost its lease has nothing to say any more.
    """
    row = s.get_one(OutboxMessage, leased.id, with_for_update=True)
    if row.state != OutboxState.LEASED or row.lease_until != leased.at + LEASE:
        return
    row.state, row.lease_until, row.error = OutboxState.READY, None, storable(words)[:500]
    if failure is not Failure.NO_ANSWER and row.first_try_at == leased.at:
        row.first_try_at = None  # WeCom said no, so nothing of it is out there
    match failure:
        case Failure.RECEIVER:
            undeliverable.bury(s, row, storable(words), now)
        case Failure.REFUSED:
            row.state = OutboxState.DEAD
        case Failure.SPENT:
            _say_instead(row, leased, now)
        case Failure.LIMITED | Failure.SETUP:
            until = now + (retry_after or _SETUP_PAUSE)
            _pause(s, until, storable(words))
            row.tries -= 1  # the message is not to blame
            # After a refusal of the app the others go first: this message may be the only one that is refused.
            row.next_at = until if failure is Failure.LIMITED else until + _CAUGHT_UP
        case Failure.NO_ANSWER | Failure.BUSY:
            _climb(row, now)
            insert_once(s, Pause, name=_NO_ANSWERS, until=now, reason=storable(words)[:500])


def retry(s: Session, actor: Actor, outbox_id: int, now: datetime, *, entrance: str) -> None:
    """Somebody mended the reason: send a dead letter again, drawn anew unless it may already have arrived."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    row = s.get(OutboxMessage, outbox_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这条消息")
    if row.state not in _STUCK:
        raise Conflict(f"这条消息现在是「{label(OutboxState(row.state))}」，不用重发")
    audit.record(s, actor.person_id, "retry_message", f"outbox:{row.id}", now, entrance=entrance, was=row.state)
    if row.first_try_at is None:
        row.payload = None
    row.state, row.next_at, row.expires_at = OutboxState.READY, now, now + KEEP_TRYING
    row.tries, row.first_try_at, row.error = 0, None, ""
    pause = s.get(Pause, _CHANNEL)
    if pause is not None:
        s.delete(pause)
    uow.nudge(s, "outbox")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages are in which state, and the pause written last (it may be over)."""

    states: Mapping[OutboxState, int]
    paused_until: datetime | None
    paused_for: str


def counts(s: Session) -> Counts:
    rows = s.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state))
    pause = s.get(Pause, _CHANNEL)
    return Counts(
        {OutboxState(state): number for state, number in rows},
        pause.until if pause else None,
        pause.reason if pause else "",
    )


_NOW = bindparam("now", type_=OutboxMessage.next_at.type)
_PERHAPS_THERE = OutboxMessage.first_try_at.is_not(None)
# Out of date, or tried so long ago that the duplicate check would let a second copy through.
_TOO_OLD = or_(
    OutboxMessage.expires_at <= _NOW,
    and_(_PERHAPS_THERE, OutboxMessage.first_try_at <= bindparam("repeatable_since", type_=OutboxMessage.next_at.type)),
)
_IS_LOST = and_(OutboxMessage.state == OutboxState.LEASED, OutboxMessage.lease_until <= _NOW)
_IS_READY = and_(OutboxMessage.state == OutboxState.READY, OutboxMessage.next_at <= _NOW)


def _first(due: ColumnElement[bool]) -> Select[OutboxMessage, bool]:
    """The message whose turn it is, and whether it is too old; the parts of a long answer wait for the part before."""
    before = aliased(OutboxMessage)
    still_ahead = select(before.id).where(before.id == OutboxMessage.after_id, before.state.in_(_OPEN)).exists()
    return (
        select(OutboxMessage, _TOO_OLD)
        .where(due, ~still_ahead)
        .order_by(OutboxMessage.next_at, OutboxMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


# Leased by somebody who has not come back; waiting and due. Two questions, because only then is there an index that
# gives the first of many without sorting them.
_LOST, _READY = _first(_IS_LOST), _first(_IS_READY)
_GIVE_UP = (
    update(OutboxMessage)
    .where(or_(_IS_LOST, _IS_READY), _TOO_OLD)
    .values(
        state=case((_PERHAPS_THERE, OutboxState.UNKNOWN), else_=OutboxState.EXPIRED),
        error=case((_PERHAPS_THERE, "不知道送到没有，已停止重发以免重复"), else_="过了有效期还没有送出"),
        lease_until=None,
    )
)


def _paused(s: Session, now: datetime) -> bool:
    pause = s.get(Pause, _CHANNEL)
    return pause is not None and pause.until > now


def _pause(s: Session, until: datetime, reason: str) -> None:
    """Nobody sends before `until`; a longer pause stays."""
    insert_once(s, Pause, name=_CHANNEL, until=until, reason=reason[:500])
    s.execute(
        update(Pause).where(Pause.name == _CHANNEL, Pause.until < until).values(until=until, reason=reason[:500]),
        execution_options={"synchronize_session": False},
    )


def _put_off(s: Session, row: OutboxMessage, until: datetime) -> None:
    """This person has had enough for now: all that is due for him waits, in order."""
    row.state, row.next_at, row.lease_until = OutboxState.READY, until, None
    s.flush()
    s.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.person_id == row.person_id,
            OutboxMessage.state == OutboxState.READY,
            OutboxMessage.next_at < until,
        )
        .values(next_at=until),
        execution_options={"synchronize_session": False},
    )


def _say_instead(row: OutboxMessage, leased: Leased, now: datetime) -> None:
    """The phone shows the old card and always will. After an attempt without an answer the card's code is spent
    because that attempt did arrive."""
    if row.first_try_at not in (None, leased.at):
        row.state, row.sent_at = OutboxState.SENT, now
        return
    row.redraws_id, row.payload, row.next_at = None, None, now


def _climb(row: OutboxMessage, now: datetime) -> None:
    """One step up the ladder, with jitter; at its end the message is a dead letter."""
    if row.tries > len(_LADDER):
        row.state = OutboxState.DEAD if row.first_try_at is None else OutboxState.UNKNOWN
        return
    row.next_at = now + _LADDER[row.tries - 1] * random.uniform(1, 1.2)
    if row.first_try_at is not None:
        row.next_at = min(row.next_at, row.first_try_at + _LAST_REPEAT)
        if row.next_at <= now:
            row.state = OutboxState.UNKNOWN


def _hurry_the_waiting(s: Session, now: datetime) -> None:
    """WeCom answers again: who waited for an answer waits a minute longer at most, instead of hours.

    Looked for only after a failure, since it goes through all that is still to be sent.
    """
    noted = s.get(Pause, _NO_ANSWERS, with_for_update=True)
    if noted is None:
        return
    soon = now + _CAUGHT_UP
    waiting = and_(
        OutboxMessage.state == OutboxState.READY,
        OutboxMessage.next_at > soon,
        OutboxMessage.first_try_at.is_not(None),
    )
    s.execute(
        update(OutboxMessage).where(waiting).values(next_at=soon), execution_options={"synchronize_session": False}
    )
    s.delete(noted)
