"""The callback sender: sealing, retries, passive answers and their effect on the phone."""

import re
from pathlib import Path

import pytest

from tests.emulator.conftest import APP, CORP, Emulator, Product, Received, running, until


def reply(call: Received, inner: str, kind: str = "text", to: str = "liqiang") -> str:
    return (
        f"<xml><ToUserName>{to}</ToUserName><FromUserName>{CORP}</FromUserName><CreateTime>1</CreateTime>"
        f"<MsgType>{kind}</MsgType>{inner}</xml>"
    )


BUTTONS = {
    "card_type": "button_interaction",
    "task_id": "stale-1",
    "main_title": {"title": "商机 15 天未跟进"},
    "button_selection": {
        "question_key": "stage",
        "option_list": [{"id": "s1", "text": "初访"}, {"id": "s2", "text": "报价"}],
        "selected_id": "s1",
    },
    "button_list": [{"text": "写跟进", "key": "follow"}, {"text": "延期", "key": "extend"}],
}


def test_the_address_is_verified_with_an_echostr_that_needs_percent_encoding(emulator: Emulator) -> None:
    assert emulator.act("verify-callback")["ok"] is True


def test_a_text_arrives_as_documented_and_the_answer_stands_in_the_chat(emulator: Emulator, product: Product) -> None:
    product.answer = lambda call: reply(call, "<Content><![CDATA[收到]]></Content>")
    outcome = emulator.act("say", userid="liqiang", text="/客户 ]]> 😀")
    assert outcome["reply"] == {"type": "text", "content": "收到"}
    assert [attempt["status"] for attempt in outcome["attempts"]] == [200]
    xml = product.received[0].xml
    assert xml.startswith(
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[liqiang]]></FromUserName>"
    )
    assert re.search(r"<MsgId>1700000000000\d{6}</MsgId><AgentID>1000002</AgentID></xml>$", xml)
    asked, answered = emulator.inbox()
    assert (asked["from"], asked["body"]["content"], asked["status"]) == ("member", "/客户 ]]> 😀", "ok")
    assert (answered["from"], answered["body"]["content"]) == ("app", "收到")


def test_a_retry_is_sealed_anew_around_the_same_xml(emulator: Emulator, product: Product) -> None:
    product.statuses = [500, 503]
    outcome = emulator.act("say", userid="liqiang", text="在吗")
    assert [attempt["status"] for attempt in outcome["attempts"]] == [500, 503, 200]
    calls = product.received
    assert len({call.xml for call in calls}) == 1
    assert len({call.query["nonce"] for call in calls}) == 3
    assert len({call.query["msg_signature"] for call in calls}) == 3
    assert len({call.body for call in calls}) == 3


def test_after_three_retries_the_bubble_says_so_and_can_be_sent_again(emulator: Emulator, product: Product) -> None:
    product.statuses = [500] * 4
    outcome = emulator.act("say", userid="liqiang", text="在吗")
    assert len(outcome["attempts"]) == 4
    bubble = emulator.inbox()[0]
    assert (bubble["status"], bubble["error"]) == ("failed", "HTTP 500")
    emulator.act("resend", userid="liqiang", id=bubble["id"])
    assert emulator.inbox()[0]["status"] == "ok"
    assert len({call.xml for call in product.received}) == 1


@pytest.mark.slow
def test_a_slow_answer_is_a_lost_answer(tmp_path: Path, product: Product) -> None:
    product.pause = 0.6
    with running(tmp_path, product.url, timeout=0.2, retry_waits=[0.01]) as emulator:
        outcome = emulator.act("say", userid="liqiang", text="在吗")
    assert [attempt["error"] for attempt in outcome["attempts"]] == ["timeout", "timeout"]


def test_a_dropped_answer_is_asked_for_again(emulator: Emulator, product: Product) -> None:
    product.answer = lambda call: reply(call, "<Content>好</Content>")
    emulator.act("faults", callback={"drop_answer": True, "fail_next": 1})
    outcome = emulator.act("say", userid="liqiang", text="在吗")
    assert len(outcome["attempts"]) == 2
    assert outcome["attempts"][0]["status"] == 200
    assert [entry["body"]["content"] for entry in emulator.inbox()] == ["在吗", "好"]


def test_duplicates_carry_the_same_xml_and_do_not_answer_twice(emulator: Emulator, product: Product) -> None:
    product.answer = lambda call: reply(call, "<Content>好</Content>")
    emulator.act("faults", callback={"duplicate": 2})
    outcome = emulator.act("say", userid="liqiang", text="在吗")
    assert len(outcome["duplicates"]) == 2
    assert len({call.xml for call in product.received}) == 1
    assert len({call.body for call in product.received}) == 3
    assert len(emulator.inbox()) == 2


def test_a_replay_repeats_the_very_bytes(emulator: Emulator, product: Product) -> None:
    emulator.act("faults", callback={"duplicate": 1, "replay": True})
    emulator.act("say", userid="liqiang", text="在吗")
    assert len({(call.body, call.query["nonce"]) for call in product.received}) == 1
    assert len(product.received) == 2


