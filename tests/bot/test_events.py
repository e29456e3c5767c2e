"""Events: each once, whatever the platform repeats, renames or invents; what nobody listens to is kept."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot import router
from config.vocabulary import InboxState
from crm import uow
from models.audit import AuditEntry
from models.customers import Customer
from models.messages import InboxEvent, OutboxMessage
from models.people import Person
from models.timeline import TimelineEntry
from tests.bot.wecom import CORP, ClockFile, Wecom
from tests.support.company import MINUTE, at_once, customer, rows

DATA = os.environ.get("REAL_DATA_DIR")


def states() -> list[str]:
    return [row.state for row in rows(InboxEvent)]


def test_the_address_check_gets_the_bare_word_back(wecom: Wecom) -> None:
    query, body = wecom.seal("1616140317555161061")
    echo = body.decode().split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    answer = wecom.app.test_client().get(f"/wecom/callback?{query}", query_string=None)
    assert answer.status_code == 403
    parts = dict(part.split("=") for part in query.split("&"))
    answer = wecom.app.test_client().get("/wecom/callback", query_string={**parts, "echostr": echo})
    assert (answer.status_code, answer.data) == (200, b"1616140317555161061")


def test_a_retry_gets_the_same_answer_and_one_effect(wecom: Wecom) -> None:
    sealed = wecom.text("Zhang", "/新建 华东泵业")
    answers = {wecom.hear(sealed) for _ in range(4)}
    assert len(answers) == 1
    assert "已新建" in answers.pop()
    assert len(rows(Customer)) == len(rows(InboxEvent)) == len(rows(AuditEntry)) - 1 == 1


def test_the_same_bytes_again_are_the_same_event(wecom: Wecom) -> None:
    query, body = wecom.seal(wecom.text("Zhang", "/新建 华东泵业"))
    assert [wecom.push(query, body).status_code for _ in range(3)] == [200] * 3
    assert len(rows(Customer)) == 1


def test_a_refusal_is_repeated_even_when_it_would_not_be_refused_any_more(wecom: Wecom) -> None:
    sealed = wecom.text("Zhang", "/关联 华东泵业")
    first = wecom.hear(sealed)
    customer("Zhang", "华东泵业有限公司")
    assert wecom.hear(sealed) == first


@pytest.mark.parametrize("words", ["/新建 华东泵业有限公司", "/新建", "今天聊得不错", "/关联 火星"])
def test_eight_deliveries_at_once_are_one_effect_and_one_answer(wecom: Wecom, words: str) -> None:
    sealed = wecom.text("Zhang", words)
    answers = at_once([lambda: wecom.hear(sealed)] * 8)
    assert len(set(map(str, answers))) == 1
    assert isinstance(answers[0], str)
    assert answers[0]
    assert len(rows(InboxEvent)) == 1
    assert len(rows(Customer)) <= 1


def test_two_events_of_one_person_in_the_same_second_are_two(wecom: Wecom) -> None:
    second = int(wecom.clock.now().timestamp())
    for external in ("wmAAAA", "wmBBBB"):
        fields = {"ChangeType": "add_external_contact", "UserID": "Zhang", "ExternalUserID": external}
        wecom.hear(wecom.event("sys", "change_external_contact", CreateTime=second, AgentID=None, **fields))
    assert [(row.object_id, row.state) for row in rows(InboxEvent)] == [("wmAAAA", "waiting"), ("wmBBBB", "waiting")]


def test_two_people_may_send_the_same_words_in_the_same_second(wecom: Wecom) -> None:
    for who in ("Zhang", "sun"):
        wecom.say(who, "/新建 甲机电" if who == "Zhang" else "/新建 乙水泵")
    assert len(rows(Customer)) == 2


def test_what_is_older_than_ten_minutes_is_kept_and_not_done(wecom: Wecom, clock: ClockFile) -> None:
    old, fresh = wecom.text("Zhang", "/新建 甲机电"), clock.now() + 2 * MINUTE
    clock.forward(11 * MINUTE)
    assert wecom.hear(old) == ""
    assert wecom.hear(old) == ""
    assert (states(), rows(Customer)) == ([InboxState.LATE], [])
    wecom.hear(wecom.text("Zhang", "/新建 乙水泵", CreateTime=int(fresh.timestamp())))
    assert [c.name for c in rows(Customer)] == ["乙水泵"]


def test_what_waited_in_the_spool_counts_from_when_it_first_came(wecom: Wecom, clock: ClockFile) -> None:
    query, body = wecom.seal(wecom.text("Zhang", "/新建 甲机电"))
    headers = wecom.drained(query, body)
    clock.forward(timedelta(hours=5))
    assert wecom.push(query, body, **{**headers, "X-Spool-Mark": "0" * 64}).status_code == 200
    assert (states(), rows(Customer)) == ([InboxState.LATE], [])
    query, body = wecom.seal(wecom.text("Zhang", "/新建 乙水泵", CreateTime=int(clock.now().timestamp()) - 18000))
    clock.forward(timedelta(hours=-5))
    headers = wecom.drained(query, body)
    clock.forward(timedelta(hours=5))
    assert wecom.push(query, body, **headers).data == b""
    assert [c.name for c in rows(Customer)] == ["乙水泵"]
    assert "已新建「乙水泵」" in wecom.waiting("Zhang")[-1].body


@pytest.mark.parametrize("strange", [{"ToUserName": "wwsomebodyelse"}, {"AgentID": 1000077}])
def test_what_is_meant_for_somebody_else_is_kept_and_not_done(wecom: Wecom, strange: dict[str, object]) -> None:
    assert wecom.hear(wecom.text("Zhang", "/新建 甲机电", **strange)) == ""
    assert (states(), rows(Customer)) == ([InboxState.KEPT], [])


KEPT: list[tuple[str, dict[str, object]]] = [
    ("unsubscribe", {}),
    ("LOCATION", {"Latitude": 23.1, "Longitude": 113.3, "Precision": 65.0}),
    ("view", {"EventKey": "https://x"}),
    ("view_miniprogram", {"EventKey": "pages/x"}),
    ("scancode_push", {"EventKey": "k", "ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "1"}}),
    ("pic_sysphoto", {"EventKey": "k", "SendPicsInfo": {"Count": 2, "PicList": [{"item": {"PicMd5Sum": "a"}}] * 2}}),
    ("taskcard_click", {"EventKey": "k", "TaskId": "t"}),
    ("template_card_menu_event", {"EventKey": "k", "TaskId": "t", "CardType": "c", "ResponseCode": "r"}),
    ("batch_job_result", {"BatchJob": {"JobId": "j", "JobType": "sync_user", "ErrCode": 0, "ErrMsg": "ok"}}),
    ("upload_media_job_finish", {"JobId": "j"}),
    ("switch_workbench_mode", {"Mode": 1}),
    ("close_inactive_agent", {}),
    ("reopen_inactive_agent", {}),
    ("inactive_alert", {"EffectTime": 1}),
    ("share_agent_change", {}),
    ("change_contact", {"ChangeType": "update_tag", "TagId": 1, "AddUserItems": "a,b"}),
    ("change_external_contact", {"ChangeType": "transfer_fail", "UserID": "Zhang", "ExternalUserID": "wm"}),
    ("sys_approval_change", {"ApprovalInfo": {"SpNo": 1, "SpRecord": [{"SpStatus": 1}, {"SpStatus": 2}]}}),
    ("open_approval_change", {"ApprovalInfo": {"ThirdNo": "1"}}),
    ("kf_msg_or_event", {"Token": "t", "OpenKfId": "k"}),
    ("an_event_of_tomorrow", {"Whatever": {"Deep": {"Deeper": "x"}}}),
]


@pytest.mark.parametrize(("name", "values"), KEPT, ids=[f"{n} {v.get('ChangeType', '')}" for n, v in KEPT])
def test_every_event_that_nobody_listens_to_is_kept(wecom: Wecom, name: str, values: dict[str, object]) -> None:
    assert wecom.hear(wecom.event("Zhang", name, **values)) == ""
    (kept,) = rows(InboxEvent)
    assert (kept.state, kept.event) == (InboxState.KEPT, name)
    assert rows(OutboxMessage) == []


LATER = [
    *((f"{verb}_{noun}", "change_contact") for verb in ("create", "update", "delete") for noun in ("user", "party")),
    *((change, "change_external_contact") for change in ("add_external_contact", "add_half_external_contact")),
    *((change, "change_external_contact") for change in ("del_external_contact", "del_follow_user")),
    *((change, "change_external_contact") for change in ("edit_external_contact", "msg_audit_approved")),
    *((change, "change_external_chat") for change in ("create", "update", "dismiss")),
    *((change, "change_external_tag") for change in ("create", "update", "delete", "shuffle")),
    ("", "msgaudit_notify"),
]


@pytest.mark.parametrize(("change", "name"), LATER)
def test_what_needs_wecom_is_left_to_a_job_in_any_spelling(wecom: Wecom, change: str, name: str) -> None:
    for spelled in (name, name.upper()):
        fields = {"ChangeType": change, "UserID": "Zhang", "ExternalUserID": "wmA", "Id": 7}
        assert wecom.hear(wecom.event("sys", spelled, AgentID=None, **fields)) == ""
    assert states() == [InboxState.WAITING] * 2


@pytest.mark.parametrize("kind", ["", "shortvideo", "miniprogram", "龘", "x" * 500])
def test_a_message_of_an_unknown_kind_is_kept(wecom: Wecom, kind: str) -> None:
    assert wecom.hear(wecom.document("Zhang", kind, Content="x")) == ""
    assert states() == [InboxState.KEPT]


def test_a_bug_of_ours_keeps_the_event_and_says_so(wecom: Wecom, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one thing that cannot happen for real: a handler that breaks in a way nobody foresaw."""

    def broken(*_: object) -> str:
        raise ZeroDivisionError("inner detail")

    monkeypatch.setitem(router._names, "帮助", router.Command("帮助", "", "", broken))
    sealed = wecom.text("Zhang", "/帮助")
    said = wecom.hear(sealed)
    assert "系统出错了" in said
    assert "inner detail" not in said
    assert wecom.hear(sealed) == said
    assert states() == [InboxState.FAILED]


