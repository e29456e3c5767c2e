"""How the machinery is doing: what waits, for how long, and what could not be delivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.vocabulary import GapState, InboxState, OutboxState
from models.archive import ArchiveCursor, ArchiveGap
from models.audit import AuditEntry, AuditSeal
from models.messages import InboxEvent, OutboxMessage


@dataclass(frozen=True, slots=True)
class Health:
    """Counts of what is unsettled by state, and the age in seconds of the oldest thing that should have happened.

    What was sent or worked is not counted: it only grows.
    """

    outbox: Mapping[str, int]
    inbox: Mapping[str, int]
    outbox_lag: float
    inbox_lag: float
    audit_unsealed: int
    archive_lag: float  # 0 where there is no chat archive
    archive_gaps: Mapping[str, int]


_OUT = (OutboxState.READY, OutboxState.LEASED, OutboxState.UNKNOWN, OutboxState.DEAD)
_IN = (InboxState.WAITING, InboxState.FAILED, InboxState.LATE)

_GAPS = (GapState.OPEN, GapState.LOST)


def health(s: Session, now: datetime) -> Health:
    """Asked every few seconds by whoever watches: nothing here goes through a whole table."""
    out_states = select(OutboxMessage.state, func.count()).where(OutboxMessage.state.in_(_OUT))
    in_states = select(InboxEvent.state, func.count()).where(InboxEvent.state.in_(_IN))
    pending = OutboxMessage.state.in_([OutboxState.READY, OutboxState.LEASED])
    oldest_out = s.scalar(select(func.min(OutboxMessage.next_at)).where(pending))
    oldest_in = s.scalar(select(func.min(InboxEvent.next_at)).where(InboxEvent.state == InboxState.WAITING))
    newest_sealed = select(func.coalesce(func.max(AuditSeal.entry_id), 0)).scalar_subquery()
    unsealed = select(func.count()).select_from(AuditEntry).where(AuditEntry.id > newest_sealed)
    caught_up = s.scalar(select(func.coalesce(ArchiveCursor.caught_up_at, ArchiveCursor.started_at)))
    gap_states = select(ArchiveGap.state, func.count()).where(ArchiveGap.state.in_(_GAPS))
    return Health(
        outbox={**dict.fromkeys(_OUT, 0), **dict(s.execute(out_states.group_by(OutboxMessage.state)).all())},
        inbox={**dict.fromkeys(_IN, 0), **dict(s.execute(in_states.group_by(InboxEvent.state)).all())},
        outbox_lag=_age(oldest_out, now),
        inbox_lag=_age(oldest_in, now),
        audit_unsealed=s.scalar(unsealed) or 0,
        archive_lag=_age(caught_up, now),
        archive_gaps={**dict.fromkeys(_GAPS, 0), **dict(s.execute(gap_states.group_by(ArchiveGap.state)).all())},
    )


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