@pytest.mark.parametrize(
    ("switch", "seen"), [("bad_signature", "InvalidSignatureException"), ("wrong_receive_id", "InvalidCorpIdException")]
)
def test_a_forged_event_is_recognisable(emulator: Emulator, product: Product, switch: str, seen: str) -> None:
    emulator.act("faults", callback={switch: True, "fail_next": 1})
    outcome = emulator.act("say", userid="liqiang", text="在吗")
    assert {attempt["status"] for attempt in outcome["attempts"]} == {403}
    assert set(product.refused) == {seen}
    assert product.received == []


def test_reordering_lets_the_second_event_overtake_the_first(emulator: Emulator, product: Product) -> None:
    emulator.act("faults", callback={"reorder": True, "fail_next": 1})
    emulator.act("say", userid="liqiang", text="一", **{"async": True})
    until(lambda: not emulator.look("faults")["callback"])
    emulator.act("say", userid="liqiang", text="二")
    until(lambda: len(product.received) == 2)
    assert ["二" in call.xml for call in product.received] == [True, False]


def test_a_click_tells_choice_and_code_and_update_button_greys_the_card(emulator: Emulator, product: Product) -> None:
    product.answer = lambda call: reply(call, "<Button><ReplaceName>已处理</ReplaceName></Button>", "update_button")
    emulator.send("template_card", BUTTONS, touser="liqiang|wanglei")
    outcome = emulator.act("click", userid="liqiang", task_id="stale-1", key="extend", selected={"stage": ["s2"]})
    assert outcome["reply"] == {"type": "update_button", "replace_name": "已处理"}
    xml = product.received[0].xml
    for part in (
        "<EventKey><![CDATA[extend]]>",
        "<TaskId><![CDATA[stale-1]]>",
        "<CardType><![CDATA[button_interaction]]>",
        "<SelectedItems><SelectedItem><QuestionKey><![CDATA[stage]]></QuestionKey><OptionIds><OptionId><![CDATA[s2]]>",
    ):
        assert part in xml
    assert emulator.inbox("liqiang")[0]["card"]["replaced"] == "已处理"
    assert emulator.inbox("wanglei")[0]["card"]["replaced"] is None
    emulator.act("click", 400, userid="liqiang", task_id="stale-1", key="extend")
    assert emulator.act("click", userid="liqiang", task_id="stale-1", key="extend", stale=True)["attempts"]


@pytest.mark.parametrize("default", ["", "s2"])
def test_a_drop_down_nobody_touched_counts_as_it_is_shown(emulator: Emulator, product: Product, default: str) -> None:
    selection = {**BUTTONS["button_selection"], "selected_id": default}  # type: ignore[dict-item]
    emulator.send("template_card", {**BUTTONS, "button_selection": selection})
    emulator.act("click", userid="liqiang", task_id="stale-1", key="extend")
    assert f"<OptionId><![CDATA[{default or 's1'}]]>" in product.received[0].xml


@pytest.mark.parametrize("later", [False, True])
def test_a_place_picked_from_the_menu_is_followed_by_its_message(
    emulator: Emulator, product: Product, later: bool
) -> None:
    menu = {"button": [{"type": "location_select", "name": "打卡", "key": "checkin"}]}
    emulator.api("menu/create", menu, agentid=APP["agentid"])
    place = {"userid": "liqiang", "key": "checkin", "lat": 31.2304, "lng": 121.4737, "label": "人民大道"}
    outcome = emulator.act("menu", **place, **{"async": later})
    until(lambda: len(product.received) == 2)
    event, message = (call.xml for call in product.received)
    assert "<Event><![CDATA[location_select]]></Event>" in event
    assert "<Location_X><![CDATA[31.2304]]></Location_X>" in event
    assert "<MsgType><![CDATA[location]]></MsgType><Location_X>31.2304</Location_X>" in message
    assert later or [outcome["attempts"][0]["status"], outcome["then"]["attempts"][0]["status"]] == [200, 200]
    until(lambda: emulator.inbox()[0]["status"] == "ok")
    assert [(entry["kind"], entry["body"]["label"]) for entry in emulator.inbox()] == [("location", "人民大道")]


def test_a_menu_press_without_a_place_sends_neither(emulator: Emulator, product: Product) -> None:
    menu = {"button": [{"type": "location_select", "name": "打卡", "key": "checkin"}]}
    emulator.api("menu/create", menu, agentid=APP["agentid"])
    emulator.act("menu", 400, userid="liqiang", key="checkin")
    assert product.received == []


