"""/日报: what the sender did on a day, ready to be copied into a report."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import groupby

from bot.router import Heard, command
from crm.access import Actor
from crm.reads.my_day import Done, my_day
from crm.rules.days import day_of
from crm.uow import Session

_WORDS = 200  # characters of one thing: what is longer ends with a whole sentence
_ENDS = re.compile(r"[。！!？?；;]")
_DAYS_AGO = {"": 0, "今天": 0, "昨天": 1, "前天": 2}


@command("日报", "ribao", "report", "day", usage="/日报 [昨天]", tells="我今天做了什么，可以复制去交日报")
def report(s: Session, actor: Actor, heard: Heard) -> str:
    ago = _DAYS_AGO.get(heard.args)
    if ago is None:
        return "日报只看今天、昨天和前天：发 /日报，或者 /日报 昨天"
    day = my_day(s, actor, day_of(heard.now) - timedelta(days=ago))
    if day.empty and ago:
        return f"{day.day:%m-%d} 没有记录"
    if day.empty:
        return f"{day.day:%m-%d} 还没有记录。直接打字记跟进，发个位置打卡，晚上再发 /日报"
    parts = (
        ("跟进", "条", day.follow_ups),
        ("拜访打卡", "次", day.visits),
        ("商机推进", "个", day.moves),
        ("报价", "份", day.quotes),
        ("办完的待办", "件", day.todos),
        ("新建客户", "家", day.new_customers),
    )
    said = [f"{actor.name} {day.day:%m-%d} 日报"]
    said += [_part(title, unit, done) for title, unit, done in parts if done.total]
    said += [f"另有 {day.uncounted} 条内容太短、重复或没联系上的，不计入跟进"] if day.uncounted else []
    return "\n".join(said)


def _part(title: str, unit: str, done: Done) -> str:
    lines = []
    for about, things in groupby(sorted(done.lines, key=_place(done)), key=lambda line: line[0]):
        said = [_whole(what) for _, what in things if what != about]
        begins = "" if not about else f"{about}：" if said else about
        first, *others = said or [""]
        lines += [f"· {begins}{first}", *(f"　{one}" if about else f"· {one}" for one in others)]
    more = [f"…… 共 {done.total} {unit}，其余的在客户的时间线上"] if done.total > len(done.lines) else []
    return "\n".join([f"【{title}】{done.total} {unit}", *lines, *more])


def _place(done: Done) -> Callable[[tuple[str, str]], int]:
    """Everything about one customer stands together, where the first of it stands."""
    order = {about: place for place, (about, _) in reversed(list(enumerate(done.lines)))}
    return lambda line: order[line[0]]


def _whole(what: str) -> str:
    words = "；".join(what.split("\n"))  # a summed-up talk has a line for each of its sentences
    if len(words) <= _WORDS:
        return words
    ends = [found.end() for found in _ENDS.finditer(words, 0, _WORDS)]
    return f"{words[: ends[-1] if ends else _WORDS]}……"
