"""WeCom's end of the callback: XML as the platform writes it, sealed by wechatpy's hands and never by ours."""

import itertools
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from defusedxml.ElementTree import fromstring
from flask import Flask
from wechatpy.crypto import _get_signature
from wechatpy.work.crypto import PrpCrypto, WeChatCrypto
from werkzeug.test import TestResponse

from config.clock import machine_time
from config.settings import Settings
from jobs.spool import mark
from models.messages import OutboxMessage
from tests.support.company import IDS, rows

CORP, AGENT = "wwdemo0000000001", 1000002
TOKEN, AES_KEY = "demotoken", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
PATH, SECRET = "/wecom/callback", "s" * 40
_numbers = itertools.count(7_254_171_400_000_000_001)


def settings_of(url: str, folder: Path) -> Settings:
    """What an operator would set; nobody answers at any of the addresses."""
    values: dict[str, Any] = {
        "var_dir": folder,
        "database_url": url,
        "redis_url": f"unix://{folder}/nobody.sock",
        "secret_key": SECRET,
        "wecom_api_base": "http://127.0.0.1:9/cgi-bin/",
        "wecom_corp_id": CORP,
        "wecom_agent_id": AGENT,
        "wecom_agent_secret": "secret",
        "wecom_token": TOKEN,
        "wecom_encoding_aes_key": AES_KEY,
    }
    return Settings(**values)


