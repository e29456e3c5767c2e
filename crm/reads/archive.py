"""会话存档 as an administrator sees it: how far it is, what is missing, of whom there is talk and who agreed to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from config.archive import EntryState, GapReason, GapState
from config.vocabulary import ContactState, Role
from crm.access import Actor, require
from models.archive import ArchiveConsent, ArchiveCursor, ArchiveEntry, ArchiveGap, ArchivePurge
from models.base import one_of
from models.links import ExternalContact
from models.mirror import CustomerGroupMember

_GAPS, _TALKERS = 50, 50
_LOOKED_AT = 2_000  # of the newest messages, to find who spoke last
# He took his consent back, and what was kept by then has not been deleted.
_REFUSES = and_(
    ArchiveConsent.withdrawn_at.is_not(None),
    ~exists().where(
        ArchivePurge.external_userid == ArchiveConsent.external_userid, ArchivePurge.at >= ArchiveConsent.withdrawn_at
    ),
)


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
    """An outsider of whom there is talk. `state` None: he is in groups alone, nobody's friend. `agrees`: he has taken
    his consent back nowhere; else what is kept should go."""

    external_userid: str
    name: str
    company: str
    state: ContactState | None
    messages: int
    newest: datetime
    agrees: bool


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """`started_at` None: nothing was ever pulled. `kept` and `without_consent` are messages of the last 24 hours,
    `agreed` and `refused` outsiders in one place each; lists are cut at fifty."""

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


def archive_page(s: Session, actor: Actor, words: str, now: datetime) -> ArchivePage:
    """`words` narrow the list of outsiders to names and companies that hold them. Who took his consent back comes
    first; without words, then whoever spoke last."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    cursor = s.scalar(select(ArchiveCursor))
    lately = (
        ArchiveEntry.state.in_([EntryState.KEPT, EntryState.NO_CONSENT]),
        ArchiveEntry.seen_at > now - timedelta(days=1),
    )
    states = dict(s.execute(select(ArchiveEntry.state, func.count()).where(*lately).group_by(ArchiveEntry.state)).all())
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
    found = _called(s, words) if words else [*_withdrew(s), *_spoke_last(s)]
    shown = list(dict.fromkeys(found))[:_TALKERS]
    kept = (
        select(ArchiveEntry.external_userid, func.count(), func.max(ArchiveEntry.at))
        .where(one_of(s, ArchiveEntry.external_userid, shown))
        .group_by(ArchiveEntry.external_userid)
    )
    counted = {who: (many, newest) for who, many, newest in s.execute(kept) if newest}
    refuses = select(ArchiveConsent.external_userid).where(one_of(s, ArchiveConsent.external_userid, shown), _REFUSES)
    refusing = set(s.scalars(refuses))
    contacts = select(ExternalContact).where(one_of(s, ExternalContact.external_userid, shown))
    friends = {row.external_userid: row for row in s.scalars(contacts)}
    members = select(CustomerGroupMember.key, CustomerGroupMember.name)
    in_groups = dict(s.execute(members.where(one_of(s, CustomerGroupMember.key, shown))).all())
    talkers = (
        TalkerRow(
            external_userid=who,
            name=(friend.name if (friend := friends.get(who)) else "") or in_groups.get(who, ""),
            company=friend.corp_name if friend else "",
            state=ContactState(friend.state) if friend else None,
            messages=counted[who][0],
            newest=counted[who][1],
            agrees=who not in refusing,
        )
        for who in shown
        if who in counted
    )
    return sorted(talkers, key=lambda row: row.agrees)


def _withdrew(s: Session) -> list[str]:
    """Who took his consent back and has talk here, the last first."""
    entry, consent = ArchiveEntry, ArchiveConsent
    kept = select(entry.id).where(entry.external_userid == consent.external_userid).exists()
    query = select(consent.external_userid).where(_REFUSES, kept).group_by(consent.external_userid)
    return list(s.scalars(query.order_by(func.max(consent.withdrawn_at).desc()).limit(_TALKERS)))


def _spoke_last(s: Session) -> list[str]:
    """Outsiders of the newest messages: of more of them there is no need to know, and to know would read everything."""
    newest = select(ArchiveEntry.external_userid).where(ArchiveEntry.state == EntryState.KEPT)
    rows = s.scalars(newest.order_by(ArchiveEntry.seen_at.desc(), ArchiveEntry.id.desc()).limit(_LOOKED_AT))
    return [who for who in rows if who]


def _called(s: Session, words: str) -> list[str]:
    """Outsiders of that name or company, or in a group under that name, of whom there is talk."""
    contact, member, entry = ExternalContact, CustomerGroupMember, ArchiveEntry
    named = or_(*(one.contains(words, autoescape=True) for one in (contact.name, contact.corp_name)))
    in_group = and_(member.outside, member.name.contains(words, autoescape=True))
    found: list[str] = []
    for who, where in ((contact.external_userid, named), (member.key, in_group)):
        kept = select(entry.id).where(entry.external_userid == who).exists()
        found += s.scalars(select(who).where(where, kept).distinct().order_by(who).limit(_TALKERS))
    return found
