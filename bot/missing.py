"""What a customer's stage still asks for: said with its file, and asked for one thing after the other in the chat."""

import re
from collections.abc import Sequence
from datetime import datetime

from bot.forms import ENDING, Filled, NotAnAnswer, Slot, a_customer, fill, form, read_into, some_text
from bot.router import Heard, command
from config.vocabulary import FieldKind
from crm import policy as numbers
from crm.access import WRITE, Actor, get_customer
from crm.errors import Conflict, Invalid
from crm.reads.customer_form import Form, FormField, customer_form
from crm.uow import Session
from crm.usecases import customer_file, dialogues

_CHAT = "chat"
_SHORT = frozenset({FieldKind.TEXT, FieldKind.NUMBER, FieldKind.MONEY, FieldKind.DATE, FieldKind.SELECT})
_SKIP = frozenset({"跳过", "不填", "没有", "暂无", "不知道", "不清楚", "不了解", "还不知道", "skip"})
_TALK = re.compile(r"了|我|他们|今天|昨天|明天|上午|下午|拜访|电话|聊")  # words of what happened, not of a value
_SENTENCE = 6  # letters
_OFFERED = 12  # options that a question shows
_ASK = {
    FieldKind.NUMBER: "发数字",
    FieldKind.MONEY: "发金额，比如 80万",
    FieldKind.DATE: "发日期，比如 2026-11-30",
}


def lacks(file: Form) -> str:
    """One line about what the stage asks for and nobody has filled; "" where nothing is missing."""
    if not file.missing:
        return ""
    return f"还缺：{'、'.join(file.missing)}。发 /补资料 {file.title}，我一项一项问您"


def ask_for_missing(s: Session, actor: Actor, customer_id: str, now: datetime, skipped: Sequence[str] = ()) -> str:
    """The question for the first thing that can be answered in a line, and the dialogue that waits for it; else ""."""
    file = customer_form(s, actor, customer_id, WRITE)
    lacking = [one for section in file.sections for one in section.fields if one.missing and one.editable]
    short = [one for one in lacking if one.spec.kind in _SHORT and one.spec.key not in skipped]
    if not short:
        return ""
    values = {"customer": customer_id, "field": short[0].spec.key, "skipped": list(skipped)}
    dialogues.keep(s, actor, "fill_in", values, now, numbers.current(s))
    more = f"（还有 {len(short) - 1} 项）" if len(short) > 1 else ""
    return f"{_question(short[0])}{more}。不知道就发「跳过」{ENDING}"


def _question(one: FormField) -> str:
    spec = one.spec
    if spec.kind is FieldKind.SELECT:
        open_ones = [option.label for option in spec.options if not option.retired]
        more = "…" if len(open_ones) > _OFFERED else ""
        return f"「{spec.label}」选哪个？{'、'.join(open_ones[:_OFFERED])}{more}"
    how = "，".join(part for part in (_ASK.get(spec.kind, "直接发内容"), spec.help) if part)
    return f"「{spec.label}」是什么？{how}"


@form("fill_in", Slot("value", "请发要填的内容", some_text))
def _fill_in(s: Session, it: Filled) -> str:
    """An answer that does not fit is refused in the field's own words, and the question stays open; what tells of
    something else is not taken for one."""
    customer_id, key, typed = str(it.values["customer"]), str(it.values["field"]), str(it.values["value"])
    skips = typed.rstrip("。.!！~～") in _SKIP
    skipped = [*it.values.get("skipped", ()), *([key] if skips else [])]
    said = "好，先不填"
    if not skips:
        try:
            done = customer_file.update_customer(
                s, it.actor, customer_id, {key: typed}, it.now, entrance=_CHAT, seen={key: ""}
            )
            said = f"已填到「{done.name}」：{'、'.join(done.changed) or '内容没有变化'}"
        except Invalid as unfit:
            if len(typed) >= _SENTENCE and _TALK.search(typed):
                raise NotAnAnswer from None
            raise Invalid(f"{unfit}。不知道就发「跳过」，先不补了发「取消」", unfit.fields) from None
        except Conflict:
            said = "这一项同事刚刚填好了，没有用您发的盖掉它"
    following = ask_for_missing(s, it.actor, customer_id, it.now, skipped)
    if following:
        return f"{said}\n{following}"
    left = customer_form(s, it.actor, customer_id).missing
    return f"{said}。还缺：{'、'.join(left)}" if left else f"{said}。这个阶段要的都齐了"


@command("补资料", "buziliao", "complete", usage="/补资料 [客户]", tells="把客户还缺的必填项一项一项补上")
def complete(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return fill(s, actor, "complete", {}, heard.key, heard.now)
    read = read_into(s, actor, "complete", {}, "customer", heard.args, heard.now)
    return read if isinstance(read, str) else fill(s, actor, "complete", read, heard.key, heard.now)


@form("complete", Slot("customer", "补哪个客户的资料？直接发客户名", a_customer))
def _complete(s: Session, it: Filled) -> str:
    customer = get_customer(s, it.actor, int(it.values["customer"][0]))
    following = ask_for_missing(s, it.actor, customer.public_id, it.now)
    if following:
        return f"「{customer.name}」\n{following}"
    left = customer_form(s, it.actor, customer.public_id).missing
    if not left:
        return f"「{customer.name}」这个阶段要的资料都齐了"
    raise Invalid(f"「{customer.name}」还缺：{'、'.join(left)}。这些在聊天里填不了，请打开客户页面补")
