"""How people write a number, a day, a line: read from chat, forms, spreadsheets and JSON alike."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from crm.rules.amounts import parse_amount
from crm.rules.dates import parse_due
from crm.rules.days import at, day_of
from crm.rules.words import storable

# What an entrance may hand over: typed text, or what JSON and a spreadsheet's cell hold.
Raw = str | int | float | Decimal | date | datetime | Sequence[str] | None

MOST = Decimal(10) ** 14
LONGEST_CELL = 32_767  # what a spreadsheet's cell may hold
_UNITS = {"": 1, "百": 100, "千": 1000, "万": 10_000, "w": 10_000, "亿": 10**8}
_NUMBER = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,20})(\.[0-9]{1,10})?(百|千|万|w|亿|)")
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[T ]?[0-9]{1,2}:[0-9]{2}(?::[0-9.]+)?Z?)?")
_PACKED = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_NO_YEAR = re.compile(r"([0-9]{1,2})[-/.月]([0-9]{1,2})[日号]?")
_PLACES = re.compile(r"[\s/\\\-–—_·,，、>|]+")


def read_words(written: Raw) -> str:
    """What was written as text without white space around it; a whole number of a cell has no 「.0」."""
    if written is None or isinstance(written, bool):
        return "" if written is None else ("是" if written else "否")
    if isinstance(written, float) and written.is_integer() and abs(written) < 1e15:
        written = int(written)
    if isinstance(written, datetime):
        written = day_of(written) if written.tzinfo else written.date()
    if isinstance(written, list | tuple):
        return "、".join(read_words(part) for part in written).strip("、")
    return storable(str(written)).strip()


def read_line(words: str, longest: int) -> str:
    """One line: white space folded, signs without a shape gone."""
    if words.isprintable():  # nearly every line, and then there is nothing to take out
        line = " ".join(words.split())
        if len(line) <= longest:
            return line
    kept = "".join(sign for sign in words if unicodedata.category(sign) != "Cf")
    line = " ".join("".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in kept).split())
    if len(line) > longest:
        raise ValueError(f"最多 {longest} 个字，现在有 {len(line)} 个，请缩短")
    return line


def read_lines(words: str, longest: int) -> str:
    """Several lines as they were written, without the machine's own signs."""
    kept = "".join(sign for sign in words.replace("\r\n", "\n") if sign in "\n\t" or unicodedata.category(sign) != "Cc")
    if len(kept.strip()) > longest:
        raise ValueError(f"最多 {longest} 个字，现在有 {len(kept.strip())} 个，请缩短")
    return kept.strip()


def read_number(words: str) -> Decimal:
    """「1,200」「1.2万」「－3.5」 with at most four decimals."""
    typed = "".join(unicodedata.normalize("NFKC", words).casefold().split()).replace("−", "-")
    found = _NUMBER.fullmatch(typed)
    if found is None:
        raise ValueError(f"「{words[:20]}」不是数字，请只填数字，例如 120、3.5 或 1.2万")
    value = Decimal(found[1] + found[2].replace(",", "") + (found[3] or "")) * _UNITS[found[4]]
    if abs(value) >= MOST:
        raise ValueError("数字太大了，要小于一百万亿，请检查单位")
    if value != value.quantize(Decimal("0.0001")):
        raise ValueError("小数最多四位，请去掉多余的小数")
    return value.quantize(Decimal("0.0001")).normalize() + 0


def read_amount(words: str) -> Decimal:
    """Yuan from 「80万」「¥80,000」."""
    return parse_amount(words)


def read_day(written: Raw, today: date) -> date:
    """「2026-03-05」「2026年3月5日」「20260305」「3月5日」(this year)「下周三」, or a spreadsheet's own date."""
    if isinstance(written, datetime):
        return day_of(written) if written.tzinfo else written.date()
    if isinstance(written, date):
        return written
    words = unicodedata.normalize("NFKC", read_words(written)).strip()
    found = _DAY.fullmatch(words) or _PACKED.fullmatch(words)
    short = _NO_YEAR.fullmatch(words)
    try:
        if found is not None:
            day = date(int(found[1]), int(found[2]), int(found[3]))
        elif short is not None:
            day = date(today.year, int(short[1]), int(short[2]))
        else:
            day = _said(words, today)
    except ValueError:
        raise ValueError(f"没看懂日期「{words[:20]}」，请写成 2026-03-05 这样") from None
    if not 1900 <= day.year < 2200:
        raise ValueError(f"年份 {day.year} 不对，请检查")
    return day


def _said(words: str, today: date) -> date:
    due = parse_due(words, at(today, 0))
    if due is None or due[1]:
        raise ValueError("no day")
    return day_of(due[0])


def read_region(words: str, longest: int) -> str:
    """「江苏 / 苏州」「江苏省-苏州市」 in one word, so that a prefix finds everything below it."""
    joined = _PLACES.sub("", read_line(unicodedata.normalize("NFKC", words), LONGEST_CELL))
    return read_line(unicodedata.normalize("NFKC", joined), longest)  # what stood apart may be one sign now