def test_update_template_card_exchanges_the_card_for_the_clicker(emulator: Emulator, product: Product) -> None:
    card = (
        "<TemplateCard><CardType>text_notice</CardType><MainTitle><Title>已延期</Title></MainTitle>"
        "<HorizontalContentList><KeyName>客户</KeyName><Value>恒泽</Value></HorizontalContentList>"
        "<HorizontalContentList><KeyName>到期</KeyName><Value>周五</Value></HorizontalContentList>"
        "<CardAction><Type>1</Type><Url>http://127.0.0.1/</Url></CardAction></TemplateCard>"
    )
    product.answer = lambda call: reply(call, card, "update_template_card")
    emulator.send("template_card", BUTTONS)
    assert (
        emulator.act("click", userid="liqiang", task_id="stale-1", key="follow")["reply"]["type"]
        == "update_template_card"
    )
    drawn = emulator.inbox()[0]["body"]
    assert (drawn["main_title"]["title"], len(drawn["horizontal_content_list"])) == ("已延期", 2)


def _buttons(title: str = "已延期", text: str = "好", button: str = "", more: str = "") -> str:
    return (
        f"<TemplateCard><CardType>button_interaction</CardType><MainTitle><Title>{title}</Title></MainTitle>"
        f"<ButtonList><Text>{text}</Text><Key>k</Key>{button}</ButtonList>{more}</TemplateCard>"
    )


def test_a_card_of_documented_elements_within_the_limits_is_taken(emulator: Emulator, product: Product) -> None:
    product.answer = lambda call: reply(call, _buttons(), "update_template_card")
    emulator.send("template_card", BUTTONS)
    assert "problem" not in emulator.act("click", userid="liqiang", task_id="stale-1", key="follow")["reply"]


def test_a_button_that_says_nothing_is_reported(emulator: Emulator, product: Product) -> None:
    product.answer = lambda call: reply(call, "<Button><ReplaceName> </ReplaceName></Button>", "update_button")
    emulator.send("template_card", BUTTONS)
    assert "problem" in emulator.act("click", userid="liqiang", task_id="stale-1", key="follow")["reply"]
    assert emulator.inbox()[0]["card"]["replaced"] is None


@pytest.mark.parametrize(
    "inner",
    [
        "<TemplateCard><CardType>text_notice</CardType><Surprise>1</Surprise></TemplateCard>",
        "<TemplateCard><CardType>nonsense</CardType></TemplateCard>",
        _buttons(title="字" * 37),
        _buttons(text="字" * 11),
        _buttons(more="<HorizontalContentList><KeyName>六个字的名字</KeyName></HorizontalContentList>"),
        _buttons(more="<TaskId>stale-1</TaskId>"),
        _buttons(button="<Type>1</Type>"),
        "",
    ],
)
def test_an_answer_outside_the_schema_is_reported_and_changes_nothing(
    emulator: Emulator, product: Product, inner: str
) -> None:
    product.answer = lambda call: reply(call, inner, "update_template_card")
    emulator.send("template_card", BUTTONS)
    assert "problem" in emulator.act("click", userid="liqiang", task_id="stale-1", key="follow")["reply"]
    assert emulator.inbox()[0]["card"]["replaced"] is None
    assert emulator.inbox()[0]["body"]["main_title"] == BUTTONS["main_title"]


def test_an_answer_that_is_not_sealed_is_reported(emulator: Emulator, product: Product) -> None:
    product.answer = lambda _: b"hello"
    assert "problem" in emulator.act("say", userid="liqiang", text="在吗")["reply"]


def test_contact_and_customer_events_have_no_agent_and_take_no_answer(emulator: Emulator, product: Product) -> None:
    added = emulator.act("stranger", userid="liqiang", name="秦朗", corp_name="太仓远驰机电有限公司", state="ch01")
    assert added["external_userid"].startswith("wo")
    emulator.act("unfriend", userid="liqiang", external_userid=added["external_userid"], by="customer")
    emulator.act("member", userid="sunyue", status=2)
    changes = ["add_external_contact", "del_follow_user", "update_user"]
    for call, change in zip(product.received, changes, strict=True):
        assert f"<ChangeType><![CDATA[{change}]]></ChangeType>" in call.xml
        assert "<FromUserName><![CDATA[sys]]>" in call.xml
        assert "AgentID" not in call.xml
        assert b"AgentID" not in call.body
    assert "<State><![CDATA[ch01]]></State><WelcomeCode>" in product.received[0].xml


def test_an_answer_to_an_event_that_takes_none_is_reported(emulator: Emulator, product: Product) -> None:
    product.answer = lambda call: reply(call, "<Content>欢迎</Content>", to="sys")
    outcome = emulator.act("stranger", userid="liqiang", name="秦朗")
    assert "takes no answer" in outcome["reply"]["problem"]


def test_anything_can_be_sent_raw(emulator: Emulator, product: Product) -> None:
    xml = '<!DOCTYPE a [<!ENTITY b "c">]><xml><MsgType>text</MsgType></xml>'
    outcome = emulator.act("event", xml=xml)
    assert outcome["attempts"][0]["status"] == 200
    assert product.received[0].xml == xml
