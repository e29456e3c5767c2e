"""Token rules of the server API: one token while valid, and the documented refusals."""

import re

import pytest
import requests

from tests.emulator.conftest import APP, CORP, Emulator


def gettoken(emulator: Emulator, corpid: str = CORP, secret: str = APP["secret"]) -> dict[str, object]:
    answer = requests.get(
        f"{emulator.base}/cgi-bin/gettoken", params={"corpid": corpid, "corpsecret": secret}, timeout=10
    )
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


def test_the_same_token_comes_back_while_it_is_valid(emulator: Emulator) -> None:
    first, again = gettoken(emulator), gettoken(emulator)
    assert first["access_token"] == again["access_token"]
    assert isinstance(first["expires_in"], int)
    assert 0 < first["expires_in"] <= 7200


def test_wrong_corp_and_wrong_secret_are_named(emulator: Emulator) -> None:
    assert gettoken(emulator, corpid="wwother")["errcode"] == 40013
    assert gettoken(emulator, secret="wrong")["errcode"] == 40001


def test_missing_unknown_and_expired_tokens_are_told_apart(emulator: Emulator) -> None:
    token = emulator.token()
    assert emulator.api("agent/get", agentid=APP["agentid"], token="")["errcode"] == 41001
    assert emulator.api("agent/get", agentid=APP["agentid"], token="madeup")["errcode"] == 40014
    assert emulator.api("agent/get", agentid=APP["agentid"], token=token)["errcode"] == 0
    emulator.act("clock", advance=7201)
    assert emulator.api("agent/get", agentid=APP["agentid"], token=token)["errcode"] == 42001
    fresh = emulator.token()
    assert fresh != token
    assert emulator.api("agent/get", agentid=APP["agentid"], token=fresh)["errcode"] == 0


def test_a_refusal_has_the_platforms_hint_format(emulator: Emulator) -> None:
    refused = emulator.api("agent/get", agentid=APP["agentid"], token="madeup")
    pattern = (
        r"invalid access_token, hint: \[\d+\], from ip: 127\.0\.0\.1, "
        r"more info at https://open\.work\.weixin\.qq\.com/devtool/query\?e=40014"
    )
    assert re.fullmatch(pattern, refused["errmsg"])


def test_a_token_serves_its_own_app_only(emulator: Emulator) -> None:
    assert emulator.api("agent/get", agentid=1000099)["errcode"] == 301002
    assert (
        emulator.api("message/send", {"touser": "liqiang", "msgtype": "text", "agentid": 1, "text": {"content": "x"}})[
            "errcode"
        ]
        == 301002
    )


@pytest.mark.parametrize(("switch", "code"), [("token_expired", 42001), ("token_invalid", 40014)])
def test_a_token_ended_early_is_refused_once_and_then_replaced(emulator: Emulator, switch: str, code: int) -> None:
    before = emulator.token()
    emulator.act("faults", api={"agent/get": {switch: True, "fail_next": 1}})
    assert emulator.api("agent/get", agentid=APP["agentid"], token=before)["errcode"] == code
    after = emulator.token()
    assert after != before
    assert emulator.api("agent/get", agentid=APP["agentid"], token=after)["errcode"] == 0


def test_an_unreadable_body_and_a_wrong_method_are_request_errors(emulator: Emulator) -> None:
    url = f"{emulator.base}/cgi-bin/message/send?access_token={emulator.token()}"
    assert requests.post(url, data=b"{", timeout=10).json()["errcode"] == 47001
    assert requests.get(url, timeout=10).json()["errcode"] == 43002
