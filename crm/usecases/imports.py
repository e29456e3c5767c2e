"""What a person does with an import: bring the sheet, say which column is what, decide, start, undo."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from config.sheets import ImportKind, ImportState, RowResolution, RowVerdict, said
from config.vocabulary import Role, label
from crm import audit, uow
from crm import policy as numbers
from crm.access import HOLDERS, Actor
from crm.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from crm.rules.days import at, day_of
from crm.rules.headers import signature
from crm.usecases.approval_rules import install_rules
from crm.usecases.pipelines import install_ladders
from models.base import bare, insert_once, new_public_id
from models.imports import ImportJob, ImportMapping, ImportRow

MOST_UNDER_WAY = 5  # imports of one person that are neither finished nor given up
FARTHEST_START = timedelta(days=366)
_OPEN = (
    ImportState.READING,
    ImportState.MAPPING,
    ImportState.CHECKING,
    ImportState.CHECKED,
    ImportState.RUNNING,
    ImportState.UNDOING,
)
DECIDABLE = (RowVerdict.SAME, RowVerdict.SIMILAR, RowVerdict.REPEATED)


@dataclass(frozen=True, slots=True)
class Options:
    """`clock_from`: the day of go-live, from which the silence of what is imported counts.

    `mine`: rows without an owner become the importer's; else they wait in the queue of his department.
    """

    clock_from: date
    mine: bool = False

    def stored(self) -> dict[str, Any]:
        return {"clock_from": self.clock_from.isoformat(), "mine": self.mine}


def options_of(job: ImportJob) -> Options:
    return Options(date.fromisoformat(job.options["clock_from"]), bool(job.options["mine"]))


def upload(
    s: Session, actor: Actor, kind: ImportKind, file_name: str, file_key: str, now: datetime, *, entrance: str
) -> str:
    """A sheet has been put into the drop box under that key: read it soon. The import's public id."""
    if actor.role not in HOLDERS:
        raise NotAllowed(f"{label(actor.role)}不负责客户，不能导入。请让负责的同事来导入")
    open_ones = s.scalars(
        select(ImportJob.id).where(ImportJob.creator_id == actor.person_id, ImportJob.state.in_(_OPEN))
    ).all()
    if len(open_ones) >= MOST_UNDER_WAY:
        raise Conflict(f"您有 {len(open_ones)} 个导入还没做完。请先完成，或打开后点「放弃」，再导入新的")
    if kind is ImportKind.DEALS:
        install_ladders(s)  # old deals may come before anybody has opened one here
        install_rules(s, now)
    last = s.scalar(
        select(ImportJob.options).where(ImportJob.creator_id == actor.person_id).order_by(ImportJob.id.desc()).limit(1)
    )
    today = day_of(now)
    before = date.fromisoformat(last["clock_from"]) if last else today
    job = ImportJob(
        public_id=new_public_id(),
        kind=kind,
        state=ImportState.READING,
        file_name=file_name.replace("\x00", "").strip()[-255:] or "未命名",
        file_key=file_key,
        headers=[],
        samples=[],
        mapping=[],
        options=Options(max(before, today), mine=actor.role is Role.REP).stored(),
        creator_id=actor.person_id,
        created_at=now,
    )
    s.add(job)
    s.flush()
    uow.nudge(s, "import")
    audit.record(
        s, actor.person_id, "upload_import", f"import:{job.id}", now, entrance=entrance, kind=kind, file=job.file_name
    )
    return job.public_id


def map_columns(
    s: Session,
    actor: Actor,
    public_id: str,
    mapping: Sequence[Mapping[str, Any]],
    options: Options,
    now: datetime,
    *,
    known: frozenset[str],
    needed: Mapping[str, str],
    many: frozenset[str],
    entrance: str,
) -> None:
    """Which column is what, `{"target", "unit"}` each, "" for a column that is left out; the dry run begins.

    `known` are the fields there are, `needed` those that one column must fill, with their labels, `many` those that
    several columns may.
    """
    job = job_of(s, actor, public_id, ImportState.MAPPING, ImportState.CHECKED)
    targets = [str(one.get("target", "")) for one in mapping]
    chosen = [target for target in targets if target]
    if len(targets) != len(job.headers) or not set(chosen) <= known:
        raise Invalid("列的对应关系和这个表对不上，请刷新页面后再试")
    twice = [target for target in dict.fromkeys(chosen) if chosen.count(target) > 1 and target not in many]
    if twice:
        columns = "、".join(f"「{job.headers[n]}」" for n, target in enumerate(targets) if target == twice[0])
        raise Invalid(f"{columns}对应了同一个字段。一个字段只能用一列，请把多出来的改成「不导入」")
    lacking = [words for target, words in needed.items() if target not in chosen]
    if lacking:
        raise Invalid(f"还没有指定哪一列是{'、'.join(f'「{words}」' for words in lacking)}，请选好再继续")
    if not day_of(now) - FARTHEST_START <= options.clock_from <= day_of(now) + FARTHEST_START:
        raise Invalid("上线日离今天超过一年了，请检查年份", {"clock_from": "日期不对"})
    kept = [
        {"target": target, "unit": str(one.get("unit", ""))[:2]} for target, one in zip(targets, mapping, strict=True)
    ]
    job.mapping, job.options = kept, options.stored()
    job.state, job.cursor, job.error = ImportState.CHECKING, 0, ""
    _remember(s, actor, ImportKind(job.kind), job.headers, kept, now)
    uow.nudge(s, "import")
    audit.record(
        s, actor.person_id, "map_import", f"import:{job.id}", now, entrance=entrance, targets=targets, **job.options
    )


