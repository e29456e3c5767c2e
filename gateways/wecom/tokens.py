"""Keeps one access token for all processes and threads, fetched by one of them at a time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Protocol, TypeGuard

from gateways.wecom.errors import Kind, WecomError

_PATH = "gettoken"
_SHARE_OF_LIFE = 0.8  # a token is replaced before it dies, so that no call meets the change
_LEASE_SECONDS = 20  # longer than one fetch may take; left to run out after a failure, it is also the pause
_PATIENCE = 3.0  # seconds a loser waits for the winner
_STEP = 0.05


class StoredToken(Protocol):
    """A row of the store; ``expires_at`` is when a new one is due, the value itself lives a little longer.

    An empty ``value`` is a row nobody can read any more (its key was changed); its version still counts.
    """

    @property
    def value(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def version(self) -> int: ...


class TokenStore(Protocol):
    """What all processes share; each method is one short transaction of its own."""

    def get(self, name: str) -> StoredToken | None:
        """The row, also when it is past ``expires_at``."""

    def lease(self, name: str, holder: str, now: datetime, seconds: int) -> bool:
        """True when nobody else holds a live lease; it is the holder's for ``seconds``, row or no row."""

    def put(self, name: str, value: str, expires_at: datetime, seen_version: int) -> bool:
        """Compare-and-set on the version (0: there was no row) and drop the lease; False when another was faster."""


@dataclass(frozen=True, slots=True)
class _Kept:
    value: str
    expires_at: datetime
    version: int


class OwnTokens:
    """A store that nobody shares and that begins empty: the connection check must not pass by yesterday's token."""

    def __init__(self) -> None:
        self._kept: _Kept | None = None

    def get(self, name: str) -> _Kept | None:
        return self._kept

    def lease(self, name: str, holder: str, now: datetime, seconds: int) -> bool:
        return True

    def put(self, name: str, value: str, expires_at: datetime, seen_version: int) -> bool:
        self._kept = _Kept(value, expires_at, seen_version + 1)
        return True


class TokenSource:
    """The token of one app: ``fetch`` asks WeCom and returns (value, seconds of life)."""

    def __init__(
        self,
        store: TokenStore,
        name: str,
        fetch: Callable[[], tuple[str, int]],
        *,
        pause_seconds: int = _LEASE_SECONDS,
    ) -> None:
        """``pause_seconds`` is the lease, and so the least time between two fetches after one that failed."""
        self._store, self._name, self._fetch = store, name, fetch
        self._pause_seconds = pause_seconds
        self._one_thread = threading.Lock()
        self._failed: tuple[datetime, WecomError] | None = None
        self._renewed: tuple[datetime, str] | None = None

    def current(self, now: datetime) -> str:
        """The stored token, replaced at 80 % of its life.

        While another holder replaces it, or when replacing fails, the old one is given: WeCom takes it a while longer,
        and refuses it with a code that leads to ``renew``. Raises WecomError when there is no old one.
        """
        stored = self._store.get(self._name)
        if _is_fresh(stored, "", now):
            return stored.value
        old = stored.value if stored else ""
        try:
            return self._replace("", now, patience=0.0 if old else _PATIENCE)
        except WecomError:
            if old:
                return old
            raise

    def renew(self, failed: str, now: datetime) -> str:
        """A token other than the ``failed`` one, fetched only if no other thread or process has done so already.

        Raises WecomError; of kind TOKEN when ``failed`` itself came from a renewal of the last 20 seconds, because a
        token refused right after renewal will not be cured by another, and too many fetches block the server's address.
        """
        if self._renewed and self._renewed[1] == failed and self._within_pause(self._renewed[0], now):
            raise WecomError(_PATH, kind=Kind.TOKEN)
        value = self._replace(failed, now, patience=_PATIENCE)
        self._renewed = (now, value)
        return value

    def _replace(self, failed: str, now: datetime, patience: float) -> str:
        deadline = time.monotonic() + patience
        if not self._one_thread.acquire(timeout=patience):
            raise WecomError(_PATH)
        try:
            while True:
                if fresh := self._already_replaced(failed, now):
                    return fresh
                if self._failed and self._within_pause(self._failed[0], now):
                    error = self._failed[1]
                    raise WecomError(error.path, error.code, kind=error.kind)
                if self._store.lease(self._name, token_hex(8), now, self._pause_seconds):
                    return self._fetch_and_keep(failed, now)
                if time.monotonic() >= deadline:
                    raise WecomError(_PATH)
                time.sleep(_STEP)
        finally:
            self._one_thread.release()

    def _already_replaced(self, failed: str, now: datetime) -> str:
        stored = self._store.get(self._name)
        return stored.value if _is_fresh(stored, failed, now) else ""

    def _fetch_and_keep(self, failed: str, now: datetime) -> str:
        # Between the look and the lease the former holder may have stored his; only now is the look worth anything.
        seen = self._store.get(self._name)
        if _is_fresh(seen, failed, now):
            self._store.put(self._name, seen.value, seen.expires_at, seen.version)  # gives the lease back
            return seen.value
        try:
            value, life = self._fetch()
        except WecomError as error:
            self._failed = (now, error)
            raise
        self._failed = None
        expires_at = now + timedelta(seconds=life * _SHARE_OF_LIFE)
        if not self._store.put(self._name, value, expires_at, seen.version if seen else 0):
            return self._already_replaced(failed, now) or value
        return value

    def _within_pause(self, since: datetime, now: datetime) -> bool:
        return since <= now < since + timedelta(seconds=self._pause_seconds)


def _is_fresh(stored: StoredToken | None, failed: str, now: datetime) -> TypeGuard[StoredToken]:
    return stored is not None and stored.value not in ("", failed) and now < stored.expires_at
