"""Each documented limit of template cards gives its documented error code."""

import copy
from typing import Any

import pytest

from emulator.cards import check, check_update
from emulator.errors import ApiError

Json = dict[str, Any]
URL = {"type": 1, "url": "https://crm.example/d/1"}
OPTIONS = [{"id": "a", "text": "甲"}, {"id": "b", "text": "乙"}]
TEXT_NOTICE: Json = {"card_type": "text_notice", "main_title": {"title": "标题"}, "card_action": URL}
NEWS_NOTICE: Json = {**TEXT_NOTICE, "card_type": "news_notice", "card_image": {"url": "https://a.example/p.png"}}
BUTTONS: Json = {
    "card_type": "button_interaction",
    "task_id": "t-1@x_Y",
    "main_title": {"title": "标题"},
    "button_selection": {"question_key": "q", "option_list": OPTIONS, "selected_id": "a"},
    "button_list": [{"text": "好", "key": "k"}, {"type": 1, "text": "看", "url": "https://a.example"}],
}
VOTE: Json = {
    "card_type": "vote_interaction",
    "task_id": "t",
    "main_title": {"title": "标题"},
    "checkbox": {"question_key": "q", "mode": 1, "option_list": OPTIONS},
    "submit_button": {"text": "提交", "key": "s"},
}
MULTIPLE: Json = {
    "card_type": "multiple_interaction",
    "task_id": "t",
    "main_title": {"title": "标题"},
    "select_list": [{"question_key": "q", "option_list": OPTIONS}],
    "submit_button": {"text": "提交", "key": "s"},
}
FACT = {"keyname": "客户", "value": "某公司"}


@pytest.mark.parametrize(
    "card", [TEXT_NOTICE, NEWS_NOTICE, BUTTONS, VOTE, MULTIPLE], ids=lambda card: card["card_type"]
)
def test_a_card_within_the_limits_passes(card: Json) -> None:
    assert check(copy.deepcopy(card)) == card


