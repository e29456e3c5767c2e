"""The archive of a development platform: the library's two calls as JSON over HTTP, with its own return codes."""

import base64
import json
from typing import Any

import requests

from gateways.archive.errors import BROKEN, NETWORK, OPEN, PULL, ArchiveError

_TIMEOUT = (3, 10)


class OverHttp:
    """``url`` is WECOM_ARCHIVE_URL; POST ``getchatdata`` and ``decryptdata`` below it."""

    def __init__(self, url: str, corp_id: str, secret: str) -> None:
        self._url, self._who = url.rstrip("/"), {"corpid": corp_id, "secret": secret}

    def fetch(self, seq: int, limit: int) -> bytes:
        return self._post(PULL, "getchatdata", {**self._who, "seq": seq, "limit": limit})

    def decrypt(self, key: bytes, sealed: str) -> bytes:
        asked = {"encrypt_key": base64.b64encode(key).decode(), "encrypt_chat_msg": sealed}
        content = self._post(OPEN, "decryptdata", asked)
        try:
            answer = json.loads(content)
            code, plain = answer["errcode"], answer.get("message", "")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ArchiveError(OPEN, BROKEN) from None
        if code:
            raise ArchiveError(OPEN, code if type(code) is int else None)
        return str(plain).encode()

    def _post(self, path: str, call: str, asked: dict[str, Any]) -> bytes:
        try:
            with requests.Session() as session:
                session.trust_env = False  # a proxy of the machine cannot reach our loopback
                answer = session.post(f"{self._url}/{call}", json=asked, timeout=_TIMEOUT)
                content: bytes = answer.content
        except requests.RequestException:
            raise ArchiveError(path, NETWORK) from None
        if answer.status_code != 200:
            raise ArchiveError(path, NETWORK)
        return content
