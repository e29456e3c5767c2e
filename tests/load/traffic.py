"""What members do, as WeCom would say it: event XML, sealed with wechatpy's crypto and not with ours."""

import random
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from wechatpy.work.crypto import WeChatCrypto

from tests.load.company import Company, OpenCard, Stranger

PHRASES = (
    "上门看了车间的两台旧泵",
    "对方问了交期和付款方式",
    "技术部要一份选型表",
    "采购想先买一台试用",
    "约好下周再谈价格",
    "老板担心噪音",
    "已发样本和检测报告",
    "竞争对手报价低一成",
    "年底前要定下供应商",
    "现场管径需要再量一次",
    "同意先签框架合同",
    "介绍了设备科的负责人",
    "希望延长质保",
    "预算在二十万以内",
    "要我们派人来做培训",
    "备件库存不够",
)
PATH = "/wecom/callback"
MIX = {"follow_up": 0.6, "click": 0.2, "contact": 0.2}


@dataclass(frozen=True, slots=True)
class Event:
    """`mark` names what the event is about: the follow-up's text, the contact's external_userid, a button's key."""

    kind: str
    rep: str
    mark: str
    xml: str


class Seal:
    """WeCom's hand: seals an event anew for every attempt, and opens what comes back."""

    def __init__(self, tenant: Mapping[str, Any]) -> None:
        app = tenant["app"]
        self.corp_id, self._agent_id = str(tenant["corpid"]), app["agentid"]
        self._crypto = WeChatCrypto(app["token"], app["aeskey"], self.corp_id)

    def request(self, xml: str, timestamp: int, path: str = PATH) -> bytes:
        """One POST as it goes over the wire, with a nonce and a ciphertext of its own."""
        nonce = secrets.token_hex(8)
        sealed = str(self._crypto.encrypt_message(xml, nonce, str(timestamp)))
        encrypted, signature = _between(sealed, "Encrypt"), _between(sealed, "MsgSignature")
        query = urlencode({"msg_signature": signature, "timestamp": timestamp, "nonce": nonce})
        body = (
            f"<xml><ToUserName><![CDATA[{self.corp_id}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<AgentID><![CDATA[{self._agent_id}]]></AgentID></xml>"
        ).encode()
        head = (
            f"POST {path}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def opened(self, answer: bytes) -> str:
        """The passive reply's XML; "" for an empty answer."""
        if not answer:
            return ""
        text = answer.decode()
        parts = (_between(text, name) for name in ("MsgSignature", "TimeStamp", "Nonce"))
        return str(self._crypto.decrypt_message(text, *parts))


class Traffic:
    """An endless, repeatable stream of events. Follow-ups differ, each stranger and each card is used once."""

    def __init__(self, company: Company, seal: Seal, cards: list[OpenCard], seed: int) -> None:
        self._company, self._corp = company, seal.corp_id
        self._agent = company.tenant["app"]["agentid"]
        self._dice = random.Random(seed)
        self._strangers: Iterator[Stranger] = iter(company.strangers)
        self._cards: Iterator[OpenCard] = iter(cards)
        self._msg_id = 10**15 + self._dice.randrange(10**14) * 10

    def events(self, many: int, start: float, rate: float) -> list[tuple[float, Event]]:
        """`many` events of the mix with the moment (Unix seconds) at which each is to be sent."""
        kinds = self._dice.choices(list(MIX), list(MIX.values()), k=many)
        moments = [start + n / rate for n in range(many)]
        return [(at, self.one(kind, int(at))) for kind, at in zip(kinds, moments, strict=True)]

    def one(self, kind: str, made_at: int) -> Event:
        if kind == "click":
            return self.click(next(self._cards), made_at)
        if kind == "contact":
            return self.contact(next(self._strangers), made_at)
        return self.follow_up(made_at)

    def follow_up(self, made_at: int) -> Event:
        """「/跟进 客户 内容」, the customer by its whole name or without 「有限公司」."""
        rep = self._dice.choice(self._company.reps)
        name = self._dice.choice(self._company.customers[rep])
        if self._dice.random() < 0.5:
            name = name.removesuffix("有限公司")
        text = "，".join(self._dice.sample(PHRASES, 4)) + f"，记录 {self._dice.getrandbits(48):012x}"
        self._msg_id += 1
        content = f"/跟进 {name} {text}"
        xml = self._message(rep, made_at, f"<Content><![CDATA[{content}]]></Content><MsgId>{self._msg_id}</MsgId>")
        return Event("follow_up", rep, text, xml)

    def contact(self, stranger: Stranger, made_at: int) -> Event:
        xml = (
            f"<xml>{self._head('sys', made_at)}<MsgType><![CDATA[event]]></MsgType>"
            "<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType>"
            f"<UserID><![CDATA[{stranger.rep}]]></UserID><ExternalUserID><![CDATA[{stranger.external_userid}]]>"
            f"</ExternalUserID><State><![CDATA[]]></State><WelcomeCode><![CDATA[{secrets.token_hex(20)}]]></WelcomeCode>"
            "</xml>"
        )
        return Event("contact", stranger.rep, stranger.external_userid, xml)

    def click(self, card: OpenCard, made_at: int) -> Event:
        return self.press(card.rep, card.task_id, card.key, made_at)

    def press(self, rep: str, task_id: str, key: str, made_at: int) -> Event:
        """A tap on a button; each has a response code of its own, so no two taps are the same event."""
        xml = (
            f"<xml>{self._head(rep, made_at)}<MsgType><![CDATA[event]]></MsgType>"
            f"<Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[{key}]]></EventKey>"
            f"<TaskId><![CDATA[{task_id}]]></TaskId><CardType><![CDATA[button_interaction]]></CardType>"
            f"<ResponseCode><![CDATA[{secrets.token_hex(20)}]]></ResponseCode><AgentID>{self._agent}</AgentID></xml>"
        )
        return Event("click", rep, key, xml)

    def _message(self, rep: str, made_at: int, inner: str) -> str:
        return (
            f"<xml>{self._head(rep, made_at)}<MsgType><![CDATA[text]]></MsgType>{inner}"
            f"<AgentID>{self._agent}</AgentID></xml>"
        )

    def _head(self, sender: str, made_at: int) -> str:
        return (
            f"<ToUserName><![CDATA[{self._corp}]]></ToUserName><FromUserName><![CDATA[{sender}]]></FromUserName>"
            f"<CreateTime>{made_at}</CreateTime>"
        )


def _between(sealed: str, name: str) -> str:
    inner = sealed.partition(f"<{name}>")[2].partition(f"</{name}>")[0]
    return inner.removeprefix("<![CDATA[").removesuffix("]]>")
