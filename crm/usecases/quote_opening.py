"""The last door before a quote is open: nobody contests it; does somebody have to sign it?"""

from datetime import datetime

from sqlalchemy.orm import Session

from config.vocabulary import QuoteState
from crm.access import actor_by_id
from crm.approving import quote_needs
from crm.errors import NotAllowed
from crm.usecases.approvals import file_quote
from models.customers import Customer
from models.quotes import Quote


def open_or_ask(s: Session, quote: Quote, asking: int, now: datetime, *, entrance: str) -> str:
    """Open, or waiting for the signatures that its prices need, asked for in this person's name. What happens now."""
    need = quote_needs(s, quote)
    quote.ended_at = None
    if need is None:
        quote.state = QuoteState.OPEN
        s.flush()
        return "可以发给客户了"
    try:
        who = actor_by_id(s, asking, now)
    except NotAllowed:  # he has left meanwhile: nobody asks for it any more
        quote.state, quote.ended_at = QuoteState.CLOSED, now
        s.flush()
        return "报价人已不在岗，报价关闭了"
    quote.state = QuoteState.IN_APPROVAL
    s.flush()
    file_quote(s, who, quote, s.get_one(Customer, quote.customer_id).name, need, now, entrance=entrance)
    return f"{need.told}，要审批，已经提交，同意后自动生效"
