"""The radar's index by night: what many hands wrote as many short rows becomes one row per piece of a name."""

from array import array
from datetime import datetime
from typing import cast

from sqlalchemy import CursorResult, delete, func, insert, select
from sqlalchemy.orm import Session

from crm.uow import TryAgain
from models.base import bare
from models.names import NamePosting

_WORTH = 16  # rows of one piece: below, a look-up does not feel them
_A_NIGHT = 5_000  # pieces, the most scattered first: some minutes, a transaction each
_AT_ONCE = 500  # ids in one statement
_POSTING = bare(NamePosting).c


def scattered(s: Session, _: datetime) -> list[int]:
    """Pieces of names that lie in many rows, the worst first."""
    rows = func.count()
    tokens = select(_POSTING.token).group_by(_POSTING.token).having(rows >= _WORTH)
    return list(s.scalars(tokens.order_by(rows.desc(), _POSTING.token).limit(_A_NIGHT)))


def fold(s: Session, token: int, _: datetime, *, dry_run: bool) -> str | None:
    """One row instead of many, with the same entries: also those of merged customers, who may be taken apart again.

    Whoever adds a name meanwhile writes a row of his own, which stays. Nothing is printed: no person's work changes.
    """
    parts = s.execute(select(_POSTING.id, _POSTING.entries).where(_POSTING.token == token).order_by(_POSTING.id)).all()
    if dry_run or len(parts) < 2:
        return None
    gone = 0
    for start in range(0, len(parts), _AT_ONCE):
        some = [row.id for row in parts[start : start + _AT_ONCE]]
        done = s.execute(delete(bare(NamePosting)).where(_POSTING.id.in_(some)))
        gone += cast(CursorResult[object], done).rowcount
    if gone != len(parts):
        raise TryAgain  # another sweep was faster
    # Bytes are only put in another order: four of them are an entry, lowest first on every machine.
    entries = array("I", sorted({*array("I", b"".join(row.entries for row in parts))}))
    s.execute(insert(bare(NamePosting)).values(token=token, many=len(entries), entries=entries.tobytes()))
    return None
