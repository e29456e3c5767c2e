"""What becomes of a message whose recipient cannot be reached: a dead letter, and a word to his deputy or superior."""

import hashlib
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import NoticeClass, OutboxState
from crm import policy, uow
from crm.notices import Notice, as_notice
from crm.promises import promised
from crm.usecases.approvers import deputy_of, in_place_of
from crm.usecases.bundles import without_numbers
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
    notice, notice_class = _readdressed(as_notice(row.notice), name, as_card=decides), NoticeClass(row.notice_class)
    if notice_class is NoticeClass.BUNDLE:  # told as it is: nothing of his own is folded into it
        notice, notice_class = replace(notice, body=without_numbers(notice.body)), NoticeClass.LIST
    due_at = now if prompt else policy.calendar(s).next_working_moment(now)
    for deputy in _instead(s, row.person_id, now):
        if _holds_it_already(s, row, deputy):
            continue
        insert_once(
            s,
            OutboxMessage,
            **promised(
                deputy,
                notice,
                notice_class,
                dedupe=_suffixed(row.dedupe, f"{_FORWARDED}{deputy}"),
                now=now,
                due_at=due_at,
                card_id=row.card_id if decides else None,
            ),
        )
    uow.nudge(s, "outbox")


def _instead(s: Session, person_id: int, now: datetime) -> list[int]:
    """Who is told in his place: the deputy he named for today, though he be gone by now; else who answers for him."""
    first = deputy_of(s, person_id, now) or person_id
    return [one.person_id for one in in_place_of(s, first, {person_id}, now)]


def _decides(s: Session, row: OutboxMessage) -> bool:
    """Whether every button of the card stands for a decision that befits anybody with the right to it."""
    keys = [button.key for button in as_notice(row.notice).buttons]
    verbs = s.scalars(select(CardAction.verb).where(CardAction.key.in_(keys))).all()
    return bool(keys) and len(verbs) == len(keys) and _DECISIONS.issuperset(verbs)


def _holds_it_already(s: Session, row: OutboxMessage, deputy: int) -> bool:
    if row.card_id is None:
        return False
    copies = select(OutboxMessage.id).where(
        OutboxMessage.card_id == row.card_id, OutboxMessage.person_id == deputy, OutboxMessage.state.in_(_REACHED)
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
