"""/推进: what a deal still lacks for its next stage, and the move through the gate once nothing is missing."""

from datetime import datetime
from typing import Any

from bot.commands import CHAT, LIST
from bot.forms import listed, picks_from
from bot.proofs import asked_for
from bot.router import Heard, command
from config.vocabulary import EndReason, StageKind, label
from crm import policy as numbers
from crm.access import Actor
from crm.reads.deal_page import DealPage, deal_page
from crm.reads.deals import DealBrief, deals_called, open_deals
from crm.rules.funnel import Lack, Rung, Said
from crm.uow import Session
from crm.usecases.approvals import Filed, move_or_ask

_HOW = (
    "发 /推进 商机名 看还缺什么，齐了就到下一个阶段；要退回、搁置或结束，后面写阶段和原因，"
    "比如 /推进 二期循环泵 搁置 客户预算推迟，或 /推进 二期循环泵 输单 价格 格兰富"
)


@command("推进", "tuijin", "advance", "move", usage="/推进 商机 [阶段]", tells="看商机还缺什么，齐了就推进")
def advance(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return _which(s, actor, open_deals(s, actor, LIST, heard.now), heard.now) or f"还没有进行中的商机。{_HOW}"
    words = heard.args.split()
    for many in range(len(words), 0, -1):  # a deal's name may hold spaces: the longest that names one
        found = deals_called(s, actor, " ".join(words[:many]), LIST, heard.now)
        if len(found) == 1:
            return _go(s, actor, found[0].public_id, words[many:], heard.now)
        if found:
            return _which(s, actor, found, heard.now)
    return f"没有找到叫「{heard.args[:30]}」的商机。{_HOW}"


@picks_from("advance")
def _picked(s: Session, actor: Actor, public_id: Any, _key: str, now: datetime) -> str:
    return _go(s, actor, str(public_id), [], now)


def _which(s: Session, actor: Actor, found: list[DealBrief], now: datetime) -> str:
    if not found:
        return ""
    listed(s, actor, "advance", [one.public_id for one in found], now)
    lines = [f"{n}. {one.name} · {one.customer} · {one.stage}" for n, one in enumerate(found, 1)]
    return "推进哪个商机？回复序号：\n" + "\n".join(lines)


def _go(s: Session, actor: Actor, public_id: str, rest: list[str], now: datetime) -> str:
    page = deal_page(s, actor, public_id, now)
    to = _stage(page, rest[0]) if rest else page.towards
    if to is None and rest:
        known = "、".join(rung.label for rung in page.ladder)
        return f"「{page.name}」的流程里没有「{rest[0][:20]}」这个阶段，可选：{known}"
    if to is None:
        return f"「{page.name}」已经{page.here.label}。要重新打开，发 /推进 {page.name} 阶段 原因"
    if not rest and any(one.lack is not Lack.APPROVAL for one in page.missing):
        lines = asked_for(s, actor, page, now)
        if to.kind is StageKind.WON:
            end = f"/推进 {page.name} {to.label}"
            lines.append(f"凭证齐了就发 {end} 原因 对手，比如 {end} 价格 无")
        stands = f"「{page.name}」在{page.here.label}第 {page.history[0].days} 个工作日，到「{to.label}」还缺："
        return stands + "\n" + "\n".join(lines)
    moved = move_or_ask(s, actor, public_id, to.key, _said(to, rest[1:]), now, entrance=CHAT)
    if isinstance(moved, Filed):
        names = "、".join(moved.waits_for)
        return (
            f"「{moved.name}」已提交审批（{moved.told}），等 {names} 同意，同意后自动到「{moved.to}」。"
            f"催办发 /审批 {moved.name} 催办，不要了发 /审批 {moved.name} 撤回"
        )
    minutes = numbers.current(s).undo_minutes
    return f"「{moved.name}」从「{moved.before}」到「{moved.now}」了。点错了？{minutes} 分钟内发 /撤销"


def _stage(page: DealPage, word: str) -> Rung | None:
    return next((rung for rung in page.ladder if word in (rung.label, rung.key)), None)


def _said(to: Rung, rest: list[str]) -> Said:
    """Of an end what decided it and against whom; of every other move the reason."""
    if to.kind not in (StageKind.WON, StageKind.LOST):
        return Said(reason=" ".join(rest))
    decided = next((one for one in EndReason if rest and rest[0] == label(one)), None)
    against = rest[1:] if decided is not None else rest
    return Said(ended_for=decided, competitor=" ".join(against))
