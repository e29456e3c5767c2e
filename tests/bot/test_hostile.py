"""What strangers and broken machines send: refused without a word, kept, or answered; never a crash."""

import base64
import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config.vocabulary import InboxState
from crm import uow
from gateways.spool import Spool
from models.customers import Customer
from models.messages import InboxEvent
from tests.bot.wecom import PATH, ClockFile, Wecom, settings_of
from tests.support import stores
from tests.support.company import customer, rows
from tests.support.postgres import Server
from tests.support.process import free_port
from wsgi import create_app

Sealed = tuple[str, bytes]


def wrong_signature(wecom: Wecom) -> Sealed:
    query, body = wecom.seal(wecom.text("Zhang", "/新建 甲机电"))
    return query.replace("msg_signature=", "msg_signature=0"), body


def no_signature(wecom: Wecom) -> Sealed:
    return "", wecom.seal(wecom.text("Zhang", "/新建 甲机电"))[1]


def odd_signature(wecom: Wecom) -> Sealed:
    return "msg_signature=%ED%A0%80%FF龘&timestamp=龘&nonce=%00", wecom.seal("<xml/>")[1]


def another_receiver(wecom: Wecom) -> Sealed:
    return wecom.seal(wecom.text("Zhang", "/新建 甲机电"), to="wwsomebodyelse")


def _cipher(wecom: Wecom) -> str:
    return wecom.seal(wecom.text("Zhang", "/新建 甲机电"))[1].decode().split("<Encrypt><![CDATA[")[1].split("]]>")[0]


def cut_short(wecom: Wecom) -> Sealed:
    return wecom.signed(base64.b64encode(base64.b64decode(_cipher(wecom))[:-16]).decode())


def not_whole_blocks(wecom: Wecom) -> Sealed:
    return wecom.signed(base64.b64encode(base64.b64decode(_cipher(wecom))[:-5]).decode())


def last_block_changed(wecom: Wecom) -> Sealed:
    raw = base64.b64decode(_cipher(wecom))
    return wecom.signed(base64.b64encode(raw[:-16] + secrets.token_bytes(16)).decode())


def only_a_key_block(wecom: Wecom) -> Sealed:
    return wecom.signed(base64.b64encode(b"\0" * 16).decode())


def not_base64(wecom: Wecom) -> Sealed:
    return wecom.signed("&&&&")


def nothing_encrypted(wecom: Wecom) -> Sealed:
    return wecom.signed("")


def two_ciphers(wecom: Wecom) -> Sealed:
    query, body = wecom.seal(wecom.text("Zhang", "/新建 甲机电"))
    return query, body.replace(b"</xml>", b"<Encrypt>AAAA</Encrypt></xml>")


def with_a_dtd(wecom: Wecom) -> Sealed:
    query, body = wecom.seal(wecom.text("Zhang", "/新建 甲机电"))
    return query, b'<!DOCTYPE xml [<!ENTITY a "b">]>' + body


def not_xml(wecom: Wecom) -> Sealed:
    return wecom.seal("<xml/>")[0], b"\xff\xfe\x00\x01"


def empty(wecom: Wecom) -> Sealed:
    return wecom.seal("<xml/>")[0], b""


FORGERIES: list[Callable[[Wecom], Sealed]] = [
    wrong_signature, no_signature, odd_signature, another_receiver, cut_short, not_whole_blocks, last_block_changed,
    only_a_key_block, not_base64, nothing_encrypted, two_ciphers, with_a_dtd, not_xml, empty,
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES)
def test_every_forgery_gets_the_same_bare_403(wecom: Wecom, forge: Callable[[Wecom], Sealed]) -> None:
    answer = wecom.push(*forge(wecom))
    plain = wecom.push(*wrong_signature(wecom))
    assert (answer.status_code, answer.data) == (403, b"")
    assert sorted(answer.headers) == sorted(plain.headers)
    assert (rows(InboxEvent), rows(Customer)) == ([], [])


