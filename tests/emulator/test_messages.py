"""message/send and what follows from it: receivers, limits, duplicates, recall, card updates."""

from typing import Any

import pytest

from tests.emulator.conftest import APP, Emulator, Json

TEXT: Json = {"content": "你好"}
CARD: Json = {
    "card_type": "button_interaction",
    "task_id": "t-1",
    "main_title": {"title": "审批"},
    "button_list": [{"text": "同意", "key": "yes"}, {"text": "驳回", "key": "no"}],
}


def contents(emulator: Emulator, userid: str = "liqiang") -> list[Any]:
    return [entry["body"].get("content") for entry in emulator.inbox(userid)]


def test_a_text_becomes_visible_once_per_receiver(emulator: Emulator) -> None:
    sent = emulator.send("text", TEXT, touser="liqiang|WangLei|liqiang")
    assert (sent["errcode"], "invaliduser" in sent) == (0, False)
    assert contents(emulator, "liqiang") == contents(emulator, "wanglei") == ["你好"]
    seen = emulator.look("eye")["items"]
    assert [(item["userid"], item["kind"], item["title"], item["msgid"]) for item in seen] == [
        ("liqiang", "text", "你好", sent["msgid"]),
        ("wanglei", "text", "你好", sent["msgid"]),
    ]


def test_a_department_means_its_whole_subtree(emulator: Emulator) -> None:
    assert emulator.send("text", TEXT, touser="", toparty="2")["errcode"] == 0
    assert {item["userid"] for item in emulator.look("eye")["items"]} == {
        "zhouming", "wanglei", "liqiang", "zhangmin", "chenfang", "zhaolei", "sunyue",
    }  # fmt: skip


def test_who_cannot_be_reached_is_named_and_the_others_get_it(emulator: Emulator) -> None:
    sent = emulator.send("text", TEXT, touser="liqiang|GuXin|tangjie|nobody")
    assert (sent["errcode"], sent["invaliduser"]) == (0, "guxin|tangjie|nobody")
    assert contents(emulator) == ["你好"]


def test_nobody_reached_and_nobody_named_are_different_errors(emulator: Emulator) -> None:
    assert emulator.send("text", TEXT, touser="guxin|tangjie")["errcode"] == 81013
    assert emulator.send("text", TEXT, touser="")["errcode"] == 82001
    assert emulator.send("text", TEXT, touser="|".join(f"u{n}" for n in range(1001)))["errcode"] == 81017


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("text", {"content": ""}, 44004),
        ("text", {"content": "中" * 682}, 0),
        ("text", {"content": "中" * 683}, 45002),
        ("text", {"content": "\ud800"}, 47001),
        ("markdown", {"content": "中" * 683}, 45002),
        ("textcard", {"title": "t", "description": "d", "url": "https://a.example"}, 0),
        ("textcard", {"title": "t", "description": "d"}, 40063),
        ("textcard", {"title": "中" * 43, "description": "d", "url": "https://a.example"}, 45002),
        ("textcard", {"title": "t", "description": "d", "url": "ftp://a.example"}, 45034),
        ("news", {"articles": [{"title": "t", "url": "https://a.example"}] * 8}, 0),
        ("news", {"articles": [{"title": "t", "url": "https://a.example"}] * 9}, 45008),
        ("image", {"media_id": "unknown"}, 40007),
        ("poem", {"content": "x"}, 40008),
    ],
)
def test_contents_have_their_limits(emulator: Emulator, kind: str, content: Json, code: int) -> None:
    assert emulator.send(kind, content)["errcode"] == code


def test_the_same_message_is_not_shown_twice_within_the_interval(emulator: Emulator) -> None:
    first = emulator.send("text", TEXT, enable_duplicate_check=1)
    again = emulator.send("text", TEXT, enable_duplicate_check=1)
    other = emulator.send("text", {"content": "别的"}, enable_duplicate_check=1)
    assert (again["errcode"], again["msgid"]) == (0, first["msgid"])
    assert other["msgid"] != first["msgid"]
    assert contents(emulator) == ["你好", "别的"]
    emulator.act("clock", advance=1801)
    emulator.send("text", TEXT, enable_duplicate_check=1)
    assert contents(emulator) == ["你好", "别的", "你好"]


def test_without_the_check_the_same_message_comes_again(emulator: Emulator) -> None:
    emulator.send("text", TEXT)
    emulator.send("text", TEXT)
    assert contents(emulator) == ["你好", "你好"]


