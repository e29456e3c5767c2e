"""When is a to-do due? The Chinese date words at its beginning or end, and the text without them."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

from crm.rules.days import at, day_of

DAY_STARTS = (9, 0)  # a to-do that names only a day is due in the morning
DAY_ENDS = (18, 0)  # or, when that morning has passed, by the end of the working day

_NUMBER = r"(?:\d{1,3}|[一二两三四五六七八九十]{1,3})"
# 12月30 万 is money: a date without 号 ends where a word, a time of day or the text ends.
_BOUND = r"(?=\s|$|[上下中早晚凌,，。])"
_DATE = rf"""(?:
    (?P<near>大后天|后天|明天|明日|今天|今日|明(?=[早晚])|今(?=[早晚])|(?<!天)(?<!日)下班(?=[之以]?前))
  | (?P<week>下下个?|下个?|本|这个?)?(?<![上每])(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末1-7])(?!\d)
  | (?P<later>{_NUMBER})天(?:以后|之后|后)
  | (?P<next_month>下个?月|本月|这个月)(?P<month_day>{_NUMBER})[号日]
  | (?:(?P<year>20\d\d)\s?[-/.年]\s?)?(?P<month>{_NUMBER})\s?月\s?(?P<day>{_NUMBER})\s?(?:[号日]|{_BOUND})
  | (?P<iso_year>20\d\d)[-/.](?P<iso_month>\d{{1,2}})[-/.](?P<iso_day>\d{{1,2}})(?!\d)
  | (?<![\d.\-/])(?P<short_month>\d{{1,2}})[-/](?P<short_day>\d{{1,2}}){_BOUND}
)"""
_PERIOD = r"(?P<period>下班|凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|早|晚)"
_CLOCK = (
    r"(?P<hour>\d{1,2}|[一二两三四五六七八九十]{1,3})"
    r"(?:[点时](?P<said>半|一刻|三刻|\d{1,2}分?)?|:(?P<minute>\d\d))"
)
_WHEN = rf"{_DATE}\s*(?:的)?(?:{_PERIOD})?\s*(?:{_CLOCK})?\s*(?:之前|以前|前)?"
_FIRST = re.compile(_WHEN, re.VERBOSE)
_LAST = re.compile(rf"{_WHEN}$", re.VERBOSE)
_ANYWHERE = re.compile(_DATE, re.VERBOSE)
_ANY_WHEN = re.compile(_WHEN, re.VERBOSE)
# An hour that stands without its day. 「两点建议」, 「晚一点」 and 「9点的会」 are none: what has neither part of the
# day nor minutes must be followed by what one does then.
_TIME = re.compile(
    rf"""(?:{_PERIOD}\s*)?(?<![\d.:/比第有这那几要让降])
    (?:(?<=[午上晨])|(?!一点(?![半钟整]|[之以]?前|左右)))
    (?P<hour>\d{{1,2}}|[一二两三四五六七八九十]{{1,3}})
    (?:(?:点|(?<=\d)时)(?P<said>半|一刻|三刻|\d{{1,2}}分?)?(?P<sharp>钟|整)?|:(?P<minute>\d\d)(?!\d))
    (?P<until>左右|[之以]?前)?(?!的|间)(?P<then>(?=$|[我给到发去来打回过准带]|[之以]?后))?""",
    re.VERBOSE,
)
_BEEN = re.compile(r"[上下]?午?(?:的(?!时候)|说|聊|那)")  # 「周一的纪要」, said on Wednesday
_GAP = " \t\r\n\u3000,，。.:：;；、!！"
# Longer than any way to say a date: only so much of either end is read, so a hostile text costs nothing.
_LONGEST = 40

_DIGITS = dict(zip("一二三四五六七八九", range(1, 10), strict=True)) | {"两": 2}
_WEEKDAYS = {"日": 6, "天": 6, "末": 5, "7": 6} | {sign: n for n, sign in enumerate("一二三四五六")}
_WEEKDAYS |= {str(n + 1): n for n in range(6)}
_NEAR = {"下班": 0, "今": 0, "今天": 0, "今日": 0, "明": 1, "明天": 1, "明日": 1, "后天": 2, "大后天": 3}
_PERIOD_HOURS = {
    "下班": DAY_ENDS[0],
    "凌晨": 6,
    "早上": 9,
    "早晨": 9,
    "早": 9,
    "上午": 9,
    "中午": 12,
    "下午": 14,
    "傍晚": 18,
    "晚上": 19,
    "晚": 19,
}
_QUARTERS = {"半": 30, "一刻": 15, "三刻": 45}


def parse_due(text: str, now: datetime) -> tuple[datetime, str] | None:
    """(instant, remaining text), or None without a date that exists at the beginning or the end.

    A day alone means 09:00, or 18:00 when that has passed. What is past rolls on to its next return (week, month,
    year), except 「今天」 with a time: that stays as said and shows as overdue. A day of a year that was said never
    rolls on: whoever typed the year meant no other. Hours 1–6 without 上午 or 下午 are
    afternoon hours: nobody means three at night.
    """
    whole = text.strip(_GAP)
    head, tail = "".join(map(_one_wide, whole[:_LONGEST])), "".join(map(_one_wide, whole[-_LONGEST:]))
    first = _FIRST.match(head)
    if first and (due := _instant(first, now)):
        return due, whole[first.end() :].strip(_GAP)
    last = _LAST.search(tail)
    if last and (due := _instant(last, now)):
        return due, whole[: len(whole) - len(tail) + last.start()].strip(_GAP)
    return None


def dates_in(text: str, today: date) -> Iterator[tuple[int, int, date]]:
    """(begin, end, day) of every date anywhere in a text, in order; a day without year is the next one."""
    for found in _ANYWHERE.finditer("".join(map(_one_wide, text))):
        exact = _said(found, "year", "iso_year") != ""
        day = next((day for day in islice(_days(found, today), 12) if exact or day >= today), None)
        if day is not None and not _was(found, day, today):
            yield found.start(), found.end(), day


def moments_in(text: str, said_at: datetime) -> Iterator[datetime]:
    """Every moment to come that is named anywhere in a text, in order; what is left unsaid as `parse_due` has it.

    The hour may stand apart: 「周五我给您报价下午5点前」.
    """
    for found in _ANY_WHEN.finditer("".join(map(_one_wide, text))):
        due = _instant(found, said_at)
        if due is None or _was(found, day_of(due), day_of(said_at)):
            continue
        apart = _ANYWHERE.split(found.string[found.end() :], maxsplit=1)[0]
        if not found["hour"] and found["near"] != "下班" and (clock := clock_in(apart)):
            due = at(day_of(due), *clock)
        if due >= said_at:
            yield due


def clock_in(text: str, *, alone: bool = False) -> tuple[int, int] | None:
    """(hour, minute) of the first time of day in a text that needs no day to be known as one; `alone`: if it is all."""
    plain = "".join(map(_one_wide, text)).strip()
    for found in [one] if alone and (one := _TIME.fullmatch(plain)) else () if alone else _TIME.finditer(plain):
        told = any(found[name] for name in ("period", "minute", "said", "sharp", "until"))
        if (told or found["then"] is not None) and (clock := _time_of_day(found)):
            return clock
    return None


def _was(found: re.Match[str], day: date, today: date) -> bool:
    """Whether a weekday is meant that lies behind us, though it comes again."""
    if not found["weekday"] or (found["week"] or "").startswith("下") or day - today < timedelta(7 - today.weekday()):
        return False
    return _BEEN.match(found.string, found.end("weekday")) is not None


def _one_wide(letter: str) -> str:
    """Full-width digits and colons as plain ones, letter by letter so that places in the text stay the same."""
    folded = unicodedata.normalize("NFKC", letter)
    return folded if len(folded) == 1 else letter


def _number(text: str) -> int:
    """Digits, or Chinese numerals up to 九十九."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _DIGITS.get(text, 0)
    return (_DIGITS.get(tens, 0) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0)


