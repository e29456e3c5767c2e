"""What the archive knows by place moves along where two rows turn out to be the same person."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.rules.consents import newer
from crm.usecases.archive_consents import Place, with_person, word_of
from models.archive import ArchiveConsent, ArchiveDigest, ArchiveTalk


def move_places(s: Session, person_id: int, twin_id: int) -> None:
    """What outsiders said to the twin, and their talks with him, are the person's from now on."""
    _consents(s, with_person(person_id), with_person(twin_id))
    _talks(s, with_person(person_id), with_person(twin_id))
    s.flush()


def _consents(s: Session, place: Place, twin: Place) -> None:
    """Of an outsider who has said yes to both, the earlier yes stands; else the newer word counts."""
    both = select(ArchiveConsent).where(ArchiveConsent.place.in_([place, twin])).order_by(ArchiveConsent.id)
    rows = s.scalars(both.with_for_update()).all()
    held = {row.external_userid: row for row in rows if row.place == place}
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
        elif newer(word_of(row), word_of(mine)):
            mine.agreed, mine.since, mine.checked_at = row.agreed, row.since, row.checked_at
        withdrawn = mine.withdrawn_at or row.withdrawn_at or (mine.checked_at if kept else None)
        mine.withdrawn_at = None if mine.agreed else withdrawn
        s.delete(row)


def _talks(s: Session, place: Place, twin: Place) -> None:
    """Two talks with the same outsider are one: what waits in either waits."""
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
