"""Money of a quote, as values."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.quotes import (
    Dated,
    Line,
    converted,
    lowered,
    model_key,
    parse_discount,
    price_on,
    say_money,
    say_percent,
    say_quantity,
    sum_up,
)

D = Decimal


def test_lines_add_up_and_say_how_far_below_list_and_above_floor_they_are() -> None:
    sums = sum_up(
        [Line(D(2), D(9_000), D(10_000), D(8_000)), Line(D("1.5"), D("33.33")), Line(D(1), D(500), D(500), D(500))]
    )
    assert sums.total == D("18550.00")
    assert sums.discount == D("9.76")  # 2,000 of 20,500
    assert sums.margin == D("12.12")  # 2,000 over 16,500
    assert not sums.below_floor


@pytest.mark.parametrize(("price", "below"), [(D(8_000), False), (D("7999.99"), True)])
def test_one_line_below_its_floor_is_enough(price: Decimal, below: bool) -> None:
    assert sum_up([Line(D(1), price, D(10_000), D(8_000)), Line(D(1), D(99_999), D(1), D(1))]).below_floor is below


def test_a_surcharge_on_one_line_hides_no_rebate_on_another() -> None:
    sums = sum_up([Line(D(1), D(50), D(100), D(10)), Line(D(1), D(150), D(100), D(10))])
    assert sums.discount == D("25.00")


def test_what_is_not_on_the_list_has_neither() -> None:
    sums = sum_up([Line(D(1), D(100))])
    assert (sums.discount, sums.margin, sums.below_floor) == (None, None, False)


def test_a_percentage_beyond_all_reason_fits_its_column() -> None:
    assert sum_up([Line(D(1), D(10) ** 11, D(1), D("0.01"))]).margin == D(9_999_999)


@pytest.mark.parametrize(
    ("day", "price"),
    [
        (date(2026, 1, 1), None),
        (date(2026, 3, 1), 10),
        (date(2026, 6, 1), 12),
        (date(2026, 8, 1), 10),
        (date(2027, 1, 1), 15),
    ],
)
def test_the_price_of_a_day_is_the_one_that_began_last_and_covers_it(day: date, price: int | None) -> None:
    prices = [
        Dated(D(9), D(1), "CNY", date(2026, 2, 1)),
        Dated(D(10), D(1), "CNY", date(2026, 2, 1)),  # given later for the same day
        Dated(D(12), D(1), "CNY", date(2026, 5, 1), date(2026, 6, 30)),
        Dated(D(15), D(1), "CNY", date(2026, 12, 1)),
    ]
    found = price_on(prices, day)
    assert (found and found.list_price) == price


def test_money_goes_over_by_rates_to_the_cent() -> None:
    assert converted(D(100), D("7.12"), D(1)) == D("712.00")
    assert converted(D(100), D(1), D("7.12")) == D("14.04")


def test_words() -> None:
    assert model_key("ＩＨＧ 80-160") == model_key("ihg80-160")
    assert [say_quantity(D(one)) for one in ("12.000", "0.500", "100")] == ["12", "0.5", "100"]
    assert say_money(D(1_234), "CNY") == "¥1,234"
    assert say_money(D("1234.5"), "USD") == "USD 1,234.50"


@pytest.mark.parametrize(
    ("typed", "off"),
    [
        ("8折", "20"),
        ("八折", "20"),
        ("75折", "25"),
        ("七五折", "25"),
        ("7.5 折", "25"),
        ("９５折", "5"),
        ("25%", "25"),
        ("12.5％", "12.5"),
    ],
)
def test_a_discount_is_read_as_people_say_it(typed: str, off: str) -> None:
    assert parse_discount(typed) == D(off)


@pytest.mark.parametrize(
    "typed", ["8", "25", "", "打折", "0%", "100%", "10折", "0折", "-5%", "八点五折", "8折吧", "1e1%"]
)
def test_what_could_mean_anything_is_no_discount(typed: str) -> None:
    with pytest.raises(ValueError, match="请写成 8折"):
        parse_discount(typed)


_PRICES = st.decimals(D("1"), D(100_000), places=2)
_LINES = st.builds(
    Line,
    st.decimals(D(1), D(1000), places=0),
    _PRICES,
    st.one_of(st.none(), _PRICES),
)


@given(st.lists(_LINES, min_size=1, max_size=6), st.decimals(D("0.5"), D(99), places=1))
def test_lowered_lines_are_together_as_far_off_the_list_as_was_said_and_not_further(
    lines: list[Line], wanted: Decimal
) -> None:
    now = sum_up(lines).discount
    if now is None or now >= wanted:
        return
    prices = lowered(lines, wanted)
    after = [Line(line.quantity, price, line.list_price) for line, price in zip(lines, prices, strict=True)]
    reached = sum_up(after).discount
    assert reached is not None
    assert wanted - 2 < reached <= wanted  # up to the next cent of what may cost one yuan
    for line, price in zip(lines, prices, strict=True):
        assert price == line.unit_price if line.list_price is None else price <= min(line.unit_price, line.list_price)


@pytest.mark.parametrize(("percent", "said"), [("25.00", "25%"), ("7.50", "7.5%"), ("20", "20%"), ("0", "0%")])
def test_a_percentage_is_said_without_the_zeros_of_its_column(percent: str, said: str) -> None:
    assert say_percent(D(percent)) == said
