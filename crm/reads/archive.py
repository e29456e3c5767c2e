"""会话存档 as an administrator sees it: how far it is, what is missing, of whom there is talk and who agreed to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from config.archive import EntryState, GapReason, GapState
from config.vocabulary import ContactState, Role
from crm.access import Actor, require
from models.archive import ArchiveConsent, ArchiveCursor, ArchiveEntry, ArchiveGap
from models.links import ExternalContact

_GAPS, _TALKERS = 50, 50


@dataclass(frozen=True, slots=True)
class GapRow:
    first: int
    last: int
    reason: GapReason
    key_version: int
    state: GapState
    found_at: datetime


@dataclass(frozen=True, slots=True)
class TalkerRow:
    """An outsider of whom there is talk. `agrees`: everywhere he was asked; else what is kept should go."""

    contact_id: int
    name: str
    company: str
    state: ContactState
    messages: int
    newest: datetime
    agrees: bool


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """`started_at` None: nothing was ever pulled. Counts are of all time; lists are cut at fifty."""

    seq: int
    started_at: datetime | None
    caught_up_at: datetime | None
    trouble: str
    kept: int
    without_consent: int
    agreed: int
    refused: int
    gaps: Sequence[GapRow]
    talkers: Sequence[TalkerRow]


def archive_page(s: Session, actor: Actor, words: str) -> ArchivePage:
    """`words` narrow the list of outsiders to names and companies that hold them. Who refuses comes first."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    cursor = s.scalar(select(ArchiveCursor))
    states = dict(s.execute(select(ArchiveEntry.state, func.count()).group_by(ArchiveEntry.state)).all())
    consents = dict(s.execute(select(ArchiveConsent.agreed, func.count()).group_by(ArchiveConsent.agreed)).all())
    return ArchivePage(
        seq=cursor.seq if cursor else 0,
        started_at=cursor.started_at if cursor else None,
        caught_up_at=cursor.caught_up_at if cursor else None,
        trouble=cursor.trouble if cursor else "",
        kept=states.get(EntryState.KEPT, 0),
        without_consent=states.get(EntryState.NO_CONSENT, 0),
        agreed=consents.get(True, 0),
        refused=consents.get(False, 0),
        gaps=_gaps(s),
        talkers=_talkers(s, words),
    )


def _gaps(s: Session) -> list[GapRow]:
    """What is still missing, then the newest that was lost or filled."""
    waiting = case((ArchiveGap.state == GapState.OPEN, 0), else_=1)
    rows = s.scalars(select(ArchiveGap).order_by(waiting, ArchiveGap.id.desc()).limit(_GAPS))
    return [
        GapRow(row.first, row.last, GapReason(row.reason), row.key_version, GapState(row.state), row.found_at)
        for row in rows
    ]


def _talkers(s: Session, words: str) -> list[TalkerRow]:
    contact, entry, consent = ExternalContact, ArchiveEntry, ArchiveConsent
    refuses = (
        select(consent.id).where(consent.external_userid == contact.external_userid, consent.agreed.is_(False)).exists()
    )
    kept = (
        select(entry.external_userid, func.count().label("messages"), func.max(entry.at).label("newest"))
        .where(entry.state == EntryState.KEPT, entry.external_userid != "")
        .group_by(entry.external_userid)
        .subquery()
    )
    query = (
        select(contact, kept.c.messages, kept.c.newest, refuses.label("refuses"))
        .join(kept, kept.c.external_userid == contact.external_userid)
        .order_by(refuses.desc(), kept.c.newest.desc())
        .limit(_TALKERS)
    )
    if words:
        named = (one.contains(words, autoescape=True) for one in (contact.name, contact.corp_name))
        query = query.where(or_(*named))
    return [
        TalkerRow(row.id, row.name, row.corp_name, ContactState(row.state), messages, newest, not refused)
        for row, messages, newest, refused in s.execute(query)
    ]
