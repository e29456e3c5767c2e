"""Files from outside: looked into by a child process with limits, kept under random names, pictures drawn anew."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any, Protocol

from config.files import MOST_BYTES, FileKind
from gateways.files import child
from gateways.files.store import Folder
from gateways.reader.reading import Content, read

_PIECE = 256 * 1024
_SECONDS = 40  # by the clock on the wall
_DAY = 24 * 3600.0
_CHINA = timezone(timedelta(hours=8))  # where a camera says no zone, it is ours
_AT_ONCE = threading.BoundedSemaphore(2)  # children of this process, each of which may take a gigabyte


class Named(Protocol):
    """The names under which a file and its copies lie."""

    @property
    def stored_name(self) -> str: ...
    @property
    def shown_name(self) -> str: ...
    @property
    def thumb_name(self) -> str: ...


class FileRefused(Exception):
    """Nothing was kept; the sentence says why and what to do."""


class FileTooLarge(FileRefused):
    """More than 20 MB came."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A file that is on the disk and that nobody names yet: what no row names after a day is swept away.

    The last ones are empty where it is no picture. `shown_name` is the copy that people see, `thumb_name` a small one.
    `image_hash`: 64 bits in hexadecimal. `taken_at`, `latitude` and `longitude` (WGS-84): what its EXIF says.
    """

    kind: FileKind
    size: int
    sha256: str
    content: Content
    stored_name: str
    width: int | None = None
    height: int | None = None
    shown_name: str = ""
    shown_kind: FileKind | None = None
    thumb_name: str = ""
    thumb_kind: FileKind | None = None
    image_hash: str = ""
    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None


class FileStore:
    """What this company keeps of files, in one folder outside of anything the web serves."""

    def __init__(self, folder: Path) -> None:
        self._folder = Folder(folder)

    def accept(self, stream: IO[bytes]) -> Accepted:
        """Take a file in; FileRefused for what is too large, broken, or of no kind that is taken."""
        half, shown, thumb = (self._folder.fresh() for _ in range(3))
        try:
            size, digest = _copied(stream, half)
            with _AT_ONCE:
                found = _looked_at(half, shown, thumb)
                kind = FileKind(found["kind"])
                content = read(half, kind)
            if "shown" not in found:
                return Accepted(kind, size, digest, content, self._folder.settle(half))
            return Accepted(
                kind,
                size,
                digest,
                content,
                self._folder.settle(half),
                found["width"],
                found["height"],
                self._folder.settle(shown),
                FileKind(found["shown"]),
                self._folder.settle(thumb),
                FileKind(found["thumb"]),
                found["image_hash"],
                _moment(found.get("taken_at", "")),
                found.get("latitude"),
                found.get("longitude"),
            )
        finally:
            for path in (half, shown, thumb):
                path.unlink(missing_ok=True)

    def forget(self, accepted: Named) -> None:
        """Remove what was taken in and then not wanted: the answer to a repeated request names an earlier file."""
        self._folder.remove(accepted.stored_name, accepted.shown_name, accepted.thumb_name)

    def content(self, name: str, kind: FileKind) -> Content:
        """What a file of ours says that was taken in before anybody read it."""
        with _AT_ONCE:
            return read(self.path(name), kind)

    def path(self, name: str) -> Path:
        return self._folder.path(name)

    def sweep(self, named: Callable[[list[str]], Iterable[str]]) -> Iterator[int]:
        """Remove files a day old that no row names, folder by folder; how many each time.

        The day is for what has been taken in and whose row is not committed yet.
        """
        for names in self._folder.older_than(_DAY):
            orphans = set(names) - set(named(names)) if names else set()
            self._folder.remove(*orphans)
            yield len(orphans)


def _moment(told: str) -> datetime | None:
    """A camera may write any numbers; what is no moment is none."""
    try:
        moment = datetime.fromisoformat(told)
        return (moment if moment.tzinfo else moment.replace(tzinfo=_CHINA)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _copied(stream: IO[bytes], path: Path) -> tuple[int, str]:
    """Counted while reading: what a header says of the length proves nothing."""
    size, digest = 0, hashlib.sha256()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as file:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > MOST_BYTES:
                raise FileTooLarge("文件超过 20 MB，没有收下。请压缩图片或视频，或拆成几个文件再上传")
            digest.update(piece)
            file.write(piece)
    return size, digest.hexdigest()


def _looked_at(half: Path, shown: Path, thumb: Path) -> dict[str, Any]:
    command = [sys.executable, "-I", "-X", "utf8", child.__file__, str(half), str(shown), str(thumb)]
    said = b""
    with suppress(subprocess.TimeoutExpired):
        # The arguments are ours: this interpreter, a file of ours, and paths made of random names.
        said = subprocess.run(  # noqa: S603
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, env={}, check=False
        ).stdout
    try:
        found = json.loads(said)
    except ValueError:  # it was killed before it said anything
        found = {"error": child.TOO_HARD}
    if "error" in found:
        raise FileRefused(found["error"])
    return dict(found)
