"""/节点: the moments that a deal must not miss, noted in one line, and the buttons of their reminders."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clicks import CARD, undo
from bot.commands import CHAT, LIST
from bot.forms import listed, picks_from
from bot.router import Heard, On, Tapped, button, command
from config.vocabulary import MilestoneKind, label
from crm.access import Actor
from crm.cards import UNDO
from crm.milestones import Coming
from crm.reads.deals import DealBrief, deals_called, deals_meant
from crm.reads.milestones import milestones_among, my_milestones, open_ones
from crm.rules.dates import parse_due
from crm.rules.days import SHANGHAI
from crm.rules.milestones import say_left
from crm.uow import Session
from crm.usecases import milestones

_HOW = "发 /节点 商机名 截标 2026-12-10 10:00 记一个；截标、保证金、开标、交货都行"
_WORDS = {label(kind): kind for kind in MilestoneKind} | {
    "投标截止": MilestoneKind.BID_DEADLINE,
    "截止": MilestoneKind.BID_DEADLINE,
    "交保证金": MilestoneKind.DEPOSIT,
    "发货": MilestoneKind.DELIVERY,
}
_DATED = re.compile(rf"(?P<deal>\S.*?)\s+(?P<kind>{'|'.join(_WORDS)})\s+(?P<rest>\S.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Typed:
    """「二期循环泵 截标 2026-12-10 10:00 线上投」 as it was understood."""

    deal: str
    kind: MilestoneKind
    due_at: datetime
    note: str


def understood(words: str, now: datetime) -> Typed | None:
    """None where it does not name a deal, a kind and a day, in this order."""
    found = _DATED.fullmatch(words.strip())
    due = None if found is None else parse_due(found["rest"], now)
    if found is None or due is None:
        return None
    return Typed(found["deal"], _WORDS[found["kind"]], due[0], due[1])


@command(
    "节点",
    "jiedian",
    "milestone",
    "milestones",
    usage="/节点 [商机 截标 时间]",
    tells="记截标、保证金、开标、交货，到时提醒",
)
def milestone(s: Session, actor: Actor, heard: Heard) -> str:
    if not heard.args:
        return _told(s, actor, my_milestones(s, actor, LIST), "您的商机还没有要盯的时间", heard.now)
    typed = understood(heard.args, heard.now)
    if typed is not None:
        return note_down(s, actor, typed, heard.now)
    dated = _DATED.fullmatch(heard.args.strip())
    if dated is not None:
        return f"没看懂时间「{dated['rest'][:20]}」，或者它已经过去了。{_HOW}"
    deals = deals_meant(s, actor, heard.args, LIST, heard.now)
    if not deals:
        return f"没看懂是哪个商机的什么时间。{_HOW}"
    found = milestones_among(s, [one.id for one in deals], LIST)
    return _told(s, actor, found, f"「{heard.args[:30]}」还没有要盯的时间", heard.now)


def note_down(s: Session, actor: Actor, typed: Typed, now: datetime) -> str:
    """A new one, or the one of this kind moved: of a tender there is only one deadline."""
    found = deals_meant(s, actor, typed.deal, LIST, now)
    if len(found) == 1:
        return _note_down(s, actor, found[0], typed, now)
    if not found:
        return f"没有找到叫「{typed.deal[:30]}」的商机，或者不在您名下。发 /商机 看看有哪些"
    told = [typed.kind, typed.due_at.isoformat(), typed.note]
    listed(s, actor, "note_milestone", [[one.public_id, one.name, *told] for one in found], now)
    lines = [f"{n}. {one.name} · {one.customer} · {one.stage}" for n, one in enumerate(found, 1)]
    return "是哪个商机？回复序号：\n" + "\n".join(lines)


@picks_from("note_milestone")
def _picked(s: Session, actor: Actor, thing: Any, _key: str, now: datetime) -> str:
    public_id, name, kind, due_at, note = thing
    (found,) = (one for one in deals_called(s, actor, str(name), LIST, now) if one.public_id == public_id)
    typed = Typed(found.name, MilestoneKind(kind), datetime.fromisoformat(str(due_at)), str(note))
    return _note_down(s, actor, found, typed, now)


def _note_down(s: Session, actor: Actor, deal: DealBrief, typed: Typed, now: datetime) -> str:
    there = () if typed.kind is MilestoneKind.DELIVERY else open_ones(s, deal.id, typed.kind)
    if len(there) == 1 and there[0].due_at != typed.due_at:
        old, note = there[0], typed.note or there[0].note
        moved = milestones.change_milestone(s, actor, old.public_id, typed.due_at, note, now, entrance=CHAT)
        return f"已改：{moved.said}（原来 {_when(old.due_at)}），按新的时间提醒。改错了就再发一次原来的时间"
    made = milestones.add_milestone(s, actor, deal.public_id, typed.kind, typed.due_at, typed.note, now, entrance=CHAT)
    return f"已记下：{made.said}。提前 7 天、3 天、1 天和 2 小时提醒，晚上和节假日也提醒。记错了发 /撤销"


def _told(s: Session, actor: Actor, found: Sequence[Coming], none: str, now: datetime) -> str:
    if not found:
        return f"{none}。{_HOW}"
    listed(s, actor, "milestone", [one.public_id for one in found], now)
    lines = [
        f"{n}. {one.deal} · {label(one.kind)} {_when(one.due_at)}，{say_left(one.due_at, now)}"
        for n, one in enumerate(found, 1)
    ]
    return "接下来的时间节点：\n" + "\n".join(lines) + "\n\n回复序号，我把那一个的卡片发给您处理"


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}"


@picks_from("milestone")
def _card(s: Session, actor: Actor, public_id: Any, key: str, now: datetime) -> str:
    return milestones.send_card(s, actor, str(public_id), key, now)


@button("finish_milestone")
def finish(s: Session, on: On) -> Tapped:
    done = milestones.finish_milestone(s, on.actor, str(on.args["milestone"]), on.now, entrance=CARD)
    return Tapped(f"完成：{done.said}", undo("milestone", milestone=done.public_id))


@button("remove_milestone")
def remove(s: Session, on: On) -> Tapped:
    gone = milestones.remove_milestone(s, on.actor, str(on.args["milestone"]), on.now, entrance=CARD)
    return Tapped(f"已移除：{gone.said}", undo("milestone", milestone=gone.public_id))


@button(UNDO + "milestone")
def undo_milestone(s: Session, on: On) -> Tapped:
    back = milestones.restore_milestone(s, on.actor, str(on.args["milestone"]), on.now, entrance=CARD)
    return Tapped(f"已恢复：{back.said}")