def _remember(
    s: Session, actor: Actor, kind: ImportKind, headers: Sequence[str], mapping: list[dict[str, Any]], now: datetime
) -> None:
    mark = mark_of(headers)
    new = {"mapping": mapping, "person_id": actor.person_id, "at": now}
    if not insert_once(s, ImportMapping, kind=kind, signature=mark, **new):
        s.execute(update(ImportMapping).where(ImportMapping.kind == kind, ImportMapping.signature == mark).values(new))


def mark_of(headers: Sequence[str]) -> str:
    """The key under which a sheet's mapping is remembered."""
    return hashlib.sha256(signature(headers).encode()).hexdigest()


def remembered(s: Session, kind: ImportKind, headers: Sequence[str]) -> list[dict[str, Any]] | None:
    """What the columns of a sheet with these headers were the last time."""
    wanted = (ImportMapping.kind == kind, ImportMapping.signature == mark_of(headers))
    return s.scalar(select(ImportMapping.mapping).where(*wanted))


def resolve(
    s: Session,
    actor: Actor,
    public_id: str,
    verdict: RowVerdict,
    resolution: RowResolution,
    now: datetime,
    *,
    entrance: str,
    numbers_chosen: Sequence[int] = (),
) -> int:
    """Decide about all rows of a verdict, or only about those chosen by number; how many were decided.

    Two files with the same name are never made: such rows can be skipped or merged.
    """
    job = job_of(s, actor, public_id, ImportState.CHECKED)
    if verdict not in DECIDABLE:
        raise Invalid("这类行不用选择怎么处理")
    where: list[ColumnElement[bool]] = [ImportRow.job_id == job.id, ImportRow.verdict == verdict]
    if resolution is RowResolution.CREATE and verdict is not RowVerdict.SIMILAR:
        raise Invalid("同名的客户不能再建一个。请选「合并」或「跳过」")
    if resolution is RowResolution.MERGE and job.kind == ImportKind.CUSTOMERS:
        where.append(ImportRow.why.not_like(f"%{HIDDEN}%"))
    if numbers_chosen:
        where.append(ImportRow.number.in_(list(numbers_chosen)[:500]))
    done = s.execute(update(bare(ImportRow)).where(*where).values(resolution=resolution))
    audit.record(
        s,
        actor.person_id,
        "resolve_import",
        f"import:{job.id}",
        now,
        entrance=entrance,
        verdict=verdict,
        resolution=resolution,
        rows=len(numbers_chosen) or "all",
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


# A colleague's customer is neither named nor touched by somebody who may not see it.
HIDDEN = "系统里已有，不在您名下"


def start(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> None:
    """Do what the dry run said, as it was decided."""
    job = job_of(s, actor, public_id, ImportState.CHECKED)
    job.state, job.cursor, job.started_at = ImportState.RUNNING, 0, now
    uow.nudge(s, "import")
    audit.record(s, actor.person_id, "start_import", f"import:{job.id}", now, entrance=entrance, rows=job.rows)


def give_up(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> str:
    """An import of which nothing has been done yet is dropped; the key of its file, to be removed."""
    job = job_of(
        s, actor, public_id, ImportState.READING, ImportState.MAPPING, ImportState.CHECKING, ImportState.CHECKED
    )
    job.state, job.finished_at, job.lease = ImportState.DROPPED, now, ""
    audit.record(s, actor.person_id, "drop_import", f"import:{job.id}", now, entrance=entrance)
    return job.file_key


def undo(s: Session, actor: Actor, public_id: str, now: datetime, *, entrance: str) -> None:
    """Take back everything that the import made, for some days; what somebody has worked with since, stays."""
    job = job_of(s, actor, public_id, ImportState.DONE)
    days = numbers.current(s).import_undo_days
    if job.finished_at is None or now > job.finished_at + timedelta(days=days):
        raise Gone(f"导入完成超过 {days} 天，不能整批撤销了。个别导错的客户请主管处理")
    job.state, job.cursor = ImportState.UNDOING, 0
    uow.nudge(s, "import")
    audit.record(s, actor.person_id, "undo_import", f"import:{job.id}", now, entrance=entrance)


def job_of(s: Session, actor: Actor, public_id: str, *states: ImportState, lock: bool = True) -> ImportJob:
    """One's own import, or for operations anybody's; in one of these states, else it says what it is doing instead."""
    wanted = select(ImportJob).where(ImportJob.public_id == public_id, sees_import(actor))
    job = s.scalar(wanted.with_for_update() if lock else wanted)
    if job is None:
        raise NotFound("没有找到这次导入，或者不是您做的")
    if states and job.state not in states:
        raise Conflict(f"这次导入现在是「{said(ImportState(job.state))}」，不能这样操作。请刷新页面看看进展")
    return job


def sees_import(actor: Actor) -> ColumnElement[bool]:
    """The condition that makes an import visible: the importer's own; operations and administrators look after all."""
    return ImportJob.creator_id == actor.person_id if not actor.sees_all else ImportJob.id.is_not(None)


def clock_of(job: ImportJob, now: datetime) -> datetime:
    """From when the silence of what this import makes counts: the later of now and the day of go-live."""
    return max(now, at(options_of(job).clock_from, 0))
