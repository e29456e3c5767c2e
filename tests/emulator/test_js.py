"""The client around a page: it checks the signature, knows its chat, and says no as the real one does."""

import hashlib
from urllib.parse import urlsplit

import pytest

from tests.emulator.conftest import APP, CORP, Emulator, Json, Product

QIAN = "woDemoQianWeiguo0000000000000001"
GROUP = "wrDemoHengze0000000000000000001"


class Page:
    """A page of the product's in a frame of 李强's phone."""

    def __init__(self, emulator: Emulator, product: Product, chat: str = QIAN) -> None:
        self.emulator, self.chat = emulator, chat
        self.url = f"http://{urlsplit(product.url).netloc}/sidebar/"

    def call(self, name: str, **params: object) -> Json:
        asked = {"userid": "liqiang", "chat": self.chat, "frame": "f1", "url": self.url, "name": name, "params": params}
        answer: Json = self.emulator.act("bridge", **asked)["answer"]
        return answer

    def configured(self, **more: object) -> Json:
        ticket = self.emulator.api("ticket/get", type="agent_config")["ticket"]
        said = f"jsapi_ticket={ticket}&noncestr=n&timestamp=1&url={more.get('url', self.url)}"
        signature = hashlib.sha1(said.encode()).hexdigest()  # noqa: S324
        given = {"corpid": CORP, "agentid": str(APP["agentid"]), "nonceStr": "n", "timestamp": "1"}
        return self.call("agentConfig", **{**given, "signature": signature, **more})


@pytest.fixture
def page(emulator: Emulator, product: Product) -> Page:
    return Page(emulator, product)


def test_a_signed_page_learns_its_chat_and_sends_into_it(page: Page, emulator: Emulator) -> None:
    assert page.call("getContext")["err_msg"] == "getContext:fail no permission"
    assert page.configured()["err_msg"] == "agentConfig:ok"
    assert page.call("getContext")["entry"] == "single_chat_tools"
    assert page.call("getCurExternalContact")["userId"] == QIAN
    assert "without context" in page.call("getCurExternalChat")["err_msg"]
    assert page.call("sendChatMessage", msgtype="text", text={"content": "报价"})["err_msg"] == "sendChatMessage:ok"
    assert page.call("sendChatMessage", msgtype="file", file={"mediaid": "?"})["err_msg"].endswith("invalid mediaid")
    (line,) = emulator.look("talks", userid="liqiang", chat=QIAN)["said"]
    assert (line["by"], line["body"]["content"]) == ("member", "报价")


@pytest.mark.parametrize(
    "wrong", [{"signature": "0" * 40}, {"corpid": "ww0"}, {"agentid": "1"}, {"url": "http://other.example/"}]
)
def test_a_wrong_signature_lets_no_page_in(page: Page, wrong: Json) -> None:
    assert page.configured(**wrong)["err_msg"].startswith("agentConfig:fail")
    assert page.call("getCurExternalContact")["err_msg"] == "getCurExternalContact:fail no permission"


def test_a_ticket_that_has_expired_signs_nothing(page: Page, emulator: Emulator) -> None:
    ticket = emulator.api("ticket/get", type="agent_config")["ticket"]
    emulator.act("clock", advance=7300)
    said = f"jsapi_ticket={ticket}&noncestr=n&timestamp=1&url={page.url}"
    old = hashlib.sha1(said.encode()).hexdigest()  # noqa: S324
    assert page.configured(signature=old)["err_msg"].startswith("agentConfig:fail")
    assert page.configured()["err_msg"] == "agentConfig:ok"


def test_a_group_and_its_members(emulator: Emulator, product: Product) -> None:
    page = Page(emulator, product, GROUP)
    page.configured()
    assert page.call("getContext")["entry"] == "group_chat_tools"
    assert page.call("getCurExternalChat")["chatId"] == GROUP
    chat = emulator.api("externalcontact/groupchat/get", {"chat_id": GROUP})["group_chat"]
    assert {(one["userid"], one["type"]) for one in chat["member_list"]} >= {("liqiang", 1), (QIAN, 2)}
    assert emulator.api("externalcontact/groupchat/get", {"chat_id": "?"})["errcode"] == 86003


def test_the_switches_of_the_client(page: Page, emulator: Emulator) -> None:
    page.configured()
    emulator.act("client", entry="normal")
    assert page.call("getCurExternalContact")["err_msg"].endswith("without context of external contact")
    emulator.act("client", entry="chat_attachment")
    assert page.call("getCurExternalContact")["userId"] == QIAN
    assert page.call("getCurExternalChat")["err_msg"].endswith("without context of external contact")
    emulator.act("client", refuse="no permission")
    assert page.configured()["err_msg"] == "agentConfig:fail no permission"
    emulator.act("client", silent=True)
    assert page.call("getContext") is None
    emulator.act("client")
    assert page.call("getCurExternalContact")["userId"] == QIAN


def test_nobody_reads_a_chat_that_he_is_not_in(emulator: Emulator) -> None:
    asked = {"userid": "zhaolei", "chat": QIAN, "frame": "f", "url": "http://x/", "name": "getContext", "params": {}}
    assert "没有这个聊天" in emulator.act("bridge", 400, **asked)["message"]