def _instant(found: re.Match[str], now: datetime) -> datetime | None:
    clock = _clock(found)
    today = day_of(now)
    if clock is None:
        return None
    for day in islice(_days(found, today), 12):
        for hour, minute in clock:
            due = at(day, hour, minute)
            if due >= now:
                return due
        if found["near"] in ("今天", "今日", "今"):
            return at(day, 23, 59) if len(clock) > 1 else at(day, *clock[0])
    return None


def _clock(found: re.Match[str]) -> list[tuple[int, int]] | None:
    """The times of day that may be meant, in order; None for a time that does not exist."""
    period, hour_said = found["period"] or "", found["hour"]
    if found["near"] == "下班":
        return [DAY_ENDS]
    if not hour_said:
        return [(_PERIOD_HOURS[period], 0)] if period else [DAY_STARTS, DAY_ENDS]
    time = _time_of_day(found)
    return [time] if time else None


def _time_of_day(found: re.Match[str]) -> tuple[int, int] | None:
    """The hour that is said, and its minute; None for one that does not exist."""
    period, hour_said = found["period"] or "", found["hour"]
    hour, said = _number(hour_said), (found["said"] or "").rstrip("分")
    minute = int(found["minute"] or _QUARTERS.get(said) or said or 0)
    if hour == 24 and minute == 0:
        return 23, 59
    if hour > 23 or minute > 59:
        return None
    in_the_evening = period in ("下午", "傍晚", "晚上", "晚") and 1 <= hour < 12
    after_noon = period == "中午" and 1 <= hour < 4
    unsaid = not period and 1 <= hour <= 6 and not hour_said.startswith("0")
    return hour + 12 if in_the_evening or after_noon or unsaid else hour, minute


def _days(found: re.Match[str], today: date) -> Iterator[date]:
    """The days that may be meant, the nearest first."""
    if found["near"]:
        yield today + timedelta(days=_NEAR[found["near"]])
    elif found["later"]:
        yield today + timedelta(days=_number(found["later"]))
    elif found["weekday"]:
        weeks = {"下下": 2, "下": 1}.get((found["week"] or "").rstrip("个"), 0)
        day = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks, days=_WEEKDAYS[found["weekday"]])
        yield from (day + timedelta(weeks=n) for n in range(3))
    elif found["next_month"]:
        first = today.month + (1 if found["next_month"].startswith("下") else 0)
        number = _number(found["month_day"])
        for months in range(first, first + 3):
            day_there = _existing(today.year + (months - 1) // 12, (months - 1) % 12 + 1, number)
            if day_there is None:  # 下个月31号 in a month of thirty days: asked back, never moved
                return
            yield day_there
    else:
        year = _said(found, "year", "iso_year")
        month = _number(_said(found, "month", "iso_month", "short_month"))
        number = _number(_said(found, "day", "iso_day", "short_day"))
        meant = [int(year)] if year else range(today.year, today.year + 9)  # 29 February may be eight years away
        for candidate in meant:
            existing = _existing(candidate, month, number)
            if existing is not None:
                yield existing


def _said(found: re.Match[str], *names: str) -> str:
    return next((said for name in names if (said := found[name])), "")


def _existing(year: int, month: int, day: int) -> date | None:
    if 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
        return date(year, month, day)
    return None