@pytest.mark.parametrize(
    ("card", "change", "code"),
    [
        (TEXT_NOTICE, {"card_type": "poster"}, 42031),
        (TEXT_NOTICE, {"card_action": None}, 42045),
        (TEXT_NOTICE, {"card_action": {"type": 0}}, 42045),
        (TEXT_NOTICE, {"card_action": {"type": 1}}, 42028),
        (TEXT_NOTICE, {"card_action": {"type": 2}}, 42030),
        (TEXT_NOTICE, {"main_title": {}}, 42033),
        (TEXT_NOTICE, {"main_title": {}, "sub_title_text": "有"}, 0),
        (TEXT_NOTICE, {"main_title": {"title": "字" * 36}}, 0),
        (TEXT_NOTICE, {"main_title": {"title": "字" * 37}}, 42033),
        (TEXT_NOTICE, {"sub_title_text": "字" * 161}, 45002),
        (TEXT_NOTICE, {"horizontal_content_list": [FACT] * 6}, 0),
        (TEXT_NOTICE, {"horizontal_content_list": [FACT] * 7}, 42035),
        (TEXT_NOTICE, {"horizontal_content_list": [{"keyname": "六个字的名字"}]}, 42027),
        (TEXT_NOTICE, {"horizontal_content_list": [{**FACT, "type": 1}]}, 42028),
        (TEXT_NOTICE, {"horizontal_content_list": [{**FACT, "type": 2}]}, 42029),
        (TEXT_NOTICE, {"horizontal_content_list": [{**FACT, "type": 3}]}, 42050),
        (TEXT_NOTICE, {"jump_list": [{"title": "去", **URL}] * 4}, 42042),
        (TEXT_NOTICE, {"jump_list": [{"type": 1, "title": "去"}]}, 42028),
        (TEXT_NOTICE, {"jump_list": [{"type": 2, "title": "去"}]}, 42030),
        (TEXT_NOTICE, {"action_menu": {"action_list": [{"text": "a", "key": "k"}]}}, 42014),
        (TEXT_NOTICE, {"task_id": "t", "action_menu": {"action_list": [{"text": "a", "key": "k"}] * 2}}, 42051),
        (NEWS_NOTICE, {"card_image": None}, 42044),
        (NEWS_NOTICE, {"card_image": {"url": "https://a.example", "aspect_ratio": 3}}, 40058),
        (NEWS_NOTICE, {"vertical_content_list": [{"title": "一"}] * 5}, 42036),
        (BUTTONS, {"task_id": None}, 42014),
        (BUTTONS, {"task_id": "有 空格"}, 42014),
        (BUTTONS, {"task_id": "x" * 129}, 42014),
        (BUTTONS, {"button_list": [{"key": "k"}]}, 42038),
        (BUTTONS, {"button_list": [{"text": "字" * 11, "key": "k"}]}, 42038),
        (BUTTONS, {"button_list": [{"text": "好"}]}, 42039),
        (BUTTONS, {"button_list": [{"text": "好", "key": "k"}, {"text": "坏", "key": "k"}]}, 42039),
        (BUTTONS, {"button_list": [{"text": "好", "key": "k" * 1025}]}, 42039),
        (BUTTONS, {"button_selection": {"question_key": "q", "option_list": []}}, 42037),
        (BUTTONS, {"button_selection": {"option_list": OPTIONS}}, 42043),
        (BUTTONS, {"button_selection": {"question_key": "q", "option_list": [{"text": "甲"}]}}, 42040),
        (BUTTONS, {"button_selection": {"question_key": "q", "option_list": [{"id": "a"}]}}, 42041),
        (BUTTONS, {"button_selection": {"question_key": "q", "option_list": OPTIONS * 2}}, 42040),
        (VOTE, {"submit_button": {"text": "好"}}, 42046),
        (VOTE, {"submit_button": {"key": "k"}}, 42049),
        (
            VOTE,
            {"checkbox": {"question_key": "q", "option_list": [{"id": str(n), "text": "x"} for n in range(21)]}},
            42037,
        ),
        (BUTTONS, {"replace_text": 5}, 40058),
        (BUTTONS, {"quote_area": {"quote_text": 5}}, 40058),
        (BUTTONS, {"button_selection": {**BUTTONS["button_selection"], "disable": "yes"}}, 40058),
        (BUTTONS, {"button_selection": {**BUTTONS["button_selection"], "disable": True}}, 0),
        (MULTIPLE, {"select_list": []}, 42047),
        (MULTIPLE, {"select_list": [{"question_key": str(n), "option_list": OPTIONS} for n in range(4)]}, 42047),
    ],
)
def test_a_card_outside_the_limits_gets_its_code(card: Json, change: Json, code: int) -> None:
    changed = copy.deepcopy({**card, **change})
    if code == 0:
        assert check(changed) == changed
        return
    with pytest.raises(ApiError) as caught:
        check(changed)
    assert caught.value.code == code


def test_a_card_in_the_place_of_another_keeps_its_task_id() -> None:
    for kept in ({**BUTTONS, "task_id": None}, BUTTONS):
        assert check_update(kept, BUTTONS["task_id"]) == kept
    with pytest.raises(ApiError) as caught:
        check_update(BUTTONS, "another")
    assert caught.value.code == 42014


@pytest.mark.parametrize("value", [None, 5, "x", [], [5], {"a": 1}, [[]], True])
def test_no_value_anywhere_breaks_the_check(value: object) -> None:
    codes = set()
    for card in (TEXT_NOTICE, NEWS_NOTICE, BUTTONS, VOTE, MULTIPLE):
        for name in [
            *card,
            "source",
            "quote_area",
            "horizontal_content_list",
            "jump_list",
            "action_menu",
            "emphasis_content",
        ]:
            try:
                check({**copy.deepcopy(card), name: value})
                codes.add(0)
            except ApiError as error:
                codes.add(error.code)
    assert len(codes) > 1
    assert all(code == 0 or 40000 < code < 50000 for code in codes)
