"""The end of the audit chain, noted in a file beside the store, where who rewrites the store does not reach."""

import os
from pathlib import Path


class HeadFile:
    """One line: position and digest. Replaced as a whole, so that nobody reads half of it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[int, str] | None:
        """What was noted last; None if nothing ever was. Position -1, which no chain has, for a file gone bad."""
        try:
            line = self._path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return None
        position, _, digest = line.strip().partition(" ")
        return (int(position), digest) if position.isdigit() and digest else (-1, line)

    def write(self, position: int, digest: str) -> None:
        """On the disk when this returns."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        with beside.open("w", encoding="ascii") as file:
            file.write(f"{position} {digest}\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
