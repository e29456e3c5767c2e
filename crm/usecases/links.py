"""One chat becomes a customer's, and stops being it: what contacts and groups have in common."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from config.vocabulary import ChatKind, TimelineKind
from crm import audit
from crm.access import READ, Actor, get_customer
from crm.errors import Conflict, NotFound
from crm.usecases import archive_talks
from crm.usecases.archive_consents import room
from crm.usecases.followups import rewind, touch, write_entry
from crm.usecases.radar import COLLEAGUE
from models.base import insert_once
from models.customers import Customer
from models.links import ChatLink
from models.timeline import TimelineEntry


@dataclass(frozen=True, slots=True)
class Chat:
    """With the contact of this external_userid, or in the group of this id; `called` as people know it."""

    kind: ChatKind
    key: str
    called: str

    @property
    def in_archive(self) -> str:
        """What the archive's talks know it by."""
        return room(self.key) if self.kind is ChatKind.CUSTOMER_GROUP else self.key


@dataclass(frozen=True, slots=True)
class LinkDone:
    called: str
    customer_id: int
    customer_name: str
    made: bool  # whether the customer was made by this very tap
    linked_at: datetime | None  # None when the link stood already: then there is nothing to take back


def link(
    s: Session, actor: Actor, chat: Chat, customer: Customer, now: datetime, *, entrance: str, made: bool
) -> LinkDone:
    """The archive's talk joins the file. Linking the same again changes nothing; Conflict where another has it."""
    row = {"kind": chat.kind, "key": chat.key}
    if not insert_once(s, ChatLink, **row, customer_id=customer.id, linked_by_id=actor.person_id, linked_at=now):
        held = s.scalars(select(ChatLink.customer_id).filter_by(**row)).one()
        if held != customer.id:
            raise Conflict(_held_elsewhere(s, actor, chat, held))
        return LinkDone(chat.called, customer.id, customer.name, made, None)
    what = "客户群" if chat.kind is ChatKind.CUSTOMER_GROUP else "企微联系人"
    words = f"把{what}「{chat.called}」关联到本客户"
    write_entry(s, customer.id, TimelineKind.LINK, words, actor.person_id, now, counts=True)
    touch(s, customer.id, customer.owner_id, actor, now)
    _joined(s, actor, chat, customer.id, now, entrance)
    return LinkDone(chat.called, customer.id, customer.name, made, now)


def unlink(
    s: Session, actor: Actor, chat: Chat, now: datetime, *, entrance: str, linked_at: datetime | None = None
) -> datetime:
    """Take the link back, with what came of it: its line, what that did to the clock, the archive's digests.

    With `linked_at` only that very link: an undo must not take away what somebody has linked since. When it was made.
    """
    held = s.scalar(select(ChatLink).filter_by(kind=chat.kind, key=chat.key).with_for_update())
    if held is None or (linked_at is not None and held.linked_at != linked_at):
        raise Conflict(f"「{chat.called}」的关联之后又有变动，没有改动")
    customer = get_customer(s, actor, held.customer_id, lock=True)
    s.execute(delete(ChatLink).where(ChatLink.id == held.id))
    archive_talks.unlinked(s, chat.in_archive, customer.id, now)
    line = (TimelineEntry.kind == TimelineKind.LINK, TimelineEntry.recorded_at == held.linked_at)
    s.execute(
        update(TimelineEntry)
        .where(TimelineEntry.customer_id == customer.id, *line)
        .values(retracted_at=now)
        .execution_options(synchronize_session=False)
    )
    rewind(s, customer)
    _book(s, actor, "unlink", chat, customer.id, now, entrance)
    return held.linked_at


def restore(
    s: Session, actor: Actor, chat: Chat, customer: Customer, replaced_at: datetime, now: datetime, *, entrance: str
) -> None:
    """Let the link that another one replaced at that moment stand again: who made it, when, its line, the clock."""
    line = s.scalar(
        select(TimelineEntry).where(
            TimelineEntry.customer_id == customer.id,
            TimelineEntry.kind == TimelineKind.LINK,
            TimelineEntry.retracted_at == replaced_at,
        )
    )
    if line is None or line.author_id is None:
        raise Conflict("原来的关联之后又有变动，没有撤销。下面是现在的情况")
    line.retracted_at = None
    former = {"customer_id": customer.id, "linked_by_id": line.author_id, "linked_at": line.recorded_at}
    insert_once(s, ChatLink, kind=chat.kind, key=chat.key, **former)
    s.flush()
    rewind(s, customer)
    _joined(s, actor, chat, customer.id, now, entrance)


def _joined(s: Session, actor: Actor, chat: Chat, customer_id: int, now: datetime, entrance: str) -> None:
    archive_talks.hurry(s, chat.in_archive, now)
    _book(s, actor, "link", chat, customer_id, now, entrance)


def _book(s: Session, actor: Actor, verb: str, chat: Chat, customer_id: int, now: datetime, entrance: str) -> None:
    subject = f"customer:{customer_id}"
    if chat.kind is ChatKind.CUSTOMER_GROUP:
        audit.record(s, actor.person_id, verb, subject, now, entrance=entrance, chat_id=chat.key)
    else:
        audit.record(s, actor.person_id, verb, subject, now, entrance=entrance, external_userid=chat.key)


def _held_elsewhere(s: Session, actor: Actor, chat: Chat, customer_id: int) -> str:
    try:
        other = get_customer(s, actor, customer_id, to=READ).name
    except NotFound:
        return f"「{chat.called}」已经关联到{COLLEAGUE}的客户，没有改动"
    if chat.kind is ChatKind.CUSTOMER_GROUP:
        return f"「{chat.called}」已经关联到「{other}」，没有改动"
    return f"「{chat.called}」已经关联到「{other}」。要换的话，先发 /解除 {chat.called}"
