"""Cards against every limit the platform documents, judged by a checker that shares nothing with the renderer."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.wecom.cards import greyed, redrawn, render


@dataclass(frozen=True)
class Fact:
    name: str
    value: str


@dataclass(frozen=True)
class Button:
    text: str
    key: str
    style: int = 1


@dataclass(frozen=True)
class Choice:
    id: str
    text: str


@dataclass(frozen=True)
class Selection:
    key: str
    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Notice:
    title: str = "商机 15 天未跟进"
    desc: str = ""
    facts: tuple[Fact, ...] = ()
    body: str = ""
    buttons: tuple[Button, ...] = ()
    selection: Selection | None = None
    url: str = ""


HOME = "https://crm.example/"
TWO = (Button("写跟进", "k1"), Button("申请延期", "k2", 2))
STAGES = Selection("stage", "推进到", (Choice("s1", "报价"), Choice("s2", "谈判")))


def drawn(notice: Notice, to_user: str = "zhangsan", task_id: str = "stale-42") -> dict[str, Any]:
    text = render(notice, to_user=to_user, agent_id=1000002, task_id=task_id, home_url=HOME)
    document = json.loads(text)
    check_document(document)
    assert "\\u" not in text.replace("\\\\", "")  # raw UTF-8, or WeCom answers 40033
    assert isinstance(document, dict)
    return document


def check_document(document: Mapping[str, Any]) -> None:
    assert re.fullmatch(r"[^|@]+", document["touser"])
    assert document["agentid"] == 1000002
    assert document["enable_duplicate_check"] == 1
    assert document["duplicate_check_interval"] == 14400
    assert "enable_id_trans" not in document
    kind = document["msgtype"]
    assert set(document) == {
        "touser", "msgtype", "agentid", kind, "enable_duplicate_check", "duplicate_check_interval",
    }  # fmt: skip
    if kind == "text":
        content = document["text"]["content"]
        assert 1 <= len(content.encode()) <= 2048
        assert "<" not in content
        check_no_controls(content)
    else:
        assert kind == "template_card"
        check_card(document["template_card"])


def check_card(card: Mapping[str, Any]) -> None:
    check_no_controls(card)
    kind = card["card_type"]
    assert kind in ("text_notice", "button_interaction")
    title = card["main_title"]
    within(title, title=36, desc=44)
    within(card, sub_title_text=160, replace_text=10)
    assert title.get("title") or card.get("sub_title_text")
    assert len(card.get("horizontal_content_list", [])) <= 6
    for row in card.get("horizontal_content_list", []):
        within(row, keyname=5, value=30)
        assert row["keyname"]
        assert row["value"]
    if "card_action" in card:
        assert card["card_action"]["type"] == 1
        assert re.match(r"https?://", card["card_action"]["url"])
        assert len(card["card_action"]["url"].encode()) <= 2048
    if kind == "text_notice":
        assert card["card_action"]["url"]
        assert not {"button_list", "button_selection", "task_id"} & set(card)
        return
    assert re.fullmatch(r"[0-9A-Za-z_\-@]{1,128}", card["task_id"])
    check_interaction(card)


def check_interaction(card: Mapping[str, Any]) -> None:
    assert 1 <= len(card["button_list"]) <= 6
    keys = [button["key"] for button in card["button_list"]]
    for button in card["button_list"]:
        within(button, text=10)
        assert button["text"]
        assert button["style"] in (1, 2, 3, 4)
    if "button_selection" in card:
        selection = card["button_selection"]
        keys.append(selection["question_key"])
        options = selection["option_list"]
        assert 1 <= len(options) <= 10
        assert len({option["id"] for option in options}) == len(options)
        for option in options:
            within(option, text=16)
            assert 1 <= len(option["id"].encode()) <= 128
    assert len(set(keys)) == len(keys)
    assert all(1 <= len(key.encode()) <= 1024 for key in keys)


def within(fields: Mapping[str, Any], **limits: int) -> None:
    for name, limit in limits.items():
        assert len(fields.get(name, "")) <= limit, (name, fields.get(name))
        assert name == "sub_title_text" or "\n" not in fields.get(name, "")


def check_no_controls(value: Any) -> None:
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\ud800-\udfff]", json.dumps(value, ensure_ascii=False))


wild = st.text(max_size=90) | st.sampled_from(
    ["某" * 500, "<a href='http://evil'>点我</a>", "a\nb\r\n\x00\u202ec", "👨‍👩‍👧" * 30]
)
facts = st.tuples(st.text("客户金额阶段日", min_size=1, max_size=5), wild).map(lambda f: Fact(*f))
notices = st.builds(
    Notice,
    title=wild.map(lambda text: "单" + text),
    desc=wild,
    facts=st.lists(facts, max_size=9).map(tuple),
    body=wild,
    buttons=st.lists(wild, max_size=6).map(
        lambda names: tuple(Button("点" + n, f"k{i}", i % 4 + 1) for i, n in enumerate(names))
    ),
    url=st.sampled_from(["", "/d/42", "https://crm.example/d/42", "/q?" + "某" * 3000]),
)


@pytest.mark.slow
@given(notices, st.lists(wild, max_size=10))
def test_no_business_data_makes_a_card_wecom_refuses(notice: Notice, choices: list[str]) -> None:
    if notice.buttons and choices:
        options = tuple(Choice(str(i), "选" + text) for i, text in enumerate(choices))
        notice = replace(notice, selection=Selection("q", "选" * 30, options))
    document = drawn(notice)
    interactive = bool(notice.buttons)
    assert document["msgtype"] == ("template_card" if interactive or notice.url else "text")
    if interactive:
        assert ("card_action" in document["template_card"]) == bool(notice.url)
    check_card(greyed(notice, task_id="t", replace_text="已由张三处理，请勿重复操作", home_url=HOME))


def test_buttons_make_a_card_that_can_be_tapped_and_opened() -> None:
    notice = Notice(desc="3 天后回收", facts=(Fact("客户", "某公司"),), buttons=TWO, selection=STAGES, url="/d/42")
    assert drawn(notice)["template_card"] == {
        "card_type": "button_interaction",
        "task_id": "stale-42",
        "main_title": {"title": "商机 15 天未跟进", "desc": "3 天后回收"},
        "horizontal_content_list": [{"keyname": "客户", "value": "某公司"}],
        "card_action": {"type": 1, "url": "https://crm.example/d/42"},
        "button_selection": {
            "question_key": "stage",
            "title": "推进到",
            "option_list": [{"id": "s1", "text": "报价"}, {"id": "s2", "text": "谈判"}],
        },
        "button_list": [
            {"text": "写跟进", "style": 1, "key": "k1"},
            {"text": "申请延期", "style": 2, "key": "k2"},
        ],
    }


def test_a_url_alone_makes_a_notice_that_opens_it() -> None:
    card = drawn(Notice(url="https://crm.example/d/42"))["template_card"]
    assert card["card_type"] == "text_notice"
    assert card["card_action"] == {"type": 1, "url": "https://crm.example/d/42"}


def test_words_alone_make_a_plain_text() -> None:
    notice = Notice("日报", "今天", (Fact("新增", "3"), Fact("成交", "")), "辛苦了\n明天见")
    assert drawn(notice)["text"] == {"content": "日报\n今天\n新增：3\n成交：—\n辛苦了\n明天见"}
    assert drawn(Notice(title="", body="只有正文"))["text"] == {"content": "只有正文"}


def test_facts_beyond_the_sixth_are_told_in_the_running_text() -> None:
    card = drawn(Notice(facts=tuple(Fact(f"第{i}", str(i)) for i in range(8)), buttons=TWO, body="正文"))[
        "template_card"
    ]
    assert len(card["horizontal_content_list"]) == 6
    assert card["sub_title_text"] == "第6：6\n第7：7\n正文"


@pytest.mark.parametrize(
    "hostile", ["<a href='https://evil.example'>领奖</a>", "$userName=zhangsan$", "$departmentName=1$"]
)
def test_strangers_words_cannot_plant_links_or_name_lookups(hostile: str) -> None:
    notice = Notice(hostile, hostile, (Fact("客户", hostile),), hostile)
    for text in (drawn(notice)["text"]["content"], json.dumps(drawn(replace(notice, buttons=TWO)), ensure_ascii=False)):
        assert "<a" not in text
        assert "$userName=" not in text
        assert "$departmentName=" not in text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("看 https://evil.example/x 和 www.evil.example", "看 https：//evil.example/x 和 www．evil.example"),
        ("[领奖](http://evil.example)", "[领奖](http：//evil.example)"),
        ("WeiXin://dl/business", "WeiXin：//dl/business"),
        ("https://crm.example.evil.cn/x", "https：//crm.example.evil.cn/x"),  # begins like our own
        ("https://crm.example@evil.cn", "https：//crm.example@evil.cn"),
        ("https://crm.example:1@evil.cn", "https：//crm.example:1@evil.cn"),
        ("传到 https://crm.example/u/abc，15 分钟内有效", "传到 https://crm.example/u/abc，15 分钟内有效"),
        ("https://crm.example。", "https://crm.example。"),
    ],
)
def test_a_message_links_to_us_and_to_nobody_else(typed: str, shown: str) -> None:
    said = render(text_of(typed), to_user="u", agent_id=1, task_id="t", home_url="https://crm.example")
    assert json.loads(said)["text"]["content"] == shown


def text_of(words: str) -> Notice:
    return Notice(title="", body=words)


def test_long_words_end_in_an_ellipsis_and_no_emoji_is_halved() -> None:
    card = drawn(Notice("某" * 34 + "👍🏽👍🏽", buttons=TWO))["template_card"]
    assert card["main_title"]["title"] == "某" * 34 + "…"


def test_the_same_notice_is_the_same_bytes() -> None:
    notice = Notice(facts=(Fact("客户", "某公司"),), buttons=TWO, selection=STAGES)
    first, second = (render(notice, to_user="u", agent_id=1, task_id="t", home_url=HOME) for _ in range(2))
    assert first == second


def test_a_decided_card_is_grey_and_frozen_and_otherwise_the_same() -> None:
    notice = Notice(buttons=TWO, selection=STAGES, url="/d/42")
    card = greyed(notice, task_id="stale-42", replace_text="已处理", home_url=HOME)
    check_card(card)
    assert card.pop("replace_text") == "已处理"
    assert card["button_selection"].pop("disable") is True
    assert card == drawn(notice)["template_card"] == redrawn(notice, task_id="stale-42", home_url=HOME)


def test_a_card_that_lost_its_buttons_is_greyed_but_not_redrawn() -> None:
    check_card(greyed(Notice(), task_id="t", replace_text="已处理", home_url=HOME))
    with pytest.raises(ValueError):
        redrawn(Notice(), task_id="t", home_url=HOME)


@pytest.mark.parametrize(
    "mistake",
    [
        Notice(buttons=tuple(Button("点", f"k{i}") for i in range(7))),
        Notice(buttons=(Button("一", "k"), Button("二", "k"))),
        Notice(buttons=(Button("一", "stage"),), selection=STAGES),
        Notice(buttons=(Button("", "k"),)),
        Notice(buttons=(Button("\n", "k"),)),
        Notice(buttons=(Button("一", ""),)),
        Notice(buttons=(Button("一", "k" * 1025),)),
        Notice(buttons=(Button("一", "k", 0),)),
        Notice(buttons=TWO, selection=Selection("q", "", tuple(Choice(str(i), "选") for i in range(11)))),
        Notice(buttons=TWO, selection=Selection("q", "", (Choice("1", "选"), Choice("1", "择")))),
        Notice(buttons=TWO, selection=Selection("q", "", (Choice("1", ""),))),
        Notice(buttons=TWO, selection=Selection("q", "", (Choice("某" * 43, "选"),))),
        Notice(buttons=TWO, selection=Selection("q", "", ())),
        Notice(selection=STAGES),
        Notice(facts=(Fact("六个字的名字", "x"),)),
        Notice(facts=(Fact("", "x"),)),
        Notice(title=""),
        Notice(title="\x00 "),
        Notice(url="javascript:alert(1)"),
    ],
)
def test_a_programmers_mistake_is_told_at_once(mistake: Notice) -> None:
    with pytest.raises(ValueError):
        drawn(mistake)


@pytest.mark.parametrize("to_user", ["", "@all", "a|b", "a\nb", "x" * 65])
def test_a_message_never_goes_to_more_than_one(to_user: str) -> None:
    with pytest.raises(ValueError):
        drawn(Notice(), to_user=to_user)


@pytest.mark.parametrize("task_id", ["", "a b", "某", "x" * 129])
def test_a_task_id_wecom_would_refuse_is_told_at_once(task_id: str) -> None:
    with pytest.raises(ValueError):
        drawn(Notice(buttons=TWO), task_id=task_id)
