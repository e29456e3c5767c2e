"""What a promise looks like as a row of the outbox, and how words go out of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from config.vocabulary import NoticeClass, OutboxState
from crm.notices import Notice, text
from models.base import one_of
from models.messages import Card, OutboxMessage

KEEP_TRYING = timedelta(days=3)  # a promise older than this is no help to anybody any more


def promised(
    person_id: int,
    notice: Notice,
    notice_class: NoticeClass,
    *,
    dedupe: str,
    now: datetime,
    due_at: datetime,
    expires_at: datetime | None = None,
    card_id: int | None = None,
    after_id: int | None = None,
    redraws_id: int | None = None,
    state: OutboxState = OutboxState.READY,
    topic: str = "",
    folded_into_id: int | None = None,
    card_plan: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Every column that a new promise has; `card_plan` is what the card of a folded one would be made of."""
    return {
        "dedupe": dedupe, "person_id": person_id, "notice_class": notice_class, "topic": topic,
        "notice": notice.stored(), "card_id": card_id, "after_id": after_id, "redraws_id": redraws_id,
        "folded_into_id": folded_into_id, "card_plan": card_plan, "state": state, "created_at": now,
        "due_at": due_at, "next_at": due_at, "expires_at": expires_at or due_at + KEEP_TRYING, "tries": 0, "msgid": "",
        "response_code": "", "error": "",
    }  # fmt: skip


def forget(s: Session, topic: str, instead: str) -> None:
    """What was told about this topic says it no longer, to whomever: as it was, redrawn, or passed on to a deputy.

    What has not left by now does not leave any more.
    """
    about = or_(OutboxMessage.topic == topic, OutboxMessage.dedupe.startswith(f"{topic}:", autoescape=True))
    told = s.scalars(select(OutboxMessage.id).where(about)).all()
    rows = select(OutboxMessage).where(
        or_(one_of(s, OutboxMessage.id, told), one_of(s, OutboxMessage.redraws_id, told))
    )
    cards = set()
    for row in s.scalars(rows.order_by(OutboxMessage.id).with_for_update()):
        row.notice, row.payload = text(instead).stored(), None
        row.state = OutboxState.EXPIRED if row.state == OutboxState.READY else row.state
        cards.add(row.card_id)
    known = (one_of(s, Card.id, [one for one in cards if one is not None]), Card.outcome != "")
    s.execute(update(Card).where(*known).values(outcome=instead).execution_options(synchronize_session=False))
    s.flush()
