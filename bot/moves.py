"""/推进: what a deal still lacks for its next stage, and the move through the gate once nothing is missing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.commands import CHAT, LIST
from bot.forms import Filled, Slot, fill, form, listed, picks_from, some_text
from bot.proofs import asked_for
from bot.router import Heard, command
from config.vocabulary import EndReason, StageKind, label
from crm import policy as numbers
from crm.access import Actor
from crm.errors import Invalid
from crm.reads.deal_page import DealPage, deal_page
from crm.reads.deals import DealBrief, deals_called, deals_meant, open_deals
from crm.rules.funnel import LEAST_REASON, Lack, Missing, Rung, Said
from crm.rules.stalled import say_stay
from crm.uow import Session
from crm.usecases.approvals import Filed, move_or_ask
from crm.usecases.deals import GateClosed

_HOW = (
    "发 /推进 商机名 看还缺什么，齐了就到下一个阶段；要退回、搁置或结束，后面写阶段和原因，"
    "比如 /推进 二期循环泵 搁置 客户预算推迟，或 /推进 二期循环泵 输单 价格 格兰富"
)
_REASONS = "、".join(label(one) for one in EndReason)


@command("推进", "tuijin", "advance", "move", usage="/推进 商机 [阶段]", tells="看商机还缺什么，齐了就推进")
def advance(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return _which(s, actor, open_deals(s, actor, LIST, heard.now), [], heard.now) or f"还没有进行中的商机。{_HOW}"
    words = heard.args.split()
    for many in range(len(words), 0, -1):  # a deal's name may hold spaces: the longest that names one
        found = deals_called(s, actor, " ".join(words[:many]), LIST, heard.now)
        if found:
            return _one_of(s, actor, found, words[many:], heard)
    found = deals_meant(s, actor, words[0], LIST, heard.now)
    if found:
        return _one_of(s, actor, found, words[1:], heard)
    return f"没有找到叫「{heard.args[:30]}」的商机。{_HOW}"


def _one_of(s: Session, actor: Actor, found: list[DealBrief], rest: list[str], heard: Heard) -> str:
    if len(found) == 1:
        return _go(s, actor, found[0].public_id, rest, heard.key, heard.now)
    return _which(s, actor, found, rest, heard.now)


@picks_from("advance")
def _picked(s: Session, actor: Actor, thing: Any, key: str, now: datetime) -> str:
    public_id, *rest = thing
    return _go(s, actor, str(public_id), rest, key, now)


def _which(s: Session, actor: Actor, found: list[DealBrief], rest: list[str], now: datetime) -> str:
    """Numbered; whatever was said about the move is kept for the one that is chosen."""
    if not found:
        return ""
    listed(s, actor, "advance", [[one.public_id, *rest] for one in found], now)
    lines = [f"{n}. {one.name} · {one.customer} · {one.stage}" for n, one in enumerate(found, 1)]
    return "推进哪个商机？回复序号：\n" + "\n".join(lines)


def _go(s: Session, actor: Actor, public_id: str, rest: list[str], key: str, now: datetime) -> str:
    page = deal_page(s, actor, public_id, now)
    to = _stage(page, rest[0]) if rest else page.towards
    if to is None and rest:
        known = "、".join(rung.label for rung in page.ladder)
        return f"「{page.name}」的流程里没有「{rest[0][:20]}」这个阶段，可选：{known}"
    if to is None:
        return f"「{page.name}」已经{page.here.label}。要重新打开，发 /推进 {page.name} 阶段 原因"
    if not rest and any(one.lack is not Lack.APPROVAL for one in page.missing):
        return _lacking(s, actor, page, to, Said(), page.missing, key, now)
    said = _said(to, rest[1:])
    try:
        return _move(s, actor, public_id, to.key, said, now)
    except GateClosed as closed:
        return _lacking(s, actor, page, to, said, closed.missing, key, now)


def _lacking(
    s: Session, actor: Actor, page: DealPage, to: Rung, said: Said, missing: Sequence[Missing], key: str, now: datetime
) -> str:
    """Only words: they are asked for. Files: each with its link, and words are for the next time."""
    if page.may_write and all(one.lack not in (Lack.EVIDENCE, Lack.APPROVAL) for one in missing):
        values = {"deal": page.public_id, "to": to.key}
        if any(one.lack is Lack.REASON for one in missing):
            return f"「{page.name}」到「{to.label}」要写原因。{fill(s, actor, 'explain_move', values, key, now)}"
        if said.ended_for is not None:
            values["ended_for"] = said.ended_for.value
        return f"「{page.name}」到「{to.label}」还要写清楚。{fill(s, actor, 'end_deal', values, key, now)}"
    lines = asked_for(s, actor, page, missing, now)
    if to.kind is StageKind.WON:
        end = f"/推进 {page.name} {to.label}"
        lines.append(f"凭证齐了就发 {end} 原因 对手，比如 {end} 价格 无")
    stands = f"「{page.name}」{say_stay(page.here.label, page.history[0].days)}，到「{to.label}」还缺："
    return stands + "\n" + "\n".join(lines)


def _move(s: Session, actor: Actor, public_id: str, to: str, said: Said, now: datetime) -> str:
    moved = move_or_ask(s, actor, public_id, to, said, now, entrance=CHAT)
    if isinstance(moved, Filed):
        names = "、".join(moved.waits_for)
        return (
            f"「{moved.name}」已提交审批（{moved.told}），等 {names} 同意，同意后自动到「{moved.to}」。"
            f"催办发 /审批 {moved.name} 催办，不要了发 /审批 {moved.name} 撤回"
        )
    minutes = numbers.current(s).undo_minutes
    return f"「{moved.name}」从「{moved.before}」到「{moved.now}」了。点错了？{minutes} 分钟内发 /撤销"


def _stage(page: DealPage, word: str) -> Rung | None:
    """By its name or its key, or by a part of a name that no other stage has: 「谈判」."""
    exact = [rung for rung in page.ladder if word in (rung.label, rung.key)]
    partly = [rung for rung in page.ladder if len(word) > 1 and word in rung.label]
    found = exact or partly
    return found[0] if len(found) == 1 else None


def _said(to: Rung, rest: list[str]) -> Said:
    """Of an end what decided it and against whom, in either order; of every other move the reason."""
    if to.kind not in (StageKind.WON, StageKind.LOST):
        return Said(reason=" ".join(rest))
    decided = next((one for one in EndReason if label(one) in rest), None)
    if decided is None:  # then nobody knows what the words are: both are asked for
        return Said()
    rest = [*rest]
    rest.remove(label(decided))
    return Said(ended_for=decided, competitor=" ".join(rest))


def _an_end_reason(_s: Session, _actor: Actor, typed: str) -> str:
    decided = next((one for one in EndReason if label(one) == typed.strip()), None)
    if decided is None:
        raise Invalid(f"没有「{typed.strip()[:20]}」这一项")
    return decided.value


@form(
    "end_deal",
    Slot("ended_for", f"主要原因是哪一项？{_REASONS}", _an_end_reason),
    Slot("competitor", "竞争对手是谁？没有就发「无」", some_text),
)
def _end(s: Session, it: Filled) -> str:
    said = Said(ended_for=EndReason(it.values["ended_for"]), competitor=str(it.values["competitor"]))
    return _move(s, it.actor, str(it.values["deal"]), str(it.values["to"]), said, it.now)


def _a_reason(_s: Session, _actor: Actor, typed: str) -> str:
    if len("".join(typed.split())) < LEAST_REASON:
        raise Invalid("太短了，过一年看不出当时为什么")
    return typed.strip()


@form("explain_move", Slot("reason", f"用一句话写明，至少 {LEAST_REASON} 个字", _a_reason))
def _explain(s: Session, it: Filled) -> str:
    said = Said(reason=str(it.values["reason"]))
    return _move(s, it.actor, str(it.values["deal"]), str(it.values["to"]), said, it.now)
