"""A quote from the making to the end: priced by the day's list, revised in versions, copied, sent, withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.quotes import LIVE, STANDING
from config.vocabulary import Currency, QuoteState, TimelineKind, label
from crm import audit, policy
from crm.access import HOLDERS, READ, Actor, get_customer, get_deal, get_project, get_quote
from crm.errors import Conflict, Gone, Invalid, NotAllowed
from crm.prices import rate_of
from crm.rules.days import day_of
from crm.rules.quotes import CEILING, LONGEST_NOTE, Line, sum_up
from crm.usecases.approval_cards import by_of
from crm.usecases.approval_rules import install_rules
from crm.usecases.followups import write_entry
from crm.usecases.quote_conflicts import given_up, hold_files
from crm.usecases.quote_lines import LineDraft, priced
from crm.usecases.quote_opening import frozen_words, open_or_freeze
from crm.usecases.quote_states import end, void_approval
from models.customers import Customer
from models.deals import Deal
from models.people import Person
from models.quotes import Product, Quote, QuoteConflict, QuoteLine

_LONGEST_DAYS = 400  # that a quote may hold


@dataclass(frozen=True, slots=True)
class QuoteDraft:
    """`valid_until` None: so many days as the policy says."""

    lines: Sequence[LineDraft]
    currency: Currency = Currency.CNY
    valid_until: date | None = None
    note: str = ""
    project_id: str = ""
    deal_id: str = ""


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A line of a copied quote whose list price is another today."""

    model: str
    was: Decimal | None
    now: Decimal | None


@dataclass(frozen=True, slots=True)
class QuoteMade:
    """`told` is what happens now: open, frozen and why, or waiting for a signature."""

    id: int
    public_id: str
    number: str
    version: int
    customer_name: str
    state: QuoteState
    total: Decimal
    currency: str
    told: str
    changes: Sequence[PriceChange] = ()


def make_quote(
    s: Session, actor: Actor, customer_id: int | str, draft: QuoteDraft, now: datetime, *, entrance: str
) -> QuoteMade:
    """A new quote for a customer of his: open, unless another team quotes there or somebody must sign."""
    install_rules(s, now)  # a company may quote before its first deal
    customer = get_customer(s, actor, customer_id, lock=True)
    _refuse_desk(actor)
    deal_id = _deal(s, actor, draft.deal_id, customer)
    project = get_project(s, actor, draft.project_id, to=READ) if draft.project_id else None
    owner_id, team_id = _whose(s, actor, customer)
    quote = Quote(
        customer_id=customer.id, deal_id=deal_id, project_id=project and project.id, owner_id=owner_id,
        team_id=team_id, version=1,
    )  # fmt: skip
    return _put(s, actor, quote, customer, draft, now, entrance, "make_quote")


def revise_quote(
    s: Session, actor: Actor, quote_id: str, draft: QuoteDraft, now: datetime, *, entrance: str
) -> QuoteMade:
    """The next version; the one before is void. Of a frozen quote there is none, nor of one that has ended.

    It stays with the deal that the one before was for; one that was for none may be for one from now on.
    """
    old, customer = get_quote(s, actor, quote_id, lock=True)
    _refuse_unless(s, old, (*STANDING, QuoteState.REJECTED), "出新版")
    mine = actor.person_id in (old.owner_id, customer.owner_id)
    owner_id, team_id = _whose(s, actor, customer) if mine else (old.owner_id, old.team_id)
    newest = s.scalar(select(func.max(Quote.version)).where(Quote.root_id == old.root_id)) or old.version
    deal_id = old.deal_id if old.deal_id is not None else _deal(s, actor, draft.deal_id, customer)
    quote = Quote(
        root_id=old.root_id, number=old.number, version=newest + 1, customer_id=customer.id, deal_id=deal_id,
        project_id=old.project_id, owner_id=owner_id, team_id=team_id,
    )  # fmt: skip
    end(old, QuoteState.SUPERSEDED, now)
    void_approval(s, old, "报价出了新版，这一版不用审批了", by_of(actor, entrance), now)
    return _put(s, actor, quote, customer, draft, now, entrance, "revise_quote")


