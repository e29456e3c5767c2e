"""申请折扣 on the card of a deal that stands still: how much and why by questions, the answer says who signs."""

from decimal import Decimal

from bot import forms
from bot.clicks import undo
from bot.commands import CHAT
from bot.forms import Filled, Slot, fill, form
from bot.router import On, Tapped, button
from config.vocabulary import QuoteState
from crm.access import Actor
from crm.errors import Invalid
from crm.rules.funnel import LEAST_REASON
from crm.rules.quotes import parse_discount, say_money, say_percent
from crm.uow import Session
from crm.usecases import discounts
from crm.usecases.discounts import DiscountAsked


@button("ask_discount")
def ask(s: Session, on: On) -> Tapped:
    deal, stage = str(on.args["deal"]), str(on.args["stage"])
    it = discounts.bargain(s, on.actor, deal, stage, on.now)
    asked = forms.ask(s, on.actor, "discount", {"deal": deal, "stage": stage}, on.card_id, on.now)
    quote = it.quote
    stands = f"现在合计 {say_money(quote.total, quote.currency)}，比列表价低 {say_percent(it.discount)}"
    say = f"给「{it.deal.name}」申请折扣。报价 {quote.number} {stands}；提交后出新的一版，这一版作废。\n{asked}"
    return Tapped("请在聊天里发要打几折", undo("ask", card=on.card_id), say=say)


def _a_discount(_s: Session, _actor: Actor, typed: str) -> str:
    try:
        return str(parse_discount(typed))
    except ValueError as error:
        raise Invalid(str(error)) from None


def _a_reason(_s: Session, _actor: Actor, typed: str) -> str:
    words = " ".join(typed.split())
    if not LEAST_REASON <= len(words) <= discounts.LONGEST_WHY:
        raise Invalid(f"原因要写 {LEAST_REASON} 到 {discounts.LONGEST_WHY} 个字")
    return words


@form(
    "discount",
    Slot("percent", "要打几折？发 8折、75折，或者 25%（比列表价低 25%）", _a_discount),
    Slot("why", "为什么要给这个折扣？写一句话，审批的人看得到", _a_reason),
)
def _ask(s: Session, it: Filled) -> str:
    deal, stage, percent = str(it.values["deal"]), str(it.values["stage"]), Decimal(str(it.values["percent"]))
    now = discounts.bargain(s, it.actor, deal, stage, it.now)
    if percent <= now.discount:
        again = {name: value for name, value in it.values.items() if name != "percent"}
        return f"{discounts.not_lower(now)}。{fill(s, it.actor, 'discount', again, it.key, it.now)}"
    why = str(it.values["why"])
    return _said(discounts.ask_discount(s, it.actor, deal, stage, percent, why, it.now, entrance=CHAT), percent)


def _said(done: DiscountAsked, percent: Decimal) -> str:
    made = done.made
    before, after = (say_money(total, made.currency) for total in (done.was, made.total))
    what = (
        f"「{done.deal}」的报价 {made.number} 第 {made.version} 版：比列表价低 {say_percent(percent)}，"
        f"合计 {after}（原来 {before}）"
    )
    if made.state is QuoteState.OPEN:
        return f"{what}。在规则以内，不用审批，{made.told}"
    if not done.waits_for:
        return f"{what}。{made.told}"
    hints = f"催办发 /审批 {made.number} 催办，不要了发 /审批 {made.number} 撤回"
    return f"{what}。{made.told}。等 {'、'.join(done.waits_for)} 同意。{hints}"