class ClockFile:
    """The clock of all processes of a development machine, set through its file as the emulator sets it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "clock"

    def set(self, moment: datetime) -> None:
        fresh = self._path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.write_text(str((moment - machine_time()).total_seconds()), encoding="ascii")
        os.replace(fresh, self._path)

    def now(self) -> datetime:
        return machine_time() + timedelta(seconds=float(self._path.read_text(encoding="ascii")))

    def forward(self, step: timedelta) -> None:
        self.set(self.now() + step)


@dataclass(frozen=True)
class Promise:
    """A message waiting in the outbox for one person, as he will see it."""

    id: int
    title: str
    body: str
    notice: Mapping[str, Any]
    state: str
    due_at: datetime

    @property
    def taps(self) -> list[str]:
        return [button["text"] for button in self.notice["buttons"]]

    def key(self, text: str) -> str:
        return next(str(button["key"]) for button in self.notice["buttons"] if button["text"] == text)


def fields(**values: object) -> str:
    """Elements as WeCom writes them; a dict nests, a list repeats."""
    return "".join(_element(name, item) for name, value in values.items() for item in _many(value))


def _many(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _element(name: str, value: object) -> str:
    if isinstance(value, dict):
        return f"<{name}>{fields(**value)}</{name}>"
    if isinstance(value, int | float):
        return f"<{name}>{value}</{name}>"
    words = str(value)
    return f"<{name}>{escape(words) if ']]>' in words else f'<![CDATA[{words}]]>'}</{name}>"


class Wecom:
    """The platform, in front of one application."""

    def __init__(self, app: Flask, clock: ClockFile) -> None:
        self.app, self.clock = app, clock
        self.crypto = WeChatCrypto(TOKEN, AES_KEY, CORP)

    def document(self, sender: str, kind: str, **values: object) -> str:
        """A message of a member. Give MsgId, CreateTime, ToUserName or AgentID to have them otherwise, None to drop."""
        common: dict[str, object] = {
            "ToUserName": CORP,
            "FromUserName": sender,
            "CreateTime": int(self.clock.now().timestamp()),
            "MsgType": kind,
            **({} if kind == "event" else {"MsgId": next(_numbers)}),
            "AgentID": AGENT,
        }
        chosen = {name: value for name, value in {**common, **values}.items() if value is not None}
        return f"<xml>{fields(**chosen)}</xml>"

    def text(self, sender: str, words: str, **values: object) -> str:
        return self.document(sender, "text", **{"Content": words, **values})

    def event(self, sender: str, name: str, **values: object) -> str:
        return self.document(sender, "event", Event=name, **values)

    def seal(self, plain: str | bytes, *, to: str = CORP) -> tuple[str, bytes]:
        """(query string, body) with fresh random bytes, as a retry also has."""
        encrypt = PrpCrypto(self.crypto.key).encrypt(plain, to).decode()
        return self.signed(encrypt)

    def signed(self, encrypt: str) -> tuple[str, bytes]:
        stamp, nonce = str(int(self.clock.now().timestamp())), secrets.token_hex(6)
        signature = _get_signature(TOKEN, stamp, nonce, encrypt)
        body = f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
        return f"msg_signature={signature}&timestamp={stamp}&nonce={nonce}", body.encode()

    def push(self, query: str, body: bytes, **headers: str) -> TestResponse:
        return self.app.test_client().post(f"{PATH}?{query}", data=body, content_type="text/xml", headers=headers)

    def drained(self, query: str, body: bytes) -> dict[str, str]:
        """The headers with which our own drain hands in what waited in the spool."""
        said = self.clock.now().isoformat()
        return {"X-Spooled-At": said, "X-Spool-Mark": mark(SECRET, query, body, said)}

    def post(self, plain: str | bytes) -> TestResponse:
        return self.push(*self.seal(plain))

    def opened(self, response: TestResponse) -> Element | None:
        """The passive reply as WeCom opens it; None for an empty 200."""
        assert response.status_code == 200, response.status
        if not response.data:
            return None
        sealed = fromstring(response.data)
        read = {name: sealed.findtext(name, "") for name in ("MsgSignature", "TimeStamp", "Nonce")}
        plain = self.crypto.decrypt_message(response.data, read["MsgSignature"], read["TimeStamp"], read["Nonce"])
        found: Element = fromstring(plain)
        return found

    def hear(self, plain: str | bytes) -> str:
        """The words of the reply to this document; empty for none."""
        reply = self.opened(self.post(plain))
        return "" if reply is None else reply.findtext("Content", "")

    def say(self, sender: str, words: str) -> str:
        return self.hear(self.text(sender, words))

    def menu(self, sender: str, key: str) -> str:
        return self.hear(self.event(sender, "click", EventKey=key))

    def locate(self, sender: str, latitude: float, longitude: float, label: str = "某路 1 号") -> str:
        place = {"Location_X": latitude, "Location_Y": longitude, "Scale": 20, "Label": label}
        return self.hear(self.document(sender, "location", **place))

    def press(self, sender: str, promise: Promise, tap: str, choice: str = "") -> Element | None:
        return self.opened(self.post(self.pressing(sender, promise.key(tap), promise.id, choice, promise)))

    def pressing(self, sender: str, key: str, number: int = 1, choice: str = "", promise: Promise | None = None) -> str:
        """A card event. With `choice`, the drop-down of `promise` was set to it."""
        asked = promise.notice["selection"]["key"] if promise and promise.notice["selection"] else "q"
        picked = {"SelectedItem": {"QuestionKey": asked, "OptionIds": {"OptionId": choice}}}
        return self.event(
            sender,
            "template_card_event",
            EventKey=key,
            TaskId=f"m{number}",
            CardType="button_interaction",
            ResponseCode=secrets.token_hex(8),
            **({"SelectedItems": picked} if choice else {}),
        )

    def undo(self, sender: str, promise: Promise, shown: Element | None) -> Element | None:
        """Press 撤销 on a card as it was redrawn."""
        assert shown is not None
        key = next(b.findtext("Key", "") for b in shown.iter("ButtonList") if b.findtext("Text") == "撤销")
        return self.opened(self.post(self.pressing(sender, key, promise.id)))

    def waiting(self, userid: str) -> list[Promise]:
        """All that the outbox holds for a person, oldest first."""
        found = rows(OutboxMessage, OutboxMessage.person_id == IDS[userid.casefold()])
        return [
            Promise(row.id, row.notice["title"], row.notice["body"], row.notice, row.state, row.due_at) for row in found
        ]

    def card(self, userid: str) -> Promise:
        """The newest card for a person."""
        return [promise for promise in self.waiting(userid) if promise.notice["buttons"]][-1]
