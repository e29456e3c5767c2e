"""/请假: who is asked while somebody is away; two taps on a card, or days and a name by words."""

import re
from datetime import date, timedelta

from bot.approvals import a_colleague
from bot.clicks import CARD, chosen_id, undo
from bot.commands import CHAT
from bot.router import Heard, On, Tapped, button, command
from crm import policy as numbers
from crm.access import Actor
from crm.cards import UNDO
from crm.errors import Invalid
from crm.messages import Tap, prompt_card
from crm.notices import Choice, Notice, Selection
from crm.reads.absences import absences, colleagues
from crm.rules.dates import parse_due
from crm.rules.days import day_of
from crm.uow import Session
from crm.usecases.absences import Away, come_back, go_away

_OFFERED = 10  # the platform's limit of a drop-down
_LINE = 16  # characters of one of its lines
_DEPUTY = "deputy"
_DATED = re.compile(r"\d+[-/.年月]\d")  # a day that does not exist is no part of a name
_SPANS = (("今天", 0), ("三天", 2), ("一周", 6))
_BACK = ("结束", "回来了", "取消", "销假")
_HOW = "也可以发 /请假 12-01 12-05 李四；提前回来发 /请假 结束"


@command("请假", "qingjia", "leave", "away", usage="/请假 [起 止 代理人]", tells="不在的时候，审批转给代理人")
def leave(s: Session, actor: Actor, heard: Heard) -> str:
    words = heard.args.split()
    if words and words[0] in _BACK:
        return _ended(s, actor, heard)
    if words:
        return _typed(s, actor, words, heard)
    return _asked(s, actor, heard)


def _asked(s: Session, actor: Actor, heard: Heard) -> str:
    mine = [one for one in absences(s, actor, heard.now) if one.mine]
    offered = colleagues(s, actor, "", _OFFERED)
    if not offered:
        return "现在没有在岗的同事可以代理，请联系管理员"
    choices = tuple(Choice(str(one.id), f"{one.name} · {one.team}"[:_LINE]) for one in offered)
    notice = Notice(
        title="请假：谁代您审批？",
        desc="先选代理人，再点几天",
        body=f"从今天算起。{_HOW}",
        selection=Selection(_DEPUTY, "代理人", choices),
    )
    taps = [Tap(text, "go_away", {"days": days}, 1 if days == 0 else 2) for text, days in _SPANS]
    matter = f"leave:{heard.key}"
    taps.append(Tap("不请了", "dismiss", {}))
    policy = numbers.current(s)
    prompt_card(s, actor.person_id, notice, taps, matter=matter, dedupe=matter, now=heard.now, policy=policy)
    said = "".join(f"您已登记 {one.first_day:%m-%d} 到 {one.last_day:%m-%d} 由 {one.deputy} 代理。" for one in mine)
    return f"{said}请在下面的卡片上选代理人和天数。{_HOW}"


def _typed(s: Session, actor: Actor, words: list[str], heard: Heard) -> str:
    """Days first, one or two, then the name."""
    days = [day for day in (_day(word, heard) for word in words[:2]) if day is not None]
    name = " ".join(words[len(days) :]).removeprefix("代理").strip()
    unread = next((word for word in words[:2] if _DATED.match(word) and _day(word, heard) is None), None)
    if not days or unread:
        what = f"没看懂日期「{(unread or words[0])[:20]}」，或者它已经过去了"
        raise Invalid(f"{what}。写成 /请假 12-01 12-05 李四，或者只发 /请假 在卡片上选")
    if not name:
        raise Invalid("还要写代理人，比如 /请假 12-01 12-05 李四")
    deputy = int(a_colleague(s, actor, name)[0])
    return _said(go_away(s, actor, deputy, days[0], days[-1], heard.now, entrance=CHAT))


def _day(word: str, heard: Heard) -> date | None:
    found = parse_due(word, heard.now)
    return None if found is None or found[1].strip() else day_of(found[0])


def _ended(s: Session, actor: Actor, heard: Heard) -> str:
    mine = [one for one in absences(s, actor, heard.now) if one.mine]
    if not mine:
        return "您现在没有登记请假"
    for one in mine:
        come_back(s, actor, one.public_id, heard.now, entrance=CHAT)
    return "欢迎回来，新的审批又会发给您。已经转给代理人的，由他处理完"


def _said(away: Away) -> str:
    days = f"{away.first_day:%m-%d}"
    if away.last_day != away.first_day:
        days += f" 到 {away.last_day:%m-%d}"
    return f"已登记：{days} 由 {away.deputy} 代您审批，已通知他。提前回来发 /请假 结束"


@button("go_away")
def going(s: Session, on: On) -> Tapped:
    if not on.choice:
        raise Invalid("请先在卡片上选代理人，再点几天")
    first = day_of(on.now)
    last = first + timedelta(days=int(on.args["days"]))
    away = go_away(s, on.actor, chosen_id(on.choice), first, last, on.now, entrance=CARD)
    return Tapped(_said(away), undo("go_away", absence=away.public_id))


@button(UNDO + "go_away")
def undo_going(s: Session, on: On) -> Tapped:
    come_back(s, on.actor, str(on.args["absence"]), on.now, entrance=CARD)
    return Tapped("已撤销请假，新的审批又会发给您。已经转给代理人的，由他处理完")
