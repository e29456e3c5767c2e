"""Fault switches, the clock, what survives a restart, and bodies nobody should send."""

import json
import signal
import time
from pathlib import Path

import pytest
import requests

from tests.emulator.conftest import APP, Emulator, Product, running, until


@pytest.mark.parametrize(
    ("switch", "code"),
    [("busy", -1), ("rate_limited", 45009), ("concurrent", 45033), ("untrusted_ip", 60020), ("forbidden", 48002)],
)
def test_a_refusing_switch_hits_the_next_calls_of_its_path_only(emulator: Emulator, switch: str, code: int) -> None:
    emulator.act("faults", api={"message/send": {switch: True, "fail_next": 2}})
    codes = [emulator.send("text", {"content": "x"})["errcode"] for _ in range(3)]
    assert codes == [code, code, 0]
    assert emulator.look("faults") == {"api": {}, "callback": {}}


def test_a_switch_on_every_path_stays_until_it_is_switched_off(emulator: Emulator) -> None:
    token = emulator.token()
    emulator.act("faults", api={"*": {"busy": True}})
    for path in ("agent/get", "department/list", "user/get"):
        assert emulator.api(path, token=token, agentid=APP["agentid"])["errcode"] == -1
    emulator.act("faults")
    assert emulator.api("agent/get", token=token, agentid=APP["agentid"])["errcode"] == 0


def test_http_500_is_a_500(emulator: Emulator) -> None:
    emulator.act("faults", api={"gettoken": {"http_500": True}})
    assert requests.get(f"{emulator.base}/cgi-bin/gettoken", timeout=10).status_code == 500


def test_reset_after_has_done_the_work_but_gives_no_answer(emulator: Emulator) -> None:
    token = emulator.token()
    emulator.act("faults", api={"message/send": {"reset_after": True, "fail_next": 1}})
    body = {"touser": "liqiang", "msgtype": "text", "agentid": APP["agentid"], "text": {"content": "到了"},
            "enable_duplicate_check": 1}  # fmt: skip
    with pytest.raises(requests.ConnectionError):
        emulator.api("message/send", body, token=token)
    assert emulator.api("message/send", body, token=token)["errcode"] == 0
    assert [entry["body"]["content"] for entry in emulator.inbox()] == ["到了"]


def test_hang_gives_no_answer_for_as_long_as_it_says(emulator: Emulator) -> None:
    token = emulator.token()
    emulator.act("faults", api={"agent/get": {"hang": 0.3, "fail_next": 1}})
    began = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        emulator.api("agent/get", token=token, agentid=APP["agentid"])
    assert time.monotonic() - began >= 0.3


def test_an_unknown_switch_is_refused(emulator: Emulator) -> None:
    assert "nonsense" in emulator.act("faults", 400, api={"*": {"nonsense": True}})["message"]
    emulator.act("faults", 400, callback={"busy": True})


def test_the_clock_moves_by_its_file_whoever_writes_it(emulator: Emulator) -> None:
    emulator.act("clock", advance=86400)
    assert float((emulator.folder / "clock").read_text()) == 86400
    (emulator.folder / "clock").write_text("172800")
    assert emulator.look("clock")["offset"] == 172800
    assert emulator.look("clock")["now"] == pytest.approx(time.time() + 172800, abs=5)
    emulator.act("clock", 400, advance=1e300)
    emulator.act("clock", reset=True)
    assert emulator.look("clock")["offset"] == 0


def test_a_callback_carries_the_emulators_time(emulator: Emulator, product: Product) -> None:
    emulator.act("clock", advance=30 * 86400)
    emulator.act("say", userid="liqiang", text="下个月")
    assert int(product.received[0].query["timestamp"]) == pytest.approx(time.time() + 30 * 86400, abs=5)


def test_who_may_not_use_the_app_cannot_speak_to_it(emulator: Emulator) -> None:
    for userid in ("guxin", "tangjie", "nobody"):
        emulator.act("say", 400, userid=userid, text="在吗")


