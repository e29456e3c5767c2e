"""Files that were taken: one folder under random names, nothing of which comes from outside."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_HEX = frozenset("0123456789abcdef")


class Folder:
    """A name is 40 random hex digits; the file lies under its first two. What is half written lies in `incoming`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"

    def fresh(self) -> Path:
        """A place for something half written; it is no file of ours before `settle`."""
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._incoming / secrets.token_hex(20)

    def settle(self, half: Path) -> str:
        """Make what was written one of our files, on the disk before anybody can name it; its name."""
        name = secrets.token_hex(20)
        path = self.path(name)
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _on_disk(self._root)
        _on_disk(half)
        os.chmod(half, 0o600)
        os.rename(half, path)
        _on_disk(path.parent)
        return name

    def path(self, name: str) -> Path:
        if len(name) != 40 or not set(name) <= _HEX:
            raise ValueError("no name of ours")
        return self._root / name[:2] / name

    def remove(self, *names: str) -> None:
        for name in names:
            if name:
                self.path(name).unlink(missing_ok=True)

    def older_than(self, seconds: float) -> Iterator[list[str]]:
        """The names of files that have lain here longer than that, folder by folder; half-written ones are removed.

        By the machine's own clock and not the product's, which a demo may move: what was written a moment ago must
        never look a day old.
        """
        before = time.time() - seconds
        for path in _old(self._incoming, before):
            path.unlink(missing_ok=True)
        for folder in sorted(self._root.glob("[0-9a-f][0-9a-f]")):
            yield [path.name for path in _old(folder, before) if len(path.name) == 40 and set(path.name) <= _HEX]


def _old(folder: Path, before: float) -> list[Path]:
    found = []
    with suppress(FileNotFoundError):
        for entry in os.scandir(folder):
            with suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < before:
                    found.append(Path(entry.path))
    return found


def _on_disk(path: Path) -> None:
    """What is not on the disk is not there after a power cut: the file's bytes, and a folder's list of names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
