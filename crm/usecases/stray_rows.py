"""What was written to a merged customer by whoever had read it just before: it follows to where the rest went."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import audit, cells
from crm.usecases.merging import follow_up_moved
from models.base import bare
from models.customers import Customer
from models.merges import CustomerMerge

# A transaction lives a minute at most (`crm.uow`); a machine may sleep over the week-end between two sweeps.
_STILL_ASKED = timedelta(days=4)


def recent_merges(s: Session, now: datetime) -> list[int]:
    """Merges of these days whose loser has rows again (or still: what the winner had already), the oldest first."""
    merge = bare(CustomerMerge).c
    wanted = (merge.undone_at.is_(None), merge.at > now - _STILL_ASKED, cells.points_at(merge.loser_id))
    return list(s.scalars(select(merge.id).where(*wanted).order_by(merge.id)))


def gather(s: Session, merge_id: int, now: datetime, *, dry_run: bool) -> str | None:
    """Point the stray rows of one merge at its winner; undoing it takes them back with the others. The line to print.

    Of a winner that was merged itself they are gathered by that merge, in the next round.
    """
    merged = s.get_one(CustomerMerge, merge_id)
    pair = select(Customer).where(Customer.id.in_((merged.winner_id, merged.loser_id))).order_by(Customer.id)
    both = {one.id: one for one in s.scalars(pair.with_for_update())}
    s.refresh(merged)
    winner, loser = both[merged.winner_id], both[merged.loser_id]
    if merged.undone_at is not None:
        return None
    moved = cells.point_elsewhere(s, loser.id, winner.id, dry_run=dry_run)
    if not moved:
        return None
    if not dry_run:
        cells.keep(s, merged.id, moved + follow_up_moved(s, winner, moved, now))
        subject = f"customer:{winner.id}"
        audit.record(
            s, None, "gather_strays", subject, now, entrance="sweep", loser=loser.id, merge=merged.id, moved=len(moved)
        )
    return f"归位：合并到「{winner.name}」之后又写到「{loser.name}」的 {len(moved)} 条记录"
