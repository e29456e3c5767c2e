"""Where callbacks wait when the store is away: a file of our own on this machine, emptied when the store is back."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_CAP = 500 * 1024 * 1024
_PATIENCE = 2.0  # seconds: WeCom waits five for its answer
STUCK_AFTER = 5  # failures with the store at hand: from then on the row itself is to blame, and holds up nobody
_TABLES = """
CREATE TABLE IF NOT EXISTS kept (
    id INTEGER PRIMARY KEY AUTOINCREMENT, received_at TEXT NOT NULL, query TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS failed (
    id INTEGER PRIMARY KEY, times INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS refused (
    id INTEGER PRIMARY KEY, received_at TEXT NOT NULL, query TEXT NOT NULL, body BLOB NOT NULL
);
"""


class SpoolFull(Exception):
    """Nothing can be kept any more: WeCom must be told to come again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One raw callback, sealed as it came: query string and body, and when it first reached us (aware UTC)."""

    id: int
    query: str
    body: bytes
    received_at: datetime


class Spool:
    """Safe for any number of threads and processes: each call opens the file anew, and commits before it returns."""

    def __init__(self, path: Path, *, cap: int = _CAP) -> None:
        """`cap` is the size in bytes that the file never grows beyond."""
        self._path, self._cap = path, cap

    def keep(self, query: str, body: bytes, received_at: datetime) -> None:
        """On the disk when this returns. Raises SpoolFull when it cannot be: cap reached, disk full or not writable."""
        row = (received_at.astimezone(UTC).isoformat(), query, body)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as file:
                file.execute("INSERT INTO kept (received_at, query, body) VALUES (?, ?, ?)", row)
        except (sqlite3.Error, OSError) as error:
            raise SpoolFull(str(error)) from None

    def oldest(self, n: int, *, after: int = 0) -> list[Kept]:
        """The first `n` behind the row `after`, in the order they came."""
        if not self._path.exists():
            return []
        with self._open() as file:
            rows = file.execute(
                "SELECT id, query, body, received_at FROM kept WHERE id > ? ORDER BY id LIMIT ?", (after, n)
            ).fetchall()
        return [Kept(number, query, body, datetime.fromisoformat(at)) for number, query, body, at in rows]

    def done(self, kept_id: int) -> None:
        with self._open() as file:
            _forget(file, kept_id)

    def failed(self, kept_id: int) -> bool:
        """The callback failed over this row though the store was there; True once that makes the row a stuck one."""
        with self._open() as file:
            once_more = "INSERT INTO failed VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times"
            times: int = file.execute(once_more, (kept_id,)).fetchall()[0][0]
        return times >= STUCK_AFTER

    def refuse(self, kept_id: int) -> None:
        """Not WeCom's, or its key has changed since: put aside, where it holds up nobody and stays countable."""
        with self._open() as file:
            columns = "id, received_at, query, body"
            file.execute(
                f"INSERT OR IGNORE INTO refused ({columns}) SELECT {columns} FROM kept WHERE id = ?",  # noqa: S608
                (kept_id,),
            )
            _forget(file, kept_id)

    def count(self) -> int:
        return self._count("kept")

    def stuck(self) -> int:
        """How many of the kept rows are stepped over, and still tried again and again."""
        return self._count(f"failed WHERE times >= {STUCK_AFTER}")

    def refused(self) -> int:
        return self._count("refused")

    def _count(self, rows: str) -> int:
        if not self._path.exists():
            return 0
        with self._open() as file:
            number: int = file.execute(f"SELECT count(*) FROM {rows}").fetchone()[0]  # noqa: S608
            return number

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection whose work is committed at the end, or undone."""
        file = sqlite3.connect(self._path, timeout=_PATIENCE)
        try:
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=FULL")
            page: int = file.execute("PRAGMA page_size").fetchone()[0]
            file.execute(f"PRAGMA max_page_count={self._cap // page}")
            file.executescript(_TABLES)
            with file:
                yield file
        finally:
            file.close()


def _forget(file: sqlite3.Connection, kept_id: int) -> None:
    file.execute("DELETE FROM kept WHERE id = ?", (kept_id,))
    file.execute("DELETE FROM failed WHERE id = ?", (kept_id,))
