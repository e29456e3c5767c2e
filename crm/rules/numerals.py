"""Numbers as they are said: 「20」「1,200.5」「两」「三十五」「一百二十」「3万」「一万五」."""

import re
from decimal import Decimal

_DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"两": 2, "〇": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_GREAT = {"万": 10_000, "亿": 10**8}
PLAIN = r"\d+(?:,\d{3})*(?:\.\d+)?"
CHARACTERS = r"[零〇一二两三四五六七八九十百千万亿]+"
NUMERAL = rf"(?:{PLAIN}|{CHARACTERS})"


def numeral(said: str) -> Decimal | None:
    """The value of digits, or of numerals in characters; None for what is no number, as 「十百」."""
    if re.fullmatch(PLAIN, said, re.ASCII):
        return Decimal(said.replace(",", ""))
    return None if re.fullmatch(CHARACTERS, said) is None else _spelt(said)


def _spelt(said: str) -> Decimal | None:
    """A digit that ends the number counts in tenths of the unit before it: 一万五 is 15,000."""
    if len(said) > 3 and all(sign in _DIGITS for sign in said):
        # 二〇二六 is read off; 两三 is no number
        return Decimal("".join(str(_DIGITS[sign]) for sign in said))
    total = part = digit = 0
    unit = 1
    last = ""
    for sign in said:
        if sign in _DIGITS:
            if _DIGITS.get(last):
                return None
            digit = _DIGITS[sign]
        elif sign in _UNITS:
            if last in _UNITS:
                return None
            unit = _UNITS[sign]
            part += (digit or (1 if not last else 0)) * unit
            digit = 0
        else:
            unit = _GREAT[sign]
            total = (total + part + digit or 1) * unit
            part = digit = 0
        last = sign
    short = digit and len(said) > 2 and unit >= 100 and said[-2] not in "零〇"
    return Decimal(total + part + digit * (unit // 10 if short else 1))
