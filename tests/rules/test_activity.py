"""Which follow-ups restart the clock, and what the rep is told when one does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.activity import counts


@pytest.mark.parametrize(
    "text",
    [
        "客户要两台 DN200 离心泵，下周给图纸",
        "王总同意报价",
        "上午电话未接通，下午回拨聊了交期，要求月底前到货",
        "客户手机关机一周后回电，确认预算 80 万",
        "Called, wants a quote",
    ],
)
def test_a_follow_up_that_says_something_counts(text: str) -> None:
    assert counts(text, ["聊了密封件的问题"]) == (True, "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "没有写内容"),
        (" \n\t", "没有写内容"),
        ("。。。！？", "没有写内容"),
        ("👍👍👍👍", "没有写内容"),
        ("123456", "只有数字"),
        ("１３８００００", "只有数字"),
        ("跟进", "内容太短"),
        ("好的好的", "内容太短"),
        ("哈哈哈哈哈哈", "内容太短"),
        ("1a2b3c", "内容太短"),
        ("未接通", "未接通"),
        ("电话没人接", "未接通"),
        ("上午打王总电话没接，再联系", "未接通"),
        ("客户关机", "未接通"),
        ("打了三次都无人接听", "未接通"),
        ("联系不上", "未接通"),
    ],
)
def test_what_says_nothing_does_not_count_and_the_rep_hears_why(text: str, told: str) -> None:
    counted, sentence = counts(text, [])
    assert not counted
    assert told in sentence
    assert "不计入跟进" in sentence


@pytest.mark.parametrize(
    "text",
    ["和客户聊了报价，月底定", " 和客户聊了报价 月底定！", "和客户聊了报价，月底定。。"],
)
def test_a_copy_of_a_recent_text_does_not_count(text: str) -> None:
    counted, sentence = counts(text, ["寄了样品给王总", "和客户聊了报价，月底定"])
    assert not counted
    assert sentence.startswith("和上次内容一样，不计入跟进")


def test_a_new_figure_in_a_short_text_is_news() -> None:
    assert counts("报价改为 90 万", ["报价改为 80 万"])[0]


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=4))
def test_either_it_counts_or_there_is_a_sentence(text: str, recent: list[str]) -> None:
    counted, sentence = counts(text, recent)
    assert counted == (sentence == "")


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=4))
def test_saying_the_same_again_never_counts(text: str, recent: list[str]) -> None:
    assert not counts(text, [*recent, text])[0]


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=4), st.text(max_size=60))
def test_more_history_never_makes_a_text_count(text: str, recent: list[str], more: str) -> None:
    assert counts(text, recent)[0] or not counts(text, [*recent, more])[0]
