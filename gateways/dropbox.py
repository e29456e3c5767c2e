"""Files on their way in or out, kept under random names outside of anything the web serves."""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

_PIECE = 256 * 1024


class TooLarge(Exception):
    """More bytes came than are taken."""


class Dropbox:
    """One folder. A key is 40 random hex digits; nothing that came from outside is ever part of a path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, stream: IO[bytes], most: int) -> str:
        """Copy the stream into a file of its own; the key. `TooLarge` beyond `most` bytes, and nothing is left."""
        key = self.new_key()
        path = self.path(key)
        size = 0
        try:
            with open(path, "xb") as file:
                while piece := stream.read(_PIECE):
                    size += len(piece)
                    if size > most:
                        raise TooLarge
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return key

    def new_key(self) -> str:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return secrets.token_hex(20)

    def path(self, key: str) -> Path:
        if len(key) != 40 or not set(key) <= set("0123456789abcdef"):
            raise ValueError("no key of ours")
        return self._folder / key

    def forget(self, key: str) -> None:
        if key:
            self.path(key).unlink(missing_ok=True)

    def sweep(self, seconds: float) -> int:
        """Remove what has lain here longer than that, whoever forgot it; how many."""
        gone = 0
        before = time.time() - seconds
        for path in self._folder.glob("*"):
            with suppress(FileNotFoundError):
                if path.is_file() and path.stat().st_mtime < before:
                    path.unlink()
                    gone += 1
        return gone
