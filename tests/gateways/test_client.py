"""The client against a real server: what it sends, what it reads, and what it says when things go wrong."""

import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateways.wecom import wire
from gateways.wecom.client import Sent, WecomClient
from gateways.wecom.errors import Kind
from tests.gateways.tiny_wecom import OK, SECRET, Answer, Call, TinyWecom, always, client_of, failing


def test_a_message_is_posted_byte_for_byte(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["message/send"] = always(OK | {"msgid": "m1", "response_code": "rc", "invaliduser": ""})
    document = '{"touser":"zhangsan","text":{"content":"你好 😀"}}'
    assert client.send(document) == Sent("m1", "rc", frozenset())
    sent = wecom.calls[-1]
    assert sent.body == document.encode()
    assert sent.query == {"access_token": "t1"}
    assert wecom.calls[0].query == {"corpid": "ww1", "corpsecret": SECRET}


def test_receivers_who_did_not_get_it_are_named_without_case(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["message/send"] = always(OK | {"invaliduser": "ZhangSan|li", "unlicenseduser": "Wang", "msgid": "m"})
    assert client.send("{}").invalid_users == {"zhangsan", "li", "wang"}


def test_twenty_threads_share_one_token(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["agent/get"] = always(OK | {"agentid": 1000002, "name": "CRM"})
    barrier = threading.Barrier(20)

    def work(_: int) -> str:
        barrier.wait()
        return client.agent().name

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(work, range(20))) == {"CRM"}
    assert wecom.count() == {"gettoken": 1, "agent/get": 20}


def test_twenty_threads_whose_token_died_renew_it_once(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["externalcontact/get_follow_user_list"] = always(OK | {"follow_user": ["1.2.3.4"]})
    assert client.follow_users() == ["1.2.3.4"]
    wecom.good.clear()
    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(lambda _: client.follow_users(), range(20)))
    assert wecom.count()["gettoken"] == 2


@pytest.mark.parametrize("code", [40014, 42001, 40001])
def test_a_token_that_is_refused_for_good_costs_two_fetches_and_no_more(
    wecom: TinyWecom, client: WecomClient, code: int
) -> None:
    wecom.answers["user/get"] = always({"errcode": code, "errmsg": "no"})
    for _ in range(5):
        error = failing(lambda: client.member("zhangsan"))
        assert error.kind is Kind.TOKEN
    assert wecom.count()["gettoken"] == 2
    assert wecom.count()["user/get"] == 6


def test_a_wrong_secret_is_asked_about_once_and_says_what_to_mend(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["gettoken"] = always({"errcode": 40001, "errmsg": f"invalid credential {SECRET}"})
    for _ in range(3):
        error = failing(client.departments)
        assert (error.code, error.kind, error.path) == (40001, Kind.CONFIG, "gettoken")
        assert "WECOM_AGENT_SECRET" in str(error)
    assert wecom.count() == {"gettoken": 1}


def test_a_rate_limit_is_not_retried_but_told(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["message/send"] = always({"errcode": 45009, "errmsg": "api freq out of limit"})
    for one in (client, client.patient()):
        error = failing(lambda one=one: one.send("{}"))  # type: ignore[misc]
        assert (error.kind, error.retry_after) == (Kind.RETRY, 60)
    assert wecom.count()["message/send"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("code", [-1, 45033])
def test_a_busy_platform_is_asked_three_times_at_most(wecom: TinyWecom, client: WecomClient, code: int) -> None:
    answers: list[Answer] = [{"errcode": code}, {"errcode": code}, OK | {"follow_user": ["1.1.1.1"]}]
    wecom.answers["externalcontact/get_follow_user_list"] = lambda call: answers.pop(0)
    assert client.follow_users() == ["1.1.1.1"]
    wecom.answers["externalcontact/get_follow_user_list"] = always({"errcode": code})
    assert failing(client.follow_users).kind is Kind.RETRY
    assert wecom.count()["externalcontact/get_follow_user_list"] == 6
    answers += [{"errcode": code} for _ in range(4)] + [OK | {"follow_user": ["1.1.1.1"]}]
    wecom.answers["externalcontact/get_follow_user_list"] = lambda call: answers.pop(0)
    assert client.patient().follow_users() == ["1.1.1.1"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"errcode":"0"}',
        b'{"errcode":true}',
        b"\xff",
        b"[" * 100_000,
        500,
        502,
        404,
        302,
    ],
)
def test_what_is_no_proper_answer_is_for_another_try(wecom: TinyWecom, client: WecomClient, answer: Answer) -> None:
    wecom.answers["externalcontact/get_follow_user_list"] = always(answer)
    error = failing(client.follow_users)
    assert (error.kind, error.code, error.path) == (Kind.RETRY, None, "externalcontact/get_follow_user_list")
    assert "elsewhere" not in wecom.count()


def test_an_answer_without_its_list_is_never_read_as_nobody(wecom: TinyWecom, client: WecomClient) -> None:
    for path, call in {
        "department/list": client.departments,
        "user/list": lambda: client.members(1),
        "externalcontact/get_follow_user_list": client.follow_users,
        "externalcontact/get": lambda: client.external_contact("wm1"),
        "user/get": lambda: client.member("x"),
        "agent/get": client.agent,
    }.items():
        for answer in (OK, OK | {"department": None, "userlist": [1], "follow_user": "x", "external_contact": []}):
            wecom.answers[path] = always(answer)
            assert failing(call).kind is Kind.RETRY


def test_a_server_that_hangs_is_given_up(wecom: TinyWecom, client: WecomClient) -> None:
    given_up = threading.Event()

    def hang(call: Call) -> Answer:
        given_up.wait(3)
        return OK

    wecom.answers["externalcontact/get_follow_user_list"] = hang
    start = time.monotonic()
    assert failing(client.follow_users).kind is Kind.RETRY
    assert time.monotonic() - start < 1.5
    given_up.set()


@pytest.mark.slow
def test_a_server_that_trickles_is_given_up(client: WecomClient, wecom: TinyWecom) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=trickle, args=(listener,), daemon=True).start()
        wecom.base = f"http://127.0.0.1:{listener.getsockname()[1]}/cgi-bin/"
        start = time.monotonic()
        assert failing(client_of(wecom).follow_users).kind is Kind.RETRY
        assert time.monotonic() - start < 2.5


def trickle(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        try:
            while True:
                connection.sendall(b" ")
                time.sleep(0.2)
        except OSError:
            return


def test_an_endless_answer_is_cut_off(wecom: TinyWecom, client: WecomClient, monkeypatch: pytest.MonkeyPatch) -> None:
    wecom.answers["externalcontact/get_follow_user_list"] = always(
        json.dumps(OK | {"follow_user": ["1" * 2000]}).encode()
    )
    assert client.follow_users()
    monkeypatch.setattr(wire, "_WORDS", wire._Most(1000, 0))
    assert failing(client.follow_users).kind is Kind.RETRY


def test_nobody_listening_is_for_another_try(wecom: TinyWecom) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    wecom.base = f"http://127.0.0.1:{port}/cgi-bin/"
    assert failing(client_of(wecom).departments).kind is Kind.RETRY


def test_the_machines_proxy_is_not_asked_for_our_own_loopback(
    wecom: TinyWecom, client: WecomClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    wecom.answers["externalcontact/get_follow_user_list"] = always(OK | {"follow_user": ["1.1.1.1"]})
    assert client.follow_users() == ["1.1.1.1"]


def dead_line(call: Call) -> Answer:
    time.sleep(0.8)
    return OK


@pytest.mark.parametrize(
    "answer",
    [always(500), always(b"<html>"), always({"errcode": 60020}), always({"errcode": 40014}), dead_line],
    ids=["500", "html", "60020", "40014", "dead"],
)
def test_no_secret_is_in_any_word_of_an_error_or_a_log(
    wecom: TinyWecom, answer: Callable[[Call], Answer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_of(wecom)
    code = "l0gin" + "code"
    wecom.answers["auth/getuserinfo"] = answer
    error = failing(lambda: client.user_of_login(code))
    words = [repr(client), caplog.text, "".join(traceback.format_exception(error))]
    chain: BaseException | None = error
    while chain:
        words += [str(chain), repr(chain), repr(chain.args), repr(vars(chain))]
        chain = chain.__cause__ or chain.__context__
    assert "/cgi-bin/gettoken" in caplog.text  # the log was really listened to
    for secret in (SECRET, "access_token=", code, "t1&", "corpsecret="):
        assert not any(secret in word for word in words), secret


def test_an_untrusted_address_is_named_so_that_it_can_be_entered(wecom: TinyWecom, client: WecomClient) -> None:
    errmsg = "not allow to access from your ip, hint: [16419], from ip: 203.0.113.7, more info at https://x?e=60020"
    wecom.answers["externalcontact/get_follow_user_list"] = always({"errcode": 60020, "errmsg": errmsg})
    error = failing(client.follow_users)
    assert error.kind is Kind.CONFIG
    assert "203.0.113.7" in str(error)
    assert "企业可信IP" in str(error)
    assert "hint: [" not in str(error)
