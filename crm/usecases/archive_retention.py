"""How long the archive's rows are kept: bare numbers as long as the platform has them, what was said as long as needed.

Law: 个人信息保护法 art. 19, the shortest time that the purpose asks for.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.archive import EntryState
from crm import audit, policy
from crm.usecases.archive_gaps import KEPT_BY_PLATFORM
from models.archive import ArchiveEntry
from models.base import bare, one_of

_BATCH = 5_000  # a company of thousands leaves a hundred thousand bare numbers a day
_ENTRY = bare(ArchiveEntry).c
_BARE = [one for one in EntryState if one is not EntryState.KEPT]


def purge_numbers(s: Session, now: datetime) -> int:
    """Numbers without a word that cannot come again: the platform has thrown away what they stood for. How many."""
    return len(_gone(s, _BARE, now - KEPT_BY_PLATFORM))


def purge_old_talk(s: Session, now: datetime) -> int:
    """What was said longer ago than the policy keeps it; how many messages. Digests keep the lines that they cite."""
    days = timedelta(days=policy.current(s).talk_days)
    gone = _gone(s, [EntryState.KEPT], now - days)
    if gone:
        audit.record(s, None, "purge_old_talk", "archive", now, entrance="sweep", messages=len(gone))
    return len(gone)


def _gone(s: Session, states: Collection[EntryState], until: datetime) -> Collection[int]:
    old = select(_ENTRY.id).where(_ENTRY.state.in_(states), _ENTRY.seen_at <= until).limit(_BATCH)
    ids = s.scalars(old).all()
    s.execute(delete(bare(ArchiveEntry)).where(one_of(s, _ENTRY.id, ids)))
    return ids
