"""Carries one call to WeCom's HTTP API and back: token, time limits, sizes, and no secret in any word it says."""

import copy
import json
import logging
import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from gateways.wecom.errors import Kind, WecomError
from gateways.wecom.people import Malformed
from gateways.wecom.tokens import TokenSource, TokenStore

_CHUNK = 64 * 1024
_STALE_TOKEN = frozenset({40001, 40014, 42001})  # 40001 from anything but gettoken is said of the token
_BUSY = frozenset({-1, 45033})
_MOST_TRIES, _PATIENT_TRIES = 3, 7  # of a busy WeCom; patiently some seconds, well below the lease of a run
_JSON = "application/json; charset=utf-8"
_IP_NOT_TRUSTED = 60020
_FROM_IP = re.compile(r"from ip: ([0-9a-fA-F.:]{3,45})")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class _Most:
    """What an answer may take: bytes, and seconds where the time limits of a call are too short for it."""

    size: int
    seconds: float


_WORDS, _FILE, _PICTURE = _Most(8 * 1024 * 1024, 0), _Most(20 * 1024 * 1024, 60), _Most(1024 * 1024, 0)


class Wire:
    """The HTTP side of one app. Safe to share between threads; each thread keeps its own connection."""

    def __init__(
        self,
        *,
        base: str,
        corp_id: str,
        name: str,
        secret: str,
        tokens: TokenStore,
        clock: Callable[[], datetime],
        connect_timeout: float,
        read_timeout: float,
    ) -> None:
        """``base`` ends in ``/cgi-bin/``; ``name`` is the app's key in the token store."""
        self._base = base.rstrip("/") + "/"
        self._corp_id, self._secret, self._clock = corp_id, secret, clock
        self._timeout = (connect_timeout, read_timeout)
        self._trust_env = urlsplit(base).hostname not in _LOOPBACK  # a proxy of the machine cannot reach our loopback
        self._tokens = TokenSource(tokens, name, self._fetch_token)
        self._own = _ThreadsOwn()
        self._most = _MOST_TRIES

    def patient(self) -> "Wire":
        """The same wire, with the same token and connections, for calls that nobody waits for."""
        other = copy.copy(self)
        other._most = _PATIENT_TRIES
        return other

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        """The answer of a GET; raises WecomError for every errcode but 0."""
        return self._call(path, params, None)

    def post(self, path: str, body: bytes, **params: str | int) -> dict[str, Any]:
        """The answer to a JSON body, sent as it is; raises WecomError for every errcode but 0."""
        return self._call(path, params, body)

    def upload(self, path: str, name: str, content: bytes, **params: str | int) -> dict[str, Any]:
        """The answer to one file, sent as the form field `media`; raises WecomError for every errcode but 0."""
        edge, size = token_hex(16), len(content)
        shown = re.sub(r'[\x00-\x1f"\\]', "_", name)
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="media"; filename="{shown}"; filelength={size}\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self._call(path, params, body, f"multipart/form-data; boundary={edge}")

    def download(self, path: str, **params: str | int) -> bytes:
        """The bytes behind a GET, at most 20 MB; what is JSON instead is a refusal, and raised as one."""
        token = self._tokens.current(self._clock())
        content = self._content(path, {**params, "access_token": token}, None, _FILE)
        if _as_object(content).get("errcode") in _STALE_TOKEN:
            token = self._tokens.renew(token, self._clock())
            content = self._content(path, {**params, "access_token": token}, None, _FILE)
        code = _as_object(content).get("errcode")
        if isinstance(code, int):
            raise WecomError(path, code, kind=Kind.TOKEN if code in _STALE_TOKEN else None)
        return content

    def picture(self, path: str, address: str) -> bytes:
        """A PNG or JPEG that an answer to `path` points at, at most 1 MB; no token of ours goes there."""
        status, content = 0, b""
        with suppress(requests.RequestException, HTTPError, OSError):
            status, content = self._exchange(address, {}, None, _PICTURE, _JSON)
        if status != 200 or not content.startswith((b"\x89PNG", b"\xff\xd8\xff")):
            raise WecomError(path, what="企业微信的二维码图片取不到")
        return content

    def _call(
        self, path: str, params: Mapping[str, str | int], body: bytes | None, kind: str = _JSON
    ) -> dict[str, Any]:
        token = self._tokens.current(self._clock())
        answer = self._patiently(path, {**params, "access_token": token}, body, kind)
        if answer["errcode"] in _STALE_TOKEN:
            token = self._tokens.renew(token, self._clock())
            answer = self._patiently(path, {**params, "access_token": token}, body, kind)
        code: int = answer["errcode"]
        if code:
            stale = Kind.TOKEN if code in _STALE_TOKEN else None
            raise WecomError(path, code, kind=stale, what=_seen_from(answer))
        return answer

    def _fetch_token(self) -> tuple[str, int]:
        answer = self._patiently("gettoken", {"corpid": self._corp_id, "corpsecret": self._secret}, None)
        if answer["errcode"]:
            raise WecomError("gettoken", answer["errcode"], what=_seen_from(answer))
        token, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(life, int) or life <= 0:
            raise WecomError("gettoken")
        return token, life

    def _patiently(
        self, path: str, params: Mapping[str, str | int], body: bytes | None, kind: str = _JSON
    ) -> dict[str, Any]:
        """Asks a busy WeCom again, after growing random pauses; the last answer, whatever it says."""
        for tried in range(1, self._most):
            answer = self._once(path, params, body, kind)
            if answer["errcode"] not in _BUSY:
                return answer
            time.sleep(random.uniform(0.1, 0.4) * tried)
        return self._once(path, params, body, kind)

    def _once(self, path: str, params: Mapping[str, str | int], body: bytes | None, kind: str) -> dict[str, Any]:
        """One exchange; an object with a whole errcode, or WecomError(RETRY)."""
        answer = _as_object(self._content(path, params, body, _FILE if kind != _JSON else _WORDS, kind))
        if type(answer.get("errcode")) is not int:
            raise WecomError(path, what="企业微信接口的回答读不懂")
        return answer

    def _content(
        self, path: str, params: Mapping[str, str | int], body: bytes | None, most: _Most, kind: str = _JSON
    ) -> bytes:
        """What came with status 200, or WecomError(RETRY)."""
        status, content = 0, b""
        # Suppressed here and raised below: the caught error knows the URL and would ride along as __context__.
        with suppress(requests.RequestException, HTTPError, OSError):
            status, content = self._exchange(path, params, body, most, kind)
        if status != 200:
            raise WecomError(path, what=f"企业微信接口返回 HTTP {status}" if status else "")
        return content

    def _exchange(
        self, path: str, params: Mapping[str, str | int], body: bytes | None, most: _Most, kind: str
    ) -> tuple[int, bytes]:
        """Status and body. Read piecewise against the clock: the library's time limit counts per piece, so a server
        that trickles would hold the thread for ever."""
        deadline = time.monotonic() + max(sum(self._timeout), most.seconds)
        with self._session().request(
            "GET" if body is None else "POST",
            path if "://" in path else self._base + path,
            params=params,
            data=body,
            headers={"Content-Type": kind} if body is not None else None,
            timeout=self._timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            content = bytearray()
            while piece := response.raw.read1(_CHUNK):
                content += piece
                if len(content) > most.size or time.monotonic() > deadline:
                    raise requests.Timeout("answer too long or too slow")
            return response.status_code, bytes(content)

    def _session(self) -> requests.Session:
        """This thread's session; a forked child makes its own instead of sharing its parent's sockets."""
        own = self._own
        if own.session is None or own.pid != os.getpid():
            own.session, own.pid = requests.Session(), os.getpid()
            own.session.trust_env = self._trust_env
            own.session.headers["Accept-Encoding"] = "identity"  # a compressed answer could unpack to any size
        return own.session


class _ThreadsOwn(threading.local):
    session: requests.Session | None = None
    pid: int = 0


def _seen_from(answer: Mapping[str, Any]) -> str:
    """For 60020 the address WeCom saw, which is the one to enter; no other word of errmsg is repeated to people."""
    found = _FROM_IP.search(str(answer.get("errmsg"))) if answer["errcode"] == _IP_NOT_TRUSTED else None
    return f"服务器的出口 IP {found[1]} 不在企业可信 IP 里" if found else ""


def as_json(document: Mapping[str, Any]) -> bytes:
    """Raw UTF-8: WeCom refuses \\u escapes in places (40033)."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@contextmanager
def answer_of(path: str) -> Iterator[None]:
    """An answer that lacks what it must have is as good as none: WecomError(RETRY)."""
    try:
        yield
    except Malformed:
        raise WecomError(path, what="企业微信接口的回答不完整") from None


def _as_object(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


class _NoQuery(logging.Filter):
    """The connection log prints request targets, and WeCom takes tokens and secrets in the query."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(arg.partition("?")[0] if isinstance(arg, str) else arg for arg in record.args)
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_NoQuery())
