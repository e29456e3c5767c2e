"""What a promise looks like as a row of the outbox."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from config.vocabulary import NoticeClass, OutboxState
from crm.notices import Notice

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
