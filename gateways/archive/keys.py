"""The private keys of the archive, one for each version of the public key that was uploaded."""

import base64
import binascii
import threading
from pathlib import Path

from Crypto.Cipher import PKCS1_v1_5
from Crypto.PublicKey import RSA

from gateways.archive.errors import BAD_KEY, NO_KEY, OPEN, ArchiveError

_NOTHING = b""  # what comes out where the padding is wrong


class KeyRing:
    """A folder of `<version>.pem`. A key that is put in while we run is found: nobody has to restart for a new one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._known: dict[int, RSA.RsaKey] = {}

    def has(self, version: int) -> bool:
        """Whether the private key of this version is here and can be read."""
        try:
            self._key(version)
        except ArchiveError:
            return False
        return True

    def open(self, version: int, sealed: str) -> bytes:
        """The random key of one message: RSA PKCS#1 v1.5 over base64. ArchiveError 10007 without a key, else 10008."""
        key = self._key(version)
        try:
            opened = PKCS1_v1_5.new(key).decrypt(base64.b64decode(sealed, validate=True), _NOTHING)
        except (binascii.Error, ValueError):
            opened = _NOTHING
        if not opened:
            raise ArchiveError(OPEN, BAD_KEY)
        return bytes(opened)

    def _key(self, version: int) -> RSA.RsaKey:
        with self._lock:
            if version not in self._known:
                self._known[version] = self._read(version)
            return self._known[version]

    def _read(self, version: int) -> RSA.RsaKey:
        try:
            key = RSA.import_key((self._folder / f"{version}.pem").read_bytes())
        except FileNotFoundError:
            raise ArchiveError(OPEN, NO_KEY) from None
        except (OSError, ValueError, IndexError, TypeError):
            raise ArchiveError(OPEN, NO_KEY, what=f"私钥文件 {version}.pem 读不懂") from None
        if not key.has_private():
            raise ArchiveError(OPEN, NO_KEY, what=f"{version}.pem 是公钥，不是私钥")
        return key
