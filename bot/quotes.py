"""/报价: what was asked of a customer before, a quote of one line, an old one again with one tap, and the verdict."""

import re
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from bot.clicks import CARD, undo
from bot.commands import CHAT, CUSTOMER, LIST
from bot.forms import Choose, Filled, Slot, Values, an_amount, fill, form, listed, picks_from, read_into
from bot.router import Heard, On, Tapped, button, command, first_word
from config.quotes import LIVE
from config.vocabulary import QuoteState, QuoteVerdict, label
from crm import policy as numbers
from crm.access import Actor
from crm.cards import UNDO
from crm.errors import Invalid
from crm.messages import Tap, prompt_card
from crm.notices import Fact, Notice
from crm.reads.meant import meant_or_near
from crm.reads.price_history import PastPrice, past_prices, price_history
from crm.reads.products import called
from crm.reads.quotes import QuoteBox, QuotePage, QuoteRow, quote_page, quotes
from crm.rules.days import SHANGHAI
from crm.rules.quotes import say_money, say_quantity
from crm.uow import Session
from crm.usecases import quote_conflicts
from crm.usecases import quotes as doing
from crm.usecases.quote_lines import LineDraft
from crm.usecases.quotes import QuoteDraft, QuoteMade

_HOW = "新报价发 /报价 客户 型号 数量 单价，比如 /报价 华东泵业 IHG80-160 2 9500"
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]{1,3})?)\s*[^\s0-9.]{0,2}")  # 「2」「2台」
_LINES = 3  # of one quote that a list shows