def test_an_address_check_that_is_forged_gets_the_same(wecom: Wecom) -> None:
    for echo in ("", "AAAA", "龘", _cipher(wecom)):
        query = {"msg_signature": "0" * 40, "timestamp": "1", "nonce": "n", "echostr": echo}
        answer = wecom.app.test_client().get(PATH, query_string=query)
        assert (answer.status_code, answer.data) == (403, b"")


def test_a_body_of_ten_megabytes_is_turned_away_unread(wecom: Wecom) -> None:
    query, _ = wecom.seal("<xml/>")
    began = time.monotonic()
    answer = wecom.push(query, b"<xml><Encrypt>" + b"A" * 10_000_000 + b"</Encrypt></xml>")
    assert (answer.status_code, answer.data) == (413, b"")
    assert time.monotonic() - began < 2


UNREADABLE = {
    "invalid utf-8": b"<xml><MsgType>text</MsgType><Content>\xff\xfe</Content></xml>",
    "NUL": b"<xml><MsgType>text</MsgType><Content>a\x00b</Content></xml>",
    "a DTD": b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Content>&a;</Content></xml>',
    "no XML": b"hello",
    "nothing": b"",
    "too deep": b"<a>" * 200 + b"</a>" * 200,
    "cut off": b"<xml><MsgType>text</Msg",
}


