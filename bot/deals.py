"""/商机: the deals that are open, one customer's, one in full, or a new one from a customer, a name and an amount."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot import milestones
from bot.commands import CHAT, CUSTOMER, LIST
from bot.forms import Filled, Slot, Values, a_deal_name, an_amount, fill, form, listed, picks_from, read_into
from bot.router import Heard, command, first_word
from config.vocabulary import StallColour, label
from crm.access import READ, Actor
from crm.errors import Invalid
from crm.reads.compared import compared
from crm.reads.deal_page import deal_page
from crm.reads.deals import DealBrief, deals_called, deals_of, open_deal_count, open_deals
from crm.reads.meant import meant, near
from crm.rules.amounts import say_amount, shown_amount
from crm.rules.days import SHANGHAI
from crm.rules.stalled import say_stay
from crm.uow import Session
from crm.usecases import deals, linking

_NAME = 18  # characters of a name in a list: ten lines fit one message
_MEANT_AS_AMOUNT = re.compile(r"[-−负+]?[¥￥]?[\d.,]+(百|千|万|亿|k|w|元)*", re.IGNORECASE)


@command("商机", "shangji", "deal", "deals", usage="/商机 [商机或客户] [名称 金额]", tells="看商机，或新建一个")
def deal(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return _deal_list(s, actor, heard.now)
    dated = milestones.understood(heard.args, heard.now)
    if dated is not None:
        return milestones.note_down(s, actor, dated, heard.now)
    first, rest = first_word(heard.args)
    named = meant(s, actor, first)
    if not rest and len(named) == 1:
        return _deals_of(s, actor, named[0].id, named[0].name, heard.now)
    values = _deal_values(s, actor, rest)
    called = [] if named or "amount" in values else deals_called(s, actor, heard.args, LIST, heard.now, READ)
    if called:
        return _called(s, actor, called, heard)
    found = named or near(s, actor, first)
    if not rest and len(found) == 1:
        return _deals_of(s, actor, found[0].id, found[0].name, heard.now)
    if not rest and not found:
        return f"没有找到叫「{first[:30]}」的商机或客户。发 /商机 看进行中的；新客户先发 /新建 {first[:30]}"
    current = linking.current_customer(s, actor) if not found and "amount" in values and "name" not in values else None
    if current is not None:  # a name and an amount, and no customer: it is the one being talked about
        values = {"customer": list(current), "name": first, **values}
        return fill(s, actor, "open_deal", values, heard.key, heard.now)
    read = read_into(s, actor, "open_deal", values, "customer", first, heard.now)
    return read if isinstance(read, str) else fill(s, actor, "open_deal", read, heard.key, heard.now)


def _deal_values(s: Session, actor: Actor, typed: str) -> Values:
    """`二期循环泵 80万`: the last word is the amount if it reads as one."""
    words = typed.split()
    if not words:
        return {}
    try:
        amount = an_amount(s, actor, words[-1])
    except Invalid:  # not an amount: then it belongs to the name, and the amount is asked for
        if _MEANT_AS_AMOUNT.fullmatch(words[-1]):
            raise
        return {"name": " ".join(words)}
    return {"name": " ".join(words[:-1]), "amount": amount} if words[:-1] else {"amount": amount}


def _deal_list(s: Session, actor: Actor, now: datetime) -> str:
    rows, total = open_deals(s, actor, LIST, now), open_deal_count(s, actor)
    if not rows:
        return "还没有进行中的商机。发 /商机 客户 名称 金额 新建，比如 /商机 华东泵业 二期循环泵 80万"
    longest = f"共 {total} 个，这里是停留最久的 {len(rows)} 个。" if total > len(rows) else ""
    return f"进行中的商机：\n{_numbered(s, actor, rows, now)}\n{longest}回复序号看详情"


def _called(s: Session, actor: Actor, called: list[DealBrief], heard: Heard) -> str:
    if len(called) == 1:
        return _show(s, actor, called[0].public_id, heard.key, heard.now)
    return f"叫「{heard.args[:30]}」的商机：\n{_numbered(s, actor, called, heard.now)}\n回复序号看详情"


def _deals_of(s: Session, actor: Actor, customer_id: int, name: str, now: datetime) -> str:
    rows = deals_of(s, actor, customer_id, now)
    if not rows:
        return f"「{name}」还没有商机。发 /商机 {name} 名称 金额 新建"
    shown = rows[:LIST]
    more = f"\n还有 {len(rows) - LIST} 个，请到管理后台看" if len(rows) > LIST else ""
    listed(s, actor, "show_deal", [one.public_id for one in shown], now)
    lines = [f"{n}. {_flag(r)}{r.name[:_NAME]} · {_stands(r, actor)}" for n, r in enumerate(shown, 1)]
    return f"「{name}」的商机：\n" + "\n".join(lines) + f"{more}\n回复序号看详情"


def _numbered(s: Session, actor: Actor, rows: list[DealBrief], now: datetime) -> str:
    listed(s, actor, "show_deal", [one.public_id for one in rows], now)
    return "\n".join(
        f"{n}. {_flag(r)}{r.name[:_NAME]} · {r.customer[:_NAME]} · {_stands(r, actor)}" for n, r in enumerate(rows, 1)
    )


def _flag(row: DealBrief) -> str:
    return "" if row.colour is None or row.colour is StallColour.GREEN else f"【{label(row.colour)}】"


def _stands(row: DealBrief, actor: Actor) -> str:
    whose = "" if row.owner == actor.name else f" · {row.owner}"
    stays = f" {row.days} 天" if row.colour is not None else ""
    return f"{row.stage}{stays} · {shown_amount(row.amount)}{whose}"


@picks_from("show_deal")
def _show(s: Session, actor: Actor, public_id: Any, _key: str, now: datetime) -> str:
    """Where a deal stands, beside those that were won, and what its next stage still asks for."""
    page, beside = deal_page(s, actor, str(public_id), now), compared(s, actor, str(public_id), now)
    lines = [f"「{page.name}」{page.customer} · {shown_amount(page.amount)} · {page.owner}"]
    if beside is None or page.towards is None:
        why = f"，主要原因：{label(page.ended_for)}，竞争对手：{page.competitor}" if page.ended_for else ""
        lines.append(f"{page.since.astimezone(SHANGHAI):%Y-%m-%d} {page.here.label}{why}")
        return "\n".join(lines)
    flag = "" if beside.colour is StallColour.GREEN else f"，{label(beside.colour)}"
    lines.append(f"{say_stay(page.here.label, beside.stage_days)}，期限 {beside.limit}{flag}")
    lines.append(beside.told)
    if beside.lacking:
        lines.append(f"一半以上的赢单有过、这个还没有：{'、'.join(beside.lacking)}")
    lacking = "、".join(label(one.kind) if one.kind else one.told for one in page.missing)
    lines.append(f"到「{page.towards.label}」还缺：{lacking}" if lacking else f"到「{page.towards.label}」什么都不缺")
    return "\n".join(lines) + (f"\n推进请发：/推进 {page.name}" if page.may_write else "")


@form(
    "open_deal",
    CUSTOMER,
    Slot("name", "商机叫什么？比如「二期循环泵」", a_deal_name),
    Slot("amount", "金额大概多少？比如 80万", an_amount),
)
def _open_deal(s: Session, it: Filled) -> str:
    amount = Decimal(str(it.values["amount"]))
    made = deals.open_deal(s, it.actor, it.values["customer"][0], str(it.values["name"]), amount, it.now, entrance=CHAT)
    theirs = deals_of(s, it.actor, it.values["customer"][0], it.now)
    open_twins = [one for one in theirs if one.name == made.name and one.colour is not None]  # itself among them
    twice = "。这家客户另有一个同名的，重复了就发 /撤销" if len(open_twins) > 1 else ""
    return f"已新建商机「{made.name}」（{made.customer_name}，{say_amount(amount)}），现在是{made.stage}{twice}"
