"""How much one person is sent: WeCom drops what is too much without a word, so we count and wait ourselves."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.base import insert_once
from models.ops import RecentSend

# WeCom's own limits are 30 and 1000; ours leave room for what another process has on its way.
_LIMITS = ((timedelta(minutes=1), 25), (timedelta(hours=1), 900))
_SLICE = timedelta(seconds=10)


def free_at(s: Session, person_id: int, now: datetime) -> datetime | None:
    """When this person may be sent something again; None if at once. The caller holds the person's row."""
    since = now - _LIMITS[-1][0] - _SLICE
    rows = s.execute(
        select(RecentSend.since, RecentSend.count)
        .where(RecentSend.person_id == person_id, RecentSend.since > since, RecentSend.since <= now)
        .order_by(RecentSend.since)
    ).all()
    waits = []
    for window, limit in _LIMITS:
        # A slice counts until its last second has left the window.
        inside = [(start, count) for start, count in rows if start + _SLICE + window > now]
        spare = limit - sum(count for _, count in inside)
        for start, count in inside:
            if spare > 0:
                break
            spare += count
            waits.append(start + _SLICE + window)
    return max(waits, default=None)


def count_send(s: Session, person_id: int, now: datetime) -> None:
    """Counted when it is tried, not when it succeeds: an attempt without an answer may have arrived."""
    slice_start = now.replace(second=now.second - now.second % 10, microsecond=0)
    if not insert_once(s, RecentSend, person_id=person_id, since=slice_start, count=1):
        s.execute(
            update(RecentSend)
            .where(RecentSend.person_id == person_id, RecentSend.since == slice_start)
            .values(count=RecentSend.count + 1),
            execution_options={"synchronize_session": False},
        )
