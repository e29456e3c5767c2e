"""Signatures for pages inside the client: the app's agent ticket, kept like its token, and SHA-1 over an address."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

from gateways.wecom.errors import WecomError
from gateways.wecom.tokens import TokenSource, TokenStore
from gateways.wecom.wire import Wire

_PATH = "ticket/get"
# WeCom allows a hundred tickets an hour per app. One that is had is good for two hours; after a failure, the next
# attempt of any process is this many seconds away.
_PAUSE_SECONDS = 40


@dataclass(frozen=True, slots=True)
class Signature:
    """What `agentConfig` is given; `timestamp` in seconds."""

    timestamp: int
    nonce: str
    signature: str


class JsSdk:
    """The JS-SDK side of one app. Safe to share between threads and after a fork."""

    def __init__(self, wire: Wire, *, name: str, tokens: TokenStore, clock: Callable[[], datetime]) -> None:
        """``name`` is the app's key in the token store; the ticket has a row of its own beside the token's."""
        self._wire, self._clock = wire, clock
        self._tickets = TokenSource(tokens, f"{name}:agent_config", self._fetch, pause_seconds=_PAUSE_SECONDS)

    def sign(self, url: str) -> Signature:
        """For a page at exactly ``url``, without its fragment and not encoded anew. WecomError without a ticket."""
        now = self._clock()
        ticket, nonce, stamp = self._tickets.current(now), token_hex(8), int(now.timestamp())
        said = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={stamp}&url={url}"
        return Signature(stamp, nonce, hashlib.sha1(said.encode()).hexdigest())  # noqa: S324 - the protocol's choice

    def _fetch(self) -> tuple[str, int]:
        answer = self._wire.get(_PATH, type="agent_config")
        ticket, life = answer.get("ticket"), answer.get("expires_in")
        if not isinstance(ticket, str) or not ticket or not isinstance(life, int) or life <= 0:
            raise WecomError(_PATH)
        return ticket, life
