"""In once, out at least once: the same event always gets the same answer, and a promise is kept."""

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, exists, func, insert, literal_column, select, update
from sqlalchemy.orm import Session

from config.policy import Policy
from config.vocabulary import InboxState, NoticeClass, OutboxState
from crm import uow
from crm.access import WHO
from crm.bundles import GATHERING, open_bundles, take_in_the_last
from crm.notices import Button, Notice, text
from crm.promises import promised
from crm.rules.days import WorkCalendar, at, day_of
from models.base import bare, insert_once, insert_rows, one_of
from models.messages import Card, CardAction, Dialogue, InboxEvent, OutboxMessage
from models.people import Person

# Built once: every callback runs these, and building a statement costs more than running it.
_ANSWER = select(bare(InboxEvent).c.answer).where(bare(InboxEvent).c.key == bindparam("key"))
_ASKED = exists().where(bare(Dialogue).c.person_id == bare(Person).c.id)
_ONE_ROW = select(literal_column("1").label("one")).subquery()  # there is an answer to give even to nobody we know
_RECALL = (
    select(_ANSWER.scalar_subquery().label("answer"), _ASKED.label("asked"), *WHO)
    .select_from(_ONE_ROW)
    .outerjoin(bare(Person), bare(Person).c.userid_key == bindparam("userid_key"))
)
_REMEMBER = insert(bare(InboxEvent)).inline()
_TAP = insert(bare(CardAction)).inline()


@dataclass(frozen=True, slots=True)
class Received:
    """One callback as it came: enough to know it again, and to work it later."""

    key: str
    msg_type: str
    event: str
    change_type: str
    userid: str
    object_id: str
    raw: str
    made_at: datetime | None


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the store knows of an event and its sender before anything is done.

    `answer` None: the event is new. `sender` None: no member of that userid. `asked`: he has a question open.
    """

    answer: str | None
    sender: Row[*tuple[Any, ...]] | None
    asked: bool


def recall(s: Session, key: str, userid: str) -> Recalled:
    """All of it in one question, which every callback asks."""
    row = s.execute(_RECALL, {"key": key, "userid_key": userid.casefold()}).one()
    return Recalled(row.answer, None if row.id is None else row, row.asked)


def answer_given(s: Session, key: str) -> str | None:
    """What this very event was answered before; None if it is new."""
    return s.scalar(_ANSWER, {"key": key})


def remember(s: Session, received: Received, state: InboxState, answer: str, now: datetime) -> None:
    """Commits with the event's effects. A twin in another process fails on the key and finds the answer here."""
    waiting = state is InboxState.WAITING
    s.execute(
        _REMEMBER,
        {
            "key": received.key,
            "msg_type": received.msg_type[:32],
            "event": received.event[:64],
            "change_type": received.change_type[:64],
            "userid": received.userid[:64],
            "object_id": received.object_id[:64],
            "raw": received.raw,
            "answer": answer,
            "state": state,
            "made_at": received.made_at,
            "received_at": now,
            "done_at": None if waiting else now,
            "tries": 0,
            "next_at": now if waiting else None,
            "error": "",
        },
    )
    if waiting:
        uow.nudge(s, "inbox")


@dataclass(frozen=True, slots=True)
class Tap:
    """A button to be: what it says, and what it will do (`verb` and `args` are ours, never shown)."""

    text: str
    verb: str
    args: Mapping[str, Any]
    style: int = 2


def prompt(s: Session, person_id: int, notice: Notice, *, dedupe: str, now: datetime, topic: str = "") -> None:
    """Tell one person at once: this answers what somebody has just done."""
    promise(s, person_id, notice, NoticeClass.PROMPT, dedupe=dedupe, now=now, due_at=now, topic=topic)


def prompt_parts(s: Session, person_id: int, parts: Sequence[str], *, dedupe: str, now: datetime) -> None:
    """The rest of a long answer: plain messages that arrive in order."""
    before: int | None = None
    for number, part in enumerate(parts):
        key = f"{dedupe}:{number}"
        promise(s, person_id, text(part), NoticeClass.PROMPT, dedupe=key, now=now, due_at=now, after_id=before)
        before = s.scalar(select(OutboxMessage.id).where(OutboxMessage.dedupe == key))


def prompt_card(
    s: Session,
    person_id: int,
    notice: Notice,
    taps: Sequence[Tap],
    *,
    matter: str,
    dedupe: str,
    now: datetime,
    policy: Policy,
    topic: str = "",
) -> None:
    """Ask one person at once, with buttons. Everybody asked about the same `matter` shares one card."""
    card_id, drawn = make_card(s, notice, taps, matter, now + timedelta(days=policy.card_days))
    promise(s, person_id, drawn, NoticeClass.PROMPT, dedupe=dedupe, now=now, due_at=now, card_id=card_id, topic=topic)


def schedule_card(
    s: Session,
    person_id: int,
    notice: Notice,
    taps: Sequence[Tap],
    *,
    topic: str,
    due_at: datetime,
    now: datetime,
    policy: Policy,
) -> None:
    """A card at the moment a person asked for himself: no working hours, no limit of the day apply."""
    key = f"{topic}:{due_at:%Y%m%d%H%M}"
    card_id, drawn = make_card(s, notice, taps, key, due_at + timedelta(days=policy.card_days))
    promise(s, person_id, drawn, NoticeClass.PROMPT, dedupe=key, now=now, due_at=due_at, card_id=card_id, topic=topic)
    awaiting = (OutboxMessage.dedupe == key, OutboxMessage.state == OutboxState.EXPIRED, OutboxMessage.tries == 0)
    s.execute(update(OutboxMessage).where(*awaiting).values(state=OutboxState.READY))  # cancelled, and wanted again


