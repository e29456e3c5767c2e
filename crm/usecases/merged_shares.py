"""Shares of two files that become one: one for each colleague, and never more credit than there is."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.vocabulary import ShareAccess
from crm import cells
from crm.cells import Cell
from crm.rules.credit import Cut, joined
from models.base import bare
from models.customers import Customer
from models.people import Person
from models.sharing import CustomerShare

_SHARE = bare(CustomerShare)


def settle_shares(s: Session, winner: Customer, moved: Sequence[Cell], now: datetime) -> list[Cell]:
    """One live share for each colleague, and none for the holder: the wider access, the later end, the larger credit.

    The share that the winner had stays and the one that came along ends, so that whoever ends the first one meanwhile
    does not find it alive again after an undo.
    """
    came = {cell.key[0] for cell in moved if cell.table is _SHARE}
    if not came:
        return []
    held = defaultdict[int, list[Any]](list)
    for row in sorted(_live(s, winner.id, now), key=lambda row: row.id in came):
        held[row.person_id].append(row)
    written = [cell for row in held.pop(winner.owner_id or 0, []) for cell in _write(s, row.id, ended_at=now)]
    own, coming = (
        {
            person: max(row.credit_percent for row in rows if (row.id in came) is theirs)
            for person, rows in held.items()
            if any((row.id in came) is theirs for row in rows)
        }
        for theirs in (False, True)
    )
    credit = joined(own, coming)
    for person, (first, *rest) in held.items():
        alike = (first, *rest)
        access = ShareAccess.TOGETHER if any(row.access == ShareAccess.TOGETHER for row in alike) else first.access
        until = max(row.until for row in alike)
        written += _write(s, first.id, access=access, until=until, credit_percent=credit[person])
        for row in rest:  # of what ends here, as much was left as he has now: that is how a cut is told of
            written += _write(s, row.id, ended_at=now, credit_percent=min(row.credit_percent, credit[person]))
    return written


def _live(s: Session, customer_id: int, now: datetime) -> Sequence[Any]:
    share = _SHARE.c
    live = (share.customer_id == customer_id, share.ended_at.is_(None), share.until > now)
    return s.execute(select(_SHARE).where(*live).order_by(share.id)).all()


def _write(s: Session, share_id: int, **values: Any) -> list[Cell]:
    return cells.set_values(s, _SHARE, share_id, values)


def cuts_in(s: Session, written: Sequence[Cell], now: datetime) -> list[Cut]:
    """Whose credit a merge cut, as its cells say; a share that was given up or has run out is nobody's any more."""
    ours = [cell for cell in written if cell.table is _SHARE]
    cut = {cell.key[0]: cell for cell in ours if cell.column == "credit_percent" and cell.after < cell.before}
    if not cut:
        return []
    ended = {cell.key[0] for cell in ours if cell.column == "ended_at"}
    share = _SHARE.c
    held = select(share.id, share.person_id, Person.name).join(Person, Person.id == share.person_id)
    there = or_(share.ended_at.is_(None), share.id.in_(ended))
    rows = s.execute(held.where(share.id.in_(cut), there, share.until > now).order_by(share.id)).all()
    return [Cut(row.person_id, row.name, cut[row.id].before, cut[row.id].after) for row in rows]
