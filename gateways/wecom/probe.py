"""What the connection check asks without a token: the other end's clock, and our own callback as WeCom asks it."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from gateways.wecom.envelope import Envelope, unwrap

_TIMEOUT = (3.0, 5.0)  # WeCom itself waits five seconds
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Echo:
    """What came back of a sealed word. `status` None: nobody answered, `error` says in which way."""

    status: int | None
    right: bool
    error: str = ""


def server_time(base: str) -> datetime | None:
    """WeCom's clock, to the second, by the Date of any answer; None where none came."""
    try:
        answer = _get(base, {})
        return parsedate_to_datetime(answer.headers.get("Date", ""))
    except (requests.RequestException, ValueError):
        return None


def echo(url: str, envelope: Envelope, timestamp: int) -> Echo:
    """What WeCom does when the address is saved (wecom.md 1.4): a sealed word must come back in the clear."""
    word, nonce, stamp = secrets.token_hex(8), secrets.token_hex(8), str(timestamp)
    sealed = unwrap(envelope.seal(word, stamp, nonce).encode()).encrypt
    query = {"msg_signature": envelope.sign(sealed, stamp, nonce), "timestamp": stamp, "nonce": nonce}
    try:
        answer = _get(url, {**query, "echostr": sealed})
    except requests.RequestException as error:
        return Echo(None, right=False, error=type(error).__name__)
    return Echo(answer.status_code, right=answer.status_code == 200 and answer.text == word)


def _get(url: str, query: dict[str, str]) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = urlsplit(url).hostname not in _LOOPBACK  # a proxy of the machine cannot reach our loopback
        return session.get(url, params=query, timeout=_TIMEOUT, allow_redirects=False)
