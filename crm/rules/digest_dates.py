"""The days that are named anywhere in a message, seen from the day on which it was said."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from crm.rules.dates import dates_in
from crm.rules.holidays import NAMES, holiday
from crm.rules.numerals import NUMERAL, numeral

_FAR = timedelta(days=270)  # a day without year that comes back only after so long was said of the past
_FRIDAY = 4
_AS_IT_IS = re.compile(r"\s*(?:\d+\s?[-/.年月]|下班)")  # a date already, or an hour
_LOOSE = re.compile(
    r"(?P<month>下个?月|本月|这个?月|当月|月)(?P<part>底|末|初|中旬?)(?!间)"
    r"|(?P<year>今年|明年|年)(?:年)?(?P<year_part>底|末|初)"
    r"|(?P<week>下下|下|这|本)个?(?:周|星期|礼拜)(?P<inside>内|之内|以内)?(?![一二三四五六日天末1-7])"
    rf"|(?<!去年)(?<!前年)(?<!上个)(?P<holiday>{'|'.join(NAMES)}|(?<![一二三四五六七八九十])十一(?=[之以]?前))节?+"
    r"(?!好|快乐|[^前，,。；;]{0,5}?(?:回来|结束|完(?![成工])|后(?!天))|广场|大?[路街道厦桥]|酒店|[村店]|小区|项目)"
    r"(?P<eve>[之以]?前)?"
    rf"|(?<![\d.第])(?P<count>{NUMERAL}|半)\s*个?(?P<unit>工作日|小时|天|周|星期|礼拜|月)(?:之内|以内|内|之后|以后|后)"
)


def days_in(text: str, said_on: date) -> Iterator[tuple[str, date]]:
    """(the words, the day) in the order of the text; words that name no day of the calendar are not there.

    A holiday means its first day, 「春节前」 the day before it; one to come back from, 「春节回来」, names none. A week
    means its Friday, 月初 the first, 月中 the fifteenth, 月底 and 年底 the last; working days are counted Monday to
    Friday. A day that was plainly past when it was said is not one to come.
    """
    exact = [(start, end, day) for start, end, day in dates_in(text, said_on) if day - said_on <= _FAR]
    loose = [
        (found.start(), found.end(), day)
        for found in _LOOSE.finditer(text)
        if (day := _loose(found, said_on)) is not None
        and not any(start < found.end() and found.start() < end for start, end, _ in exact)
    ]
    for start, end, day in sorted([*exact, *loose]):
        yield text[start:end].strip(), day


def dated(text: str, said_on: date) -> str:
    """「明天」 and 「周五」 as the date that was meant: what is read on another day than it was said."""
    for start, end, day in reversed(list(dates_in(text, said_on))):
        if not _AS_IT_IS.match(text[start:end]):
            text = f"{text[:start]}{day.month}月{day.day}日{text[end:]}"
    return text


def _loose(found: re.Match[str], said_on: date) -> date | None:
    if found["part"]:
        later = found["month"].startswith("下") or (found["part"] == "初" and found["month"] == "月")
        return _of_month(said_on, 1 if later else 0, found["part"])
    if found["year_part"]:
        year = said_on.year + (1 if found["year"] == "明年" or found["year_part"] == "初" else 0)
        return date(year, 1, 1) if found["year_part"] == "初" else date(year, 12, 31)
    if found["week"]:
        if found["week"] in ("这", "本") and not found["inside"]:
            return None  # 「这周」 may be about what has been
        weeks = {"下下": 2, "下": 1}.get(found["week"], 0)
        return said_on + timedelta(days=_FRIDAY - said_on.weekday(), weeks=weeks)
    if found["holiday"]:
        day = holiday(found["holiday"], said_on)
        if day is None or day - said_on > _FAR:
            return None
        return day - timedelta(days=1) if found["eve"] else day
    return _after(said_on, found["count"], found["unit"])


def _of_month(said_on: date, months: int, part: str) -> date:
    year, month = said_on.year + (said_on.month + months - 1) // 12, (said_on.month + months - 1) % 12 + 1
    day = {"初": 1, "中": 15, "中旬": 15}.get(part)
    return date(year, month, day or monthrange(year, month)[1])


def _after(said_on: date, count: str, unit: str) -> date | None:
    many = 0.5 if count == "半" else numeral(count)
    if many is None or many > 400:
        return None
    if unit == "工作日":
        day = said_on
        for _ in range(int(many)):
            day += timedelta(days=3 if day.weekday() == _FRIDAY else 2 if day.weekday() == _FRIDAY + 1 else 1)
        return day
    if unit == "月" and many >= 1:
        in_month = _of_month(said_on, int(many), "底")
        return in_month.replace(day=min(said_on.day, in_month.day))
    return said_on + timedelta(days=int(float(many) * {"小时": 1 / 24, "天": 1, "月": 30}.get(unit, 7)))
