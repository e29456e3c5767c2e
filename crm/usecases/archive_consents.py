"""Who outside has agreed to the chat archive, where, and since when: the newest word counts."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.rules.consents import Word, newer
from models.archive import ArchiveConsent, ArchivePurge
from models.base import insert_once, one_of
from models.people import Person

Place = str
_PERSON, _ROOM = "person:", "room:"


def with_person(person_id: int) -> Place:
    """The talk of an outsider with one of us."""
    return f"{_PERSON}{person_id}"


def room(room_id: str) -> Place:
    return f"{_ROOM}{room_id}"


def person_of(place: Place) -> int | None:
    """The id of the one of us, None for a group."""
    return int(place.removeprefix(_PERSON)) if place.startswith(_PERSON) else None


def room_of(place: Place) -> str:
    """The group's id, "" for the talk with one of us."""
    return place.removeprefix(_ROOM) if place.startswith(_ROOM) else ""


@dataclass(frozen=True, slots=True)
class Said:
    """What the platform tells of one outsider in one place."""

    place: Place
    external_userid: str
    agreed: bool
    since: datetime | None


def note(s: Session, said: Iterable[Said], now: datetime) -> list[tuple[Place, str, Word]]:
    """Write down what was said, unless something newer is written there already; where who has changed his word."""
    changed = []
    for one in sorted(said, key=lambda one: (one.place, one.external_userid)):
        key = {"place": one.place[:80], "external_userid": one.external_userid[:64]}
        if insert_once(s, ArchiveConsent, **key, agreed=one.agreed, since=one.since, checked_at=now):
            continue
        row = s.scalars(select(ArchiveConsent).filter_by(**key).with_for_update()).one()
        word, before = Word(one.agreed, one.since), Word(row.agreed, row.since)
        if newer(word, before):
            if word != before:
                changed.append((row.place, row.external_userid, word))
            if one.agreed:
                row.withdrawn_at = None
            elif row.agreed:
                row.withdrawn_at = now
            row.agreed, row.since, row.checked_at = one.agreed, one.since, now
    s.flush()
    return changed


def said_by(s: Session, outsiders: Collection[str]) -> Mapping[tuple[Place, str], Word]:
    """The newest word of each of them in each place where he ever said one."""
    if not outsiders:
        return {}
    rows = s.execute(
        select(ArchiveConsent, ArchivePurge.at)
        .outerjoin(ArchivePurge, ArchivePurge.external_userid == ArchiveConsent.external_userid)
        .where(one_of(s, ArchiveConsent.external_userid, outsiders))
    )
    return {(row.place, row.external_userid): Word(row.agreed, row.since, purged_at) for row, purged_at in rows}


def approved(s: Session, userid: str, external_userid: str, at: datetime) -> list[Said]:
    """What `msg_audit_approved` says: this outsider has agreed to the archive of his talk with this member."""
    person_id = s.scalar(select(Person.id).where(Person.userid_key == userid.casefold()))
    if person_id is None or not external_userid:
        return []
    return [Said(with_person(person_id), external_userid, agreed=True, since=at)]