def test_a_member_of_a_changed_userid_in_another_case_is_the_same_person(wecom: Wecom) -> None:
    assert "已新建" in wecom.say("ZHANG", "/新建 甲机电")
    with uow.transaction() as s:
        s.execute(update(Person).where(Person.id == 1).values(userid="zhangsan2", userid_key="zhangsan2"))
    assert "甲机电" in wecom.say("zhangsan2", "/客户")
    assert "还没有您的账号" in wecom.say("Zhang", "/客户")


@pytest.mark.skipif(not DATA, reason="REAL_DATA_DIR not set")
def test_everything_seen_in_the_wild_is_handled_or_kept(wecom: Wecom) -> None:
    documents = sorted(Path(str(DATA), "wecom_fixtures", "xml").glob("*.xml"))
    assert len(documents) > 50
    for path in documents:
        assert wecom.post(path.read_bytes()).status_code == 200, path.name
    assert InboxState.FAILED not in states()
    assert len(rows(InboxEvent)) > 50
    assert rows(TimelineEntry) == []


def test_real_documents_are_worked_when_they_are_addressed_to_us(wecom: Wecom) -> None:
    if not DATA:
        pytest.skip("REAL_DATA_DIR not set")
    for path in sorted(Path(DATA, "wecom_fixtures", "xml").glob("*.xml")):
        words = path.read_text(encoding="utf-8", errors="replace")
        for name, value in (("ToUserName", CORP), ("AgentID", "1000002"), ("FromUserName", "Zhang")):
            before, found, rest = words.partition(f"<{name}>")
            if found:
                words = f"{before}<{name}>{value}</{name}>{rest.partition(f'</{name}>')[2]}"
        assert wecom.post(words).status_code == 200, path.name
    assert InboxState.FAILED not in states()