def copy_quote(s: Session, actor: Actor, quote_id: str, now: datetime, *, entrance: str) -> QuoteMade:
    """再报一次: the same lines at the same prices for the same customer, judged by today's list, which is told."""
    old, customer = get_quote(s, actor, quote_id, to=READ)
    _refuse_desk(actor)
    lines = s.scalars(select(QuoteLine).where(QuoteLine.quote_id == old.id).order_by(QuoteLine.position)).all()
    listed_ids = [one.product_id for one in lines if one.product_id is not None]
    products = {one.id: one for one in s.scalars(select(Product).where(Product.id.in_(listed_ids)))}
    gone = [one.model for one in products.values() if one.retired_at is not None]
    if gone:
        raise Conflict(f"型号 {'、'.join(gone)} 已停用，不能照旧再报。请发 /报价 {customer.name} 型号 数量 单价 新报")
    drafts = [
        LineDraft(one.quantity, one.unit_price, products[one.product_id].public_id if one.product_id else "", one.words)
        for one in lines
    ]
    deal_id = _open_deal(s, old)
    draft = QuoteDraft(drafts, Currency(old.currency), note=old.note, deal_id=deal_id)
    made = make_quote(s, actor, customer.public_id, draft, now, entrance=entrance)
    today = s.execute(
        select(QuoteLine.position, QuoteLine.list_price)
        .where(QuoteLine.quote_id == made.id)
        .order_by(QuoteLine.position)
    )
    listed = {row.position: row.list_price for row in today}
    changes = [
        PriceChange(products[one.product_id].model, one.list_price, listed[one.position])
        for one in lines
        if one.product_id is not None and one.list_price != listed[one.position]
    ]
    return replace(made, changes=changes)


def withdraw_quote(s: Session, actor: Actor, quote_id: str, now: datetime, *, entrance: str) -> QuoteMade:
    """It is not offered any more; whoever had to wait for it is let go."""
    hold_files(s, quote_id)
    quote, customer = get_quote(s, actor, quote_id, lock=True)
    _refuse_unless(s, quote, LIVE, "撤回")
    end(quote, QuoteState.WITHDRAWN, now)
    void_approval(s, quote, "报价撤回了，不用审批了", by_of(actor, entrance), now)
    s.flush()
    given_up(s, actor, quote, now, entrance=entrance)
    _note(s, actor, quote, "withdraw_quote", f"撤回报价 {quote.number}", now, entrance)
    return _made(quote, customer, "已撤回")


def bring_back_quote(s: Session, actor: Actor, quote_id: str, now: datetime, *, entrance: str) -> QuoteMade:
    """撤销 of 撤回 within the undo minutes: offered anew, past whoever quotes or has to sign by now."""
    quote, customer = get_quote(s, actor, quote_id, lock=True)
    _refuse_unless(s, quote, (QuoteState.WITHDRAWN,), "恢复")
    minutes = policy.current(s).undo_minutes
    if quote.ended_at is None or now - quote.ended_at > timedelta(minutes=minutes):
        raise Gone(f"报价 {quote.number} 撤回已经超过 {minutes} 分钟，不能恢复。要接着报，点「再报一次」")
    told = open_or_freeze(s, actor, quote, now, entrance=entrance)
    _note(s, actor, quote, "bring_back_quote", f"恢复报价 {quote.number}", now, entrance)
    return _made(quote, customer, f"已恢复，{told}")


def send_quote(s: Session, actor: Actor, quote_id: str, now: datetime, *, entrance: str) -> QuoteMade:
    """It went to the customer. Only an open one may; sending it again changes nothing."""
    quote, customer = get_quote(s, actor, quote_id, lock=True)
    _refuse_unless(s, quote, (QuoteState.OPEN,), "发出")
    if quote.valid_until < day_of(now):
        raise Conflict(f"报价 {quote.number} 的有效期到 {quote.valid_until} 为止，请先出新版")
    if quote.sent_at is None:
        quote.sent_at = now
        _note(s, actor, quote, "send_quote", f"报价 {quote.number} 已发给客户", now, entrance)
    return _made(quote, customer, "已记为发出")


def _refuse_desk(actor: Actor) -> None:
    """Finance and service read."""
    if actor.role not in HOLDERS:
        raise NotAllowed(f"{label(actor.role)}不报价，请让负责的销售来报")


def _deal(s: Session, actor: Actor, deal_id: str, customer: Customer) -> int | None:
    if not deal_id:
        return None
    deal, of = get_deal(s, actor, deal_id)
    if of.id != customer.id:
        raise Invalid("这个商机不是这家客户的，请换一个", {"deal_id": "不是这家客户的"})
    return deal.id


