"""Signs, seals and opens what WeCom and we send each other over the callback."""

import base64
import hashlib
import re
import struct
from dataclasses import dataclass
from hmac import compare_digest
from secrets import token_bytes
from xml.sax.saxutils import escape

from Crypto.Cipher import AES
from Crypto.Cipher._mode_cbc import CbcMode

from gateways.wecom.text import cdata

_BLOCK = 32  # WeCom pads to 32 bytes although AES works on 16
_MAX_BODY = 256 * 1024

# Byte patterns instead of an XML parser: the signature covers the text of <Encrypt> and nothing else, so until it has
# been checked the body is a stranger's. A pattern without nesting costs linear time and builds nothing; a parser would
# already have walked 200,000 nested tags.
_ENCRYPT = re.compile(
    rb"<Encrypt>\s*+(?:<!\[CDATA\[\s*+([A-Za-z0-9+/]++={0,2})\s*+\]\]>|([A-Za-z0-9+/]++={0,2}))\s*+</Encrypt>"
)
_TO_USER = re.compile(rb"<ToUserName>\s*+(?:<!\[CDATA\[([\w@.\- ]{0,128})\]\]>|([\w@.\- ]{0,128}))\s*+</ToUserName>")
_AGENT_ID = re.compile(rb"<AgentID>\s*+(?:<!\[CDATA\[(\w{0,32})\]\]>|(\w{0,32}))\s*+</AgentID>")


class BadEnvelope(Exception):
    """Whatever was wrong, from the signature to the padding; the caller answers the same 403 to all of it.

    The message is for our own log. Telling a stranger which check failed would hand him a padding oracle.
    """


@dataclass(frozen=True, slots=True)
class Sealed:
    """The outer document of a push. Only ``encrypt`` is covered by the signature; never act on the other two."""

    encrypt: str
    to_user: str
    agent_id: str


def unwrap(body: bytes) -> Sealed:
    """Picks the parts out of a pushed body; any order of elements, ``AgentID`` may be missing.

    Raises BadEnvelope when there is not exactly one well-formed ``<Encrypt>``, or the body carries a DTD or is too big.
    """
    if len(body) > _MAX_BODY:
        raise BadEnvelope("body too long")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise BadEnvelope("document type declaration")
    found = _ENCRYPT.findall(body)
    if len(found) != 1 or body.count(b"<Encrypt") != 1:
        raise BadEnvelope("not exactly one Encrypt element")
    return Sealed((found[0][0] or found[0][1]).decode("ascii"), _first(_TO_USER, body), _first(_AGENT_ID, body))


def _first(pattern: re.Pattern[bytes], body: bytes) -> str:
    found = pattern.search(body)
    return (found[1] or found[2] or b"").decode("ascii") if found else ""


class Envelope:
    """The codec of one receiver URL. Safe to share between threads: it keeps nothing but its keys."""

    def __init__(self, token: str, aes_key: str, receive_id: str) -> None:
        """``aes_key`` is the EncodingAESKey of 43 characters; ValueError when it is not one."""
        try:
            self._key = base64.b64decode(aes_key + "=", validate=True)
        except ValueError:
            self._key = b""
        if len(aes_key) != 43 or len(self._key) != 32:
            raise ValueError("EncodingAESKey must be the 43 characters WeCom shows")
        self._token, self._receive_id = token.encode(), receive_id.encode()

    def sign(self, encrypt: str, timestamp: str, nonce: str) -> str:
        """The lower-case hex SHA-1 over token, timestamp, nonce and ciphertext, sorted as bytes."""
        parts = sorted((self._token, timestamp.encode(), nonce.encode(), encrypt.encode()))
        return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()  # the platform prescribes SHA-1

    def open(self, encrypt: str, signature: str, timestamp: str, nonce: str) -> bytes:
        """The message as WeCom wrote it; nothing is decrypted before the signature holds.

        Whether the bytes are readable XML is for ``inbound_xml`` to say: what WeCom signed is kept even when it is not.
        """
        self._verify(encrypt, signature, timestamp, nonce)
        try:
            sealed = base64.b64decode(encrypt, validate=True)
        except ValueError:
            raise BadEnvelope("base64") from None
        if not sealed or len(sealed) % AES.block_size:
            raise BadEnvelope("length")
        return self._content(self._cipher().decrypt(sealed))

    def open_echo(self, echostr: str, signature: str, timestamp: str, nonce: str) -> bytes:
        """The answer to the URL check; a '+' that arrived unescaped and became a blank is put back first."""
        return self.open(echostr.replace(" ", "+"), signature, timestamp, nonce)

    def seal(self, xml: str, timestamp: str, nonce: str) -> str:
        """The complete answer document around an encrypted passive reply."""
        body = xml.encode()
        plain = token_bytes(16) + struct.pack(">I", len(body)) + body + self._receive_id
        pad = _BLOCK - len(plain) % _BLOCK
        encrypt = base64.b64encode(self._cipher().encrypt(plain + bytes([pad]) * pad)).decode("ascii")
        return (
            f"<xml><Encrypt>{cdata(encrypt)}</Encrypt>"
            f"<MsgSignature>{cdata(self.sign(encrypt, timestamp, nonce))}</MsgSignature>"
            f"<TimeStamp>{escape(timestamp)}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
        )

    def _verify(self, encrypt: str, signature: str, timestamp: str, nonce: str) -> None:
        try:
            genuine = compare_digest(self.sign(encrypt, timestamp, nonce).encode(), signature.encode())
        except UnicodeEncodeError:  # lone surrogates out of a query string
            genuine = False
        if not genuine:
            raise BadEnvelope("signature")

    def _content(self, plain: bytes) -> bytes:
        pad = plain[-1]
        if not 1 <= pad <= _BLOCK or not plain.endswith(bytes([pad]) * pad):
            raise BadEnvelope("padding")
        plain = plain[:-pad]
        if len(plain) < 20:
            raise BadEnvelope("too short")
        (size,) = struct.unpack(">I", plain[16:20])
        if 20 + size > len(plain) or not compare_digest(plain[20 + size :], self._receive_id):
            raise BadEnvelope("receive id")
        return plain[20 : 20 + size]

    def _cipher(self) -> CbcMode:
        return AES.new(self._key, AES.MODE_CBC, self._key[: AES.block_size])
