"""申请折扣: the open quote of a deal in a new version at a lower price, signed by whoever the rules of quotes ask."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from config.quotes import LIVE
from config.vocabulary import ApprovalState, Currency, Measure, QuoteState
from crm import policy
from crm.access import WRITE, Actor, get_deal, get_quote
from crm.approving import current_rules, waiting_approval
from crm.errors import Conflict, Invalid
from crm.ladders import course_of
from crm.prices import rate_of
from crm.rules.days import day_of
from crm.rules.quotes import Line, lowered, say_percent, sum_up
from crm.usecases.approval_steps import asked_now
from crm.usecases.quote_lines import LineDraft, priced
from crm.usecases.quotes import QuoteDraft, QuoteMade, revise_quote
from models.approvals import Approval
from models.deals import Deal
from models.people import Person
from models.quotes import Product, Quote, QuoteLine

LONGEST_WHY = 100  # characters; the quote's note keeps it
_MARK = "申请折扣："


@dataclass(frozen=True, slots=True)
class Bargain:
    """What a discount would be asked for: `drafts` as the quote has them, `lines` with today's list prices.

    `discount` in percent off that list.
    """

    deal: Deal
    quote: Quote
    drafts: Sequence[LineDraft]
    lines: Sequence[Line]
    discount: Decimal


@dataclass(frozen=True, slots=True)
class DiscountAsked:
    """`was` is the total before, in the quote's currency; `waits_for` are names, none where nobody has to sign."""

    deal: str
    made: QuoteMade
    was: Decimal
    waits_for: tuple[str, ...]


def bargain(s: Session, actor: Actor, deal_id: str, stage: str, now: datetime) -> Bargain:
    """What there is to lower while the deal stands on `stage`. Conflict says what is in the way, and what to do."""
    deal, customer = get_deal(s, actor, deal_id, to=WRITE, lock=True)
    here = course_of(s, deal).here
    if here.key != stage:
        raise Conflict(f"「{deal.name}」已经到「{here.label}」了，这张卡片说的是之前。要改价，请在管理后台给报价出新版")
    waiting = waiting_approval(s, deal.id)
    if waiting is not None:
        raise Conflict(
            f"「{deal.name}」正在等 {'、'.join(_names(s, waiting))} 审批到「{waiting.facts['to']}」，有结果了再申请；"
            f"不等了发 /审批 {deal.name} 撤回"
        )
    quote = _quote_of(s, deal)
    if quote is None:
        raise Conflict(f"「{deal.name}」还没有未结的报价，没有价可以谈。先发 /报价 {customer.name} 型号 数量 单价")
    get_quote(s, actor, quote.public_id)
    if quote.state == QuoteState.FROZEN:
        raise Conflict(f"报价 {quote.number} 还冻结着，等主管裁定，裁定以后再申请")
    if quote.state == QuoteState.IN_APPROVAL:
        asked = (Approval.quote_id == quote.id, Approval.state == ApprovalState.WAITING)
        names = "、".join(_names(s, s.scalars(select(Approval).where(*asked)).one()))
        raise Conflict(f"报价 {quote.number} 已经在等 {names} 审批，有结果了再申请。催办发 /审批 {quote.number} 催办")
    if not any(rule.measure is Measure.DISCOUNT for rule in current_rules(s)):
        raise Conflict("还没有看折扣的审批规则，不知道该请谁同意。请销售运营在「审批规则」里加一条")
    drafts = _lines_of(s, quote)
    today = day_of(now)
    listed = priced(s, drafts, rate_of(s, Currency(quote.currency), today), today)
    lines = [Line(one.quantity, one.unit_price, one.list_price) for one in listed]
    discount = sum_up(lines).discount
    if discount is None:
        raise Conflict(f"报价 {quote.number} 里没有价格表上的产品，算不出折扣。请在管理后台出新版，直接改单价")
    return Bargain(deal, quote, drafts, lines, discount)


def ask_discount(
    s: Session, actor: Actor, deal_id: str, stage: str, percent: Decimal, why: str, now: datetime, *, entrance: str
) -> DiscountAsked:
    """The quote anew at `percent` off the list: its next version waits for those whom the rules of quotes ask.

    Within the rules nobody has to sign, and it is open at once. The version before is void, as with every new one.
    """
    it = bargain(s, actor, deal_id, stage, now)
    said = " ".join(why.replace("\x00", "").split())
    if percent <= it.discount:
        raise Invalid(not_lower(it), {"percent": "没有更低"})
    if not 1 <= len(said) <= LONGEST_WHY:
        raise Invalid(f"请用一句话写明原因，最多 {LONGEST_WHY} 个字", {"why": "长度不对"})
    drafts = [
        replace(draft, unit_price=price) for draft, price in zip(it.drafts, lowered(it.lines, percent), strict=True)
    ]
    until = max(it.quote.valid_until, day_of(now) + timedelta(days=policy.current(s).quote_days))
    kept = it.quote.note.partition(_MARK)[0].rstrip("；")
    note = "；".join([*([kept] if kept else []), f"{_MARK}{said}"])
    draft = QuoteDraft(drafts, Currency(it.quote.currency), until, note, deal_id=it.deal.public_id)
    was = it.quote.total
    made = revise_quote(s, actor, it.quote.public_id, draft, now, entrance=entrance)
    asked = (Approval.quote_id == made.id, Approval.state == ApprovalState.WAITING)
    waiting = s.scalar(select(Approval).where(*asked))
    return DiscountAsked(it.deal.name, made, was, () if waiting is None else _names(s, waiting))


def not_lower(it: Bargain) -> str:
    return f"报价 {it.quote.number} 已经比列表价低 {say_percent(it.discount)}，申请的要比它更低"


def _quote_of(s: Session, deal: Deal) -> Quote | None:
    """The newest live quote of the deal, else one that its owner made for the customer and for no deal yet."""
    loose = and_(Quote.deal_id.is_(None), Quote.owner_id == deal.owner_id)
    theirs = (Quote.customer_id == deal.customer_id, Quote.state.in_(LIVE), or_(Quote.deal_id == deal.id, loose))
    return s.scalar(select(Quote).where(*theirs).order_by(Quote.deal_id.is_(None), Quote.id.desc()).limit(1))


def _lines_of(s: Session, quote: Quote) -> list[LineDraft]:
    rows = s.execute(
        select(QuoteLine, Product.public_id)
        .outerjoin(Product, Product.id == QuoteLine.product_id)
        .where(QuoteLine.quote_id == quote.id)
        .order_by(QuoteLine.position)
    )
    return [LineDraft(one.quantity, one.unit_price, product or "", one.words) for one, product in rows]


def _names(s: Session, approval: Approval) -> tuple[str, ...]:
    return tuple(s.get_one(Person, one.person_id).name for one in asked_now(s, approval.id))
