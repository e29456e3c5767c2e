"""What came in and what goes out, by state: for those who keep the post running."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from config.vocabulary import InboxState, OutboxState, Role
from crm.access import Actor, require
from crm.errors import NotFound
from crm.notices import Notice, as_notice
from crm.reads.customers import Page
from crm.reads.paging import cut
from crm.rules.events import may_be_repeated
from models.messages import Card, InboxEvent, OutboxMessage
from models.ops import Pause
from models.people import Person

LATE_AFTER = timedelta(seconds=60)
_FOLDED_SHOWN = 100
_OPERATORS = (Role.ADMIN, Role.OPERATIONS)


@dataclass(frozen=True, slots=True)
class Overview:
    """How many of each state; the pause in force, if any, and how many messages it holds up.

    `outbox` are promises whose time has come, `coming` those whose time has not, of whatever state.
    """

    outbox: Mapping[str, int]
    coming: int
    inbox: Mapping[str, int]
    paused_until: datetime | None
    paused_for: str
    held_up: int


@dataclass(frozen=True, slots=True)
class OutRow:
    id: int
    person: str
    userid: str
    title: str
    notice_class: str
    state: str
    created_at: datetime
    due_at: datetime
    next_at: datetime
    sent_at: datetime | None
    tries: int
    error: str

    @property
    def cancelled(self) -> bool:
        """Whether it was given up because the thing was done or moved: a message that ran out of time says so."""
        return self.state == OutboxState.EXPIRED and not self.error


@dataclass(frozen=True, slots=True)
class OutFile:
    """One promise: the notice as it was made, what happened to its card, and what it was told together with."""

    row: OutRow
    notice: Notice
    expires_at: datetime
    first_try_at: datetime | None
    msgid: str
    dedupe: str
    card_outcome: str
    card_closed_at: datetime | None
    told_by: int | None  # the bundle that tells it
    tells: Sequence[tuple[int, str]]  # what it tells as a bundle, the first of them: (number, title)
    tells_all: int


@dataclass(frozen=True, slots=True)
class InRow:
    """`person` is empty when nobody of ours sent it; `button` is the menu's, where one was tapped."""

    id: int
    person: str
    userid: str
    msg_type: str
    event: str
    change_type: str
    button: str
    state: str
    made_at: datetime | None
    received_at: datetime
    done_at: datetime | None
    tries: int
    error: str
    repeatable: bool  # a job can work it again


@dataclass(frozen=True, slots=True)
class InFile:
    row: InRow
    raw: str
    answer: str


def overview(s: Session, actor: Actor, now: datetime, person: str = "") -> Overview:
    """The numbers of the tabs: of everybody, or of those whose name or userid contains `person`."""
    require(actor, *_OPERATORS)
    pause = _pause(s, now)
    held_up = (OutboxMessage.state == OutboxState.READY, OutboxMessage.due_at <= now)
    out, into = select(OutboxMessage.state, func.count()), select(InboxEvent.state, func.count())
    later = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.due_at > now)
    if person:
        out = out.join(Person, Person.id == OutboxMessage.person_id).where(_called(person))
        later = later.join(Person, Person.id == OutboxMessage.person_id).where(_called(person))
        into = into.outerjoin(Person, _sender()).where(_sent_by(person))
    return Overview(
        outbox=dict(s.execute(out.where(OutboxMessage.due_at <= now).group_by(OutboxMessage.state)).all()),
        coming=s.scalar(later) or 0,
        inbox=dict(s.execute(into.group_by(InboxEvent.state)).all()),
        paused_until=pause.until if pause else None,
        paused_for=pause.reason if pause else "",
        held_up=(s.scalar(select(func.count()).where(*held_up)) or 0) if pause else 0,
    )


def pause_reason(s: Session, now: datetime) -> str:
    """Why nothing is sent at present; empty where sending goes on."""
    pause = _pause(s, now)
    return pause.reason if pause else ""


def _pause(s: Session, now: datetime) -> Pause | None:
    return s.scalar(select(Pause).where(Pause.until > now).order_by(Pause.until.desc()).limit(1))


def overdue(s: Session, now: datetime) -> int:
    """Promises that should have left more than a minute ago and are still here."""
    waiting = (OutboxMessage.state == OutboxState.READY, OutboxMessage.next_at < now - LATE_AFTER)
    return s.scalar(select(func.count()).select_from(OutboxMessage).where(*waiting)) or 0


