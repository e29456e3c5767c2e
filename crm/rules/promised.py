"""What we promised in one sentence, each thing with the moment until which: what to-dos are made of."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm.rules.dates import DAY_ENDS, DAY_STARTS, clock_in, moments_in
from crm.rules.days import at, day_of
from crm.rules.digest_dates import days_in
from crm.rules.digest_facts import happened, will
from crm.rules.numerals import NUMERAL, numeral
from crm.rules.spoken import asks

_CLAUSE = re.compile(r"[^，,。；;！!\s]+")
_ACTS = re.compile(r"我们?[^，,]{0,10}(?:发|寄|送|给|报|做|出|开|带|交|办|打|改|补|换|修|去|到|来)")
_SOON = re.compile(r"马上|立刻|立即|一会儿?|待会儿?|等会儿?|稍后|晚点|回头")
_HOURS = re.compile(rf"(?P<count>{NUMERAL}|半)\s*个?小时(?:之内|以内|内|之后|以后|后)")
_WAS = re.compile(
    r"(?:去|拜访|见|谈|聊|打|到|发|寄|送)过?了|今天[^，,]{0,4}(?:拜访|见|聊|谈|和|跟)(?![^，,]*(?:给|发|寄|前))"
)
_THEIRS = re.compile(  # 「您下周一给预付款」, but not 「您要的图纸我明天发」
    r"(?:[您你他她贵]|客户|对方|\S{1,2}(?<![完加施开竣汇])[总工](?![价厂程作]))"
    r"(?!.*(?:(?<![给跟和找发向])[我咱]|[给发寄送报][您你他她]))"
)
_MOVED = re.compile(r"(?:改|推迟|延期?|挪)到")  # what is moved was said before
_PART = re.compile(r"(?<![天日明今后一二三四五六末])(?P<part>上午|中午|下午|傍晚|晚上)")
_PART_ENDS = {"上午": (12, 0), "中午": (13, 0), "下午": DAY_ENDS, "傍晚": (19, 0), "晚上": (20, 0)}


@dataclass(frozen=True, slots=True)
class Promise:
    """`due` None: no time was said."""

    text: str
    due: datetime | None


def promised(words: str, said_at: datetime, now: datetime) -> list[Promise]:
    """One for each clause in which we say what we will do; what explains it goes with it, never nothing.

    A time said just before, 「后天上午10点半，我到您厂里」, is the clause's own unless it names another day; so is an
    hour said just after, 「我后天到，上午10点」. 「今天去了」 is no time to come. What others are to do explains.
    """
    made: list[Promise] = []
    lead: Promise | None = None
    for clause in [*_CLAUSE.findall(words), ""]:
        due = due_in(clause, said_at, now)
        later = due is not None and day_of(due) > day_of(said_at)
        if lead is not None:
            if _promises(clause) and (due is None or _MOVED.match(clause) or _only_an_hour(clause, said_at)):
                whole = f"{lead.text}，{clause}"
                clause, due = whole, due if _MOVED.match(clause) else due_in(whole, said_at, now)
            elif made and _later_day(lead.text, said_at) and not _THEIRS.match(lead.text):
                made.append(lead)  # 「我明天发纪要，周五前出方案」
            elif made:
                made[-1] = _explained(made[-1], lead.text, said_at, now)
            lead = None
        if _promises(clause):
            made.append(Promise(clause, due))
        elif made and made[-1].due is not None and clock_in(clause, alone=True):
            made[-1] = _explained(made[-1], clause, said_at, now)
        elif due is not None and (later or clock_in(clause)) and due > said_at and not asks(clause):
            lead = Promise(clause, due)
        elif made and clause:
            made[-1] = _explained(made[-1], clause, said_at, now)
    return made or [Promise(words, due_in(words, said_at, now))]


def due_in(text: str, said_at: datetime, now: datetime) -> datetime | None:
    """The first time to come that a text names, seen from when it was said.

    A day alone is its morning, an hour alone its next return, a part of the day the end of it; hours are counted.
    「马上」 and the like are today, by the end of the working day, whenever that was said.
    """
    hours = _HOURS.search(text)
    if hours:
        many = 0.5 if hours["count"] == "半" else numeral(hours["count"])
        return None if many is None or many > 10_000 else said_at + timedelta(hours=float(many))
    for moment in moments_in(text, said_at):
        return moment
    today, clock = day_of(said_at), clock_in(text)
    if loose := _later_day(text, said_at):
        return at(loose, *(clock or DAY_STARTS))
    if clock:
        moment = at(today, *clock)
        return moment if moment > said_at else moment + timedelta(days=1)
    if part := _PART.search(text):
        moment = at(today, *_PART_ENDS[part["part"]])
        return moment if moment > said_at else moment + timedelta(days=1)
    if _SOON.search(text):
        moment = at(day_of(now), *DAY_ENDS)
        return moment if moment > now else at(day_of(now) + timedelta(days=1), *DAY_STARTS)
    return None


def _later_day(text: str, said_at: datetime) -> date | None:
    today = day_of(said_at)
    return next((day for _, day in days_in(text, today) if day > today), None)


def _only_an_hour(clause: str, said_at: datetime) -> bool:
    return clock_in(clause) is not None and not any(days_in(clause, day_of(said_at)))


def _explained(promise: Promise, clause: str, said_at: datetime, now: datetime) -> Promise:
    text = f"{promise.text}，{clause}"
    return Promise(text, due_in(text, said_at, now) if clock_in(clause, alone=True) else promise.due)


def _promises(clause: str) -> bool:
    if _THEIRS.match(clause) or asks(clause) or happened(clause) or _WAS.search(clause):
        return False
    return will(clause) or _ACTS.search(clause) is not None
