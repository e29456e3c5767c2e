"""Talks of the chat archive on their way to a digest: which are waiting, what came of them, and taking that away."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, update
from sqlalchemy.orm import Session

from config.archive import EntryState
from config.vocabulary import ChatKind
from crm import uow
from crm.access import WRITE, Actor, actor_by_id, get_customer
from crm.errors import NotAllowed, NotFound
from crm.usecases import slots
from crm.usecases.archive_consents import Place, person_of, room, room_of
from crm.usecases.digests import withdraw_promises
from crm.usecases.followups import rewind
from models.archive import ArchiveCited, ArchiveDigest, ArchiveEntry, ArchiveTalk
from models.base import insert_once, one_of
from models.customers import Customer
from models.digests import Digest, DigestMessage, DigestSentence, DigestTodo
from models.links import ChatLink, ExternalContact
from models.timeline import TimelineEntry

JOB = "talks"
ENTRANCE = "archive"
UNSUMMED = (  # what of the kept messages has words, and no digest behind it
    ArchiveEntry.state == EntryState.KEPT,
    ArchiveEntry.text != "",
    ArchiveEntry.recalls == "",
    ArchiveEntry.summed_at.is_(None),
)
_QUIET = timedelta(minutes=30)  # a talk in which nothing was said for so long is over for now
REST = timedelta(days=1)  # so long a talk is let alone that nobody may write down
_LONGEST = timedelta(hours=12)  # one that never pauses is summed up all the same


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that was kept: where, with whom ("" in a group), when."""

    place: Place
    external_userid: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A talk to sum up now: with the contact `contact_id`, or in the group `room`.

    `writers`: whose digest it may be, the first who may write there: who talked, the customer's holder, who linked.
    """

    id: int
    customer_id: int
    writers: tuple[int, ...]
    contact_id: int | None
    person_id: int | None
    room: str
    last_at: datetime


def note(s: Session, heard: Iterable[Heard]) -> None:
    """These were kept, and no digest knows them yet."""
    spans: dict[tuple[Place, str], list[datetime]] = {}
    for one in heard:
        spans.setdefault((one.place, one.external_userid), []).append(one.at)
    for (place, external_userid), moments in sorted(spans.items()):
        key, first, last = {"place": place, "external_userid": external_userid}, min(moments), max(moments)
        if insert_once(s, ArchiveTalk, **key, waits_since=first, last_at=last):
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
        ArchiveTalk.summed_at.is_(None), ArchiveTalk.last_at <= now - _QUIET, ArchiveTalk.waits_since <= now - _LONGEST
    )
    awake = or_(ArchiveTalk.rests_until.is_(None), ArchiveTalk.rests_until <= now)
    rows = s.execute(
        select(ArchiveTalk, ChatLink, Customer.owner_id, ExternalContact.id)
        .join(ChatLink, or_(with_one, in_group))
        .join(Customer, Customer.id == ChatLink.customer_id)
        .outerjoin(ExternalContact, ExternalContact.external_userid == ArchiveTalk.external_userid)
        .where(ArchiveTalk.waits_since.is_not(None), paused, awake)
        .order_by(ArchiveTalk.waits_since, ArchiveTalk.id)
        .limit(limit)
    )
    return [
        Waiting(
            id=talk.id,
            customer_id=link.customer_id,
            writers=tuple(one for one in (person_of(talk.place), owner_id, link.linked_by_id) if one is not None),
            contact_id=contact_id,
            person_id=person_of(talk.place),
            room=room_of(talk.place),
            last_at=talk.last_at,
        )
        for talk, link, owner_id, contact_id in rows
    ]


def writer(s: Session, talk: Waiting, now: datetime) -> Actor | None:
    """Whose digest it is to be; None: nobody of them may write into that customer's file."""
    for person_id in talk.writers:
        with suppress(NotAllowed, NotFound):
            actor = actor_by_id(s, person_id, now)
            get_customer(s, actor, talk.customer_id, to=WRITE)
            return actor
    return None


def rest(s: Session, talk: Waiting, until: datetime) -> None:
    """Let it alone until then, or until it is linked anew."""
    row = s.get(ArchiveTalk, talk.id, with_for_update=True)
    if row is not None:  # gone where its two sides turned out to be one person's
        row.rests_until = until


def still_linked(s: Session, talk: Waiting) -> bool:
    """Whether the chat is that customer's now; the link and the talk stay so until the transaction ends."""
    row = s.get_one(ArchiveTalk, talk.id)
    kind, key = (ChatKind.CUSTOMER_GROUP, talk.room) if talk.room else (ChatKind.EXTERNAL_CONTACT, row.external_userid)
    link = select(ChatLink.customer_id).where(ChatLink.kind == kind, ChatLink.key == key).with_for_update()
    if s.scalar(link) != talk.customer_id:
        return False
    s.refresh(row, with_for_update=True)
    return True


