"""/商机: the deals that are open, one customer's, or a new one from a customer, a name and an amount."""

import re
from decimal import Decimal

from bot import milestones
from bot.commands import CHAT, CUSTOMER, LIST
from bot.forms import Filled, Slot, Values, a_deal_name, an_amount, fill, form, read_into
from bot.router import Heard, command, first_word
from crm.access import Actor
from crm.errors import Invalid
from crm.reads.deals import DealBrief, deals_of, open_deal_count, open_deals
from crm.reads.meant import meant_or_near
from crm.rules.amounts import say_amount, shown_amount
from crm.uow import Session
from crm.usecases import deals, linking

_MEANT_AS_AMOUNT = re.compile(r"[-−负+]?[¥￥]?[\d.,]+(百|千|万|亿|k|w|元)*", re.IGNORECASE)


@command("商机", "shangji", "deal", "deals", usage="/商机 [客户 名称 金额]", tells="看商机，或新建一个")
def deal(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return _deal_list(s, actor)
    dated = milestones.understood(heard.args, heard.now)
    if dated is not None:
        return milestones.note_down(s, actor, dated, heard.now)
    first, rest = first_word(heard.args)
    found = meant_or_near(s, actor, first)
    if not rest and len(found) == 1:
        return _deals_of(s, actor, found[0].id, found[0].name)
    values = _deal_values(s, actor, rest)
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


def _deal_list(s: Session, actor: Actor) -> str:
    rows, total = open_deals(s, actor, LIST), open_deal_count(s, actor)
    if not rows:
        return "还没有进行中的商机。发 /商机 客户 名称 金额 新建，比如 /商机 华东泵业 二期循环泵 80万"
    lines = [f"{n}. {r.name} · {r.customer} · {_stands(r, actor)}" for n, r in enumerate(rows, 1)]
    more = f"\n共 {total} 个，这里是停留最久的 {len(rows)} 个。发 /商机 客户 看某个客户的" if total > len(rows) else ""
    return "进行中的商机：\n" + "\n".join(lines) + more


def _stands(row: DealBrief, actor: Actor) -> str:
    whose = "" if row.owner == actor.name else f" · {row.owner}"
    return f"{row.stage} · {shown_amount(row.amount)}{whose}"


def _deals_of(s: Session, actor: Actor, customer_id: int, name: str) -> str:
    rows = deals_of(s, actor, customer_id)
    if not rows:
        return f"「{name}」还没有商机。发 /商机 {name} 名称 金额 新建"
    return f"「{name}」的商机：\n" + "\n".join(f"· {r.name} · {_stands(r, actor)}" for r in rows)


@form(
    "open_deal",
    CUSTOMER,
    Slot("name", "商机叫什么？比如「二期循环泵」", a_deal_name),
    Slot("amount", "金额大概多少？比如 80万", an_amount),
)
def _open_deal(s: Session, it: Filled) -> str:
    amount = Decimal(str(it.values["amount"]))
    made = deals.open_deal(s, it.actor, it.values["customer"][0], str(it.values["name"]), amount, it.now, entrance=CHAT)
    return f"已新建商机「{made.name}」（{made.customer_name}，{say_amount(amount)}），现在是{made.stage}"