def _open_deal(s: Session, old: Quote) -> str:
    """The deal of an old quote goes with its copy while the old one has not been decided."""
    if old.deal_id is None or old.state in (QuoteState.WON, QuoteState.LOST):
        return ""
    return s.get_one(Deal, old.deal_id).public_id


def _whose(s: Session, actor: Actor, customer: Customer) -> tuple[int, int]:
    """Who quotes, and for which team: a manager quotes for the team whose customer it is."""
    holder = s.get(Person, customer.owner_id) if customer.owner_id is not None else None
    for_theirs = holder is not None and (actor.sees_all or (actor.manages and holder.team_id in actor.team_ids))
    return actor.person_id, holder.team_id if holder is not None and for_theirs else actor.team_id


def _put(
    s: Session, actor: Actor, quote: Quote, customer: Customer, draft: QuoteDraft, now: datetime, entrance: str,
    verb: str,
) -> QuoteMade:  # fmt: skip
    today = day_of(now)
    until = draft.valid_until or today + timedelta(days=policy.current(s).quote_days)
    note = " ".join(draft.note.replace("\x00", "").split())
    if not today <= until <= today + timedelta(days=_LONGEST_DAYS):
        raise Invalid(f"有效期要在今天和 {_LONGEST_DAYS} 天之内", {"valid_until": "不对"})
    if len(note) > LONGEST_NOTE:
        raise Invalid(f"备注最多 {LONGEST_NOTE} 个字，请缩短", {"note": "太长"})
    quote.rate = rate_of(s, draft.currency, today)
    lines = priced(s, draft.lines, quote.rate, today)
    sums = sum_up([Line(one.quantity, one.unit_price, one.list_price, one.floor_price) for one in lines])
    if sums.total >= CEILING:
        raise Invalid("报价总额太大，请检查数量和单价", {"lines": "总额太大"})
    quote.state, quote.currency, quote.valid_until, quote.note = QuoteState.OPEN, draft.currency, until, note
    quote.total, quote.discount, quote.margin = sums.total, sums.discount, sums.margin
    quote.below_floor, quote.made_at = sums.below_floor, now
    s.add(quote)
    s.flush()
    if quote.root_id is None:
        quote.root_id, quote.number = quote.id, f"BJ{today:%y%m%d}-{quote.id}"
    for position, line in enumerate(lines, 1):
        line.quote_id, line.position = quote.id, position
    s.add_all(lines)
    s.flush()
    version = f"第 {quote.version} 版" if quote.version > 1 else ""
    _note(s, actor, quote, verb, f"报价 {quote.number}{version}", now, entrance, version=quote.version)
    told = open_or_freeze(s, actor, quote, now, entrance=entrance)
    return _made(quote, customer, told)


def _refuse_unless(s: Session, quote: Quote, states: Sequence[QuoteState], to_do: str) -> None:
    """Conflict in the words of what it waits for, or has become."""
    if quote.state in states:
        return
    if quote.state == QuoteState.FROZEN:
        open_ = (QuoteConflict.second_id == quote.root_id, QuoteConflict.decided_at.is_(None))
        reason = s.scalar(select(QuoteConflict.reason).where(*open_).limit(1)) or ""
        raise Conflict(f"报价 {quote.number} 不能{to_do}：{frozen_words(reason)}")
    raise Conflict(f"报价 {quote.number} {label(QuoteState(quote.state))}，不能{to_do}")


def _note(
    s: Session, actor: Actor, quote: Quote, verb: str, words: str, now: datetime, entrance: str, **detail: object
) -> None:
    """On the timeline without a price: the file may be shared with another team."""
    write_entry(s, quote.customer_id, TimelineKind.QUOTE, words, actor.person_id, now, deal_id=quote.deal_id)
    audit.record(
        s, actor.person_id, verb, f"quote:{quote.id}", now, entrance=entrance, name=quote.number,
        total=f"{quote.total:.2f}", **detail,
    )  # fmt: skip


def _made(quote: Quote, customer: Customer, told: str) -> QuoteMade:
    return QuoteMade(
        quote.id, quote.public_id, quote.number, quote.version, customer.name, QuoteState(quote.state), quote.total,
        quote.currency, told,
    )  # fmt: skip
