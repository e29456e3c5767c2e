"""The book of who did what: written with the effect, sealed into a chain soon after, checked on demand."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from models.audit import AuditEntry, AuditSeal
from models.base import bare

FIRST_LINK = "0" * 64
_BATCH = 500
# How far behind the newest sealed entry one that committed late may lie. Ids are given at the insert, and a
# transaction lives a minute at most, in which the product writes some thousands of entries.
_LATE_BY = 20_000
_RECORD = insert(bare(AuditEntry)).inline()


def record(
    s: Session, actor_id: int | None, verb: str, subject: str, now: datetime, *, entrance: str, **detail: Any
) -> None:
    """Commits with the effect, or not at all. `actor_id` None is the system itself."""
    row = {"at": now, "actor_id": actor_id, "entrance": entrance, "verb": verb, "subject": subject, "detail": detail}
    s.execute(_RECORD, row)


def record_each(
    s: Session, verb: str, details: Mapping[str, Mapping[str, Any]], now: datetime, *, entrance: str
) -> None:
    """The same of many subjects, by the system itself, in one go: what is said of each by its name."""
    same = {"at": now, "actor_id": None, "entrance": entrance, "verb": verb}
    if details:
        s.execute(_RECORD, [{**same, "subject": subject, "detail": detail} for subject, detail in details.items()])


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain at some moment. Kept outside the store, it tells when newer entries were cut off."""

    position: int
    digest: str


def seal(s: Session, *, all_gaps: bool = False) -> int:
    """Chain the next committed entries that have no link yet, in id order; the number sealed, 0 when none is left.

    Run by one sealer at a time (a job slot's lease); `position` being the primary key, a second one fails whole.
    Entries that commit late with a lower id are simply sealed later: the chain is in sealing order. Only the newest
    ids are searched for such; `all_gaps` searches the whole book.
    """
    last = head(s)
    position, digest = last.position, last.digest
    newest = s.scalar(select(func.max(AuditSeal.entry_id))) or 0
    unsealed = s.scalars(
        select(AuditEntry)
        .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
        .where(AuditSeal.entry_id.is_(None), AuditEntry.id > (0 if all_gaps else newest - _LATE_BY))
        .order_by(AuditEntry.id)
        .limit(_BATCH)
    ).all()
    for entry in unsealed:
        position, digest = position + 1, _link(digest, entry)
        s.add(AuditSeal(position=position, entry_id=entry.id, digest=digest))
    return len(unsealed)


def head(s: Session) -> Head:
    """The last link; position 0 before the first."""
    last = s.execute(select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1)).scalar_one_or_none()
    return Head(last.position, last.digest) if last else Head(0, FIRST_LINK)


def holds(s: Session, noted: Head) -> bool:
    """Whether the chain still has the link that was noted outside: if so, nothing up to there was cut off or redone."""
    digest = s.scalar(select(AuditSeal.digest).where(AuditSeal.position == noted.position))
    return noted.position == 0 or digest == noted.digest


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken_at` is the id of the first entry that was changed, or whose link is missing; None when all is well.

    `cut_off`: the chain does not hold the head that was noted outside the store. Its newest entries are gone, the chain
    was made anew, or the store is an old backup.
    """

    sealed: int
    unsealed: int
    broken_at: int | None
    cut_off: bool
    head: str


def verify(s: Session, noted: Head | None = None) -> Verdict:
    """Walk the whole chain and say whether anything was changed or taken out since it was sealed.

    The store alone cannot tell that the newest entries are gone together with their links: that takes the head `noted`
    outside it, read before this look into the store. Entries that are not sealed yet are vouched for by nothing.
    """
    digest, broken = FIRST_LINK, None
    rows = s.execute(
        select(AuditSeal, AuditEntry)
        .join(AuditEntry, AuditEntry.id == AuditSeal.entry_id, isouter=True)
        .order_by(AuditSeal.position)
        .execution_options(yield_per=1000)
    )
    for expected, (link, entry) in enumerate(rows, start=1):
        gone = entry is None  # an outer join may bring no entry
        if gone or link.position != expected or _link(digest, entry) != link.digest:
            broken = link.entry_id
            break
        digest = link.digest
    rows.close()
    sealed = s.scalar(select(func.count()).select_from(AuditSeal)) or 0
    entries = s.scalar(select(func.count()).select_from(AuditEntry)) or 0
    cut_off = noted is not None and not holds(s, noted)
    return Verdict(sealed, max(entries - sealed, 0), broken, cut_off, digest)


def _link(before: str, entry: AuditEntry) -> str:
    canonical = json.dumps(
        [
            entry.id,
            entry.at.astimezone(UTC).isoformat(),
            entry.actor_id,
            entry.entrance,
            entry.verb,
            entry.subject,
            entry.detail,
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256((before + canonical).encode()).hexdigest()
