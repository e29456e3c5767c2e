"""How the machinery is doing: what waits, for how long, and what could not be delivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.vocabulary import InboxState, OutboxState
from models.audit import AuditEntry, AuditSeal
from models.messages import InboxEvent, OutboxMessage


@dataclass(frozen=True, slots=True)
class Health:
    """Counts of rows by state, and the age in seconds of the oldest thing that should have happened by now."""

    outbox: Mapping[str, int]
    inbox: Mapping[str, int]
    outbox_lag: float
    inbox_lag: float
    audit_unsealed: int


def health(s: Session, now: datetime) -> Health:
    out_states = select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
    in_states = select(InboxEvent.state, func.count()).group_by(InboxEvent.state)
    pending = OutboxMessage.state.in_([OutboxState.READY, OutboxState.LEASED])
    oldest_out = s.scalar(select(func.min(OutboxMessage.next_at)).where(pending))
    oldest_in = s.scalar(select(func.min(InboxEvent.next_at)).where(InboxEvent.state == InboxState.WAITING))
    entries = s.scalar(select(func.count()).select_from(AuditEntry)) or 0
    sealed = s.scalar(select(func.count()).select_from(AuditSeal)) or 0
    return Health(
        outbox=dict(s.execute(out_states).all()),
        inbox=dict(s.execute(in_states).all()),
        outbox_lag=_age(oldest_out, now),
        inbox_lag=_age(oldest_in, now),
        audit_unsealed=entries - sealed,
    )


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
