"""The vendor's C library, loaded when it is first needed: GetChatData and DecryptData, nothing else.

Its code is closed and its cipher unpublished, so what is tested here is how it is loaded, called and refused; whatever
lies behind DecryptData can only be tried with a company's own archive.
"""

import ctypes
import threading
from collections.abc import Callable
from typing import Any

from gateways.archive.errors import BROKEN, OPEN, PULL, UNOPENED, ArchiveError

_TIMEOUT = 10  # seconds of one call
_SHORTEST = 13  # characters: a shorter message makes the vendor's library (3.0) end the whole process
_USED = ("NewSdk", "Init", "GetChatData", "DecryptData", "NewSlice", "FreeSlice", "GetContentFromSlice", "GetSliceLen")


class Native:
    """One company's archive through ``libWeWorkFinanceSdk_C.so``. One call at a time: the library promises no more."""

    def __init__(self, library: str, corp_id: str, secret: str) -> None:
        """``library`` is a path, or a name that the system's loader finds."""
        self._library, self._corp_id, self._secret = library, corp_id, secret
        self._lock = threading.Lock()
        self._loaded: tuple[Any, int] | None = None

    def fetch(self, seq: int, limit: int) -> bytes:
        with self._lock:
            lib, sdk = self._ready()
            return _content(lib, PULL, lambda out: lib.GetChatData(sdk, seq, limit, None, None, _TIMEOUT, out))

    def decrypt(self, key: bytes, sealed: str) -> bytes:
        with self._lock:
            if len(sealed.partition("\x00")[0]) < _SHORTEST:
                raise ArchiveError(OPEN, UNOPENED)
            lib, _ = self._ready()
            return _content(lib, OPEN, lambda out: lib.DecryptData(key, sealed.encode(), out))

    def _ready(self) -> tuple[Any, int]:
        if self._loaded is None:
            lib = load(self._library)
            sdk = lib.NewSdk()
            if code := lib.Init(sdk, self._corp_id.encode(), self._secret.encode()):
                raise ArchiveError(PULL, code)
            self._loaded = lib, sdk
        return self._loaded


def load(library: str) -> Any:
    """The library with its signatures told to ctypes: pointers would else be cut to 32 bits."""
    try:
        lib = ctypes.CDLL(library)
        missing = [name for name in _USED if not hasattr(lib, name)]
    except OSError:
        raise ArchiveError(
            PULL,
            what=f"会话存档的动态库装不上：{library}",
            hint="请从企业微信开发者中心「会话内容存档」下载 Linux 版 SDK，把 libWeWorkFinanceSdk_C.so "
            "的完整路径写进 WECOM_ARCHIVE_LIBRARY 后重启。",
        ) from None
    if missing:
        raise ArchiveError(
            PULL,
            what=f"{library} 不是会话存档的动态库，缺少 {missing[0]}",
            hint="请换成官方 SDK 里的 libWeWorkFinanceSdk_C.so。",
        )
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "NewSdk": (pointer, []),
        "Init": (number, [pointer, text, text]),
        "GetChatData": (number, [pointer, ctypes.c_ulonglong, ctypes.c_uint, text, text, number, pointer]),
        "DecryptData": (number, [text, text, pointer]),
        "NewSlice": (pointer, []),
        "FreeSlice": (None, [pointer]),
        "GetContentFromSlice": (pointer, [pointer]),
        "GetSliceLen": (number, [pointer]),
    }
    for name, (answer, arguments) in signatures.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = answer, arguments
    return lib


def _content(lib: Any, path: str, call: Callable[[int], int]) -> bytes:
    """What a call wrote into a slice, which is given back whatever happens."""
    out = lib.NewSlice()
    try:
        if code := call(out):
            raise ArchiveError(path, code)
        content, length = lib.GetContentFromSlice(out), lib.GetSliceLen(out)
        if not content or length < 0:
            raise ArchiveError(path, BROKEN)
        return ctypes.string_at(content, length)
    finally:
        lib.FreeSlice(out)
