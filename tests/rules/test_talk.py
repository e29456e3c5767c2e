"""Pasted text as messages: who said what and when, in every shape that a phone copies; what is no talk is told."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.days import at
from crm.rules.talk import LONGEST, MOST, read_talk

TODAY = date(2026, 11, 30)
OURS = ("李强", "liqiang")


def read(text: str) -> list[tuple[str, bool, str]]:
    return [(one.speaker, one.ours, one.text) for one in read_talk(text, OURS, TODAY)]


@pytest.mark.parametrize(
    "text",
    [
        "王工 2026-11-24 10:03:11\n要20台\nDN50\n\n李强 2026-11-24 10:05:00\n好的",
        "王工@微信 2026/11/24 10:03\n要20台\nDN50\n李强 2026/11/24 10:05\n好的",
        "王工 11月24日 上午10:03\n要20台\nDN50\n李强 11月24日 上午10:05\n好的",
        "王工（恒力泵业） 10:03\n要20台\nDN50\n李强 10:05\n好的",
        "王工: 要20台\nDN50\n李强: 好的",
        "王工：要20台\r\nDN50\r\n李强：好的",
    ],
)
def test_a_copied_chat_says_who_said_what(text: str) -> None:
    assert read(text) == [("王工", False, "要20台\nDN50"), ("李强", True, "好的")]


def test_the_moment_of_a_message_is_shanghai_time() -> None:
    first, second, third = read_talk(
        "王工 2026-11-24 10:03:11\n要20台\n王工 12月2日 下午3:05\n去年的\n王工 8:00\n不知道哪天", OURS, TODAY
    )
    assert first.at == at(date(2026, 11, 24), 10, 3)
    assert second.at == at(date(2025, 12, 2), 15, 5)
    assert third.at is None


def test_a_dictated_note_is_sentences_of_ours() -> None:
    assert read("今天去了恒力，见了王总。他要30台！\n周五前报价") == [
        ("", True, "今天去了恒力，见了王总。"),
        ("", True, "他要30台！"),
        ("", True, "周五前报价"),
    ]


def test_a_list_with_colons_is_no_talk() -> None:
    assert [who for who, *_ in read("型号：DN50\n数量：20台\n价格：3200元")] == ["", "", ""]


@pytest.mark.parametrize("text", ["", " \n\t ", "\x00\x01", "王工 2026-11-24 10:03:11\n", "\u200b\ufeff"])
def test_what_holds_no_words_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="没有收到聊天内容"):
        read(text)


def test_control_characters_go_and_the_words_stay() -> None:
    assert read("王工: 要\x0020\x07台\u202e\n王工: 好") == [("王工", False, "要20台"), ("王工", False, "好")]


def test_two_megabytes_are_refused_at_once_with_what_to_do() -> None:
    began = time.perf_counter()
    with pytest.raises(ValueError, match=r"一次最多 2 万字。请只复制最近聊的那一段"):
        read("王工: 要20台\n" * 200_000)
    assert time.perf_counter() - began < 0.5


def test_more_messages_than_anybody_reads_are_refused() -> None:
    with pytest.raises(ValueError, match=f"最多整理 {MOST} 条消息，这里有 1500 条"):
        read("王工: 要\n" * 1500)


@given(st.text(max_size=300))
def test_any_text_is_read_or_told(text: str) -> None:
    try:
        found = read_talk(text, OURS, TODAY)
    except ValueError:
        return
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert all(one.text.strip() and "\x00" not in one.text for one in found)


@pytest.mark.parametrize("text", ["王" * LONGEST, "王工 " * 6_000, "1:" * 10_000, "王工 1-1 " * 2_500, ": " * 10_000])
def test_a_hostile_text_costs_no_time(text: str) -> None:
    began = time.perf_counter()
    read_talk(text, OURS, TODAY)
    assert time.perf_counter() - began < 2
