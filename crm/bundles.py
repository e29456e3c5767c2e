"""Reminders that come together become one message: the bundle of a person's day, open until it leaves.

What is folded points to the bundle that tells it, so that nothing is ever told by nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from config.vocabulary import NoticeClass, OutboxState
from crm.notices import text
from crm.promises import promised
from crm.rules.days import WorkCalendar, at, day_of
from models.base import insert_rows, one_of
from models.messages import OutboxMessage

# A wave is over after this long: so long a bundle waits for the rest, and the day's last single card for a bundle.
GATHERING = timedelta(minutes=2)
_DAY = timedelta(days=1)
_TO_BE_FILLED = text("几件提醒，合成一条")  # what it says is written when it leaves


@dataclass(frozen=True, slots=True)
class Bundles:
    """By person the bundle that is still open; `first` are those that begin their day's folding with it."""

    ids: Mapping[int, int]
    first: Collection[int]


def open_bundles(
    s: Session, people: Collection[int], due_at: datetime, now: datetime, calendar: WorkCalendar
) -> Bundles:
    """One for each person, made where there is none. The caller holds the people's rows.

    After the day's bundle has left, what comes later is told on the next working day, at half past eight.
    """
    if not people:
        return Bundles({}, ())
    today = day_of(due_at)
    found = select(OutboxMessage).where(
        one_of(s, OutboxMessage.person_id, people),
        OutboxMessage.notice_class == NoticeClass.BUNDLE,
        OutboxMessage.due_at >= at(today, 0),
    )
    known = {(row.person_id, day_of(row.due_at)): row for row in s.scalars(found)}
    ids, first, missing = {}, [], {}
    for person_id in sorted(people):
        due = due_at + GATHERING
        while (row := known.get((person_id, day_of(due)))) is not None and not _still_open(row):
            due = calendar.next_working_moment(at(day_of(due) + _DAY, 0)) + GATHERING
        if row is not None:
            ids[person_id] = row.id
            continue
        missing[f"bundle:{person_id}:{day_of(due):%Y%m%d}"] = (person_id, due)
        if day_of(due) == today:
            first.append(person_id)
    insert_rows(
        s, OutboxMessage,
        [
            promised(person_id, _TO_BE_FILLED, NoticeClass.BUNDLE, dedupe=key, now=now, due_at=due)
            for key, (person_id, due) in missing.items()
        ],
    )  # fmt: skip
    made = select(OutboxMessage.person_id, OutboxMessage.id).where(one_of(s, OutboxMessage.dedupe, list(missing)))
    return Bundles({**ids, **dict(s.execute(made).all())}, first)


def take_in_the_last(s: Session, bundles: Bundles, day: date) -> None:
    """The day's last single card has not left yet and goes into the bundle: so much fewer messages ring.

    One that is being sent at this moment is left alone: its sender waits for the person's row, which we hold.
    """
    if not bundles.first:
        return
    waiting = (
        one_of(s, OutboxMessage.person_id, bundles.first),
        OutboxMessage.notice_class == NoticeClass.REMINDER,
        OutboxMessage.state == OutboxState.READY,
        OutboxMessage.tries == 0,
        OutboxMessage.due_at >= at(day, 0),
        OutboxMessage.due_at < at(day, 0) + _DAY,
    )
    newest = s.scalars(select(func.max(OutboxMessage.id)).where(*waiting).group_by(OutboxMessage.person_id)).all()
    free = select(OutboxMessage.id, OutboxMessage.person_id).where(one_of(s, OutboxMessage.id, newest))
    for message_id, person_id in s.execute(free.with_for_update(skip_locked=True)).all():
        s.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == message_id)
            .values(state=OutboxState.FOLDED, folded_into_id=bundles.ids[person_id]),
            execution_options={"synchronize_session": False},
        )


def _still_open(row: OutboxMessage) -> bool:
    return row.state == OutboxState.READY and row.tries == 0
