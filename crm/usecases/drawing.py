"""What a promise looks like: drawn once, with its first attempt; every later one sends the same bytes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from config.vocabulary import OutboxState
from crm.notices import Notice, as_notice
from crm.rules.days import SHANGHAI
from models.messages import OutboxMessage
from models.people import Person

DUPLICATE_CHECK = timedelta(hours=4)  # the longest that WeCom offers, and what every message asks for

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OutboxDraft:
    """What is drawn once, for one recipient. `task_id` is new for every card, as WeCom demands.

    With a `code` it is no message: it exchanges the card that the code came with, whose id is `card_id`.
    """

    id: int
    userid: str
    notice: Notice
    code: str = ""
    card_id: int = 0

    @property
    def task_id(self) -> str:
        return f"m{self.card_id or self.id}"


def drawn(s: Session, row: OutboxMessage, person: Person, now: datetime, render: Callable[[OutboxDraft], str]) -> bool:
    """Whether there are bytes to send. One message that cannot be drawn must not hold back all the others.

    WeCom's duplicate check swallows what it has heard before: words that it may have heard lately carry the time.
    """
    if row.payload is not None:
        return True
    try:
        draft = _draft(s, row, person.userid)
        payload = render(draft)
        if _perhaps_heard(s, row, payload, now):
            told_at = f"{draft.notice.body}（{now.astimezone(SHANGHAI):%H:%M:%S}）"
            payload = render(replace(draft, notice=replace(draft.notice, body=told_at)))
        row.payload = payload
    except Exception as error:
        log.exception("outbox %s cannot be drawn", row.id)
        row.state, row.error = OutboxState.DEAD, f"消息排版失败：{error}"[:500]
    return row.payload is not None


def _perhaps_heard(s: Session, row: OutboxMessage, payload: str, now: datetime) -> bool:
    """What was sent counts, and what was tried: it is under way, or no answer told whether it arrived."""
    since = now - DUPLICATE_CHECK
    same = (OutboxMessage.person_id == row.person_id, OutboxMessage.payload == payload)
    lately = or_(OutboxMessage.sent_at > since, OutboxMessage.first_try_at > since)
    return bool(s.scalar(select(exists().where(*same, lately))))


def _draft(s: Session, row: OutboxMessage, userid: str) -> OutboxDraft:
    """A card's code is good for one exchange: it goes into the bytes that all attempts send, and nowhere else."""
    notice = as_notice(row.notice)
    if row.redraws_id is None:
        return OutboxDraft(row.id, userid, notice)
    card = s.get_one(OutboxMessage, row.redraws_id, with_for_update=True)
    code, card.response_code = card.response_code, ""
    return OutboxDraft(row.id, userid, notice, code, card.id) if code else OutboxDraft(row.id, userid, notice)
