"""Money as salespeople type it and as screens say it: yuan with 万 and 亿."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal, localcontext

from crm.rules.masking import HIDDEN

CEILING = Decimal(10) ** 12

_CENT = Decimal("0.01")
_UNITS = {"": 1, "千": 1_000, "k": 1_000, "万": 10_000, "w": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 10**8}
_NUMERALS = {"零": 0, "两": 2} | {sign: value for value, sign in enumerate("一二三四五六七八九", start=1)}
_SPOKEN_UNITS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 10**8}
_ONE = "[一二两三四五六七八九]"
_SOME = f"(?={_ONE}|十)"  # something stands before 万 and 亿
_UNDER_WAN = rf"(?:{_ONE}千)?(?:零?{_ONE}百)?(?:零?{_ONE}?十)?(?:零?{_ONE})?"
# Each unit once and downward: 五六十万 is a range, and nobody knows what 三万万 is.
_SPOKEN = re.compile(rf"(?:{_SOME}{_UNDER_WAN}亿)?(?:零?{_SOME}{_UNDER_WAN}万)?{_UNDER_WAN}")
_WAN, _YI = Decimal(10_000), Decimal(10**8)
_TYPED = re.compile(
    r"(?:¥|￥|rmb|cny|人民币)?([0-9]+(?:,[0-9]{3})*|[0-9]+)(\.[0-9]+)?(百万|千万|千|万|亿|k|w|)(?:元|块钱|块|圆|rmb)?(?:整)?"
)


def parse_amount(text: str) -> Decimal:
    """Yuan with at most two decimals from 「80万」「1.2亿」「¥80,000」; ValueError says what to type instead."""
    typed = unicodedata.normalize("NFKC", text).casefold().replace("、", ",").replace("萬", "万").replace("億", "亿")
    typed = "".join(typed.split())
    if not typed:
        raise ValueError("请填写金额，例如 80万 或 800000")
    if typed.startswith(("-", "负", "−")):
        raise ValueError("金额不能是负数，请填 0 或更大的数")
    found = _TYPED.fullmatch(typed)
    spoken = _spoken(typed) if found is None and len(typed) <= 40 else None
    if spoken is not None and spoken < CEILING:
        return spoken.quantize(_CENT)
    # Longer than any amount we take: refused before a number of a million digits is worked out.
    if found is None or len(typed) > 40:
        raise ValueError(f"没看懂金额「{text.strip()[:20]}」，请写成 80万、1.2亿 或 800000 这样")
    whole, fraction, unit = found[1].replace(",", ""), found[2] or "", found[3]
    with localcontext() as exact:
        exact.prec = 60
        amount = Decimal(whole + fraction) * _UNITS[unit]
        if amount >= CEILING:
            raise ValueError("金额太大了，要小于一万亿元，请检查单位")
        if amount != amount.quantize(_CENT):
            raise ValueError("金额最多精确到分，请去掉多余的小数")
        return amount.quantize(_CENT)


def _spoken(typed: str) -> Decimal | None:
    """「一百二十万」「三万五」: numerals in characters as yuan, None for anything else.

    A last digit right after a unit counts in tenths of it, as it is spoken: 三万五 is 35,000, 三万零五 is 30,005.
    Without 千, 万, 亿 or 元 it may be anything (二, 三十): that is no amount.
    """
    words = typed.removesuffix("整").removesuffix("元").removesuffix("块钱").removesuffix("块").removesuffix("圆")
    if not words or (words == typed and not set("千万亿") & set(words)) or not _SPOKEN.fullmatch(words):
        return None
    total = section = digit = 0
    tenths = 1
    for sign in words:
        if sign in _NUMERALS:
            digit = _NUMERALS[sign]
            tenths = 1 if sign == "零" else tenths
            continue
        unit = _SPOKEN_UNITS[sign]
        tenths = unit // 10
        if unit == 10**8:
            total, section, digit = (total + section + digit) * unit, 0, 0
        elif unit == 10_000:
            total, section, digit = total + (section + digit) * unit, 0, 0
        else:
            section, digit = section + (digit or 1) * unit, 0
    return Decimal(total + section + digit * (tenths if words[-1] in _NUMERALS else 1))


def say_amount(amount: Decimal) -> str:
    """「¥80 万」「¥1.2 亿」 where the short form loses nothing, else 「¥1,234.50」; cents only when there are any."""
    exact = amount.quantize(_CENT, rounding=ROUND_HALF_UP)
    for unit, name in ((_YI, "亿"), (_WAN, "万")):
        if abs(exact) >= unit:
            short = exact / unit
            if short == short.quantize(_CENT):
                return f"¥{_plain(short)} {name}"
    return f"¥{exact:,.0f}" if exact == exact.to_integral_value() else f"¥{exact:,.2f}"


def shown_amount(amount: Decimal | None) -> str:
    """The same; of one that is not shown to its reader (None) only that it is there."""
    return HIDDEN if amount is None else say_amount(amount)


def _plain(number: Decimal) -> str:
    text = f"{number:,.2f}"
    return text.rstrip("0").rstrip(".")