def outbox(
    s: Session,
    actor: Actor,
    now: datetime,
    *,
    states: Sequence[OutboxState] = (),
    coming: bool = False,
    person: str = "",
    page: int = 1,
    size: int = 50,
) -> Page[OutRow]:
    """Promises of these states (none: all), of people whose name or userid contains `person`, the latest due first.

    Those whose time has not come yet stand in a list of their own (`coming`), the next one first: in the other they
    would stand above whatever went out today.
    """
    require(actor, *_OPERATORS)
    due = OutboxMessage.due_at
    query = select(OutboxMessage, Person).join(Person, Person.id == OutboxMessage.person_id)
    query = query.where(due > now if coming else due <= now)
    if states:
        query = query.where(OutboxMessage.state.in_(states))
    if person:
        query = query.where(_called(person))
    order = (due, OutboxMessage.id) if coming else (due.desc(), OutboxMessage.id.desc())
    return cut(s, query.order_by(*order), page, size, _out)


def dead_ids(s: Session, actor: Actor, person: str = "", most: int = 200) -> list[int]:
    """The dead letters to send again together, oldest first."""
    require(actor, *_OPERATORS)
    query = select(OutboxMessage.id).join(Person, Person.id == OutboxMessage.person_id)
    query = query.where(OutboxMessage.state == OutboxState.DEAD)
    if person:
        query = query.where(_called(person))
    return list(s.scalars(query.order_by(OutboxMessage.id).limit(most)))


def outbox_file(s: Session, actor: Actor, outbox_id: int) -> OutFile:
    require(actor, *_OPERATORS)
    found = s.execute(
        select(OutboxMessage, Person, Card)
        .join(Person, Person.id == OutboxMessage.person_id)
        .outerjoin(Card, Card.id == OutboxMessage.card_id)
        .where(OutboxMessage.id == outbox_id)
    ).one_or_none()
    if found is None:
        raise NotFound("没有这条消息")
    message, person = found[0], found[1]
    card: Card | None = found[2]
    folded = select(OutboxMessage).where(OutboxMessage.folded_into_id == outbox_id)
    return OutFile(
        row=_out(message, person),
        notice=as_notice(message.notice),
        expires_at=message.expires_at,
        first_try_at=message.first_try_at,
        msgid=message.msgid,
        dedupe=message.dedupe,
        card_outcome=card.outcome if card is not None else "",
        card_closed_at=card.closed_at if card is not None else None,
        told_by=message.folded_into_id,
        tells=[(row.id, _title(row)) for row in s.scalars(folded.order_by(OutboxMessage.id).limit(_FOLDED_SHOWN))],
        tells_all=s.scalar(select(func.count()).select_from(folded.subquery())) or 0,
    )


def inbox(
    s: Session, actor: Actor, *, states: Sequence[InboxState] = (), person: str = "", page: int = 1, size: int = 50
) -> Page[InRow]:
    """Callbacks of the given states (none: all); newest first."""
    require(actor, *_OPERATORS)
    query = select(InboxEvent, Person.name).outerjoin(Person, _sender())
    if states:
        query = query.where(InboxEvent.state.in_(states))
    if person:
        query = query.where(_sent_by(person))
    return cut(s, query.order_by(InboxEvent.id.desc()), page, size, _in)


def inbox_file(s: Session, actor: Actor, event_id: int) -> InFile:
    require(actor, *_OPERATORS)
    found = s.execute(
        select(InboxEvent, Person.name).outerjoin(Person, _sender()).where(InboxEvent.id == event_id)
    ).one_or_none()
    if found is None:
        raise NotFound("没有这条消息")
    event, name = found
    return InFile(_in(event, name), event.raw, event.answer)


def _called(person: str) -> ColumnElement[bool]:
    by_name = Person.name.contains(person, autoescape=True)
    return or_(by_name, Person.userid_key.contains(person.casefold(), autoescape=True))


def _sender() -> ColumnElement[bool]:
    return Person.userid_key == func.lower(InboxEvent.userid)


def _sent_by(person: str) -> ColumnElement[bool]:
    return or_(_called(person), InboxEvent.userid.contains(person, autoescape=True))


def _out(message: OutboxMessage, person: Person) -> OutRow:
    return OutRow(
        id=message.id,
        person=person.name,
        userid=person.userid,
        title=_title(message),
        notice_class=message.notice_class,
        state=message.state,
        created_at=message.created_at,
        due_at=message.due_at,
        next_at=message.next_at,
        sent_at=message.sent_at,
        tries=message.tries,
        error=message.error,
    )


def _title(message: OutboxMessage) -> str:
    return str(message.notice["title"] or message.notice["body"][:60])


def _in(event: InboxEvent, name: str | None) -> InRow:
    return InRow(
        id=event.id,
        person=name or "",
        userid=event.userid,
        msg_type=event.msg_type,
        event=event.event,
        change_type=event.change_type,
        button=event.object_id if event.event.casefold() == "click" else "",
        state=event.state,
        made_at=event.made_at,
        received_at=event.received_at,
        done_at=event.done_at,
        tries=event.tries,
        error=event.error,
        repeatable=event.state == InboxState.FAILED and may_be_repeated(event.event),
    )
