"""Money of a quote: which day's price and rate hold, what lines add up to, what is below the floor."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

CEILING = Decimal(10) ** 12  # of a quote, in its currency
MOST_LINES = 50
LONGEST_WORDS, LONGEST_NOTE = 120, 250
_CENT = Decimal("0.01")
_ONE = Decimal(1)
_HUNDRED = Decimal(100)
_TENTHS = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,2})?)折")  # what is left: 8折, 75折, 7.5折
_OFF = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,2})?)%")  # what is taken off
_SPOKEN = str.maketrans("一二三四五六七八九", "123456789")
_MOST_PERCENT = Decimal(9_999_999)


def model_key(model: str) -> str:
    """What two spellings of one model have in common: no width, no case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", model).casefold().split())


@dataclass(frozen=True, slots=True)
class Dated:
    """A price of one unit in its own currency, from the first to the last day (None: until another begins)."""

    list_price: Decimal
    floor_price: Decimal
    currency: str
    first_day: date
    last_day: date | None = None


def price_on(prices: Iterable[Dated], day: date) -> Dated | None:
    """Of the prices that cover the day the one that began last; of two that began together the one given later."""
    found: Dated | None = None
    for one in prices:
        covers = one.first_day <= day and (one.last_day is None or day <= one.last_day)
        if covers and (found is None or one.first_day >= found.first_day):
            found = one
    return found


def converted(amount: Decimal, rate: Decimal, to: Decimal) -> Decimal:
    """Money of a currency that is `rate` yuan, in one that is `to` yuan, to the cent."""
    return (amount * rate / to).quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Line:
    """So many for so much each; list and floor price are None for what is not on the price list."""

    quantity: Decimal
    unit_price: Decimal
    list_price: Decimal | None = None
    floor_price: Decimal | None = None

    @property
    def sum(self) -> Decimal:
        return _times(self.quantity, self.unit_price)

    @property
    def below_floor(self) -> bool:
        return self.floor_price is not None and self.unit_price < self.floor_price


@dataclass(frozen=True, slots=True)
class Sums:
    """`discount` in percent off the list, `margin` in percent above the floor; None where no line has such a price.

    A line above its list price makes up for none below it: rebates are not hidden by a surcharge elsewhere.
    """

    total: Decimal
    discount: Decimal | None
    margin: Decimal | None
    below_floor: bool


def sum_up(lines: Sequence[Line]) -> Sums:
    listed = [(line, line.list_price) for line in lines if line.list_price]
    floored = [(line, line.floor_price) for line in lines if line.floor_price]
    full = sum((_times(line.quantity, price) for line, price in listed), Decimal(0))
    asked = sum((_times(line.quantity, min(line.unit_price, price)) for line, price in listed), Decimal(0))
    floor = sum((_times(line.quantity, price) for line, price in floored), Decimal(0))
    earned = sum((line.sum for line, _ in floored), Decimal(0)) - floor
    return Sums(
        sum((line.sum for line in lines), Decimal(0)),
        _percent(full - asked, full),
        _percent(earned, floor),
        any(line.below_floor for line in lines),
    )


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """At most what a column holds: beyond it nobody asks how much."""
    return min(_MOST_PERCENT, (part * 100 / whole).quantize(_CENT, ROUND_HALF_UP)) if whole else None


def _times(quantity: Decimal, price: Decimal) -> Decimal:
    return (quantity * price).quantize(_CENT, ROUND_HALF_UP)


def say_quantity(quantity: Decimal) -> str:
    """「12」「0.5」: without the zeros that a column keeps."""
    whole = quantity.to_integral_value()
    return f"{whole:f}" if quantity == whole else f"{quantity.normalize():f}"


def say_money(amount: Decimal, currency: str) -> str:
    """「¥12,000」「USD 1,234.50」: of a quote nothing is rounded."""
    exact = amount.quantize(_CENT, ROUND_HALF_UP)
    plain = f"{exact:,.0f}" if exact == exact.quantize(_ONE) else f"{exact:,.2f}"
    return f"¥{plain}" if currency == "CNY" else f"{currency} {plain}"


def parse_discount(typed: str) -> Decimal:
    """Percent off the list: 「8折」「七五折」「25%」. A bare number could mean either: ValueError, in words to show."""
    plain = "".join(unicodedata.normalize("NFKC", typed).split()).translate(_SPOKEN)
    if found := _OFF.fullmatch(plain):
        off = Decimal(found[1])
    elif found := _TENTHS.fullmatch(plain):
        left = Decimal(found[1])
        off = _HUNDRED - (left * 10 if left <= 10 else left)
    else:
        raise ValueError("没看懂打几折，请写成 8折、75折，或者 25%（比列表价低 25%）")
    if not 0 < off < _HUNDRED:
        raise ValueError("折扣要在 0 和 100% 之间，请写成 8折、75折，或者 25%（比列表价低 25%）")
    return off


def lowered(lines: Sequence[Line], wanted: Decimal) -> list[Decimal]:
    """The price of one in each line, when all together shall be `wanted` percent off the list.

    Every listed line goes down in proportion, up to the next cent: nobody asks for more than he said.
    """
    listed = [(line, line.list_price) for line in lines if line.list_price]
    full = sum((line.quantity * price for line, price in listed), Decimal(0))
    asked = sum((line.quantity * min(line.unit_price, price) for line, price in listed), Decimal(0))
    part = full * (_HUNDRED - wanted) / _HUNDRED / asked
    return [
        (min(line.unit_price, line.list_price) * part).quantize(_CENT, ROUND_CEILING)
        if line.list_price
        else line.unit_price
        for line in lines
    ]


def say_percent(percent: Decimal) -> str:
    """「25%」「7.5%」."""
    return f"{percent.quantize(_CENT).normalize():f}%"
