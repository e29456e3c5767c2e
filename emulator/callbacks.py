"""Carries sealed events to the product's callback as WeCom does: 5 s to answer, retries, and the faults asked for."""

import secrets
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

import requests
from defusedxml.ElementTree import fromstring
from wechatpy.work.crypto import WeChatCrypto

from emulator.clock import Clock
from emulator.faults import Faults
from emulator.tenant import Json, Tenant
from emulator.wire import Wire

ANSWER_MOST = 1 << 20  # bytes of an answer that are read
REORDER_WAIT = 3.0  # seconds an event is held back for a later one to overtake it


@dataclass(frozen=True, slots=True)
class Letter:
    """One sealed event: what stands in the URL and in the body."""

    query: str
    body: bytes


@dataclass(slots=True)
class Delivery:
    """What became of one event. `answered` = the platform takes it as delivered; `body` is then the passive answer."""

    attempts: list[Json] = field(default_factory=list)
    answered: bool = False
    body: bytes = b""
    duplicates: list["Delivery"] = field(default_factory=list)


class Courier:
    def __init__(self, tenant: Tenant, clock: Clock, faults: Faults, wire: Wire, url: str | None) -> None:
        self._tenant = tenant
        self._clock = clock
        self._faults = faults
        self._wire = wire
        self._url = url
        self._sessions = threading.local()
        self._order = threading.Lock()
        self._held: threading.Event | None = None

    def crypto(self, receive_id: str | None = None) -> WeChatCrypto:
        app = self._tenant.app
        return WeChatCrypto(app.token, app.aeskey, receive_id or self._tenant.corpid)

    def deliver(self, xml: str, name: str, *, of_app: bool) -> Delivery:
        """Send one event until it is answered or the retries are used up. `of_app`: the envelope names the agent."""
        switches = self._faults.for_event()
        if self._url is None:
            return Delivery([{"status": None, "ms": 0.0, "error": "no callback address"}])
        if switches.get("drop"):
            self._wire.add("out", name, "dropped", 0, xml, "")
            return Delivery([{"status": None, "ms": 0.0, "error": "dropped by fault switch"}])
        if "delay" in switches:
            time.sleep(float(switches["delay"]))
        overtaken = self._step_back() if switches.get("reorder") else None
        if overtaken is None:
            overtaken = self._overtake()
        try:
            delivery, letter = self._insist(xml, name, of_app, switches)
        finally:
            if overtaken is not None:
                overtaken.set()
        for _ in range(int(switches.get("duplicate", 0))):
            letter = letter if switches.get("replay") else self._seal(xml, of_app, switches)
            again = Delivery()
            attempt, again.body = self._post(letter, xml, f"{name} (duplicate)")
            again.attempts, again.answered = [attempt], attempt.get("status") == 200
            delivery.duplicates.append(again)
        return delivery

    def _insist(self, xml: str, name: str, of_app: bool, switches: Json) -> tuple[Delivery, Letter]:
        delivery = Delivery()
        lost = int(switches.get("drop_answer", 0))
        letter = self._seal(xml, of_app, switches)
        for number, wait in enumerate((0.0, *self._tenant.retry_waits)):
            if number:
                time.sleep(wait)
                # A retry is sealed anew: other nonce, timestamp and ciphertext around the same XML (wecom.md §1.7).
                letter = letter if switches.get("replay") else self._seal(xml, of_app, switches)
            attempt, body = self._post(letter, xml, name if not number else f"{name} (retry {number})")
            if attempt["status"] == 200 and number < lost:
                attempt["error"] = "answer lost by fault switch"
            delivery.attempts.append(attempt)
            if attempt["status"] == 200 and "error" not in attempt:
                delivery.answered, delivery.body = True, body
                break
        return delivery, letter

    def _step_back(self) -> threading.Event | None:
        """Hold this event back until the next one has gone out, or a few seconds. Only one at a time is held."""
        with self._order:
            if self._held is not None:
                return None
            mine = self._held = threading.Event()
        mine.wait(REORDER_WAIT)
        with self._order:
            if self._held is mine:
                self._held = None
        return mine

    def _overtake(self) -> threading.Event | None:
        with self._order:
            held, self._held = self._held, None
        return held

    def _seal(self, xml: str, of_app: bool, switches: Json) -> Letter:
        timestamp, nonce = str(int(self._clock.now())), secrets.token_hex(8)
        crypto = self.crypto("wwsomebodyelse0001" if switches.get("wrong_receive_id") else None)
        sealed = fromstring(crypto.encrypt_message(xml, nonce, timestamp))
        encrypted, signature = text_of(sealed, "Encrypt"), text_of(sealed, "MsgSignature")
        if switches.get("bad_signature"):
            signature = "0" * 40
        agent = f"<AgentID><![CDATA[{self._tenant.app.agentid}]]></AgentID>" if of_app else ""
        body = (
            f"<xml><ToUserName><![CDATA[{self._tenant.corpid}]]></ToUserName>"
            f"<Encrypt><![CDATA[{encrypted}]]></Encrypt>{agent}</xml>"
        )
        return Letter(urlencode({"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}), body.encode())

    def _post(self, letter: Letter, xml: str, name: str) -> tuple[Json, bytes]:
        """One attempt: {"status", "ms", "error"?} and the answer's bytes."""
        began, status, body, error = time.monotonic(), None, b"", ""
        try:
            status, body = self._call("POST", letter.query, letter.body)
        except requests.RequestException as problem:
            error = _in_words(problem)
        ms = round((time.monotonic() - began) * 1000, 1)
        if error == "" and status != 200:
            error = f"HTTP {status}"
        self._wire.add("out", name, status or error, ms, xml, self._unsealed(body))
        return {"status": status, "ms": ms, **({"error": error} if error else {})}, body

    def _call(self, method: str, query: str, data: bytes | None = None) -> tuple[int, bytes]:
        """Status and body; raises requests.Timeout when the whole exchange takes longer than the platform waits."""
        address = self._url or ""
        session = getattr(self._sessions, "one", None)
        if session is None:
            session = self._sessions.one = requests.Session()
            session.trust_env = False
        began, limit = time.monotonic(), self._tenant.timeout
        glue = "&" if "?" in address else "?"
        with session.request(
            method,
            f"{address}{glue}{query}",
            data=data,
            headers={"Content-Type": "text/xml"},
            timeout=limit,
            stream=True,
            allow_redirects=False,
        ) as response:
            body = b""
            for piece in response.iter_content(65536):
                body += piece
                if time.monotonic() - began > limit:
                    raise requests.Timeout("the answer came too slowly")
                if len(body) > ANSWER_MOST:
                    raise requests.ConnectionError("the answer is larger than 1 MiB")
            return response.status_code, body

    def verify(self) -> Json:
        """What the admin page does when the address is saved: GET, an echostr with + / and = (wecom.md §1.4)."""
        if self._url is None:
            return {"ok": False, "problem": "no callback address"}
        for number in range(10_000):
            plain = str(1616140317555161061 + number)
            timestamp, nonce = str(int(self._clock.now())), secrets.token_hex(8)
            sealed = fromstring(self.crypto().encrypt_message(plain, nonce, timestamp))
            echostr = text_of(sealed, "Encrypt")
            if "+" in echostr and "/" in echostr and echostr.endswith("="):
                break
        query = urlencode(
            {
                "msg_signature": text_of(sealed, "MsgSignature"),
                "timestamp": timestamp,
                "nonce": nonce,
                "echostr": echostr,
            }
        )
        began = time.monotonic()
        try:
            status, body = self._call("GET", query)
        except requests.RequestException as problem:
            return {"ok": False, "problem": _in_words(problem)}
        ms = round((time.monotonic() - began) * 1000, 1)
        self._wire.add("out", "verify URL", status, ms, f"echostr → {plain}", body.decode("utf-8", "replace"))
        right = status == 200 and body == plain.encode()
        answer: Json = {
            "ok": right,
            "status": status,
            "ms": ms,
            "expected": plain,
            "got": body[:200].decode("utf-8", "replace"),
        }
        return answer if right else {**answer, "problem": "openapi回调地址请求不通过"}

    def _unsealed(self, body: bytes) -> str:
        """The answer as a person wants to read it in the log."""
        if not body.lstrip().startswith(b"<"):
            return body.decode("utf-8", "replace")
        try:
            return open_envelope(self.crypto(), body)
        except ValueError:
            return body.decode("utf-8", "replace")


def open_envelope(crypto: WeChatCrypto, body: bytes) -> str:
    """The plain XML of a sealed passive answer; ValueError says what is wrong with it."""
    try:
        parts = fromstring(body, forbid_dtd=True)
        signature, timestamp, nonce = (text_of(parts, name) for name in ("MsgSignature", "TimeStamp", "Nonce"))
        plain: str = crypto.decrypt_message({"Encrypt": text_of(parts, "Encrypt")}, signature, timestamp, nonce)
    except Exception as error:  # wechatpy raises many kinds for bad input, from IndexError to its own
        raise ValueError(f"the answer cannot be opened: {type(error).__name__} {error}".strip()) from error
    return plain


def text_of(parent: Element, name: str) -> str:
    """The text of a child that must be there."""
    found = parent.findtext(name)
    if found is None:
        raise ValueError(f"{name} is missing")
    return found


def _in_words(problem: requests.RequestException) -> str:
    if isinstance(problem, requests.Timeout):
        return "timeout"
    if isinstance(problem, requests.ConnectionError):
        return "connection error"
    return type(problem).__name__
