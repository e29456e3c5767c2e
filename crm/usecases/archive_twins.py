"""What the archive knows by place moves along where two rows turn out to be the same person."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.rules.consents import Word, newer
from crm.usecases import archive_words
from crm.usecases.archive_consents import Place, with_person
from models.archive import ArchiveConsent, ArchiveDigest, ArchiveTalk


def move_places(s: Session, person_id: int, twin_id: int) -> None:
    """What outsiders said to the twin, and their talks with him, are the person's from now on."""
    place, twin = with_person(person_id), with_person(twin_id)
    said = _consents(s, place, twin)
    _talks(s, place, twin)
    s.flush()
    for external_userid, word in said.items():
        archive_words.withdrawn(s, place, external_userid, word)


def _consents(s: Session, place: Place, twin: Place) -> dict[str, Word]:
    """Of an outsider who has said yes to both, the earlier yes stands; else the newer word counts.

    What counts now of everybody who has said something to both.
    """
    both = select(ArchiveConsent).where(ArchiveConsent.place.in_([place, twin])).order_by(ArchiveConsent.id)
    rows = s.scalars(both.with_for_update()).all()
    held = {row.external_userid: row for row in rows if row.place == place}
    said = {}
    for row in rows:
        if row.place == place:
            continue
        mine = held.get(row.external_userid)
        if mine is None:
            row.place = place
            continue
        kept = mine.agreed or row.agreed
        if mine.agreed and row.agreed:
            mine.since = min(mine.since, row.since) if mine.since and row.since else None
        elif newer(Word(row.agreed, row.since), Word(mine.agreed, mine.since)):
            mine.agreed, mine.since, mine.checked_at = row.agreed, row.since, row.checked_at
        withdrawn = mine.withdrawn_at or row.withdrawn_at or (mine.checked_at if kept else None)
        mine.withdrawn_at = None if mine.agreed else withdrawn
        said[row.external_userid] = Word(mine.agreed, mine.since)
        s.delete(row)
    return said


def _talks(s: Session, place: Place, twin: Place) -> None:
    """Two talks with the same outsider are one, and what waits in either waits."""
    both = select(ArchiveTalk).where(ArchiveTalk.place.in_([place, twin])).order_by(ArchiveTalk.id)
    rows = s.scalars(both.with_for_update()).all()
    held = {row.external_userid: row for row in rows if row.place == place}
    for row in rows:
        if row.place == place:
            continue
        mine = held.get(row.external_userid)
        if mine is None:
            row.place = place
            continue
        mine.last_at = max(mine.last_at, row.last_at)
        mine.waits_since = min((one for one in (mine.waits_since, row.waits_since) if one), default=None)
        mine.summed_at = max((one for one in (mine.summed_at, row.summed_at) if one), default=None)
        mine.rests_until = None
        s.execute(
            update(ArchiveDigest)
            .where(ArchiveDigest.talk_id == row.id)
            .values(talk_id=mine.id)
            .execution_options(synchronize_session=False)
        )
        s.delete(row)
