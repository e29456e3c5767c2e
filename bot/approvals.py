"""/审批 and its cards: one tap says yes, two say no and why; the same by words, and 催办 and 撤回 of one's own."""

from datetime import datetime
from typing import Any

from bot import forms
from bot.clicks import CARD, undo
from bot.commands import CHAT, LIST
from bot.forms import Choose, Filled, Slot, form, listed, picks_from, some_text
from bot.router import Heard, On, Tapped, button, command, first_word
from config.vocabulary import RejectReason, label
from crm.access import Actor
from crm.cards import UNDO
from crm.errors import Invalid
from crm.reads.absences import colleagues
from crm.reads.approvals import ApprovalPage, ApprovalRow, Box, approval_page, approvals
from crm.rules.amounts import shown_amount
from crm.uow import Session
from crm.usecases import signing
from crm.usecases.signing import ask_again, ask_why

_HOW = "回复序号看详情；也可以发 /审批 名称 同意，或 /审批 名称 驳回 原因"
_VERBS = ("同意", "驳回", "批示", "转交", "加签", "催办", "撤回")
_ASKS = {"驳回": "reject", "批示": "write_note", "转交": "delegate", "加签": "add_signer"}  # what a verb alone asks for


@command(
    "审批",
    "shenpi",
    "approval",
    "approvals",
    usage="/审批 [商机 同意|驳回|催办|撤回]",
    tells="看等您审批的和您提交的，直接处理",
)
def approve_by_words(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return _both(s, actor, heard.now)
    words = heard.args.split()
    verb = next((one for one in words if one in _VERBS), "")
    at = words.index(verb) if verb else len(words)
    found = _called(s, actor, " ".join(words[:at]), verb in ("催办", "撤回"), heard.now)
    if len(found) != 1:
        return _which(s, actor, found, " ".join(words[:at]), heard.now)
    rest = " ".join(words[at + 1 :])
    if not verb:
        return _told(s, actor, found[0].public_id, heard.now)
    return _done(s, actor, found[0].public_id, verb, rest, heard)


def _both(s: Session, actor: Actor, now: datetime) -> str:
    mine = approvals(s, actor, Box.MINE, now, 1, LIST)
    asked = [one for one in approvals(s, actor, Box.ASKED, now, 1, LIST).rows if one.waits_for]
    if not mine.rows and not asked:
        return "没有等您审批的，您也没有在等审批的商机或报价"
    listed(s, actor, "approvals", [one.public_id for one in [*mine.rows, *asked]], now)
    lines = [f"{n}. {_line(one)}" for n, one in enumerate(mine.rows, 1)]
    said = f"等您审批 {mine.total} 件：\n" + "\n".join(lines) if lines else "没有等您审批的"
    if asked:
        sent = [f"{n}. {_line(one)}，等 {'、'.join(one.waits_for)}" for n, one in enumerate(asked, len(lines) + 1)]
        said += "\n您提交的：\n" + "\n".join(sent)
    return f"{said}\n{_HOW}"


def _line(one: ApprovalRow) -> str:
    what = f"{one.deal} · {one.customer} · {shown_amount(one.amount)} → {one.to}"
    return f"{what} · {one.asked_by} · {_waits(one.hours)}"


def _waits(hours: float) -> str:
    if hours < 1:
        return "刚提交"
    return f"已等 {hours:.0f} 小时" if hours < 48 else f"已等 {hours / 24:.0f} 天"


@picks_from("approvals")
def _picked(s: Session, actor: Actor, public_id: Any, _key: str, now: datetime) -> str:
    return _told(s, actor, str(public_id), now)


def _told(s: Session, actor: Actor, public_id: str, now: datetime) -> str:
    """All of one approval; whoever is asked gets its card again, so that one tap decides."""
    page = approval_page(s, actor, public_id, now)
    if page.row.my_turn:
        ask_again(s, actor, public_id, now)
    return "\n".join(_details(page))


def _details(page: ApprovalPage) -> list[str]:
    row = page.row
    lines = [f"{row.deal} · {row.customer} · {shown_amount(row.amount)}", f"申请到「{row.to}」：{row.told}"]
    lines.append(f"{row.asked_by} 提交，{label(row.state)}" + (f"，{_waits(row.hours)}" if row.waits_for else ""))
    if page.reason:
        lines.append(f"说明：{page.reason}")
    for one in page.signers:
        place = f"（代 {one.in_place_of}）" if one.in_place_of else ""
        said = [label(one.rejected_for)] if one.rejected_for else []
        said += [one.words] if one.words else []
        lines.append(f"· {one.name}{place} {label(one.state)}" + (f"：{' '.join(said)}" if said else ""))
    lines += [f"· {note.by} 批示：{f'@{note.told} ' if note.told else ''}{note.words}" for note in page.notes]
    if row.my_turn:
        lines.append(f"卡片在下面，点一下就行；也可以发 /审批 {row.deal} 同意")
    elif page.mine and row.waits_for:
        lines.append(f"催办发 /审批 {row.deal} 催办；不要了发 /审批 {row.deal} 撤回")
    return lines


def _called(s: Session, actor: Actor, name: str, asked: bool, now: datetime) -> list[ApprovalRow]:
    """What still waits and is called so: by the whole name, a part of it, or a part of the customer's. What he has not
    `asked` for himself may be his to nudge and withdraw all the same."""
    if asked:
        return _so_called(s, actor, name, [Box.ASKED], now) or _so_called(s, actor, name, [Box.ALL], now)
    return _so_called(s, actor, name, [Box.MINE, Box.ASKED], now)


def _so_called(s: Session, actor: Actor, name: str, boxes: list[Box], now: datetime) -> list[ApprovalRow]:
    rows = [one for box in boxes for one in approvals(s, actor, box, now, 1, 50).rows if one.waits_for]
    typed = "".join(name.split()).casefold()
    plain = {one.public_id: "".join(one.deal.split()).casefold() for one in rows}
    exact = [one for one in rows if plain[one.public_id] == typed]
    partly = [one for one in rows if typed in plain[one.public_id]]
    return exact or partly or [one for one in rows if typed in "".join(one.customer.split()).casefold()]


def _which(s: Session, actor: Actor, found: list[ApprovalRow], name: str, now: datetime) -> str:
    if not found:
        return f"没有找到在审批的「{name[:30]}」，可能已经有结果了。发 /审批 看等您的和您提交的"
    listed(s, actor, "approvals", [one.public_id for one in found[:LIST]], now)
    return "是哪一个？回复序号看详情：\n" + "\n".join(f"{n}. {_line(one)}" for n, one in enumerate(found[:LIST], 1))


def _done(s: Session, actor: Actor, public_id: str, verb: str, rest: str, heard: Heard) -> str:
    now = heard.now
    if verb in _ASKS and not rest:
        return forms.fill(s, actor, _ASKS[verb], {"approval": public_id}, heard.key, now)
    match verb:
        case "同意":
            done = signing.approve(s, actor, public_id, now, entrance=CHAT, words=rest)
        case "驳回":
            why, words = _why(rest)
            done = signing.reject(s, actor, public_id, why, words, now, entrance=CHAT)
        case "批示":
            told, words = _at(s, actor, rest)
            done = signing.write_note(s, actor, public_id, words, told, now, entrance=CHAT)
        case "转交" | "加签":
            who = a_colleague(s, actor, rest)
            act = signing.delegate if verb == "转交" else signing.add_signer
            done = act(s, actor, public_id, int(who[0]), now, entrance=CHAT)
        case "催办":
            done = signing.nudge(s, actor, public_id, now, entrance=CHAT)
        case _:
            done = signing.withdraw(s, actor, public_id, now, entrance=CHAT)
    return f"「{done.name}」{done.outcome}"


def _why(typed: str) -> tuple[RejectReason, str]:
    """`价格太低 底价以下`: the first word may be one of the reasons; other words are 其他原因."""
    first, rest = first_word(typed)
    known = next((one for one in RejectReason if label(one) == first), None)
    return (known, rest) if known is not None else (RejectReason.OTHER, typed)


def _at(s: Session, actor: Actor, typed: str) -> tuple[int | None, str]:
    """`@李四 请看一下`: the colleague named first, and the words."""
    first, rest = first_word(typed)
    if not first.startswith("@"):
        return None, typed
    return int(a_colleague(s, actor, first)[0]), rest


def a_colleague(s: Session, actor: Actor, typed: str) -> list[Any]:
    """Slot value `[id, name]`: the one colleague meant."""
    words = typed.strip().lstrip("@").strip("「」\"'“”")
    if not words:
        raise Invalid("请写同事的姓名")
    if words == actor.name:
        raise Invalid("这是您自己，请写一位同事")
    found = colleagues(s, actor, words, 6)
    if len(found) == 1:
        return [found[0].id, found[0].name]
    if found:
        options = [([one.id, one.name], f"{one.name} · {one.team}") for one in found]
        raise Choose(f"叫「{words[:20]}」的同事不止一位，回复序号：", options)
    raise Invalid(f"没有找到叫「{words[:20]}」的在岗同事，请写全名")


@button("approve")
def approve(s: Session, on: On) -> Tapped:
    done = signing.approve(s, on.actor, str(on.args["approval"]), on.now, entrance=CARD)
    back = undo("approval", approval=done.public_id, signer=done.signer_id) if done.signer_id else None
    return Tapped(done.outcome, back)


@button("reject")
def reject(s: Session, on: On) -> Tapped:
    ask_why(s, on.actor, str(on.args["approval"]), on.now)
    return Tapped("请在下一张卡片上点驳回原因", undo("nothing"))


@button("reject_for")
def reject_for(s: Session, on: On) -> Tapped:
    why, approval = RejectReason(on.args["why"]), str(on.args["approval"])
    if why is RejectReason.OTHER:
        asked = forms.ask(s, on.actor, "reject", {"approval": approval}, on.card_id, on.now)
        return Tapped("请直接发驳回原因", undo("ask", card=on.card_id), say=asked)
    done = signing.reject(s, on.actor, approval, why, "", on.now, entrance=CARD)
    return Tapped(done.outcome, undo("approval", approval=done.public_id, signer=done.signer_id))


@form("reject", Slot("words", "驳回的原因是什么？写一句话", some_text))
def _reject(s: Session, it: Filled) -> str:
    words = str(it.values["words"])
    done = signing.reject(s, it.actor, str(it.values["approval"]), RejectReason.OTHER, words, it.now, entrance=CHAT)
    return f"「{done.name}」{done.outcome}"


@button(UNDO + "approval")
def undo_approval(s: Session, on: On) -> Tapped:
    done = signing.take_back(s, on.actor, str(on.args["approval"]), int(on.args["signer"]), on.now, entrance=CARD)
    return Tapped(done.outcome)


@button("nudge_approval")
def nudge(s: Session, on: On) -> Tapped:
    return Tapped(signing.nudge(s, on.actor, str(on.args["approval"]), on.now, entrance=CARD).outcome)


@button("withdraw_approval")
def withdraw(s: Session, on: On) -> Tapped:
    done = signing.withdraw(s, on.actor, str(on.args["approval"]), on.now, entrance=CARD)
    return Tapped(f"「{done.name}」{done.outcome}")


@button("write_note")
def write_note(s: Session, on: On) -> Tapped:
    asked = forms.ask(s, on.actor, "write_note", {"approval": on.args["approval"]}, on.card_id, on.now)
    return Tapped("请直接发批示内容，要点名就写 @姓名", undo("ask", card=on.card_id), say=asked)


@form("write_note", Slot("words", "批示什么？直接发，要点名同事就以 @姓名 开头", some_text))
def _write_note(s: Session, it: Filled) -> str:
    told, words = _at(s, it.actor, str(it.values["words"]))
    done = signing.write_note(s, it.actor, str(it.values["approval"]), words, told, it.now, entrance=CHAT)
    return f"「{done.name}」{done.outcome}"


@button("delegate")
def delegate(s: Session, on: On) -> Tapped:
    asked = forms.ask(s, on.actor, "delegate", {"approval": on.args["approval"]}, on.card_id, on.now)
    return Tapped("请发要转交的同事姓名", undo("ask", card=on.card_id), say=asked)


@form("delegate", Slot("who", "转交给谁？发同事姓名", a_colleague))
def _delegate(s: Session, it: Filled) -> str:
    person_id = int(it.values["who"][0])
    done = signing.delegate(s, it.actor, str(it.values["approval"]), person_id, it.now, entrance=CHAT)
    return f"「{done.name}」{done.outcome}"


@button("add_signer")
def add_signer(s: Session, on: On) -> Tapped:
    asked = forms.ask(s, on.actor, "add_signer", {"approval": on.args["approval"]}, on.card_id, on.now)
    return Tapped("请发要加签的同事姓名", undo("ask", card=on.card_id), say=asked)


@form("add_signer", Slot("who", "加签给谁？发同事姓名", a_colleague))
def _add_signer(s: Session, it: Filled) -> str:
    person_id = int(it.values["who"][0])
    done = signing.add_signer(s, it.actor, str(it.values["approval"]), person_id, it.now, entrance=CHAT)
    return f"「{done.name}」{done.outcome}"