def summed(s: Session, talk: Waiting, numbers: Collection[int], now: datetime) -> None:
    """These numbers of the talk are summed up, whatever came of them."""
    row = s.get_one(ArchiveTalk, talk.id, with_for_update=True)
    _mark(s, one_of(s, ArchiveEntry.seq, numbers), now)
    row.summed_at, row.waits_since = now, _oldest_unsummed(s, row)
    still = not numbers and row.waits_since is not None and row.last_at == talk.last_at
    row.rests_until = now + REST if still else None  # what waited there he may not hear
    s.flush()


def came_of(s: Session, talk: Waiting, entry_id: int, said: Mapping[int, tuple[int, str]]) -> None:
    """This line of the timeline is the digest of that talk; `said`: number and outsider of each of its messages."""
    digest_id = s.scalars(select(Digest.id).where(Digest.entry_id == entry_id)).one()
    s.add(ArchiveDigest(digest_id=digest_id, talk_id=talk.id))
    cited = s.scalars(select(DigestMessage.number).where(DigestMessage.digest_id == digest_id)).all()
    for number in cited:
        seq, external_userid = said[number]
        s.add(ArchiveCited(digest_id=digest_id, number=number, seq=seq, external_userid=external_userid))
    for todo, cites in s.execute(
        select(DigestTodo, DigestSentence.cites)
        .join(DigestSentence, DigestSentence.digest_id == DigestTodo.digest_id)
        .where(DigestTodo.digest_id == digest_id, DigestSentence.position == DigestTodo.position)
    ):
        todo.external_userid = next((said[number][1] for number in cites if said[number][1]), "")
    s.flush()


def hurry(s: Session, place_or_external: str, now: datetime) -> None:
    """Somebody or a group has just been linked: what was said before lands on the customer's timeline at once."""
    waiting = update(ArchiveTalk).where(ArchiveTalk.waits_since.is_not(None), _of(place_or_external))
    woken = waiting.values(rests_until=None).returning(ArchiveTalk.id).execution_options(synchronize_session=False)
    if s.scalars(woken).all() and slots.make(s, JOB, now.replace(microsecond=0), now):
        uow.nudge(s, "slot")


def unlinked(s: Session, place_or_external: str, customer_id: int, now: datetime) -> None:
    """A link is taken back: so are the digests that came of it, and the talk waits for whoever it is linked to next."""
    for talk in s.scalars(select(ArchiveTalk).where(_of(place_or_external)).with_for_update()).all():
        made = select(ArchiveDigest.digest_id).join(Digest, Digest.id == ArchiveDigest.digest_id)
        there = made.join(TimelineEntry, TimelineEntry.id == Digest.entry_id)
        standing = (TimelineEntry.customer_id == customer_id, TimelineEntry.retracted_at.is_(None))
        _retract(s, s.scalars(there.where(ArchiveDigest.talk_id == talk.id, *standing)).all(), now)
        _mark(s, _entries(talk), None)
        talk.summed_at, talk.rests_until, talk.waits_since = None, None, _oldest_unsummed(s, talk)
    s.flush()


def _of(place_or_external: str) -> ColumnElement[bool]:
    return or_(ArchiveTalk.external_userid == place_or_external, ArchiveTalk.place == place_or_external)


def _entries(talk: ArchiveTalk) -> ColumnElement[bool]:
    """What was said in it."""
    between = (ArchiveEntry.external_userid == talk.external_userid, ArchiveEntry.person_id == person_of(talk.place))
    group = room_of(talk.place)
    return ArchiveEntry.room_id == group if group else and_(ArchiveEntry.room_id == "", *between)


def _oldest_unsummed(s: Session, talk: ArchiveTalk) -> datetime | None:
    return s.scalar(select(func.min(ArchiveEntry.at)).where(_entries(talk), *UNSUMMED))


def _mark(s: Session, which: ColumnElement[bool], summed_at: datetime | None) -> None:
    kept = update(ArchiveEntry).where(which, ArchiveEntry.state == EntryState.KEPT)
    s.execute(kept.values(summed_at=summed_at).execution_options(synchronize_session=False))


def _retract(s: Session, digests: Sequence[int], now: datetime) -> None:
    """Their lines stand no longer, nor do their to-dos; what they did to the silence clock is undone."""
    lines = s.scalars(select(Digest.entry_id).where(one_of(s, Digest.id, digests))).all()
    withdraw_promises(s, lines, now, entrance=ENTRANCE)
    standing = (one_of(s, TimelineEntry.id, lines), TimelineEntry.retracted_at.is_(None))
    s.execute(
        update(TimelineEntry).where(*standing).values(retracted_at=now).execution_options(synchronize_session=False)
    )
    theirs = select(TimelineEntry.customer_id).where(one_of(s, TimelineEntry.id, lines))
    for customer in s.scalars(select(Customer).where(Customer.id.in_(theirs)).order_by(Customer.id).with_for_update()):
        rewind(s, customer)
    s.flush()
