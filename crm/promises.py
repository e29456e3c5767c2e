"""What a promise looks like as a row of the outbox, and how words go out of all of somebody's."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import NoticeClass, OutboxState
from crm.notices import Notice
from models.messages import OutboxMessage

_KNOWN_BY = 15  # characters: a list shortens what it names

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


def forget(s: Session, person_id: int, words: str, since: datetime, instead: str) -> None:
    """Nothing that this person was told since then says it any more, sent or not: `instead` stands in its lines."""
    told = (OutboxMessage.person_id == person_id, OutboxMessage.created_at >= since)
    for row in s.scalars(select(OutboxMessage).where(*told).order_by(OutboxMessage.id).with_for_update()):
        left = _without(row.notice, words[:_KNOWN_BY], instead)
        if left != row.notice:
            row.notice, row.payload = left, None
    s.flush()


def _without(told: Any, words: str, instead: str) -> Any:
    if isinstance(told, str):
        return "\n".join(instead if words in line else line for line in told.split("\n"))
    if isinstance(told, list):
        return [_without(one, words, instead) for one in told]
    if isinstance(told, dict):
        return {key: _without(one, words, instead) for key, one in told.items()}
    return told