@command(
    "报价", "baojia", "quote", "quotes", usage="/报价 [客户 型号 数量 单价]", tells="看报过的价，再报一次，或新报价"
)
def quote(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return _live(s, actor, heard.now)
    first, rest = first_word(heard.args)
    found = meant_or_near(s, actor, first)
    if not rest and len(found) == 1:
        return _past(s, actor, found[0].id, found[0].name, heard.now)
    values = _typed(s, actor, rest)
    read = read_into(s, actor, "quote", values, "customer", first, heard.now)
    if isinstance(read, str):
        return read
    if "model" in read:
        of = {name: value for name, value in read.items() if name != "model"}
        again = read_into(s, actor, "quote", of, "product", str(read["model"]), heard.now)
        if isinstance(again, str):
            return again
        read = again
    asked = fill(s, actor, "quote", read, heard.key, heard.now)
    return asked if "price" in read or "product" not in read else f"{_before(s, actor, read)}{asked}"


def _typed(s: Session, actor: Actor, rest: str) -> Values:
    """`IHG80-160 2 9500`: the model, how many, for how much each; what is missing is asked for.

    The one product meant is put down at once, for a question about the customer keeps what is; several ("model") are
    asked about after it.
    """
    words, values = rest.split(), dict[str, Any]()
    if len(words) >= 3 and _QUANTITY.fullmatch(words[-2]):
        values = {"quantity": _a_quantity(words[-2]), "price": an_amount(s, actor, words[-1])}
    elif len(words) >= 2 and _QUANTITY.fullmatch(words[-1]):
        values = {"quantity": _a_quantity(words[-1])}
    model = " ".join(words[: len(words) - len(values)])
    try:
        return {**values, "product": _a_product(s, actor, model)} if model else values
    except Choose:
        return {**values, "model": model}


def _a_quantity(typed: str) -> str:
    found = _QUANTITY.fullmatch(typed.strip())
    if found is None or not Decimal(found[1]):
        raise Invalid("没看懂数量，请写成 2、2台 或 0.5")
    return found[1]


def _a_product(s: Session, actor: Actor, typed: str) -> list[Any]:
    """Slot value `[public id, model, unit]`: the one product meant."""
    found = called(s, actor, typed, actor.at, 6)
    if len(found) == 1:
        return [found[0].public_id, found[0].model, found[0].unit]
    if found:
        options = [([one.public_id, one.model, one.unit], f"{one.model} {one.name}") for one in found]
        raise Choose(f"「{typed[:20]}」对应几个产品，回复序号选一个：", options)
    raise Invalid(f"价格表里没有「{typed[:20]}」。请发型号，或者请销售运营先在「产品与价格」里加上")


def _before(s: Session, actor: Actor, values: Values) -> str:
    """At the line: what the same product was offered for before, to this customer and to its industry."""
    product_id, _, _ = values["product"]
    past = price_history(s, actor, values["customer"][0], product_id)
    lines = [f"· {_line(one)}" for one in past.customer[:3]]
    lines += [f"· 同行业 {one.customer}：{_line(one)}" for one in past.industry[:3]]
    return "以前报过：\n" + "\n".join(lines) + "\n" if lines else ""


def _line(one: PastPrice) -> str:
    day = f"{one.at.astimezone(SHANGHAI):%Y-%m-%d}"
    return (
        f"{day} {one.who} {say_money(one.unit_price, one.currency)} × {say_quantity(one.quantity)}，{label(one.state)}"
    )


@form(
    "quote",
    CUSTOMER,
    Slot("product", "报什么产品？发型号", _a_product),
    Slot("quantity", "数量多少？比如 2 或 2台", lambda _s, _actor, typed: _a_quantity(typed)),
    Slot("price", "单价多少？比如 9500 或 1.2万", an_amount),
)
def _make(s: Session, it: Filled) -> str:
    product_id, model, unit = it.values["product"]
    quantity, price = Decimal(str(it.values["quantity"])), Decimal(str(it.values["price"]))
    draft = QuoteDraft([LineDraft(quantity, price, product_id)])
    made = doing.make_quote(s, it.actor, it.values["customer"][0], draft, it.now, entrance=CHAT)
    what = f"{model} {say_quantity(quantity)} {unit}，单价 {say_money(price, made.currency)}"
    return f"{_said(made)}\n{what}\n发 /报价 {made.customer_name} 看报过的，回复序号再报或撤回"


def _said(made: QuoteMade) -> str:
    return f"报价 {made.number}（{made.customer_name}）合计 {say_money(made.total, made.currency)}：{made.told}"


def _live(s: Session, actor: Actor, now: datetime) -> str:
    found = quotes(s, actor, QuoteBox.LIVE, "", now, 1, LIST)
    if not found.rows:
        return f"没有未结的报价。{_HOW}"
    listed(s, actor, "quotes", [one.public_id for one in found.rows], now)
    lines = [f"{n}. {_row(one)}" for n, one in enumerate(found.rows, 1)]
    more = f"\n共 {found.total} 张，这里是快到期的" if found.total > len(found.rows) else ""
    return "未结的报价（快到期的在前）：\n" + "\n".join(lines) + f"{more}\n回复序号看详情、再报一次。{_HOW}"


def _row(one: QuoteRow) -> str:
    until = f"有效到 {one.valid_until:%m-%d}"
    return f"{one.customer} · {say_money(one.total, one.currency)} · {label(one.state)} · {until} · {one.owner}"


def _past(s: Session, actor: Actor, customer_id: int, name: str, now: datetime) -> str:
    """One screen: each quote with its first lines, numbered, the latest first."""
    groups = [list(lines) for _, lines in groupby(past_prices(s, actor, customer_id), lambda one: one.quote_id)]
    if not groups:
        return f"「{name}」还没有报过价，或者报价不在您能看的范围里。{_HOW}"
    listed(s, actor, "quotes", [lines[0].quote_id for lines in groups], now)
    said = []
    for number, lines in enumerate(groups, 1):
        head = lines[0]
        day = f"{head.at.astimezone(SHANGHAI):%m-%d}"
        said.append(f"{number}. {day} {head.who} {label(head.state)}")
        said += [
            f"    {one.what} × {say_quantity(one.quantity)}，{say_money(one.unit_price, one.currency)}"
            for one in lines[:_LINES]
        ]
    return f"「{name}」报过的价（新的在前）：\n" + "\n".join(said) + f"\n回复序号看详情、再报一次。{_HOW}"


@picks_from("quotes")
def _picked(s: Session, actor: Actor, public_id: Any, key: str, now: datetime) -> str:
    page = quote_page(s, actor, str(public_id))
    row = page.row
    waits = dict.fromkeys(f"{one.reason}，等主管裁定" for one in page.contests if not one.decided_at)
    state = "；".join([label(row.state), *waits])
    notice = Notice(
        title=f"报价 {row.number}" + (f" 第 {row.version} 版" if row.version > 1 else ""),
        desc=f"{row.customer} · {say_money(row.total, row.currency)}",
        facts=(
            Fact("状态", state[:60]),
            Fact("有效期", f"到 {row.valid_until}"),
            Fact("报价人", row.owner),
            *(
                Fact(f"第{n}行", f"{one.what} {say_quantity(one.quantity)} × {say_money(one.unit_price, row.currency)}")
                for n, one in enumerate(page.lines[:_LINES], 1)
            ),
        ),
        body="「再报一次」照旧单价，按今天的价格表看要不要审批",
    )  # fmt: skip
    matter = f"quote:{key}"
    policy = numbers.current(s)
    prompt_card(s, actor.person_id, notice, _taps(page), matter=matter, dedupe=matter, now=now, policy=policy)
    return f"报价 {row.number} 在下面的卡片上"


def _taps(page: QuotePage) -> list[Tap]:
    args = {"quote": page.row.public_id}
    taps = [Tap("再报一次", "copy_quote", args, 1)]
    if page.keeps and page.row.state is QuoteState.OPEN and page.row.sent_at is None:
        taps.append(Tap("已发客户", "send_quote", args))
    if page.keeps and page.row.state in LIVE:
        taps.append(Tap("撤回报价", "withdraw_quote", args, 3))
    return [*taps, Tap("知道了", "seen", {})]


@button("copy_quote")
def copy_quote(s: Session, on: On) -> Tapped:
    made = doing.copy_quote(s, on.actor, str(on.args["quote"]), on.now, entrance=CARD)
    changed = "".join(
        f"；{one.model} 列表价 {_list(one.was, made.currency)} → {_list(one.now, made.currency)}"
        for one in made.changes
    )
    total = say_money(made.total, made.currency)  # the customer stands on the card, which has room for little more
    return Tapped(f"新报价 {made.number}，{total}：{made.told}{changed}", undo("copy_quote", quote=made.public_id))


def _list(price: Decimal | None, currency: str) -> str:
    return "无" if price is None else say_money(price, currency)


@button(UNDO + "copy_quote")
def undo_copy(s: Session, on: On) -> Tapped:
    done = doing.withdraw_quote(s, on.actor, str(on.args["quote"]), on.now, entrance=CARD)
    return Tapped(f"已撤销，报价 {done.number} 撤回了")


@button("send_quote")
def send_quote(s: Session, on: On) -> Tapped:
    done = doing.send_quote(s, on.actor, str(on.args["quote"]), on.now, entrance=CARD)
    return Tapped(f"报价 {done.number} {done.told}")


@button("withdraw_quote")
def withdraw_quote(s: Session, on: On) -> Tapped:
    done = doing.withdraw_quote(s, on.actor, str(on.args["quote"]), on.now, entrance=CARD)
    return Tapped(f"报价 {done.number} {done.told}", undo("withdraw_quote", quote=done.public_id))


@button(UNDO + "withdraw_quote")
def undo_withdraw(s: Session, on: On) -> Tapped:
    done = doing.bring_back_quote(s, on.actor, str(on.args["quote"]), on.now, entrance=CARD)
    return Tapped(f"报价 {done.number} {done.told}")


@button("vote_quote")
def vote_quote(s: Session, on: On) -> Tapped:
    """A supervisor says which of two teams' quotes stands; a director's word decides."""
    conflict, verdict = int(on.args["conflict"]), QuoteVerdict(on.args["verdict"])
    said = quote_conflicts.vote(s, on.actor, conflict, verdict, on.now, entrance=CARD)
    return Tapped(said, undo("vote_quote", conflict=conflict))


@button(UNDO + "vote_quote")
def undo_vote(s: Session, on: On) -> Tapped:
    return Tapped(quote_conflicts.take_back_vote(s, on.actor, int(on.args["conflict"]), on.now, entrance=CARD))
