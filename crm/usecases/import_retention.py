"""What is left of an import when nobody can take it back any more: how many rows ended how, and no longer the rows."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from config.sheets import ImportState, RowOutcome, said
from crm import audit, policy
from models.base import bare
from models.imports import ImportJob, ImportRow

_OVER = (ImportState.DONE, ImportState.UNDONE, ImportState.FAILED, ImportState.DROPPED)
_BATCH = 2_000
_GONE = "明细已过保留期，不再保存"
_ROW = bare(ImportRow).c


def purge_import_rows(s: Session, now: datetime) -> int:
    """Some rows of the oldest import that still has rows and is long over; how many went. 0: there is none."""
    numbers = policy.current(s)
    days = timedelta(days=max(numbers.import_rows_days, numbers.import_undo_days + 1))
    ended = func.coalesce(ImportJob.undone_at, ImportJob.finished_at, ImportJob.created_at)
    left = select(_ROW.number).where(_ROW.job_id == ImportJob.id).exists()
    old = select(ImportJob).where(ImportJob.state.in_(_OVER), ended <= now - days, left)
    job = s.scalar(old.order_by(ImportJob.id).limit(1).with_for_update())
    if job is None:
        return 0
    if not job.note.startswith(_GONE):
        _sum_up(s, job, now)
    some = s.scalars(select(_ROW.number).where(_ROW.job_id == job.id).order_by(_ROW.number).limit(_BATCH)).all()
    s.execute(delete(bare(ImportRow)).where(_ROW.job_id == job.id, _ROW.number <= some[-1]))
    return len(some)


def _sum_up(s: Session, job: ImportJob, now: datetime) -> None:
    """The counts stay in words; what was in the sheet goes, the cells kept as samples with it."""
    counted = select(_ROW.outcome, func.count()).where(_ROW.job_id == job.id, _ROW.outcome != "")
    counts = s.execute(counted.group_by(_ROW.outcome).order_by(_ROW.outcome)).all()
    told = "，".join(f"{said(RowOutcome(outcome))} {many} 行" for outcome, many in counts) or "没有导入"
    noted = f"。{job.note}" if job.note else ""  # what was not read of the file counts as much as what was
    job.note, job.samples = f"{_GONE}。当时的结果：{told}{noted}"[:500], [[] for _ in job.headers]
    s.flush()
    audit.record(s, None, "purge_import_rows", f"import:{job.id}", now, entrance="sweep", rows=job.rows)
