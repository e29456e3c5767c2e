"""/线索: what waits for an answer, numbered; and the buttons of its cards."""

from datetime import datetime
from typing import Any

from bot import forms
from bot.clicks import CARD, chosen_id, undo
from bot.commands import CHAT, LIST
from bot.forms import Filled, Slot, form, listed, picks_from, some_text
from bot.router import Heard, On, Tapped, button, command
from config.prospects import InvalidReason, ResponseKind
from crm import policy as numbers
from crm.access import Actor, Reach
from crm.cards import UNDO
from crm.errors import Invalid
from crm.messages import prompt_card
from crm.reads.leads import open_leads
from crm.uow import Session
from crm.usecases import lead_convert, lead_steps
from crm.usecases.lead_cards import card_again

_NUMBER = 3  # digits of a telephone's part, no longer a place in the list


@command("线索", "xiansuo", "lead", "leads", usage="/线索 [关键字]", tells="看等您联系的线索，回复序号处理")
def show_leads(s: Session, actor: Actor, heard: Heard) -> str:
    if actor.reach is Reach.NOTHING:
        return "您的岗位不跟线索。客户来问价，请转给负责的销售"
    number = int(heard.args) if heard.args.isdecimal() and len(heard.args) < _NUMBER else 0
    rows, total = open_leads(s, actor, heard.now, LIST, "" if number else heard.args)
    if number > len(rows) > 0:
        return f"没有第 {number} 条，发 /线索 看全部"
    if number and rows:
        return _show(s, actor, rows[number - 1].id, heard.key, heard.now)
    if not rows and heard.args:
        return f"等联系的线索里没有「{heard.args[:30]}」。发 /线索 看全部"
    if not rows:
        return "没有等您联系的线索。新线索来了会发卡片给您"
    listed(s, actor, "show_lead", [row.id for row in rows], heard.now)
    lines = [f"{n}. {row.name}{_whose(row.owner, actor)}\n    {row.inlet} · {row.why}" for n, row in enumerate(rows, 1)]
    more = f"共 {total} 条，这里是最急的 {len(rows)} 条。" if total > len(rows) else ""
    return "等联系的线索（急的在前）：\n" + "\n".join(lines) + f"\n\n{more}回复序号，我把卡片发给您处理"


def _whose(owner: str, actor: Actor) -> str:
    return "" if owner == actor.name else f"（{owner or '没人领'}）"


@picks_from("show_lead")
def _show(s: Session, actor: Actor, lead_id: Any, key: str, now: datetime) -> str:
    name, notice, taps = card_again(s, actor, int(lead_id))
    matter = f"again:{key}"
    prompt_card(s, actor.person_id, notice, taps, matter=matter, dedupe=matter, now=now, policy=numbers.current(s))
    return f"「{name}」请在下面的卡片上处理"


@button("lead_contacted")
def contacted(s: Session, on: On) -> Tapped:
    done = lead_steps.respond(s, on.actor, int(on.args["lead"]), ResponseKind.CALL, "", on.now, entrance=CARD)
    return Tapped(done.said, undo("lead", event=done.event_id))


@button("lead_convert")
def converted(s: Session, on: On) -> Tapped:
    """At once where the company is known; else he is asked for its name."""
    lead_id = int(on.args["lead"])
    if lead_convert.needs_name(s, on.actor, lead_id):
        asked = forms.ask(s, on.actor, "convert_lead", {"lead": lead_id}, on.card_id, on.now)
        return Tapped("等您告诉我公司名称", undo("ask", card=on.card_id), say=asked)
    done = lead_convert.convert(s, on.actor, lead_id, lead_convert.Conversion(), on.now, entrance=CARD)
    say = f"{done.step.said}。有价格可谈的话，发 /商机 {done.customer_name} 名称 金额 建商机"
    return Tapped(done.step.said, undo("lead", event=done.step.event_id), say=say)


@form("convert_lead", Slot("name", "是哪家公司的？发公司全称", some_text))
def _convert(s: Session, it: Filled) -> str:
    wish = lead_convert.Conversion(name=str(it.values["name"]))
    done = lead_convert.convert(s, it.actor, int(it.values["lead"]), wish, it.now, entrance=CHAT)
    return f"{done.step.said}。有价格可谈的话，发 /商机 {done.customer_name} 名称 金额 建商机"


@button("lead_invalid")
def invalid(s: Session, on: On) -> Tapped:
    if on.choice not in set(InvalidReason):
        raise Invalid("请先在卡片上选一个无效原因，再点「无效」")
    reason = InvalidReason(on.choice)
    done = lead_steps.invalidate(s, on.actor, int(on.args["lead"]), reason, "", on.now, entrance=CARD)
    return Tapped(done.said, undo("lead", event=done.event_id))


@button("lead_assign")
def assigned(s: Session, on: On) -> Tapped:
    if not on.choice:
        raise Invalid("请先在卡片上选一位同事，再点按钮")
    to = chosen_id(on.choice)
    done = lead_steps.assign(s, on.actor, int(on.args["lead"]), to, on.now, entrance=CARD)
    return Tapped(done.said, undo("lead", event=done.event_id))


@button("lead_claim")
def claimed(s: Session, on: On) -> Tapped:
    done = lead_steps.claim(s, on.actor, int(on.args["lead"]), on.now, entrance=CARD)
    return Tapped(done.said, undo("lead", event=done.event_id))


@button("lead_nudge")
def nudged(s: Session, on: On) -> Tapped:
    return Tapped(f"已提醒 {lead_steps.nudge(s, on.actor, int(on.args['lead']), on.card_id, on.now)}")


@button(UNDO + "lead")
def undo_lead(s: Session, on: On) -> Tapped:
    name = lead_convert.take_back(s, on.actor, int(on.args["event"]), on.now, entrance=CARD)
    return Tapped(f"已撤销，线索「{name}」恢复原样")