@pytest.mark.parametrize("plain", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_genuine_but_cannot_be_read_is_kept_as_it_came(wecom: Wecom, plain: bytes) -> None:
    assert [wecom.post(plain).status_code for _ in range(2)] == [200, 200]
    (kept,) = rows(InboxEvent)
    assert (kept.state, kept.msg_type) == (InboxState.KEPT, "unreadable")


def test_a_document_without_anything_in_it_is_kept(wecom: Wecom) -> None:
    for plain in ("<xml></xml>", "<xml><MsgType></MsgType></xml>", "<xml><MsgType><a>b</a></MsgType></xml>"):
        assert wecom.post(plain).status_code == 200
    assert {row.state for row in rows(InboxEvent)} == {InboxState.KEPT}


@pytest.mark.parametrize("name", ["ToUserName", "FromUserName", "CreateTime", "MsgId", "AgentID", "Content"])
def test_each_element_of_a_message_may_be_missing(wecom: Wecom, name: str) -> None:
    assert wecom.post(wecom.text("Zhang", "/客户", **{name: None})).status_code == 200
    assert rows(InboxEvent)[0].state == InboxState.DONE


@pytest.mark.parametrize("name", ["EventKey", "TaskId", "CardType", "ResponseCode"])
def test_each_element_of_a_tap_may_be_missing(wecom: Wecom, name: str) -> None:
    fields = {"EventKey": "k", "TaskId": "t", "CardType": "c", "ResponseCode": "r"}
    del fields[name]
    assert wecom.post(wecom.event("Zhang", "template_card_event", **fields)).status_code == 200


TWO = [{"QuestionKey": "a"}, {"QuestionKey": "b", "OptionIds": {"OptionId": ["1", "2"]}}]
PICKED: list[object] = [
    "",
    {"SelectedItem": ""},
    {"SelectedItem": TWO},
    {"SelectedItem": {"QuestionKey": "a", "OptionIds": ""}},
    {"SelectedItem": ["x", "y"]},
    {"SelectedItem": {"OptionIds": {"OptionId": {"a": "b"}}}},
]


@pytest.mark.parametrize("picked", PICKED)
def test_a_drop_down_may_bring_none_one_or_many(wecom: Wecom, picked: object) -> None:
    tap = wecom.event("Zhang", "template_card_event", EventKey="k", TaskId="t", SelectedItems=picked)
    assert wecom.post(tap).status_code == 200
    assert rows(InboxEvent)[0].state == InboxState.DONE


WORDS = [
    *("a]]>b", "😀👨‍👩‍👧‍👦🇨🇳", "<a href='x'>y</a>", "$userName=li$", "\u202e倒过来\u2066", "％ＦＵＬＬ", "%s%n{0}"),
    *("'; DROP TABLE customer; --", "长" * 600, "\ufeff零宽\u200b", "_%\\", "𠮷野家", "a\r\nb\u2028c", "~" * 2000),
]
PLACES = ["", "/新建 ", "/客户 ", "/跟进 ", "/待办 ", "/商机 ", "/查重 ", "/关联 ", "/帮助 ", "/"]


@pytest.mark.parametrize("command", PLACES)
def test_strange_words_are_answered_in_every_place(wecom: Wecom, command: str) -> None:
    customer("Zhang", "华东泵业有限公司")
    for words in WORDS:
        wecom.say("Zhang", "/关联 华东泵业")
        said = wecom.say("Zhang", command + words)
        assert said, words
        assert len(said.encode()) <= 2048
        assert "<a href" not in said
    assert InboxState.FAILED not in [row.state for row in rows(InboxEvent)]


def test_numbers_no_machine_can_hold_are_only_kept(wecom: Wecom) -> None:
    for value in ("9" * 400, "-" + "9" * 30, "1e999", "253402300799", "0", "٣", ""):
        assert wecom.post(wecom.text("Zhang", "/客户", CreateTime=value)).status_code == 200
    assert wecom.post(wecom.text("Zhang", "/客户", MsgId="9" * 3000)).status_code == 200
    assert wecom.post(wecom.text("z" * 5000, "/客户")).status_code == 200
    assert wecom.post(wecom.event("Zhang" * 100, "click" * 100, EventKey="k" * 5000)).status_code == 200
    assert InboxState.FAILED not in [row.state for row in rows(InboxEvent)]


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool.db")


@pytest.mark.slow
def test_while_the_store_is_locked_callbacks_wait_in_the_spool(wecom: Wecom, company_url: str, spool: Spool) -> None:
    if not company_url.startswith("sqlite"):
        pytest.skip("only SQLite can be locked as a whole")
    lock = sqlite3.connect(company_url.removeprefix("sqlite:///"), isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    answer = wecom.post(wecom.text("Zhang", "/新建 甲机电"))
    took = time.monotonic() - began
    lock.rollback()
    lock.close()
    assert (answer.status_code, answer.data, spool.count()) == (200, b"", 1)
    assert took < 4.5
    (kept,) = spool.oldest(1)
    assert wecom.push(kept.query, kept.body, **wecom.drained(kept.query, kept.body)).status_code == 200
    assert "已新建「甲机电」" in wecom.waiting("Zhang")[-1].body


def test_while_nobody_listens_at_the_stores_door_callbacks_wait_in_the_spool(
    clock: ClockFile, tmp_path: Path, spool: Spool
) -> None:
    url = f"postgresql+psycopg://crm@127.0.0.1:{free_port()}/crm"
    wecom = Wecom(create_app(settings_of(url, tmp_path)), clock)
    assert [wecom.post(wecom.text("Zhang", "/客户")).status_code for _ in range(2)] == [200, 200]
    assert spool.count() == 2
    assert wecom.push(*wrong_signature(wecom)).status_code == 403
    query, body = wecom.seal(wecom.text("Zhang", "/客户"))
    assert wecom.push(query, body, **wecom.drained(query, body)).status_code == 503
    assert spool.count() == 2
    uow.dispose()


@pytest.mark.postgres
def test_when_the_server_goes_away_under_us_nothing_is_lost(clock: ClockFile, tmp_path: Path, spool: Spool) -> None:
    server = Server()
    try:
        url = server.create_database()
        stores.upgrade(url)
        wecom = Wecom(create_app(settings_of(url, tmp_path)), clock)
        assert "还没有您的账号" in wecom.say("Zhang", "/客户")
    finally:
        server.stop()
    assert [wecom.post(wecom.text("Zhang", "/客户")).status_code for _ in range(3)] == [200] * 3
    assert spool.count() == 3
    uow.dispose()


def test_when_even_the_spool_is_full_wecom_is_told_to_come_again(clock: ClockFile, tmp_path: Path) -> None:
    (tmp_path / "spool.db").mkdir()
    url = f"postgresql+psycopg://crm@127.0.0.1:{free_port()}/crm"
    wecom = Wecom(create_app(settings_of(url, tmp_path)), clock)
    answer = wecom.post(wecom.text("Zhang", "/客户"))
    assert (answer.status_code, answer.data) == (503, b"")
    uow.dispose()
