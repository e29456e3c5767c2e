"""Days named anywhere in a message, seen from a Monday, 30 November 2026."""

from datetime import date

import pytest

from crm.rules.digest_dates import dated, days_in

MONDAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("样品这周五寄给您", [(12, 4)]),
        ("下周三前报价，下下周一发货", [(12, 9), (12, 14)]),
        ("月底前必须到货", [(11, 30)]),
        ("下月底到货", [(12, 31)]),
        ("下个月10号再去", [(12, 10)]),
        ("月初给您", [(12, 1)]),
        ("年底前结清", [(12, 31)]),
        ("12月15号试车，2026-12-20 验收", [(12, 15), (12, 20)]),
        ("10天内发货，3个工作日内答复", [(12, 10), (12, 3)]),
        ("48小时内到现场，2小时内回电", [(12, 2), (11, 30)]),
        ("两周内，半个月后", [(12, 14), (12, 15)]),
        ("下周给您", [(12, 11)]),
        ("本周内", [(12, 4)]),
        ("明天下午3点", [(12, 1)]),
        ("上周三聊过", []),
        ("10月1号就付了", []),
        ("价格12月30万", []),
        ("DN50-80 的阀", []),
        ("2月30号", []),
        ("第3周以后", []),
        ("春节前发货，五一送样机", [(2, 5), (5, 1)]),
        ("春节回来给您报价", []),
        ("过年回来我给您发", []),
        ("春节假期结束以后安排", []),
        ("元旦放假回来给您发货", []),
        ("五一广场项目的报价", []),
        ("去年五一发的样品", []),
        ("元旦完成安装", [(1, 1)]),
    ],
)
def test_the_days_of_a_message(text: str, days: list[tuple[int, int]]) -> None:
    assert [(day.month, day.day) for _, day in days_in(text, MONDAY)] == days


def test_a_working_day_skips_the_weekend() -> None:
    assert [day for _, day in days_in("2个工作日内", date(2026, 12, 4))] == [date(2026, 12, 8)]


@pytest.mark.parametrize(
    ("text", "by_date"),
    [
        ("我明天把报价单发您", "我12月1日把报价单发您"),
        ("今晚8点前发，周五前开票", "11月30日晚8点前发，12月4日前开票"),
        ("下周三上午10点到现场", "12月9日上午10点到现场"),
        ("合同今天下班前发您", "合同11月30日下班前发您"),
        ("3天后寄样品", "12月3日寄样品"),
        ("12月8号送样机，下班前回电", "12月8号送样机，下班前回电"),
        ("月底前开票", "月底前开票"),
    ],
)
def test_a_to_do_is_read_on_another_day_than_it_was_said(text: str, by_date: str) -> None:
    assert dated(text, MONDAY) == by_date


@pytest.mark.parametrize("text", ["我把周一的会议纪要发您", "本周一说的样品我给您寄"])
def test_a_weekday_that_has_been_stays_as_it_was_said(text: str) -> None:
    wednesday = date(2026, 11, 25)
    assert dated(text, wednesday) == text
    assert list(days_in(text, wednesday)) == []
    assert dated("周一给您", wednesday) == "11月30日给您"
