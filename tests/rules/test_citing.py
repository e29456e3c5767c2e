"""Does a sentence stand on what it cites: numbers with their units, amounts, days, models and products."""

from collections.abc import Sequence

import pytest

from crm.rules.citing import supported
from crm.rules.numerals import numeral


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("客户要20台", ["我们需要 20 台"]),
        ("客户要两台", ["先来2台"]),
        ("预算20,000元", ["大概两万块吧"]),
        ("预算2万元", ["预算 20000 元"]),
        ("型号 wq15-15-1.5，口径ＤＮ50", ["WQ15-15-1.5 的，DN50"]),
        ("下星期三交货", ["下周三能到吗"]),
        ("12月15日试车，12月5号到货", ["12月15号试车", "5号前要到货", "12月"]),
        ("客户关心交期", ["什么时候能到"]),
        ("价格3100", ["可以给到3100元"]),
        ("客户要闸阀", ["闸阀有现货吗"]),
        ("", []),
    ],
)
def test_what_was_said_is_supported(text: str, cited: Sequence[str]) -> None:
    assert supported(text, cited)


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("客户要30台", ["我们需要 20 台"]),
        ("客户要20台", ["20天到货"]),
        ("客户要3台", ["两三台"]),
        ("预算23天", ["两三天"]),
        ("价格一万五", ["价格一万二"]),
        ("价格3k元", ["3元"]),
        ("型号WQ15-15-2.2", ["WQ15-15-1.5"]),
        ("口径DN80", ["DN50"]),
        ("下周四交货", ["下周三能到吗"]),
        ("明天发货", ["后天发货"]),
        ("月底交货", ["月初交货"]),
        ("12月9日交货", ["下周三能到吗"]),
        ("客户要蝶阀", ["闸阀有现货吗"]),
        ("客户要20台", []),
        ("电话[电话]", ["没有留"]),
        ("看 https://evil.example/a", ["看 https://a.example/a"]),
        ("功率7.5kW", ["功率 5.5kW"]),
    ],
)
def test_what_was_not_said_is_not(text: str, cited: Sequence[str]) -> None:
    assert not supported(text, cited)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("20", 20),
        ("1,200.5", 1200.5),
        ("两", 2),
        ("十五", 15),
        ("一百零五", 105),
        ("一百二", 120),
        ("一万五", 15000),
        ("三万五千", 35000),
        ("一百五十万", 1_500_000),
        ("二〇二六", 2026),
        ("十百", None),
        ("两三", None),
        ("台", None),
        ("", None),
    ],
)
def test_numbers_as_they_are_said(said: str, value: float | None) -> None:
    found = numeral(said)
    assert (None if found is None else float(found)) == value