def test_a_repeated_card_passes_the_duplicate_check_but_not_as_a_new_one(emulator: Emulator) -> None:
    first = emulator.send("template_card", CARD, enable_duplicate_check=1)
    assert emulator.send("template_card", CARD, enable_duplicate_check=1)["msgid"] == first["msgid"]
    assert emulator.send("template_card", {**CARD, "main_title": {"title": "另一张"}})["errcode"] == 42014
    assert len(emulator.inbox()) == 1


def test_the_31st_message_in_a_minute_is_dropped_without_a_word(emulator: Emulator) -> None:
    for number in range(31):
        assert emulator.send("text", {"content": str(number)})["errcode"] == 0
    assert contents(emulator) == [str(number) for number in range(30)]
    assert emulator.look("state")["dropped"] == ["liqiang"]
    emulator.send("text", {"content": "王"}, touser="wanglei")
    assert contents(emulator, "wanglei") == ["王"]
    emulator.act("clock", advance=61)
    emulator.send("text", {"content": "下一分钟"})
    assert contents(emulator)[-1] == "下一分钟"


def test_a_response_code_updates_the_card_once(emulator: Emulator) -> None:
    sent = emulator.send("template_card", CARD, touser="liqiang|wanglei")
    update = {"userids": ["liqiang", "chenfang"], "agentid": APP["agentid"], "response_code": sent["response_code"],
              "button": {"replace_name": "已同意"}}  # fmt: skip
    assert emulator.api("message/update_template_card", update)["invaliduser"] == ["chenfang"]
    assert emulator.inbox("liqiang")[0]["card"]["replaced"] == "已同意"
    assert emulator.inbox("wanglei")[0]["card"]["replaced"] is None
    assert emulator.api("message/update_template_card", update)["errcode"] == 60140


@pytest.mark.parametrize(("hours", "code"), [(71.9, 0), (72.1, 60140)])
def test_a_response_code_lives_72_hours(emulator: Emulator, hours: float, code: int) -> None:
    sent = emulator.send("template_card", CARD)
    emulator.act("clock", advance=hours * 3600)
    update = {"userids": ["liqiang"], "agentid": APP["agentid"], "response_code": sent["response_code"],
              "template_card": {**CARD, "replace_text": "已过期"}}  # fmt: skip
    assert emulator.api("message/update_template_card", update)["errcode"] == code


def test_a_bad_card_does_not_use_the_response_code_up(emulator: Emulator) -> None:
    sent = emulator.send("template_card", CARD)
    update: Json = {"userids": ["liqiang"], "agentid": APP["agentid"], "response_code": sent["response_code"]}
    assert (
        emulator.api("message/update_template_card", {**update, "template_card": {"card_type": "x"}})["errcode"]
        == 42031
    )
    assert emulator.api("message/update_template_card", {**update, "button": {"replace_name": "好"}})["errcode"] == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"template_card": {**CARD, "main_title": {"title": "字" * 37}}}, 42033),
        ({"template_card": {**CARD, "button_list": [{"text": "字" * 11, "key": "k"}]}}, 42038),
        ({"template_card": {**CARD, "task_id": "t-2"}}, 42014),
        ({"template_card": {**CARD, "replace_text": ["已处理"]}}, 40058),
        ({"button": {"replace_name": ""}}, 40063),
        ({"agentid": None}, 40056),
        ({"userids": ["liqiang"] * 1001}, 81017),
        ({"partyids": list(range(101))}, 81017),
        ({}, 0),
    ],
)
def test_an_update_has_the_limits_of_a_sent_card_and_a_refused_one_may_be_mended(
    emulator: Emulator, change: Json, code: int
) -> None:
    sent = emulator.send("template_card", CARD)
    update: Json = {"userids": ["liqiang"], "agentid": APP["agentid"], "response_code": sent["response_code"],
                    "button": {"replace_name": "好"}}  # fmt: skip
    assert emulator.api("message/update_template_card", {**update, **change})["errcode"] == code
    if code:
        assert emulator.inbox()[0]["body"] == CARD
        assert emulator.api("message/update_template_card", update)["errcode"] == 0


@pytest.mark.parametrize(("hours", "code"), [(23.9, 0), (24.1, 42052)])
def test_a_message_can_be_recalled_for_a_day(emulator: Emulator, hours: float, code: int) -> None:
    msgid = emulator.send("text", TEXT)["msgid"]
    emulator.act("clock", advance=hours * 3600)
    assert emulator.api("message/recall", {"msgid": msgid})["errcode"] == code
    assert emulator.inbox()[0].get("recalled", False) is (code == 0)
    assert emulator.api("message/recall", {"msgid": "unknown"})["errcode"] == 40058
