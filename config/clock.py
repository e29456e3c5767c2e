"""The time: the machine's, and in development plus the offset that the emulator's 「快进」 wrote."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import Settings

Clock = Callable[[], datetime]


def machine_time() -> datetime:
    return datetime.now(UTC)


def clock_of(settings: Settings) -> Clock:
    """The clock of this process. All development processes read one file, so they agree after a jump."""
    if settings.production:
        return machine_time
    return _Shifted(settings.var_dir / "clock")


class _Shifted:
    """Re-reads the offset when the file changed; a `stat` is cheap enough for every request."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._offset = timedelta(0)

    def __call__(self) -> datetime:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._seen, self._offset = None, timedelta(0)
        else:
            mark = (stat.st_mtime_ns, stat.st_ino)
            if mark != self._seen:
                with suppress(
                    ValueError, OverflowError, OSError
                ):  # half written: the last good offset until it is whole
                    self._offset = timedelta(seconds=float(self._path.read_text(encoding="ascii")))
                    self._seen = mark
        return machine_time() + self._offset