def test_a_foreign_page_cannot_press_buttons(emulator: Emulator) -> None:
    answer = requests.post(
        f"{emulator.base}/emu/api/reset", data="{}", headers={"Content-Type": "text/plain"}, timeout=10
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "action", ["say", "location", "media", "menu", "click", "stranger", "unfriend", "member", "clock", "event"]
)
@pytest.mark.parametrize("value", [None, 5, [], {}, [[1]], "x", "\ud800", True])
def test_no_body_breaks_the_control_api(emulator: Emulator, action: str, value: object) -> None:
    names = ("text", "lat", "lng", "msgtype", "data", "key", "task_id", "selected", "name", "external_userid", "status",
             "department", "direct_leader", "advance", "xml", "Event")  # fmt: skip
    body = {"userid": "liqiang", **dict.fromkeys(names, value)}
    answer = requests.post(f"{emulator.base}/emu/api/{action}", json=body, timeout=30)
    assert answer.status_code in (200, 400)


def test_the_wire_log_shows_both_directions_and_no_secret(emulator: Emulator) -> None:
    token = emulator.token()
    emulator.api("agent/get", token=token, agentid=APP["agentid"])
    emulator.act("say", userid="liqiang", text="在吗")
    entries = emulator.look("wire")["entries"]
    assert {entry["direction"] for entry in entries} == {"in", "out"}
    text = json.dumps(entries, ensure_ascii=False)
    assert "在吗" in text
    assert token not in text
    assert APP["secret"] not in text


def test_media_can_be_uploaded_fetched_and_expires(emulator: Emulator) -> None:
    url, token = f"{emulator.base}/cgi-bin/media/upload", emulator.token()
    up = requests.post(
        url, params={"access_token": token, "type": "image"}, files={"media": ("a.png", b"123456")}, timeout=10
    ).json()
    got = requests.get(
        f"{emulator.base}/cgi-bin/media/get", params={"access_token": token, "media_id": up["media_id"]}, timeout=10
    )
    assert (got.content, got.headers["Content-Type"]) == (b"123456", "image/png")
    empty = requests.post(
        url, params={"access_token": token, "type": "image"}, files={"media": ("a.png", b"1")}, timeout=10
    ).json()
    assert empty["errcode"] == 44001
    emulator.act("clock", advance=3 * 86400 + 1)
    assert emulator.api("media/get", media_id=up["media_id"])["errcode"] == 40007


@pytest.mark.slow
def test_a_restart_keeps_chats_friends_tokens_ids_and_menu(tmp_path: Path, product: Product) -> None:
    menu = {"button": [{"type": "click", "name": "待办", "key": "todo"}]}
    with running(tmp_path, product.url) as before:
        token = before.token()
        before.send("text", {"content": "还在吗"})
        before.api("menu/create", menu, agentid=APP["agentid"])
        external = before.act("stranger", userid="wanglei", name="新客", corp_name="某厂")["external_userid"]
        before.act("member", userid="sunyue", status=2)
        before.act("say", userid="liqiang", text="一")
    with running(tmp_path, product.url) as after:
        assert after.token() == token
        assert [entry["body"]["content"] for entry in after.inbox()] == ["还在吗", "一"]
        assert after.api("menu/get", agentid=APP["agentid"])["button"] == menu["button"]
        assert after.api("externalcontact/list", userid="wanglei")["external_userid"] == [external]
        assert after.api("user/get", userid="sunyue")["status"] == 2
        after.act("say", userid="liqiang", text="二")
    ids = [call.xml.split("<MsgId>")[1].split("<")[0] for call in product.received if "<MsgId>" in call.xml]
    assert len(set(ids)) == 2


@pytest.mark.slow
def test_a_killed_emulator_has_saved_what_was_said_a_moment_ago(tmp_path: Path, product: Product) -> None:
    with running(tmp_path, product.url) as before:
        before.send("text", {"content": "刚才"})
        until(lambda: (tmp_path / "emulator.json").exists() and "刚才" in (tmp_path / "emulator.json").read_text())
        before.process.send_signal(signal.SIGKILL)
        before.process.wait()
    with running(tmp_path, product.url) as after:
        assert [entry["body"]["content"] for entry in after.inbox()] == ["刚才"]


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["{", "[]", '{"version": 1}', "\x00\xff"])
def test_a_corrupt_state_file_starts_afresh_with_a_word(tmp_path: Path, product: Product, broken: str) -> None:
    (tmp_path / "emulator.json").write_text(broken, encoding="latin-1")
    with running(tmp_path, product.url) as emulator:
        assert emulator.inbox() == []
    assert "starting afresh" in (tmp_path / "stderr").read_text()
