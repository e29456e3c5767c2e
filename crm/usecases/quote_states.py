"""From one state of a quote to the next: signed, called off, ended with its deal, and back."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.quotes import LIVE, STANDING
from config.vocabulary import ApprovalState, QuoteState, StageKind
from crm.errors import Conflict
from crm.rules.days import day_of
from crm.usecases.approval_cards import By
from crm.usecases.approval_steps import close
from crm.usecases.quote_rivals import rivals_of
from models.approvals import Approval
from models.deals import Deal
from models.quotes import Quote


def end(quote: Quote, state: QuoteState, now: datetime) -> None:
    """Into a state from which it does not become an order by itself."""
    quote.state, quote.ended_at = state, now


def signed(s: Session, quote: Quote, now: datetime) -> str:
    """All have signed: it is open. What to say of it."""
    if quote.state != QuoteState.IN_APPROVAL:
        return "已同意，但这张报价已经不在审批了"
    quote.state = QuoteState.OPEN
    s.flush()
    if quote.valid_until < day_of(now):
        return f"已同意，但报价 {quote.number} 的有效期到 {quote.valid_until} 就过了，请出新版再发"
    return f"已同意，报价 {quote.number} 可以发给客户了"


def wait_again(s: Session, quote: Quote, now: datetime) -> None:
    """A signature or a refusal was taken back, while nothing has followed from it."""
    refused = quote.state == QuoteState.REJECTED and not _quoted_past(s, quote, now)
    if not refused and (quote.state not in STANDING or quote.sent_at is not None):
        raise Conflict(f"报价 {quote.number} 之后又有变动，没有撤销。需要的话请和报价人商量")
    quote.state, quote.ended_at = QuoteState.IN_APPROVAL, None
    s.flush()


def void_approval(s: Session, quote: Quote, outcome: str, by: By, now: datetime) -> None:
    """Whatever still waits for a signature of this quote need not wait any more."""
    waits = (Approval.quote_id == quote.id, Approval.state == ApprovalState.WAITING)
    waiting = s.scalar(select(Approval).where(*waits))
    if waiting is not None:
        close(s, waiting, ApprovalState.VOID, outcome, by, now)


def end_with_deal(s: Session, deal: Deal, kind: StageKind, by: By, now: datetime) -> None:
    """A deal that is won or lost takes its quotes along. What is frozen or not signed cannot be won (Conflict).

    Of a lost deal such quotes are closed; whoever was kept waiting by them is let go by the next round.
    """
    if kind not in (StageKind.WON, StageKind.LOST):
        return
    theirs = select(Quote).where(Quote.deal_id == deal.id, Quote.state.in_(LIVE)).order_by(Quote.id)
    quotes = s.scalars(theirs).all()
    waiting = [quote for quote in quotes if quote.state != QuoteState.OPEN]
    if waiting and kind is StageKind.WON:
        why = "还冻结着，等主管裁定" if waiting[0].state == QuoteState.FROZEN else "还在审批"
        raise Conflict(f"「{deal.name}」的报价 {waiting[0].number} {why}，不能赢单。不用它了就先撤回")
    for quote in waiting:
        end(quote, QuoteState.CLOSED, now)
        void_approval(s, quote, "商机已经输单，不用审批了", by, now)
    for quote in quotes:
        if quote.state == QuoteState.OPEN:
            end(quote, QuoteState.WON if kind is StageKind.WON else QuoteState.LOST, now)
    s.flush()


def reopen_with_deal(s: Session, deal: Deal, ended_at: datetime, now: datetime) -> None:
    """The move that ended them was taken back. One that another team has quoted past has to be made anew."""
    theirs = (Quote.deal_id == deal.id, Quote.ended_at == ended_at)
    ended = select(Quote).where(*theirs, Quote.state.in_((QuoteState.WON, QuoteState.LOST)))
    for quote in s.scalars(ended).all():
        if _quoted_past(s, quote, now):
            quote.state = QuoteState.CLOSED
        else:
            quote.state, quote.ended_at = QuoteState.OPEN, None
        s.flush()


def _quoted_past(s: Session, quote: Quote, now: datetime) -> bool:
    """Whether another team's quote for the same customer has come to stand since it ended."""
    return any(one.same for one in rivals_of(s, quote, now))
