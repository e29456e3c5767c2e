"""What a page inside the client is signed with, and how seldom WeCom is asked for it."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from gateways.wecom.client import WecomClient
from gateways.wecom.errors import WecomError
from tests.gateways.tiny_wecom import NOW, OK, SECRET, Call, MemoryTokenStore, TinyWecom, always

PAGE = "https://crm.example.com/sidebar/"


class Moving:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


def clients(wecom: TinyWecom, clock: Moving, store: MemoryTokenStore, count: int) -> list[WecomClient]:
    """As many processes as that, with one store."""
    return [
        WecomClient(base=wecom.base, corp_id="ww1", agent_id=7, secret=SECRET, tokens=store, clock=clock)
        for _ in range(count)
    ]


def test_a_page_is_signed_with_the_agent_ticket(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["ticket/get"] = always(OK | {"ticket": "T1", "expires_in": 7200})
    got = client.js.sign(PAGE)
    said = f"jsapi_ticket=T1&noncestr={got.nonce}&timestamp={got.timestamp}&url={PAGE}"
    assert got.signature == hashlib.sha1(said.encode()).hexdigest()  # noqa: S324
    assert (got.timestamp, len(got.nonce)) == (int(NOW.timestamp()), 16)
    assert wecom.calls[-1].query["type"] == "agent_config"  # not the ticket of wx.config, which is another one


def test_many_pages_at_once_fetch_one_ticket(wecom: TinyWecom) -> None:
    wecom.answers["ticket/get"] = always(OK | {"ticket": "T1", "expires_in": 7200})
    few = clients(wecom, Moving(), MemoryTokenStore(), 4)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: few[number % 4].js.sign(PAGE), range(64)))
    assert wecom.count()["ticket/get"] == 1


def test_an_expired_ticket_is_replaced_before_it_dies(wecom: TinyWecom) -> None:
    def ticket(_: Call) -> dict[str, object]:
        return OK | {"ticket": f"T{wecom.count()['ticket/get']}", "expires_in": 7200}

    wecom.answers["ticket/get"] = ticket
    clock = Moving()
    (client,) = clients(wecom, clock, MemoryTokenStore(), 1)
    for minutes, asked in ((0, 1), (90, 1), (97, 2), (300, 3)):
        clock.now = NOW + timedelta(minutes=minutes)
        client.js.sign(PAGE)
        assert wecom.count()["ticket/get"] == asked, minutes


def test_an_hour_of_failures_asks_less_than_a_hundred_times(wecom: TinyWecom) -> None:
    wecom.answers["ticket/get"] = always({"errcode": 48002, "errmsg": "no"})
    clock = Moving()
    (client,) = clients(wecom, clock, MemoryTokenStore(), 1)
    for second in range(0, 3600, 5):
        clock.now = NOW + timedelta(seconds=second)
        with pytest.raises(WecomError):
            client.js.sign(PAGE)
    assert 0 < wecom.count()["ticket/get"] <= 100


def test_a_file_goes_up_as_it_is(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers["media/upload"] = always(OK | {"media_id": "M1"})
    assert client.upload_media("file", '报价"\r\n单.pdf', b"\x00%PDF\r\n--") == "M1"
    call = wecom.calls[-1]
    assert call.query["type"] == "file"
    assert 'name="media"; filename="报价___单.pdf"; filelength=9'.encode() in call.body
    assert b"\r\n\r\n\x00%PDF\r\n--\r\n--" in call.body
