"""Cards that people hold already: how one looks once it is settled, and its exchange on their phones."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import NoticeClass, OutboxState
from crm.messages import promise
from crm.notices import Fact, Notice, as_notice
from crm.rules.days import SHANGHAI
from models.messages import Card, OutboxMessage


def show_settled(s: Session, matter: str, outcome: str, by: str, now: datetime, *, but: int | None = None) -> None:
    """The phones of all who hold the card show how it ended; `but` has just seen it, or hears it another way."""
    holders = select(OutboxMessage).join(Card, Card.id == OutboxMessage.card_id).where(Card.matter == matter)
    newest = {copy.person_id: copy for copy in s.scalars(holders.order_by(OutboxMessage.id))}
    for person_id, copy in newest.items():
        if person_id != but:
            redraw(s, copy, settled(as_notice(copy.notice), outcome, by, now, ""), now)


def settled(notice: Notice, outcome: str, by: str, now: datetime, body: str) -> Notice:
    facts = (*notice.facts[:5], Fact("处理人", f"{by} {now.astimezone(SHANGHAI):%m-%d %H:%M}"))
    return replace(notice, desc=outcome, facts=facts, body=body, buttons=(), selection=None)


def redraw(s: Session, card: OutboxMessage, notice: Notice, now: datetime) -> None:
    """Exchange a card that somebody holds; one that has not left yet need not leave at all, or was told by a bundle.

    One that never left, because it was settled before, is in nobody's hands.
    """
    if card.state in (OutboxState.FOLDED, OutboxState.EXPIRED):
        return
    if card.state == OutboxState.READY and card.tries == 0:
        card.state = OutboxState.EXPIRED
        return
    key = f"redraw:{card.id}:{now:%Y%m%d%H%M%S%f}"
    waits = card.id if card.state != OutboxState.SENT else None
    promise(
        s,
        card.person_id,
        notice,
        NoticeClass.PROMPT,
        dedupe=key,
        now=now,
        due_at=now,
        after_id=waits,
        redraws_id=card.id,
    )
