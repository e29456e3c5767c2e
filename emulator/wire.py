"""The log of what crossed between the emulator and the product, with secrets masked."""

import json
import re
import threading
from collections import deque
from xml.etree.ElementTree import ParseError, indent, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from emulator.clock import Clock
from emulator.tenant import Json

KEPT = 2000
BODY_SHOWN = 20_000  # characters
SECRET = re.compile(
    r'((?:access_token|corpsecret|ticket|session_key|user_ticket|js_code|\bcode)"?(?:=|:\s*"))([^"&\s]+)'
)


class Wire:
    """Entries: seq, at, direction (in = we are called, out = we call), name, status, ms, request, response."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: deque[Json] = deque(maxlen=KEPT)
        self._seq = 0

    def add(self, direction: str, name: str, status: int | str, ms: float, request: str, response: str) -> None:
        with self._lock:
            self._seq += 1
            self._kept.append(
                {
                    "seq": self._seq,
                    "at": round(self._clock.now(), 3),
                    "direction": direction,
                    "name": name,
                    "status": status,
                    "ms": round(ms, 1),
                    "request": request[:BODY_SHOWN],
                    "response": response[:BODY_SHOWN],
                }
            )

    def since(self, seq: int) -> list[Json]:
        """Newer entries, bodies indented and masked (done here, off the path of the calls themselves)."""
        with self._lock:
            found = [dict(entry) for entry in self._kept if entry["seq"] > seq]
        for entry in found:
            for side in ("request", "response"):
                entry[side] = mask(pretty(entry[side]))
        return found

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


def mask(text: str) -> str:
    return SECRET.sub(lambda hit: f"{hit[1]}{hit[2][:4]}…", text)


def pretty(text: str) -> str:
    """Indent JSON or XML; anything else stays as it is."""
    start = text.lstrip()[:1]
    if start and start in "{[":
        value = _json(text)
        return text if value is None else json.dumps(value, ensure_ascii=False, indent=2)
    if start == "<":
        try:
            tree = fromstring(text, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError):
            return text
        indent(tree)
        return str(tostring(tree, encoding="unicode"))
    return text


def _json(text: str) -> object | None:
    try:
        value: object = json.loads(text)
    except ValueError:
        return None
    return value
