"""Passive replies as WeCom reads them, and texts cut where nobody is hurt."""

from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from gateways.wecom.inbound_xml import parse
from gateways.wecom.replies import split_text, text_reply, update_button_reply, update_card_reply
from gateways.wecom.text import clean

anything = st.text(alphabet=st.characters(), max_size=300)
lively = st.text(alphabet="ab你好\n\r 😀👨\u200d👩\ufe0fe\u0301🇨🇳👍\U0001f3fd]>", max_size=900)


@given(anything)
def test_a_text_reply_is_a_document_whatever_it_says(content: str) -> None:
    reply = parse(text_reply("zhangsan", "ww1", content, 1700000000).encode())
    assert list(reply) == ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"]
    assert (reply["ToUserName"], reply["FromUserName"], reply["MsgType"]) == ("zhangsan", "ww1", "text")
    assert reply["CreateTime"] == "1700000000"
    assert reply["Content"] == clean(content).strip()


def test_an_over_long_reply_is_clipped_to_what_wecom_takes() -> None:
    content = fromstring(text_reply("u", "ww1", "客户" * 2000, 1)).findtext("Content")
    assert content is not None
    assert len(content.encode()) <= 2048
    assert content.endswith("…")


def test_names_cannot_break_out_of_their_elements() -> None:
    reply = fromstring(text_reply("]]></ToUserName><Evil/>", "ww<1", "]]>x", 1))
    assert [e.tag for e in reply] == ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"]
    assert reply.findtext("Content") == "]]>x"


def test_a_click_is_answered_with_a_grey_button() -> None:
    reply = parse(update_button_reply("zhangsan", "ww1", "已\n处理 ]]>", 1).encode())
    assert reply["MsgType"] == "update_button"
    assert reply["Button"] == {"ReplaceName": "已 处理 ]]>"}


def test_a_card_update_repeats_lists_as_siblings_in_the_platforms_spelling() -> None:
    card: dict[str, Any] = {
        "card_type": "button_interaction",
        "task_id": "t-1",
        "main_title": {"title": "商机", "desc": "]]>"},
        "horizontal_content_list": [
            {"keyname": "客户", "value": "甲", "type": 3, "userid": "li"},
            {"keyname": "金额", "value": "9"},
        ],
        "card_action": {"type": 2, "url": "https://x/", "appid": "wx1", "pagepath": "/p"},
        "button_selection": {"question_key": "q", "disable": True, "option_list": [{"id": "1", "text": "一"}]},
        "button_list": [{"text": "好", "style": 1, "key": "k"}],
        "checkbox": {"option_list": [{"id": "a", "text": "A", "is_checked": False}]},
        "replace_text": "已处理",
    }
    reply = parse(update_card_reply("zhangsan", "ww1", card, 1).encode())
    assert reply["MsgType"] == "update_template_card"
    assert reply["TemplateCard"] == {
        "CardType": "button_interaction",
        "MainTitle": {"Title": "商机", "Desc": "]]>"},
        "HorizontalContentList": [
            {"KeyName": "客户", "Value": "甲", "Type": "3", "UserId": "li"},
            {"KeyName": "金额", "Value": "9"},
        ],
        "CardAction": {"Type": "2", "Url": "https://x/", "AppId": "wx1", "PagePath": "/p"},
        "ButtonSelection": {"QuestionKey": "q", "Disable": "true", "OptionList": {"Id": "1", "Text": "一"}},
        "ButtonList": {"Text": "好", "Style": "1", "Key": "k"},
        "CheckBox": {"OptionList": {"Id": "a", "Text": "A", "IsChecked": "false"}},
        "ReplaceText": "已处理",
    }


@given(anything | lively, st.integers(4, 200))
def test_parts_fit_lose_nothing_and_are_never_blank(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert parts
    assert all(len(part.encode()) <= limit for part in parts)
    joined, whole = "".join(parts), clean(text)
    assert "".join(joined.split()) == "".join(whole.split())
    if len(whole.encode()) <= limit:
        assert parts == [whole]
    else:
        assert not whole.strip() or all(part.strip() for part in parts)


@pytest.mark.parametrize("whole", ["👨\u200d👩\u200d👧", "e\u0301", "👍\U0001f3fd", "❤\ufe0f", "🇨🇳"])
def test_a_drawn_character_is_never_parted(whole: str) -> None:
    size = len(whole.encode())
    for room in range(20, 20 + size):
        parts = split_text("a" * 20 + whole + "b" * 20, room)
        assert any(whole in part for part in parts), parts
    flags = "🇨🇳" * 30
    assert all(len(part) % 2 == 0 for part in split_text(flags, 20))


def test_a_part_ends_at_a_line_break_when_one_is_near() -> None:
    assert split_text("第一行\n第二行\n第三行", 22) == ["第一行\n第二行", "第三行"]
    items = "1. 甲\n    快到期\n2. 乙\n    快到期"
    assert split_text(items, len(items.encode()) - 1) == ["1. 甲\n    快到期", "2. 乙\n    快到期"]
    assert split_text("ab\n" + "c" * 20, 12) == ["ab\n" + "c" * 9, "c" * 11]


@pytest.mark.parametrize("size", [2047, 2048, 2049])
def test_the_boundary_is_counted_in_bytes(size: int) -> None:
    text = "客" * 682 + "x" * (size - 2046)
    assert len(text.encode()) == size
    assert len(split_text(text)) == (1 if size <= 2048 else 2)


def test_a_long_text_is_split_in_linear_time() -> None:
    parts = split_text("跟进记录 " * 200_000)
    assert len(parts) > 1000


def test_a_limit_no_character_fits_in_is_refused() -> None:
    with pytest.raises(ValueError):
        split_text("x", 3)


def test_a_heading_goes_with_what_follows_it() -> None:
    assert split_text("第一行\n第二行\n接下来：\n第三行", 34) == ["第一行\n第二行", "接下来：\n第三行"]
