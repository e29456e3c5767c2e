"""The emulator's clock: real time plus an offset that every process of the demo can read from one file."""

import os
import threading
import time
from pathlib import Path

MOST = 100 * 365.25 * 86400  # seconds


class Clock:
    """Seconds since 1970 as floats. The file holds one number, the offset in seconds; absent or unreadable means 0."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset()

    def offset(self) -> float:
        """The offset now in force; somebody else may have rewritten the file since the last look."""
        if self._path is None:
            return self._offset
        with self._lock:
            try:
                found = self._path.stat()
            except OSError:
                self._seen, self._offset = None, 0.0
                return 0.0
            mark = (found.st_mtime_ns, found.st_ino)
            if mark != self._seen:
                self._offset, self._seen = _read(self._path), mark
            return self._offset

    def set_offset(self, seconds: float) -> None:
        """Put a new offset in force. Written beside and renamed, so that no reader sees half a number."""
        if not abs(seconds) <= MOST:
            raise ValueError("the offset must be less than a century")
        if self._path is None:
            self._offset = seconds
            return
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
            beside.write_text(f"{seconds:.3f}\n", encoding="ascii")
            os.replace(beside, self._path)
            self._seen = None


def _read(path: Path) -> float:
    try:
        value = float(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0.0
    return value if abs(value) <= MOST else 0.0
