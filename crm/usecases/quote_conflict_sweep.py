"""The round of contested quotes: late ones go to the directors, and those of which one side has ended are over."""

from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from config.quotes import STANDING
from config.vocabulary import QuoteState
from crm.rules.days import day_of
from crm.usecases.quote_conflict_cards import sides
from crm.usecases.quote_conflicts import end_by_itself, escalate, let_go, locked
from models.quotes import Quote, QuoteConflict


def overdue(s: Session, now: datetime) -> list[int]:
    """Contests that the supervisors have not decided in time, and those of which one side has ended."""
    standing = (Quote.state.in_(STANDING), Quote.valid_until >= day_of(now))
    stands = select(Quote.id).where(Quote.root_id == QuoteConflict.first_id, *standing).exists()
    frozen = (Quote.root_id == QuoteConflict.second_id, Quote.state == QuoteState.FROZEN)
    waits = select(Quote.id).where(*frozen).exists()
    late = and_(QuoteConflict.escalated_at.is_(None), QuoteConflict.due_at <= now)
    waiting = select(QuoteConflict.id).where(QuoteConflict.decided_at.is_(None), or_(late, ~stands, ~waits))
    return list(s.scalars(waiting.order_by(QuoteConflict.id)))


def judge_overdue(s: Session, conflict_id: int, now: datetime, *, dry_run: bool) -> str | None:
    conflict = locked(s, conflict_id)
    if conflict.decided_at is not None:
        return None
    first, second = sides(s, conflict)
    if second.quote.state != QuoteState.FROZEN:
        if not dry_run:
            end_by_itself(s, conflict, None, "后报的一张已经结束，不用裁定了", now)
        return f"报价冻结结束：{second.quote.number} 已经不报了"
    gone = first.quote.state not in STANDING or first.quote.valid_until < day_of(now)
    if gone:
        if not dry_run:
            let_go(s, conflict, now, entrance="sweep")
        return f"报价冻结解除：{second.quote.number}，先报的一张已经结束"
    if conflict.escalated_at is not None or conflict.due_at > now:
        return None
    if not dry_run:
        escalate(s, conflict, now)
    return f"报价冻结超时：{second.quote.number}（{day_of(conflict.opened_at)} 起），请总监裁定"
