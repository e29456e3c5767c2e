"""Pages of sealed messages, and the opening of each: the same whichever way the bytes come."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateways.archive.errors import BROKEN, NETWORK, PULL, ArchiveError
from gateways.archive.keys import KeyRing
from gateways.archive.messages import Message, NoMessage, message

MOST = 1000  # messages that the platform gives at once
_FEWEST = 10  # a page that is cut even when it is so short is not cut for its length


class Transport(Protocol):
    """How the vendor's two calls are made; each raises ArchiveError with the library's own code."""

    def fetch(self, seq: int, limit: int) -> bytes:
        """GetChatData: the JSON of at most ``limit`` messages after ``seq``."""

    def decrypt(self, key: bytes, sealed: str) -> bytes:
        """DecryptData: the JSON of one message."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One message as the platform gives it: only its number and the version of its key can be read."""

    seq: int
    key_version: int
    key: str
    body: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """One message, opened. ``message`` is None where there is none to keep: ``wrong`` says why for people, "" where it
    is no message at all. ``key_missing``: it can be opened as soon as the key of ``key_version`` is here.
    """

    seq: int
    key_version: int
    message: Message | None
    wrong: str = ""
    key_missing: bool = False


class Archive:
    """The archive of one company. Safe to share between threads as far as its transport is."""

    def __init__(self, transport: Transport, keys: KeyRing) -> None:
        self._transport, self._keys = transport, keys

    def page(self, seq: int, limit: int) -> Sequence[Pulled]:
        """At most ``limit`` messages after ``seq`` in the order of their numbers, none when there is nothing newer.

        Raises ArchiveError where the page cannot be had; what one message is to blame for is told in its place.
        """
        return [self._opened(sealed) for sealed in self._sealed(seq, min(limit, MOST))]

    def has_key(self, version: int) -> bool:
        """Whether messages sealed for this version can be opened now."""
        return self._keys.has(version)

    def _sealed(self, seq: int, limit: int) -> list[Sealed]:
        """A page that comes cut or too late is asked for again at half the length."""
        while True:
            try:
                return _entries(self._transport.fetch(seq, limit), seq)
            except ArchiveError as error:
                if error.code not in (NETWORK, BROKEN) or limit <= _FEWEST:
                    raise
                limit //= 2

    def _opened(self, sealed: Sealed) -> Pulled:
        seq, version = sealed.seq, sealed.key_version
        try:
            plain = self._transport.decrypt(self._keys.open(version, sealed.key), sealed.body)
        except ArchiveError as error:
            if error.code is None or error.code == NETWORK:  # nobody's fault but the way's: the page comes again
                raise
            return Pulled(seq, version, None, str(error), not self._keys.has(version))
        try:
            return Pulled(seq, version, message(_object(plain)))
        except (NoMessage, ArchiveError):
            return Pulled(seq, version, None, f"第 {seq} 条打开了，但内容读不懂")


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ArchiveError(PULL, BROKEN)
    return found


def _entries(content: bytes, after: int) -> list[Sealed]:
    answer = _object(content)
    code, found = answer.get("errcode"), answer.get("chatdata", [])
    if type(code) is not int or not isinstance(found, list):
        raise ArchiveError(PULL, BROKEN)
    if code:
        raise ArchiveError(PULL, code)
    by_number = {one.seq: one for entry in found if (one := _sealed(entry)).seq > after}
    return [by_number[number] for number in sorted(by_number)]


def _sealed(entry: Any) -> Sealed:
    """Without its number a message has no place in the sequence, and the page is as good as cut."""
    if not isinstance(entry, dict) or type(entry.get("seq")) is not int:
        raise ArchiveError(PULL, BROKEN)
    version = entry.get("publickey_ver")
    key, body = entry.get("encrypt_random_key"), entry.get("encrypt_chat_msg")
    return Sealed(
        seq=entry["seq"],
        key_version=version if type(version) is int else 0,
        key=key if isinstance(key, str) else "",
        body=body if isinstance(body, str) else "",
    )
