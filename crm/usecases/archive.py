"""What was said with an outsider, for whoever may hear it; and its deletion, when somebody asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from config.archive import EntryState
from crm import audit
from crm.access import JUDGES, Actor, get_talker, hears_contact, hears_group, require
from crm.rules.consents import NEVER, Word
from crm.usecases import archive_talks, archive_words
from crm.usecases.archive_consents import Place, room, said_by, with_person
from crm.usecases.archive_talks import Waiting
from models.archive import ArchiveCursor, ArchiveEntry, ArchivePurge
from models.base import insert_once, one_of
from models.links import ExternalContact
from models.people import Person

MOST = 500  # messages of one talk at once


@dataclass(frozen=True, slots=True)
class Spoken:
    """One message: by whom (`ours`: by one of us, whose id it is), when (aware UTC), in plain words.

    `seq` is its number in the archive, `external_userid` the outsider whose consent it stands on.
    """

    seq: int
    who: str
    ours: bool
    person_id: int | None
    external_userid: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Unsummed:
    """What of a talk no digest knows yet: all its `numbers`, and of those what may still be heard."""

    numbers: tuple[int, ...]
    spoken: tuple[Spoken, ...]


def talk_of(s: Session, actor: Actor, external_contact_id: int, since: datetime | None = None) -> tuple[Spoken, ...]:
    """What this contact and our people said to each other, oldest first; the newest 500 after `since`.

    Only what the actor may hear: the talk of his own people, and of a customer he may see. What was taken back is
    gone, and so is, from the moment of a withdrawn consent, everything said with that colleague before.
    """
    external = s.scalar(select(ExternalContact.external_userid).where(ExternalContact.id == external_contact_id))
    if external is None:
        return ()
    return _newest(s, _with_one(actor, external), since)


def talk_of_group(s: Session, actor: Actor, chat_id: str, since: datetime | None = None) -> tuple[Spoken, ...]:
    """The same of a customer group that is linked to a customer he may see."""
    return _newest(s, _in_group(actor, chat_id), since)


def unsummed(s: Session, actor: Actor, talk: Waiting, *, again: Unsummed | None = None) -> Unsummed:
    """The oldest 500 of it that no digest knows; `again`: what is left of those, which stay so until the commit."""
    if talk.room:
        which = _in_group(actor, talk.room)
    else:
        external = select(ExternalContact.external_userid).where(ExternalContact.id == talk.contact_id)
        which = [*_with_one(actor, s.scalar(external) or ""), ArchiveEntry.person_id == talk.person_id]
    wanted = [*which, *archive_talks.UNSUMMED]
    if again is not None:
        wanted.append(one_of(s, ArchiveEntry.seq, again.numbers))
    oldest = select(ArchiveEntry).where(*wanted).order_by(ArchiveEntry.at, ArchiveEntry.seq).limit(MOST)
    rows = s.scalars(oldest if again is None else oldest.with_for_update()).all()
    words = said_by(s, {row.external_userid for row in rows if row.external_userid})
    numbers = [row.seq for row in rows if not _undecided(row, words)]
    return Unsummed(tuple(numbers), _spoken(s, numbers))


def _with_one(actor: Actor, external_userid: str) -> list[ColumnElement[bool]]:
    return [ArchiveEntry.external_userid == external_userid, ArchiveEntry.room_id == "", hears_contact(actor)]


def _in_group(actor: Actor, chat_id: str) -> list[ColumnElement[bool]]:
    return [ArchiveEntry.room_id == chat_id, hears_group(actor)]


def _newest(s: Session, which: Sequence[ColumnElement[bool]], since: datetime | None) -> tuple[Spoken, ...]:
    wanted = [*which, ArchiveEntry.state == EntryState.KEPT, ArchiveEntry.text != "", ArchiveEntry.recalls == ""]
    if since is not None:
        wanted.append(ArchiveEntry.at > since)
    newest = select(ArchiveEntry.seq).where(*wanted).order_by(ArchiveEntry.seq.desc()).limit(MOST)
    return _spoken(s, s.scalars(newest).all())


def _spoken(s: Session, numbers: Sequence[int]) -> tuple[Spoken, ...]:
    """Consent is asked again for what was kept: it may have been withdrawn since."""
    entry = ArchiveEntry
    rows = s.execute(
        select(entry, Person.name, ExternalContact.name)
        .outerjoin(Person, Person.id == entry.person_id)
        .outerjoin(ExternalContact, ExternalContact.external_userid == entry.external_userid)
        .where(one_of(s, entry.seq, numbers))
        .order_by(entry.at, entry.seq)
    ).all()
    words = said_by(s, {row.external_userid for row, *_ in rows if row.external_userid})
    return tuple(
        Spoken(
            seq=row.seq,
            who=(colleague if row.ours else outsider) or ("同事" if row.ours else "客户"),
            ours=row.ours,
            person_id=row.person_id if row.ours else None,
            external_userid=row.external_userid,
            at=row.at,
            text=row.text,
        )
        for row, colleague, outsider in rows
        if row.at is not None and _still_agreed(row, words)
    )


def _undecided(row: ArchiveEntry, words: Mapping[tuple[Place, str], Word]) -> bool:
    """Nobody knows of a yes or a no any more, though there was one when it was kept: it waits until somebody does."""
    if not row.external_userid:
        return False
    word = words.get((_place(row), row.external_userid), NEVER)
    return not word.agreed and word.since is None


def _still_agreed(row: ArchiveEntry, words: Mapping[tuple[Place, str], Word]) -> bool:
    """A colleague's words in a group were addressed to all, and were kept because all had agreed."""
    if row.at is None or not row.external_userid:
        return True
    return words.get((_place(row), row.external_userid), NEVER).covers(row.at)


def _place(row: ArchiveEntry) -> Place:
    return room(row.room_id) if row.room_id else with_person(row.person_id or 0)


def purge_talk(s: Session, actor: Actor, contact_id: int | str, now: datetime, *, entrance: str) -> int:
    """Delete what was kept of this outsider (by id, or external_userid from outside); how many messages.

    For managers over those he talked with, and the administrators. Both sides of his talk with our people go, and what
    he himself said in groups. What was said until now does not come back; what is said from now on is kept only while
    he agrees. Law: 个人信息保护法 art. 47.
    """
    require(actor, *JUDGES)
    contact = get_talker(s, actor, contact_id)
    s.scalars(select(ArchiveCursor.id).with_for_update()).all()  # a page being kept is done, or comes later
    his = (ArchiveEntry.external_userid == contact.external_userid, ArchiveEntry.state == EntryState.KEPT)
    blank = {
        "state": EntryState.PURGED, "msgid": None, "ours": False, "person_id": None, "external_userid": "",
        "room_id": "", "at": None, "kind": "", "text": "", "recalls": "", "recalled_at": None,
    }  # fmt: skip
    gone = s.scalars(
        update(ArchiveEntry)
        .where(*his)
        .values(**blank)
        .returning(ArchiveEntry.id)
        .execution_options(synchronize_session=False)
    ).all()
    who = {"external_userid": contact.external_userid}
    if not insert_once(s, ArchivePurge, **who, at=now):
        s.execute(update(ArchivePurge).filter_by(**who).values(at=now).execution_options(synchronize_session=False))
    archive_words.purged(s, contact.external_userid, now)
    subject = f"external_contact:{contact.id or contact.external_userid}"
    audit.record(s, actor.person_id, "purge_talk", subject, now, entrance=entrance, messages=len(gone))
    return len(gone)
