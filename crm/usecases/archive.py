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
from crm.usecases import archive_talks
from crm.usecases.archive_consents import Place, room, said_by, with_person
from models.archive import ArchiveConsent, ArchiveEntry
from models.links import ExternalContact
from models.people import Person

MOST = 500  # messages of one talk, the newest


@dataclass(frozen=True, slots=True)
class Spoken:
    """One message: by whom (`ours`: by one of us), when (aware UTC), in plain words."""

    who: str
    ours: bool
    at: datetime
    text: str
    msgid: str


def talk_of(
    s: Session, actor: Actor, external_contact_id: int, since: datetime | None = None, *, person_id: int | None = None
) -> tuple[Spoken, ...]:
    """What this contact and our people (or one of them) said to each other, oldest first; the newest 500 after `since`.

    Only what the actor may hear: the talk of his own people, and of a customer he may see. What was taken back is
    gone, and so is, from the moment of a withdrawn consent, everything said with that colleague before.
    """
    external = s.scalar(select(ExternalContact.external_userid).where(ExternalContact.id == external_contact_id))
    if external is None:
        return ()
    between_two = [ArchiveEntry.external_userid == external, ArchiveEntry.room_id == "", hears_contact(actor)]
    if person_id is not None:
        between_two.append(ArchiveEntry.person_id == person_id)
    return _spoken(s, between_two, since)


def talk_of_group(s: Session, actor: Actor, chat_id: str, since: datetime | None = None) -> tuple[Spoken, ...]:
    """The same of a customer group that is linked to a customer he may see."""
    return _spoken(s, (ArchiveEntry.room_id == chat_id, hears_group(actor)), since)


def _spoken(s: Session, which: Sequence[ColumnElement[bool]], since: datetime | None) -> tuple[Spoken, ...]:
    """Consent is asked again for what was kept: it may have been withdrawn since."""
    entry = ArchiveEntry
    wanted = [*which, entry.state == EntryState.KEPT, entry.text != "", entry.recalls == ""]
    if since is not None:
        wanted.append(entry.at > since)
    rows = s.execute(
        select(entry, Person.name, ExternalContact.name)
        .outerjoin(Person, Person.id == entry.person_id)
        .outerjoin(ExternalContact, ExternalContact.external_userid == entry.external_userid)
        .where(*wanted)
        .order_by(entry.seq.desc())
        .limit(MOST)
    ).all()
    words = said_by(s, {row.external_userid for row, *_ in rows if row.external_userid})
    return tuple(
        Spoken(
            who=(colleague if row.ours else outsider) or ("同事" if row.ours else "客户"),
            ours=row.ours,
            at=row.at,
            text=row.text,
            msgid=row.msgid,
        )
        for row, colleague, outsider in reversed(rows)
        if row.at is not None and row.msgid is not None and _still_agreed(row, words)
    )


def _still_agreed(row: ArchiveEntry, words: Mapping[tuple[Place, str], Word]) -> bool:
    """A colleague's words in a group were addressed to all, and were kept because all had agreed."""
    if row.at is None or not row.external_userid:
        return True
    place = room(row.room_id) if row.room_id else with_person(row.person_id or 0)
    return words.get((place, row.external_userid), NEVER).covers(row.at)


def purge_talk(s: Session, actor: Actor, contact_id: int | str, now: datetime, *, entrance: str) -> int:
    """Delete what was kept of this outsider (by id, or external_userid from outside); how many messages.

    For managers over those he talked with, and the administrators. Both sides of his talk with our people go, and what
    he himself said in groups. What was said until now does not come back; what is said from now on is kept only while
    he agrees. Law: 个人信息保护法 art. 47.
    """
    require(actor, *JUDGES)
    contact = get_talker(s, actor, contact_id)
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
    s.execute(
        update(ArchiveConsent)
        .where(ArchiveConsent.external_userid == contact.external_userid)
        .values(purged_at=now)
        .execution_options(synchronize_session=False)
    )
    archive_talks.purged(s, contact.external_userid, now)
    subject = f"external_contact:{contact.id or contact.external_userid}"
    audit.record(s, actor.person_id, "purge_talk", subject, now, entrance=entrance, messages=len(gone))
    return len(gone)
