"""The machinery under an import: who works on it, how far it has come, and its rows on their way from the file."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from config.sheets import ImportKind, ImportState
from crm.columns import choice, guesses
from crm.rules.headers import header_row
from crm.usecases.imports import remembered
from models.base import bare, insert_rows, look_at
from models.imports import ImportJob, ImportRow

LEASE = timedelta(seconds=30)  # far longer than any of its transactions
_MOST_BREAKS = 10
_SAMPLES = 8  # cells of each column that are kept to be shown
_WORKING = (ImportState.READING, ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)
_JOB, _ROW = bare(ImportJob).c, bare(ImportRow).c
_STEP = (
    update(bare(ImportJob))
    .where(
        _JOB.id == bindparam("job"),
        _JOB.lease == bindparam("mine"),
        _JOB.state == bindparam("doing"),
        _JOB.cursor == bindparam("seen"),
    )
    .values(cursor=bindparam("to"), lease_until=bindparam("until"), breaks=0)
    .returning(_JOB.id)
)


class LeaseLost(Exception):
    """Somebody else works on it, or a person has stopped it: what this transaction did must not be kept."""


@dataclass(frozen=True, slots=True)
class Work:
    """An import that this worker leases, where it stands. `cursor`: the file's lines, or row numbers, behind it."""

    id: int
    kind: ImportKind
    state: ImportState
    lease: str
    cursor: int
    file_key: str
    creator_id: int
    rows: int


def lease_next(s: Session, now: datetime) -> Work | None:
    """The oldest import that waits for a worker. One that ten workers died of without a step forward is given up."""
    free = or_(ImportJob.lease_until.is_(None), ImportJob.lease_until <= now)
    due = select(ImportJob).where(ImportJob.state.in_(_WORKING), free).order_by(ImportJob.id).limit(1)
    while (job := s.scalar(due.with_for_update(skip_locked=True))) is not None:
        if job.lease:  # it was not handed back: whoever had it is gone
            job.breaks += 1
        if job.breaks > _MOST_BREAKS:
            _end(
                job, ImportState.FAILED, now, "处理这个文件时进程反复中断，已停止。请把文件拆小再试，或联系管理员看日志"
            )
            s.flush()
            continue
        job.lease, job.lease_until = secrets.token_hex(16), now + LEASE
        return Work(
            job.id,
            ImportKind(job.kind),
            ImportState(job.state),
            job.lease,
            job.cursor,
            job.file_key,
            job.creator_id,
            job.rows,
        )
    return None


def step(s: Session, work: Work, to: int, now: datetime) -> Work:
    """Move the cursor, if the import is still this worker's and stands where he saw it; every chunk begins with this.

    The statement locks the import's row, so what a worker that lost his lease has begun is rolled back whole.
    """
    values = {
        "job": work.id,
        "mine": work.lease,
        "doing": work.state,
        "seen": work.cursor,
        "to": to,
        "until": now + LEASE,
    }
    if s.execute(_STEP, values).first() is None:
        raise LeaseLost
    return replace(work, cursor=to)


def hand_back(s: Session, work: Work) -> None:
    """The rest is for somebody else, at once."""
    mine = (_JOB.id == work.id, _JOB.lease == work.lease)
    s.execute(update(bare(ImportJob)).where(*mine).values(lease="", lease_until=None))


def fail(s: Session, work: Work, words: str, now: datetime) -> None:
    """It cannot go on; the sentence tells the importer why and what to do."""
    job = s.get_one(ImportJob, work.id, with_for_update=True)
    if job.lease == work.lease:
        _end(job, ImportState.FAILED, now, words)


def finish(s: Session, work: Work, state: ImportState, now: datetime) -> None:
    """The state's rows are all done: the next state is a person's turn, or the end."""
    step(s, work, 0, now)
    job = s.get_one(ImportJob, work.id)
    job.state, job.lease, job.lease_until = state, "", None
    if state is ImportState.DONE:
        job.finished_at = now
    if state is ImportState.UNDONE:
        job.undone_at = now


