"""Talks of the chat archive on their way to a digest: which are waiting, what came of them, and taking that away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, and_, delete, literal, or_, select, update
from sqlalchemy.orm import Session

from config.vocabulary import ChatKind
from crm import uow
from crm.usecases import slots
from crm.usecases.archive_consents import Place, person_of, room, room_of
from crm.usecases.digests import withdraw_promises
from crm.usecases.followups import rewind
from models.archive import ArchiveDigest, ArchiveTalk
from models.base import insert_once, one_of
from models.customers import Customer
from models.digests import Digest, DigestMessage, DigestSentence, DigestTodo
from models.links import ChatLink, ExternalContact
from models.timeline import TimelineEntry, Todo

JOB = "talks"
_ENTRANCE = "archive"
_QUIET = timedelta(minutes=30)  # a talk in which nothing was said for so long is over for now
_LONGEST = timedelta(hours=12)  # one that never pauses is summed up all the same
_GONE = "应联系人要求，已删除"


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that was kept: where, with whom ("" in a group), when."""

    place: Place
    external_userid: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A talk to sum up now, after `summed_to`; `contact_id` or `room` says which, `person_id` whose digest it is."""

    id: int
    customer_id: int
    person_id: int
    contact_id: int | None
    room: str
    summed_to: datetime | None


def note(s: Session, heard: Iterable[Heard]) -> None:
    """These were kept, and no digest knows them yet."""
    spans: dict[tuple[Place, str], list[datetime]] = {}
    for one in heard:
        spans.setdefault((one.place, one.external_userid), []).append(one.at)
    for (place, external_userid), moments in sorted(spans.items()):
        key, first, last = {"place": place, "external_userid": external_userid}, min(moments), max(moments)
        if insert_once(s, ArchiveTalk, **key, waits_since=first, last_at=last, summed_to=None):
            continue
        row = s.scalars(select(ArchiveTalk).filter_by(**key).with_for_update()).one()
        row.waits_since = min(row.waits_since or first, first)
        row.last_at = max(row.last_at, last)
    s.flush()


def due(s: Session, now: datetime, limit: int) -> list[Waiting]:
    """Talks with somebody who is linked, that have paused: at once where nothing of them was ever summed up."""
    with_one = and_(ChatLink.kind == ChatKind.EXTERNAL_CONTACT, ChatLink.key == ArchiveTalk.external_userid)
    group = literal(room("")).concat(ChatLink.key)
    in_group = and_(ChatLink.kind == ChatKind.CUSTOMER_GROUP, ArchiveTalk.place == group)
    paused = or_(
        ArchiveTalk.summed_to.is_(None), ArchiveTalk.last_at <= now - _QUIET, ArchiveTalk.waits_since <= now - _LONGEST
    )
    rows = s.execute(
        select(ArchiveTalk, ChatLink, ExternalContact.id)
        .join(ChatLink, or_(with_one, in_group))
        .outerjoin(ExternalContact, ExternalContact.external_userid == ArchiveTalk.external_userid)
        .where(ArchiveTalk.waits_since.is_not(None), paused)
        .order_by(ArchiveTalk.waits_since, ArchiveTalk.id)
        .limit(limit)
    )
    return [
        Waiting(
            id=talk.id,
            customer_id=link.customer_id,
            person_id=person_of(talk.place) or link.linked_by_id,
            contact_id=contact_id,
            room=room_of(talk.place),
            summed_to=talk.summed_to,
        )
        for talk, link, contact_id in rows
    ]


def summed(s: Session, talk: Waiting, to: datetime | None) -> bool:
    """The talk is summed up to here (None: there is nothing that may be heard). False: somebody was faster."""
    row = s.get_one(ArchiveTalk, talk.id, with_for_update=True)
    if row.summed_to != talk.summed_to or row.waits_since is None:
        return False
    row.summed_to = to or row.last_at
    row.waits_since = row.last_at if row.last_at > row.summed_to else None
    s.flush()
    return True


def came_of(s: Session, talk: Waiting, entry_id: int, now: datetime) -> None:
    """This line of the timeline is the digest of that talk."""
    s.add(ArchiveDigest(entry_id=entry_id, talk_id=talk.id, made_at=now))
    s.flush()


def hurry(s: Session, place_or_external: str, now: datetime) -> None:
    """Somebody or a group has just been linked: what was said before lands on the customer's timeline at once."""
    kept = or_(ArchiveTalk.external_userid == place_or_external, ArchiveTalk.place == place_or_external)
    if s.scalar(select(ArchiveTalk.id).where(ArchiveTalk.waits_since.is_not(None), kept).limit(1)) is None:
        return
    if slots.make(s, JOB, now.replace(microsecond=0), now):
        uow.nudge(s, "slot")


def unlinked(s: Session, place_or_external: str, customer_id: int, now: datetime) -> None:
    """A link is taken back: so are the digests that came of it, and the talk waits for whoever it is linked to next."""
    kept = or_(ArchiveTalk.external_userid == place_or_external, ArchiveTalk.place == place_or_external)
    talks = s.scalars(select(ArchiveTalk).where(kept).with_for_update()).all()
    for talk in talks:
        made = select(ArchiveDigest.entry_id).join(TimelineEntry, TimelineEntry.id == ArchiveDigest.entry_id)
        entries = s.scalars(
            made.where(ArchiveDigest.talk_id == talk.id, TimelineEntry.customer_id == customer_id)
        ).all()
        if not entries:
            continue
        _retract(s, entries, now)
        s.execute(delete(ArchiveDigest).where(one_of(s, ArchiveDigest.entry_id, entries)))
        talk.summed_to, talk.waits_since = None, talk.last_at
    s.flush()


def purged(s: Session, external_userid: str, now: datetime) -> None:
    """What he said is deleted, and so is what was made of it: sentences, cited messages, to-dos, the line."""
    talks = select(ArchiveTalk.id).where(ArchiveTalk.external_userid == external_userid)
    entries = s.scalars(select(ArchiveDigest.entry_id).where(ArchiveDigest.talk_id.in_(talks))).all()
    if not entries:
        return
    _retract(s, entries, now)
    digests = s.scalars(select(Digest.id).where(one_of(s, Digest.entry_id, entries))).all()
    todos = select(DigestTodo.todo_id).where(one_of(s, DigestTodo.digest_id, digests))
    _blank(s, update(Todo).where(Todo.id.in_(todos)))
    _blank(s, update(TimelineEntry).where(one_of(s, TimelineEntry.id, entries)))
    s.execute(delete(DigestSentence).where(one_of(s, DigestSentence.digest_id, digests)))
    s.execute(delete(DigestMessage).where(one_of(s, DigestMessage.digest_id, digests)))


def _blank(s: Session, rows: Update) -> None:
    s.execute(rows.values(text=_GONE).execution_options(synchronize_session=False))


def _retract(s: Session, entries: Sequence[int], now: datetime) -> None:
    """The lines stand no longer, nor do their to-dos; what they did to the silence clock is undone."""
    withdraw_promises(s, entries, now, entrance=_ENTRANCE)
    standing = (one_of(s, TimelineEntry.id, entries), TimelineEntry.retracted_at.is_(None))
    s.execute(
        update(TimelineEntry).where(*standing).values(retracted_at=now).execution_options(synchronize_session=False)
    )
    theirs = select(TimelineEntry.customer_id).where(one_of(s, TimelineEntry.id, entries))
    for customer in s.scalars(select(Customer).where(Customer.id.in_(theirs)).order_by(Customer.id).with_for_update()):
        rewind(s, customer)
    s.flush()
