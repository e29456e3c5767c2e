"""Amounts: what is typed on a phone becomes exact yuan, and yuan become what people say."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.amounts import CEILING, parse_amount, say_amount


@pytest.mark.parametrize(
    ("typed", "yuan"),
    [
        ("80万", "800000"),
        ("12.5万", "125000"),
        ("1.2亿", "120000000"),
        ("800000", "800000"),
        ("¥80,000", "80000"),
        ("￥80，000.5", "80000.50"),
        ("８０万元", "800000"),
        (" 80 万 ", "800000"),
        ("3千", "3000"),
        ("3百万", "3000000"),
        ("80w", "800000"),
        ("人民币80万元整", "800000"),
        ("0", "0"),
        ("0.01", "0.01"),
        ("1.23456万", "12345.60"),
        ("999999999999.99", "999999999999.99"),
    ],
)
def test_what_a_salesman_types_becomes_yuan(typed: str, yuan: str) -> None:
    assert parse_amount(typed) == Decimal(yuan)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "很多",
        "-5",
        "负5万",
        "80万80",
        "1.2.3",
        "8,00",
        "1e9",
        "nan",
        "inf",
        "10000亿",
        "1000000000000",
        "0.001",
        "万",
        "80%",
        "٨٠",
        "9" * 5000,
        "0." + "1" * 5000,
    ],
)
def test_what_is_no_amount_is_refused_with_a_hint(typed: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_amount(typed)
    assert "金额" in str(refused.value)


@pytest.mark.parametrize(
    ("yuan", "said"),
    [
        ("800000", "¥80 万"),
        ("125000", "¥12.5 万"),
        ("120000000", "¥1.2 亿"),
        ("1234.50", "¥1,234.50"),
        ("1234", "¥1,234"),
        ("0", "¥0"),
        ("12345.67", "¥12,345.67"),
        ("12345600", "¥1,234.56 万"),
        ("1000000", "¥100 万"),
    ],
)
def test_yuan_are_said_short_where_nothing_is_lost(yuan: str, said: str) -> None:
    assert say_amount(Decimal(yuan)) == said


@given(st.decimals(min_value=0, max_value=CEILING - 1, places=2))
def test_what_is_said_reads_back_as_the_same_amount(amount: Decimal) -> None:
    assert parse_amount(say_amount(amount)) == amount


def taken(text: str) -> Decimal | str:
    try:
        return parse_amount(text)
    except ValueError as refused:
        return str(refused)


@given(st.text(max_size=30))
def test_any_text_is_an_amount_within_bounds_or_a_chinese_refusal(text: str) -> None:
    answer = taken(text)
    if isinstance(answer, str):
        assert "金额" in answer
    else:
        assert 0 <= answer < CEILING
        assert answer == answer.quantize(Decimal("0.01"))


@pytest.mark.parametrize(
    ("said", "yuan"),
    [
        ("一百万", 1_000_000),
        ("八十万", 800_000),
        ("十二万", 120_000),
        ("三万五", 35_000),
        ("三万零五", 30_005),
        ("一亿二千万", 120_000_000),
        ("两千块", 2_000),
        ("一百二十万整", 1_200_000),
    ],
)
def test_amounts_spoken_in_characters(said: str, yuan: int) -> None:
    assert parse_amount(said) == yuan


@pytest.mark.parametrize(
    "word", ["二", "三十", "万", "千万", "百", "一期", "五六十万", "三五万", "二三十万", "三万万", "万一", "零万"]
)
def test_a_numeral_alone_is_no_amount(word: str) -> None:
    with pytest.raises(ValueError, match="没看懂金额"):
        parse_amount(word)