def cancel(s: Session, topic: str) -> None:
    """What was scheduled about a topic and not yet tried need not be said any more."""
    unsaid = (OutboxMessage.topic == topic, OutboxMessage.state == OutboxState.READY, OutboxMessage.tries == 0)
    s.execute(update(OutboxMessage).where(*unsaid).values(state=OutboxState.EXPIRED))


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something one person is to be reminded of, as `remind` has it."""

    person_id: int
    notice: Notice
    taps: Sequence[Tap]
    matter: str
    dedupe: str
    topic: str = ""

    def plan(self) -> dict[str, Any]:
        """What its card is made of, as `Tap` has it."""
        return {"matter": self.matter, "taps": [asdict(tap) for tap in self.taps]}


def remind(
    s: Session,
    person_id: int,
    notice: Notice,
    taps: Sequence[Tap],
    *,
    matter: str,
    dedupe: str,
    now: datetime,
    policy: Policy,
    calendar: WorkCalendar,
    topic: str = "",
) -> bool:
    """Remind one person in working hours; beyond the day's limit a bundle tells it. False: told before."""
    if s.scalar(select(OutboxMessage.id).where(OutboxMessage.dedupe == dedupe)) is not None:
        return False
    one = Reminder(person_id, notice, taps, matter, dedupe, topic)
    remind_all(s, [one], now=now, policy=policy, calendar=calendar)
    return True


def remind_all(
    s: Session, reminders: Sequence[Reminder], *, now: datetime, policy: Policy, calendar: WorkCalendar
) -> None:
    """The same of many, in the order in which they count for the day; the caller found them untold and holds them."""
    due_at, most = calendar.next_working_moment(now), policy.reminders_per_day
    taken, placed = _reminders_on(s, {one.person_id for one in reminders}, due_at), []
    for one in reminders:
        taken[one.person_id] += 1
        placed.append((one, taken[one.person_id]))
    bundles = open_bundles(s, {one.person_id for one, place in placed if place > most}, due_at, now, calendar)
    ends, rows = due_at + timedelta(days=policy.card_days), []
    for one, place in placed:
        if place > most:  # its card is made when somebody asks for it
            told: dict[str, Any] = {
                "notice": one.notice, "due_at": due_at, "state": OutboxState.FOLDED, "card_plan": one.plan(),
                "folded_into_id": bundles.ids[one.person_id],
            }  # fmt: skip
        else:
            card_id, drawn = make_card(s, one.notice, one.taps, one.matter, ends)
            told = {"notice": drawn, "due_at": due_at + GATHERING if place == most else due_at, "card_id": card_id}
        rows.append(
            promised(
                one.person_id, notice_class=NoticeClass.REMINDER, dedupe=one.dedupe, now=now, topic=one.topic, **told
            )
        )
    insert_rows(s, OutboxMessage, rows)
    take_in_the_last(s, bundles, day_of(due_at))
    uow.nudge(s, "outbox")


def daily_list(s: Session, person_id: int, notice: Notice, *, dedupe: str, now: datetime, due_at: datetime) -> None:
    """The morning's one list; worthless the next day."""
    ends = at(day_of(due_at), 20)
    promise(s, person_id, notice, NoticeClass.LIST, dedupe=dedupe, now=now, due_at=due_at, expires_at=ends)


def _reminders_on(s: Session, people: Collection[int], due_at: datetime) -> Counter[int]:
    """How many messages of the day's few each one already has, its bundle among them.

    The people's rows are locked: two sweeps count in turn.
    """
    s.execute(select(Person.id).where(one_of(s, Person.id, people)).order_by(Person.id).with_for_update())
    start = at(day_of(due_at), 0)
    counted = (
        select(OutboxMessage.person_id, func.count())
        .where(
            one_of(s, OutboxMessage.person_id, people),
            OutboxMessage.notice_class.in_([NoticeClass.REMINDER, NoticeClass.BUNDLE]),
            OutboxMessage.state != OutboxState.FOLDED,
            OutboxMessage.due_at >= start,
            OutboxMessage.due_at < start + timedelta(days=1),
        )
        .group_by(OutboxMessage.person_id)
    )
    return Counter(dict(s.execute(counted).all()))


def make_card(s: Session, notice: Notice, taps: Sequence[Tap], matter: str, expires_at: datetime) -> tuple[int, Notice]:
    """The card of a matter (made once), and the notice with this recipient's opaque button keys."""
    insert_once(s, Card, matter=matter, outcome="")
    card_id = s.scalars(select(Card.id).where(Card.matter == matter)).one()
    return card_id, replace(notice, buttons=draw_taps(s, card_id, taps, expires_at))


def draw_taps(s: Session, card_id: int, taps: Sequence[Tap], expires_at: datetime) -> tuple[Button, ...]:
    """Give every tap a key nobody can guess, and remember what it means."""
    keyed = [(secrets.token_urlsafe(16), tap) for tap in taps]
    rows = [
        {"key": key, "card_id": card_id, "verb": tap.verb, "args": dict(tap.args), "expires_at": expires_at}
        for key, tap in keyed
    ]
    if rows:
        s.execute(_TAP, rows)
    return tuple(Button(tap.text, key, tap.style) for key, tap in keyed)


def promise(
    s: Session, person_id: int, notice: Notice, notice_class: NoticeClass, *, now: datetime, **rest: Any
) -> None:
    """The promise commits, or vanishes, with the caller's work; the same `dedupe` is the same promise."""
    insert_once(s, OutboxMessage, **promised(person_id, notice, notice_class, now=now, **rest))
    uow.nudge(s, "outbox")
