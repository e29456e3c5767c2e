"""What we promised, and until when: each clause its own, seen from Tuesday, 1 December 2026, ten in the morning."""

from datetime import datetime, timedelta

import pytest

from crm.rules.days import SHANGHAI
from crm.rules.promised import promised

NOW = datetime(2026, 12, 1, 10, 0, tzinfo=SHANGHAI)


def told(words: str, said_at: datetime = NOW) -> list[tuple[str, str]]:
    found = promised(words, said_at, NOW)
    return [(one.text, f"{one.due.astimezone(SHANGHAI):%m-%d %H:%M}" if one.due else "") for one in found]


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("我后天上午10点半到你们厂", "12-03 10:30"),
        ("周四上午10点我带技术去现场", "12-03 10:00"),
        ("明天下午3点我带样品过去", "12-02 15:00"),
        ("今晚给你", "12-01 19:00"),
        ("今晚8点前发", "12-01 20:00"),
        ("样品我下午寄出", "12-01 18:00"),
        ("合同今天下班前发您", "12-01 18:00"),
        ("一会给您回电话", "12-01 18:00"),
        ("马上发您", "12-01 18:00"),
        ("我们承诺48小时内到现场", "12-03 10:00"),
        ("本月底前安装调试完", "12-31 09:00"),
        ("周五前给您报价", "12-04 09:00"),
        ("元旦前交货", "12-31 09:00"),
        ("我们春节前一定交货", "02-05 09:00"),
        ("五一给您送样机", "05-01 09:00"),
        ("我国庆给您寄的样机再寄一台", ""),
        ("国庆节后我去拜访您", ""),
        ("周五来不了了，改到下周一", "12-07 09:00"),
        ("我明天确认能不能加急", "12-02 09:00"),
        ("我把图纸给您", ""),
    ],
)
def test_a_promise_is_due_when_it_says(words: str, due: str) -> None:
    assert told(words) == [(words, due)]


@pytest.mark.parametrize(
    ("words", "each"),
    [
        (
            "样品我下午寄出，发票月底前开给您，合同我尽快发",
            [("样品我下午寄出", "12-01 18:00"), ("发票月底前开给您", "12-31 09:00"), ("合同我尽快发", "")],
        ),
        ("今天和许工电话，他说要四台，我答应周五前给报价", [("我答应周五前给报价", "12-04 09:00")]),
        ("今天拜访杜工，他要8台，我明天给方案", [("我明天给方案", "12-02 09:00")]),
        (
            "今天下午去拜访了杜工，明天上午9点前把会议纪要发他，周五前出方案",
            [("明天上午9点前把会议纪要发他", "12-02 09:00"), ("周五前出方案", "12-04 09:00")],
        ),
        ("好的，后天上午10点半，我到你们厂", [("后天上午10点半，我到你们厂", "12-03 10:30")]),
        ("我明天给您报价，含运费的", [("我明天给您报价，含运费的", "12-02 09:00")]),
    ],
)
def test_each_thing_has_its_own_time(words: str, each: list[tuple[str, str]]) -> None:
    assert told(words) == each


def test_a_time_is_seen_from_when_it_was_said() -> None:
    words = "明天下午4点前给您报价"
    assert told(words, NOW - timedelta(days=3)) == [(words, "11-29 16:00")]
    assert told("马上寄给您", NOW - timedelta(days=3)) == [("马上寄给您", "12-01 18:00")]
