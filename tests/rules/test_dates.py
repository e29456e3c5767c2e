"""Date words of a to-do: what people type, when it is due, and what is left of the text."""

import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.dates import parse_due
from crm.rules.days import at

# Monday 23 November 2026, 10:00 in Shanghai
NOW = at(date(2026, 11, 23), 10)


@pytest.mark.parametrize(
    ("text", "due", "left"),
    [
        ("明天给王总打电话", (11, 24, 9, 0), "给王总打电话"),
        ("后天下午3点 拜访华东泵业", (11, 25, 15, 0), "拜访华东泵业"),
        ("大后天发样品", (11, 26, 9, 0), "发样品"),
        ("发报价 明天15:30", (11, 24, 15, 30), "发报价"),
        ("发报价，周五前", (11, 27, 9, 0), "发报价"),
        ("下周三上午开会", (12, 2, 9, 0), "开会"),
        ("下下周一寄合同", (12, 7, 9, 0), "寄合同"),
        ("本周五 3点半 送图纸", (11, 27, 15, 30), "送图纸"),
        ("星期天晚上8点电话会", (11, 29, 20, 0), "电话会"),
        ("周一下午两点对账", (11, 23, 14, 0), "对账"),
        ("周一上午九点对账", (11, 30, 9, 0), "对账"),  # nine has passed today
        ("下个月1号催款", (12, 1, 9, 0), "催款"),
        ("12月3日签合同", (12, 3, 9, 0), "签合同"),
        ("签合同 12-03", (12, 3, 9, 0), "签合同"),
        ("2026-12-03 10:15 签合同", (12, 3, 10, 15), "签合同"),
        ("2026年12月3号签合同", (12, 3, 9, 0), "签合同"),
        ("签合同 １２月３日 １５：３０", (12, 3, 15, 30), "签合同"),
        ("三天后回访", (11, 26, 9, 0), "回访"),
        ("今天回电话", (11, 23, 18, 0), "回电话"),  # nine has passed: by the end of the day
        ("今天上午9点回电话", (11, 23, 9, 0), "回电话"),  # said as past, shown as overdue
        ("今天下班前发合同", (11, 23, 18, 0), "发合同"),
        ("下班前发合同", (11, 23, 18, 0), "发合同"),
        ("发合同 周五下班之前", (11, 27, 18, 0), "发合同"),
        ("明晚请客户吃饭", (11, 24, 19, 0), "请客户吃饭"),
        ("明早十点一刻到厂", (11, 24, 10, 15), "到厂"),
        ("明天中午12点", (11, 24, 12, 0), ""),
        ("明天上午6点出发", (11, 24, 6, 0), "出发"),
    ],
)
def test_date_words_become_an_instant_and_leave_the_text(text: str, due: tuple[int, int, int, int], left: str) -> None:
    month, day, hour, minute = due
    assert parse_due(text, NOW) == (at(date(2026, month, day), hour, minute), left)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("3月1日续约", at(date(2027, 3, 1), 9)),
        ("11-20 续约", at(date(2027, 11, 20), 9)),
        ("2月29日续约", at(date(2028, 2, 29), 9)),
        ("本月5号续约", at(date(2026, 12, 5), 9)),
    ],
)
def test_a_past_date_rolls_on_to_its_next_return(text: str, due: datetime) -> None:
    assert parse_due(text, NOW) == (due, "续约")


@pytest.mark.parametrize("text", ["2026-01-05 续约", "2020年1月1日交货", "交货 2026-11-22"])
def test_a_past_date_of_a_year_that_was_said_is_nothing_to_wait_for(text: str) -> None:
    assert parse_due(text, NOW) is None


def test_next_month_in_december_is_january() -> None:
    assert parse_due("下个月1号催款", at(date(2026, 12, 15), 10)) == (at(date(2027, 1, 1), 9), "催款")


def test_the_day_is_a_shanghai_day() -> None:
    late = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # 01:00 on the 24th in Shanghai
    assert parse_due("明天发货", late) == (at(date(2026, 11, 25), 9), "发货")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "给王总打电话",
        "寄 3-5 份样品",
        "2月30日开会",
        "13月1日开会",
        "下个月31号开会的",
        "明天25点开会",
        "价格 3/5 折",
        "型号 2026-1",
        "谈到 12月30万",
        "拜访 上周三",
        "每周三例会",
    ],
)
def test_text_without_a_date_that_exists_is_left_alone(text: str) -> None:
    assert parse_due(text, at(date(2026, 10, 23), 10)) is None


WORDS = st.sampled_from(
    ["明天", "后天", "周三", "下周五", "下个月1号", "12月3日", "1-5", "2026-12-03", "本周一", "十天后", "本月31号"]
)
TIMES = st.sampled_from(["", "上午", "下午3点", "15:30", "3点半", "晚上8点"])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))


@given(WORDS, TIMES, MOMENTS)
def test_what_is_understood_never_lies_in_the_past(word: str, clock: str, now: datetime) -> None:
    for text in (f"{word}{clock} 拜访", f"拜访 {word}{clock}"):
        due = parse_due(text, now)
        if due is not None:
            assert due[0] >= now
            assert due[1] == "拜访"


@given(st.text(alphabet="今明后天周下个月一二三日号点半上午:-/ 0123456789拜访年", max_size=25), MOMENTS)
def test_any_text_is_read_without_an_error_and_nothing_is_invented(text: str, now: datetime) -> None:
    due = parse_due(text, now)
    if due is not None:
        assert due[0].tzinfo is UTC
        assert due[1] in text or len(due[1]) < len(text)


@pytest.mark.parametrize("text", ["，" * 60_000 + "x", " " * 60_000, "明天" + " " * 60_000 + "x", "12月3" * 20_000])
def test_a_hostile_text_is_read_at_once(text: str) -> None:
    began = time.perf_counter()
    parse_due(text, NOW)
    assert time.perf_counter() - began < 0.5
