"""How long what passed through is kept: in small batches, so that no callback waits for the broom."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import InboxState, NoticeClass, OutboxState
from crm.usecases import slots
from crm.usecases.archive_retention import purge_numbers, purge_old_talk
from crm.usecases.import_retention import purge_import_rows
from crm.usecases.lead_sources import purge_knocks
from crm.usecases.outdoor import purge_signs
from models.messages import Card, CardAction, InboxEvent, OutboxMessage

# The law (网络安全法 art. 21) wants logs of the network for six months at least: 184 days, and a few to look into them.
KEPT = timedelta(days=190)
# A silence of up to a year (the policy's upper bound) is judged by the reminders that were given in it.
REMINDERS_KEPT = timedelta(days=730)
_BATCH = 500


def purge_events(s: Session, now: datetime) -> int:
    """Callbacks that were worked or only kept. What failed or came too late stays until somebody has looked."""
    settled = InboxEvent.state.in_([InboxState.DONE, InboxState.KEPT])
    old = select(InboxEvent.id).where(settled, InboxEvent.received_at <= now - KEPT)
    ids = s.scalars(old.order_by(InboxEvent.id).limit(_BATCH)).all()
    _delete(s, InboxEvent, InboxEvent.id.in_(ids))
    return len(ids)


def purge_messages(s: Session, now: datetime) -> int:
    """Promises that were kept, outdated or told by the list. A part that another follows goes after that one."""
    settled = OutboxMessage.state.in_([OutboxState.SENT, OutboxState.EXPIRED, OutboxState.FOLDED])
    reminder = OutboxMessage.notice_class == NoticeClass.REMINDER
    old = or_(
        and_(reminder, OutboxMessage.due_at <= now - REMINDERS_KEPT),
        and_(~reminder, OutboxMessage.due_at <= now - KEPT),
    )
    behind = aliased(OutboxMessage)
    followed = select(behind.id).where(behind.after_id == OutboxMessage.id).exists()
    chosen = select(OutboxMessage.id).where(settled, old, ~followed).order_by(OutboxMessage.id).limit(_BATCH)
    ids = s.scalars(chosen).all()
    _delete(s, OutboxMessage, OutboxMessage.id.in_(ids))
    return len(ids)


def purge_cards(s: Session, now: datetime) -> int:
    """Cards of which no copy is left and whose buttons have long been dead."""
    shown = select(OutboxMessage.id).where(OutboxMessage.card_id == Card.id).exists()
    alive = select(CardAction.id).where(CardAction.card_id == Card.id, CardAction.expires_at > now - KEPT).exists()
    ids = s.scalars(select(Card.id).where(~shown, ~alive).order_by(Card.id).limit(_BATCH)).all()
    _delete(s, CardAction, CardAction.card_id.in_(ids))
    _delete(s, Card, Card.id.in_(ids))
    return len(ids)


# In this order, each until it answers 0, each answer a transaction of its own.
PURGES: Sequence[Callable[[Session, datetime], int]] = (
    slots.purge,
    purge_events,
    purge_messages,
    purge_cards,
    purge_knocks,
    purge_import_rows,
    purge_numbers,
    purge_old_talk,
    purge_signs,
)


def _delete(
    s: Session, table: type[InboxEvent | OutboxMessage | Card | CardAction], which: ColumnElement[bool]
) -> None:
    s.execute(delete(table).where(which), execution_options={"synchronize_session": False})
