"""Where WeCom's access tokens live: one row each, sealed, renewed by compare-and-set; true with Redis off."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from Crypto.Cipher import AES
from Crypto.Random import get_random_bytes
from sqlalchemy import or_, update

from crm import uow
from models.base import insert_once
from models.ops import Token


@dataclass(frozen=True, slots=True)
class StoredToken:
    value: str
    expires_at: datetime
    version: int


class TokenTable:
    """The `TokenStore` that `gateways.wecom.tokens` asks for. Each call is a transaction of its own."""

    def __init__(self, secret_key: str) -> None:
        self._key = hashlib.sha256(b"token-cache" + secret_key.encode()).digest()

    def get(self, name: str) -> StoredToken | None:
        """The token last stored, even if expired; None if there never was one, an empty value if SECRET_KEY changed."""
        with uow.reading() as s:
            row = s.get(Token, name)
            if row is None or row.expires_at is None:
                return None
            return StoredToken(self._open(name, row.sealed), row.expires_at, row.version)

    def lease(self, name: str, holder: str, now: datetime, seconds: int) -> bool:
        """True if the caller may renew: nobody else holds an unexpired lease."""
        with uow.transaction() as s:
            insert_once(s, Token, name=name, sealed="", version=0, holder="")
            free = or_(Token.lease_until.is_(None), Token.lease_until <= now, Token.holder == holder)
            done = s.execute(
                update(Token)
                .where(Token.name == name, free)
                .values(holder=holder, lease_until=now + timedelta(seconds=seconds))
            )
            return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE answers with a CursorResult

    def put(self, name: str, value: str, expires_at: datetime, seen_version: int) -> bool:
        """Store a fresh token unless somebody stored one since `seen_version`; the lease ends either way."""
        with uow.transaction() as s:
            insert_once(s, Token, name=name, sealed="", version=0, holder="")
            done = s.execute(
                update(Token)
                .where(Token.name == name, Token.version == seen_version)
                .values(
                    sealed=self._seal(name, value), expires_at=expires_at, version=seen_version + 1, lease_until=None
                )
            )
            return bool(done.rowcount)  # type: ignore[attr-defined]

    def _seal(self, name: str, value: str) -> str:
        nonce = get_random_bytes(12)
        cipher = AES.new(self._key, AES.MODE_GCM, nonce=nonce)
        cipher.update(name.encode())
        sealed, tag = cipher.encrypt_and_digest(value.encode())
        return base64.b64encode(nonce + tag + sealed).decode()

    def _open(self, name: str, sealed: str) -> str:
        raw = base64.b64decode(sealed)
        cipher = AES.new(self._key, AES.MODE_GCM, nonce=raw[:12])
        cipher.update(name.encode())
        try:
            return cipher.decrypt_and_verify(raw[28:], raw[12:28]).decode()
        except ValueError:  # SECRET_KEY was changed: as good as no token, but its version still counts
            return ""
