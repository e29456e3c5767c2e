"""Numbers that are missing in the chat archive: flagged, looked for again while the platform keeps them, told once."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.archive import GapReason, GapState
from models.archive import ArchiveGap

KEPT_BY_PLATFORM = timedelta(days=5)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Missing:
    """Numbers from the first to the last, both included, and why they are missing."""

    numbers: Range
    reason: GapReason
    key_version: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap to look into now."""

    id: int
    first: int
    last: int
    reason: GapReason
    key_version: int


def ranges(first: int, last: int, here: Collection[int]) -> Iterator[Range]:
    """The stretches between `first` and `last` (included) of which no number is `here`."""
    start = first
    for number in sorted(one for one in here if first <= one <= last):
        if start < number:
            yield start, number - 1
        start = number + 1
    if start <= last:
        yield start, last


def flag(s: Session, missing: Iterable[Missing], now: datetime, *, found_at: datetime | None = None) -> None:
    """Write down what is missing; what lies side by side for the same reason is one gap."""
    for one in _joined(missing):
        s.add(
            ArchiveGap(
                first=one.numbers[0],
                last=one.numbers[1],
                reason=one.reason,
                key_version=one.key_version,
                state=GapState.OPEN,
                found_at=found_at or now,
                next_at=now + _FIRST_PAUSE,
            )
        )
    s.flush()


def _joined(missing: Iterable[Missing]) -> list[Missing]:
    joined: list[Missing] = []
    for one in sorted(missing, key=lambda one: one.numbers):
        before = joined[-1] if joined else None
        if (
            before is not None
            and before.numbers[1] + 1 == one.numbers[0]
            and (before.reason, before.key_version) == (one.reason, one.key_version)
        ):
            joined[-1] = Missing((before.numbers[0], one.numbers[1]), one.reason, one.key_version)
        else:
            joined.append(one)
    return joined


def keys_missed(s: Session) -> set[int]:
    """The versions of the keys that gaps wait for."""
    waiting = (ArchiveGap.state == GapState.OPEN, ArchiveGap.reason == GapReason.NO_KEY)
    return set(s.scalars(select(ArchiveGap.key_version).where(*waiting).distinct()))


def due(s: Session, now: datetime, limit: int, keys: Collection[int]) -> list[Gap]:
    """Gaps whose time to be looked into has come, the longest overdue first; of those that wait for a key, only where
    it is among the `keys` that have come: else they would fill the run until the others behind them are lost."""
    can_open = (ArchiveGap.reason != GapReason.NO_KEY) | ArchiveGap.key_version.in_(keys)
    asked = (ArchiveGap.state == GapState.OPEN, ArchiveGap.next_at <= now, can_open)
    rows = s.scalars(select(ArchiveGap).where(*asked).order_by(ArchiveGap.next_at, ArchiveGap.first).limit(limit))
    return [Gap(row.id, row.first, row.last, GapReason(row.reason), row.key_version) for row in rows]


def give_up(s: Session, now: datetime) -> int:
    """What the platform no longer keeps is lost; how many gaps."""
    old = (ArchiveGap.state == GapState.OPEN, ArchiveGap.found_at <= now - KEPT_BY_PLATFORM)
    rows = s.scalars(select(ArchiveGap).where(*old).with_for_update()).all()
    for row in rows:
        row.state, row.closed_at = GapState.LOST, now
    s.flush()
    return len(rows)


def lock(s: Session, gap: Gap) -> bool:
    """Whether the gap is still as it was when it was looked into; it is the caller's until he commits."""
    row = s.get(ArchiveGap, gap.id, with_for_update=True)
    return row is not None and (row.state, row.first, row.last) == (GapState.OPEN, gap.first, gap.last)


def narrow(s: Session, gap: Gap, left: Sequence[Missing], now: datetime) -> None:
    """Of a gap that is locked only this is left; nothing: it is filled. Nothing gained: again after a longer pause."""
    row = s.get_one(ArchiveGap, gap.id)
    left = _joined(left)
    if not left:
        row.state, row.closed_at = GapState.FILLED, now
    elif [one.numbers for one in left] == [(gap.first, gap.last)]:
        row.tries += 1
        row.next_at = now + min(_FIRST_PAUSE * 2 ** min(row.tries, 10), _LONGEST_PAUSE)
        row.reason, row.key_version = left[0].reason, left[0].key_version
    else:
        first, *others = left
        row.first, row.last = first.numbers
        row.reason, row.key_version, row.next_at = first.reason, first.key_version, now + _FIRST_PAUSE
        flag(s, others, now, found_at=row.found_at)
    s.flush()
