"""The card of a quote whose validity ends soon."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import QuoteState, label
from crm.messages import Tap
from crm.notices import Fact, Notice
from crm.rules.quotes import say_money
from models.customers import Customer
from models.quotes import Quote


def running_out_card(s: Session, quote: Quote) -> tuple[Notice, list[Tap]]:
    """For whoever quoted: ask again for the same, say that it has gone out, or give it up."""
    customer = s.scalars(select(Customer.name).where(Customer.id == quote.customer_id)).one()
    args, state = {"quote": quote.public_id}, QuoteState(quote.state)
    notice = Notice(
        title=f"报价快到期：{customer}",
        desc=f"有效到 {quote.valid_until}，过了就不能再发给客户",
        facts=(
            Fact("报价", quote.number),
            Fact("合计", say_money(quote.total, quote.currency)),
            Fact("状态", label(state)),
            Fact("已发客户", "还没有" if quote.sent_at is None else "发过了"),
        ),
        body="客户还在考虑，点「再报一次」照旧单价报一张新的，有效期重新算",
    )
    taps = [Tap("再报一次", "copy_quote", args, 1)]
    if state is QuoteState.OPEN and quote.sent_at is None:
        taps.append(Tap("已发客户", "send_quote", args))
    return notice, [*taps, Tap("撤回报价", "withdraw_quote", args, 3), Tap("知道了", "seen", {})]
