"""What becomes of a message whose recipient cannot be reached: a dead letter, and once a word to his supervisor."""

import hashlib
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import NoticeClass, OutboxState
from crm import policy, uow
from crm.access import supervisor_of
from crm.messages import KEEP_TRYING
from crm.notices import Notice, as_notice
from models.base import insert_once
from models.messages import CardAction, OutboxMessage
from models.people import Person

_FORWARDED = ":up:"
_DEDUPE_MAX = 160
_DECISIONS = frozenset({"assign", "return", "later", "keep_waiting"})
_REACHED = (OutboxState.READY, OutboxState.LEASED, OutboxState.SENT)


def bury(s: Session, row: OutboxMessage, reason: str, now: datetime) -> None:
    """Make the message a dead letter and promise it to whoever answers for the recipient.

    A forwarded message is not forwarded again, nor is the second part of a long answer: its first part tells enough.
    A card goes as a card only if its buttons decide something whoever taps them (whoever is first, his rights checked
    at the tap); buttons that mean "I have done it" or "I will" would be somebody else's words. Who holds the same card
    already is not told twice.
    """
    row.state, row.lease_until, row.error = OutboxState.DEAD, None, reason[:500]
    if _FORWARDED in row.dedupe or row.after_id is not None:
        return
    name = s.get_one(Person, row.person_id).name
    prompt = row.notice_class == NoticeClass.PROMPT
    decides = _decides(s, row)
    notice = _readdressed(as_notice(row.notice), name, as_card=decides)
    due_at = now if prompt else policy.calendar(s).next_working_moment(now)
    for supervisor in supervisor_of(s, row.person_id):
        if _holds_it_already(s, row, supervisor):
            continue
        insert_once(
            s,
            OutboxMessage,
            dedupe=_suffixed(row.dedupe, f"{_FORWARDED}{supervisor}"),
            person_id=supervisor,
            notice_class=row.notice_class,
            notice=notice.stored(),
            card_id=row.card_id if decides else None,
            state=OutboxState.READY,
            created_at=now,
            due_at=due_at,
            next_at=due_at,
            expires_at=due_at + KEEP_TRYING,
        )
    uow.nudge(s, "outbox")


def _decides(s: Session, row: OutboxMessage) -> bool:
    """Whether every button of the card stands for a decision that befits anybody with the right to it."""
    keys = [button.key for button in as_notice(row.notice).buttons]
    verbs = s.scalars(select(CardAction.verb).where(CardAction.key.in_(keys))).all()
    return bool(keys) and len(verbs) == len(keys) and _DECISIONS.issuperset(verbs)


def _holds_it_already(s: Session, row: OutboxMessage, supervisor: int) -> bool:
    if row.card_id is None:
        return False
    copies = select(OutboxMessage.id).where(
        OutboxMessage.card_id == row.card_id, OutboxMessage.person_id == supervisor, OutboxMessage.state.in_(_REACHED)
    )
    return s.scalar(copies.limit(1)) is not None


def _readdressed(notice: Notice, name: str, *, as_card: bool) -> Notice:
    why = f"{name}收不到企业微信消息，这条转给您，请代为处理"
    if not notice.title:
        return replace(notice, body=f"{why}：\n{notice.body}")
    if as_card:
        return replace(notice, desc=f"{why}。{notice.desc}")
    return replace(notice, desc=f"{why}。{notice.desc}", buttons=(), selection=None)


def _suffixed(dedupe: str, suffix: str) -> str:
    """The key of the forwarded copy; a key without room for the suffix is shortened to its digest."""
    if len(dedupe) + len(suffix) > _DEDUPE_MAX:
        dedupe = hashlib.sha256(dedupe.encode()).hexdigest()
    return dedupe + suffix
