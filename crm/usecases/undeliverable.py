"""What becomes of a message whose recipient cannot be reached: a dead letter, and once a word to his supervisor."""

import hashlib
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from config.vocabulary import NoticeClass, OutboxState
from crm import policy, uow
from crm.access import supervisor_of
from crm.messages import KEEP_TRYING
from crm.notices import Notice, as_notice
from models.base import insert_once
from models.messages import OutboxMessage
from models.people import Person

_FORWARDED = ":up:"
_DEDUPE_MAX = 160


def bury(s: Session, row: OutboxMessage, reason: str, now: datetime) -> None:
    """Make the message a dead letter and promise it to whoever answers for the recipient.

    A forwarded message is not forwarded again, nor is the second part of a long answer: its first part tells enough.
    The forwarded card is the same card, so whoever taps first decides, and his rights are checked at the tap.
    """
    row.state, row.lease_until, row.error = OutboxState.DEAD, None, reason[:500]
    if _FORWARDED in row.dedupe or row.after_id is not None:
        return
    name = s.get_one(Person, row.person_id).name
    prompt = row.notice_class == NoticeClass.PROMPT
    due_at = now if prompt else policy.calendar(s).next_working_moment(now)
    for supervisor in supervisor_of(s, row.person_id):
        insert_once(
            s,
            OutboxMessage,
            dedupe=_suffixed(row.dedupe, f"{_FORWARDED}{supervisor}"),
            person_id=supervisor,
            notice_class=row.notice_class,
            notice=_readdressed(as_notice(row.notice), name).stored(),
            card_id=row.card_id,
            state=OutboxState.READY,
            created_at=now,
            due_at=due_at,
            next_at=due_at,
            expires_at=due_at + KEEP_TRYING,
        )
    uow.nudge(s, "outbox")


def _readdressed(notice: Notice, name: str) -> Notice:
    why = f"{name}收不到企业微信消息，这条转给您，请代为处理"
    if not notice.title:
        return replace(notice, body=f"{why}：\n{notice.body}")
    return replace(notice, desc=f"{why}。{notice.desc}")


def _suffixed(dedupe: str, suffix: str) -> str:
    """The key of the forwarded copy; a key without room for the suffix is shortened to its digest."""
    if len(dedupe) + len(suffix) > _DEDUPE_MAX:
        dedupe = hashlib.sha256(dedupe.encode()).hexdigest()
    return dedupe + suffix
