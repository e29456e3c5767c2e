"""Temporary media: uploads of the app and pictures members send, kept in memory for three days of its clock."""

import mimetypes
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from emulator.clock import Clock
from emulator.errors import ApiError
from emulator.state import State

KEPT_SECONDS = 3 * 86400
KEPT_BYTES = 200 * 1024 * 1024  # all media together; the oldest make room
MOST = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}


@dataclass(frozen=True, slots=True)
class Medium:
    name: str
    mime: str
    data: bytes
    at: float


class Media:
    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._kept: dict[str, Medium] = {}

    def put(self, kind: str, name: str, data: bytes) -> str:
        """Keep a file, return its media_id; 40004 unknown kind, 44001 empty, 45001 too large."""
        if kind not in MOST:
            raise ApiError(40004, kind)
        if len(data) <= 5:
            raise ApiError(44001)
        if len(data) > MOST[kind]:
            raise ApiError(45001)
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        with self._state.lock:
            media_id = self._state.opaque("media", 60)
            self._kept[media_id] = Medium(name, mime, data, self._clock.now())
            while sum(len(medium.data) for medium in self._kept.values()) > KEPT_BYTES:
                del self._kept[next(iter(self._kept))]
            return media_id

    def get(self, media_id: object) -> Medium:
        with self._state.lock:
            medium = self._kept.get(media_id) if isinstance(media_id, str) else None
            if medium is None or not 0 <= self._clock.now() - medium.at < KEPT_SECONDS:
                raise ApiError(40007)
            return medium


def sample_picture(seed: int) -> bytes:
    """A PNG whose colours differ with `seed`, for people who have no picture at hand."""
    side = 320
    rows = bytearray()
    for y in range(side):
        rows.append(0)
        for x in range(side):
            rows += bytes(((x * 2 + seed * 37) % 256, (y * 2 + seed * 91) % 256, (x + y + seed * 53) % 256))
    return _png(side, 8, 2, rows)


def code_picture(modules: Sequence[Sequence[bool]]) -> bytes:
    """A PNG of a QR code, dark on light with the quiet zone around it that readers need."""
    quiet, scale = 4, 8
    side = len(modules) + 2 * quiet
    light = [False] * quiet
    lines = [[*light, *line, *light] for line in modules]
    rows = bytearray()
    for line in [[False] * side] * quiet + lines + [[False] * side] * quiet:
        # a module is eight pixels of one bit: a byte, white or black
        rows += (b"\x00" + bytes(0x00 if dark else 0xFF for dark in line)) * scale
    return _png(side * scale, 1, 0, rows)


def _png(side: int, depth: int, colours: int, rows: bytearray) -> bytes:
    """A square; `colours` 0 is grey, 2 red, green and blue. Each row begins with its filter, 0."""
    head = struct.pack(">IIBBBBB", side, side, depth, colours, 0, 0, 0)
    body = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(bytes(rows))) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