def look_at_rows(s: Session) -> None:
    """Let the store see what has just been filled; its own look would come too late for this import."""
    look_at(s, ImportRow)


def _end(job: ImportJob, state: ImportState, now: datetime, words: str) -> None:
    job.state, job.error, job.finished_at = state, words[:500], now
    job.lease, job.lease_until = "", None


def begin(s: Session, work: Work, sheet: str, others: Sequence[str], lines: Sequence[Sequence[str]]) -> int:
    """Look at the first lines: where the header is, what the columns are called. Lines that are no data; 0 for none."""
    job = s.get_one(ImportJob, work.id, with_for_update=True)
    found = choice(s, work.kind)
    header = header_row(lines, found.targets)
    data = lines[header + 1 :] if header is not None else lines
    named = list(lines[header]) if header is not None else []
    width = max([len(named), *(len(line) for line in data)], default=0)
    job.headers = [named[n][:64] if n < len(named) and named[n] else f"第{n + 1}列" for n in range(width)]
    job.samples = [_cells_of(data, n) for n in range(width)]
    job.first_row = 1 if header is None else header + 2
    job.sheet = sheet[:64]
    job.note = _noteworthy(header, others)
    memory = remembered(s, work.kind, job.headers)
    if memory is not None and len(memory) == width and {one["target"] for one in memory} - {""} <= found.known:
        job.mapping = memory
    else:
        job.mapping = [_as_mapping(one.target, one.unit) for one in guesses(job, found.targets)]
    return job.first_row - 1


def _as_mapping(target: str, unit: str) -> dict[str, Any]:
    return {"target": target, "unit": unit}


def _cells_of(lines: Sequence[Sequence[str]], column: int) -> list[str]:
    cells = [line[column] for line in lines if column < len(line) and line[column]]
    return [cell[:80] for cell in dict.fromkeys(cells)][:_SAMPLES]


def _noteworthy(header: int | None, others: Sequence[str]) -> str:
    said = []
    if header is None:
        said.append("没有找到表头，列名是系统起的，请对照示例选择")
    elif header:
        said.append(f"表头在第 {header + 1} 行，它上面的内容不导入")
    if others:
        said.append(
            f"文件里还有 {len(others)} 张工作表（{'、'.join(others)[:100]}），这次只导入第一张；其他的请另存后再导入"
        )
    return "；".join(said)[:500]


def stage(s: Session, work: Work, lines: Sequence[tuple[int, Sequence[str]]], to: int, now: datetime) -> Work:
    """Keep some of the file's rows, by number; `to` is the last line read, blank ones included."""
    moved = step(s, work, to, now)
    rows = [
        {
            "job_id": work.id,
            "number": number,
            "cells": json.dumps(cells, ensure_ascii=False),
            "draft": "",
            "key": "",
            "verdict": "",
            "why": "",
            "resolution": "",
            "outcome": "",
            "said": "",
        }
        for number, cells in lines
    ]
    insert_rows(s, ImportRow, rows)
    s.execute(update(bare(ImportJob)).where(_JOB.id == work.id).values(rows=_JOB.rows + len(rows)))
    return replace(moved, rows=work.rows + len(rows))


def next_rows(s: Session, work: Work, many: int, *columns: Any) -> Sequence[Any]:
    """At most so many rows behind the cursor, by number; none at the end."""
    wanted = select(_ROW.number, *columns).where(_ROW.job_id == work.id).order_by(_ROW.number).limit(many)
    # Among few numbers first: a planner that knows nothing of a table just filled would sort all the rest.
    near = wanted.where(_ROW.number.between(work.cursor + 1, work.cursor + 2 * many))
    return s.execute(near).all() or s.execute(wanted.where(_ROW.number > work.cursor)).all()
