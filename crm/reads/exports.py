"""What is taken out as a file: how many rows a list has, its sheets, its watermark, and who took what so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.sheets import ExportState
from config.vocabulary import CustomerLevel
from crm.access import READ, Actor
from crm.reads.customer_filters import Filters
from crm.reads.customers import Page, Where
from crm.reads.export_rows import WRITTEN, Rows, found, rows_of
from crm.reads.filter_words import filter_words
from crm.reads.paging import cut
from crm.rules.days import SHANGHAI
from models.imports import ExportJob
from models.people import Person


@dataclass(frozen=True, slots=True)
class ExportLine:
    """`narrowed` are the list's filters in words."""

    public_id: str
    sheets: Sequence[str]
    narrowed: str
    state: ExportState
    rows: int
    who: str
    mine: bool
    may_decide: bool
    at: datetime
    expires_at: datetime | None
    error: str


def filters_of(asked: Mapping[str, Any]) -> tuple[str, Filters]:
    """The list's own filters out of what was kept of them."""
    level = asked.get("level")
    return str(asked.get("q", "")), Filters(
        owner_id=asked.get("owner"),
        team_id=asked.get("team"),
        level=CustomerLevel(level) if level else None,
        soon=bool(asked.get("soon")),
        queued=bool(asked.get("queued")),
        where=tuple(Where(key, typed) for key, typed in asked.get("where", ())),
    )


def count(s: Session, actor: Actor, sheets: Sequence[str], asked: Mapping[str, Any], now: datetime) -> int:
    """How many rows these sheets of the list have together now. Invalid where a condition is no longer understood."""
    where = found(s, actor, *filters_of(asked), now)
    return sum(rows_of(s, one, where) for one in sheets)


def left_out(s: Session, actor: Actor, asked: Mapping[str, Any], now: datetime) -> int:
    """How many customers of his list are in no file, because they are only shared with him to look at."""
    where = found(s, actor, *filters_of(asked), now, to=READ)
    return rows_of(s, "customers", where) - rows_of(s, "customers", found(s, actor, *filters_of(asked), now))


def sheet(s: Session, actor: Actor, name: str, asked: Mapping[str, Any], now: datetime) -> Rows:
    """One sheet of the file, the header first; `name` is one of `SHEETS`."""
    return WRITTEN[name](s, actor, found(s, actor, *filters_of(asked), now))


def history(s: Session, actor: Actor, page: int) -> Page[ExportLine]:
    """One's own exports, and those of the people one answers for."""
    query = select(ExportJob, Person.name).join(Person, Person.id == ExportJob.requester_id)
    if not actor.sees_all:
        query = query.where(or_(ExportJob.requester_id == actor.person_id, Person.team_id.in_(actor.team_ids)))

    found_jobs = cut(s, query.order_by(ExportJob.id.desc()), page, 20, _pair)
    narrowed = filter_words(s, [job.asked for job, _ in found_jobs.rows])
    lines = [_line(actor, job, who, words) for (job, who), words in zip(found_jobs.rows, narrowed, strict=True)]
    return Page(lines, found_jobs.total, found_jobs.number, found_jobs.size)


def _pair(job: ExportJob, who: str) -> tuple[ExportJob, str]:
    return job, who


def _line(actor: Actor, job: ExportJob, who: str, narrowed: str) -> ExportLine:
    mine = job.requester_id == actor.person_id
    return ExportLine(
        public_id=job.public_id,
        sheets=job.sheets,
        narrowed=narrowed,
        state=ExportState(job.state),
        rows=job.rows,
        who=who,
        mine=mine,
        may_decide=job.state == ExportState.ASKED and not mine,
        at=job.created_at,
        expires_at=job.expires_at,
        error=job.error,
    )


def watermark(name: str, userid: str, public_id: str, now: datetime) -> Sequence[str]:
    """The first line of every sheet: who took it, when, and under which number it stands in the book."""
    return [
        f"内部资料，请勿外传。导出人 {name}（{userid}），{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M}，编号 {public_id}"
    ]
