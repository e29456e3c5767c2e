"""Imports for the screen: the list of them, one with its columns and counts, its rows, and what is still contested."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from config.grants import REACH
from config.sheets import ContestVerdict, ImportKind, ImportState, RowOutcome, RowResolution, RowVerdict
from config.vocabulary import FieldObject
from crm import policy
from crm.access import Actor, eyes
from crm.columns import choice, guesses
from crm.errors import NotFound
from crm.forms import specs
from crm.reads.customers import Page
from crm.reads.paging import cut
from crm.rules.headers import Guess, Target
from crm.rules.masking import masked, veiled
from models.customers import Customer
from models.imports import Contest, ImportJob, ImportRow
from models.people import Person

W = TypeVar("W", bound=StrEnum)
_ROWS = 50
_AT_ONCE = 2000
_CAME = (RowOutcome.MADE, RowOutcome.MERGED, RowOutcome.CONTESTED)
_SHOWN = 6  # cells of a row on the screen


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One import in the list; `nothing`: it is over and not one row of it came in."""

    public_id: str
    kind: ImportKind
    state: ImportState
    file_name: str
    rows: int
    who: str
    at: datetime
    nothing: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the sheet: what it is now, what was guessed, and some of its cells."""

    header: str
    samples: Sequence[str]
    target: str
    unit: str
    guess: Guess


@dataclass(frozen=True, slots=True)
class ImportView:
    """`verdicts` and `outcomes` count rows. `done` of them are behind the cursor of what runs now."""

    line: ImportLine
    error: str
    note: str
    columns: Sequence[Column]
    targets: Sequence[Target]
    verdicts: Mapping[RowVerdict, int]
    outcomes: Mapping[RowOutcome, int]
    resolutions: Mapping[tuple[RowVerdict, RowResolution], int]
    done: int
    clock_from: str
    mine: bool
    finished_at: datetime | None
    undo_until: datetime | None
    running: bool


@dataclass(frozen=True, slots=True)
class RowView:
    number: int
    cells: Sequence[str]
    verdict: RowVerdict | None
    why: str
    resolution: RowResolution | None
    outcome: RowOutcome | None
    said: str


def history(s: Session, actor: Actor, page: int) -> Page[ImportLine]:
    """One's own imports, or for operations everybody's, the newest first."""
    query = (
        select(ImportJob.public_id, ImportJob.kind, ImportJob.state, ImportJob.file_name, ImportJob.rows, Person.name)
        .add_columns(ImportJob.created_at, _came_to_nothing())
        .join(Person, Person.id == ImportJob.creator_id)
        .order_by(ImportJob.id.desc())
    )
    if not actor.sees_all:
        query = query.where(ImportJob.creator_id == actor.person_id)
    return cut(s, query, page, 20, _line)


def _line(
    public_id: str, kind: str, state: str, file_name: str, rows: int, who: str, at: datetime, nothing: bool
) -> ImportLine:
    return ImportLine(public_id, ImportKind(kind), ImportState(state), file_name, rows, who, at, nothing)


def _came_to_nothing() -> ColumnElement[bool]:
    """Of a finished import whose rows are still known: none of them made, filled or contested anything."""
    of_it = ImportRow.job_id == ImportJob.id
    came = exists().where(of_it, ImportRow.outcome.in_(_CAME))
    return and_(ImportJob.state == ImportState.DONE, exists().where(of_it), ~came)


def one_import(s: Session, actor: Actor, public_id: str) -> ImportView:
    job, who = _job(s, actor, public_id)
    found = choice(s, ImportKind(job.kind))
    guessed = guesses(job, found.targets) if job.headers else []
    mapping = job.mapping or [{"target": "", "unit": ""} for _ in job.headers]
    veil = _veil(s, actor, job)
    columns = [
        Column(
            header,
            [veil(n, one) for one in job.samples[n]],
            str(mapping[n]["target"]),
            str(mapping[n]["unit"]),
            guessed[n],
        )
        for n, header in enumerate(job.headers)
    ]
    mine = ImportRow.job_id == job.id
    state = ImportState(job.state)
    verdicts = (
        _counted(s, ImportRow.verdict, mine, RowVerdict)
        if state not in (ImportState.READING, ImportState.MAPPING)
        else {}
    )
    ran = state in (ImportState.RUNNING, ImportState.DONE, ImportState.UNDOING, ImportState.UNDONE, ImportState.FAILED)
    outcomes = _counted(s, ImportRow.outcome, mine, RowOutcome) if ran else {}
    chosen: dict[tuple[RowVerdict, RowResolution], int] = {}
    if state is ImportState.CHECKED:
        grouped = select(ImportRow.verdict, ImportRow.resolution, func.count()).where(mine)
        for verdict, resolution, many in s.execute(grouped.group_by(ImportRow.verdict, ImportRow.resolution)):
            if resolution:
                chosen[RowVerdict(verdict), RowResolution(resolution)] = many
    nothing = state is ImportState.DONE and bool(outcomes) and not any(outcomes.get(one) for one in _CAME)
    behind = select(func.count()).select_from(ImportRow).where(mine, ImportRow.number <= job.cursor)
    days = policy.current(s).import_undo_days
    return ImportView(
        line=_line(job.public_id, job.kind, job.state, job.file_name, job.rows, who, job.created_at, nothing),
        error=job.error,
        note=job.note,
        columns=columns,
        targets=found.targets,
        verdicts=verdicts,
        outcomes=outcomes,
        resolutions=chosen,
        done=job.rows if state is ImportState.READING else (s.scalar(behind) or 0),
        clock_from=str(job.options["clock_from"]),
        mine=bool(job.options["mine"]),
        finished_at=job.finished_at,
        undo_until=job.finished_at + timedelta(days=days) if job.finished_at and state is ImportState.DONE else None,
        running=state in (ImportState.READING, ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING),
    )


def _counted(s: Session, column: Any, mine: Any, kind: type[W]) -> dict[W, int]:
    """In the order of the vocabulary."""
    found: dict[str, int] = dict(s.execute(select(column, func.count()).where(mine).group_by(column)).all())
    return {word: found[word.value] for word in kind if word.value in found}


def rows_of(
    s: Session, actor: Actor, public_id: str, *, verdict: RowVerdict | None, outcome: RowOutcome | None, page: int
) -> Page[RowView]:
    """The sheet's rows in its order, all or those of one verdict or outcome."""
    job, _ = _job(s, actor, public_id)
    where = [ImportRow.job_id == job.id]
    if verdict is not None:
        where.append(ImportRow.verdict == verdict)
    if outcome is not None:
        where.append(ImportRow.outcome == outcome)
    columns = (ImportRow.number, ImportRow.cells, ImportRow.verdict, ImportRow.why, ImportRow.resolution)
    query = select(*columns).add_columns(ImportRow.outcome, ImportRow.said).where(*where).order_by(ImportRow.number)
    # Columns that mean something first: a sheet may have a hundred.
    veil = _veil(s, actor, job)
    order = sorted(range(len(job.headers)), key=lambda n: not (job.mapping and job.mapping[n]["target"]))[:_SHOWN]

    def row(number: int, cells: str, verdict: str, why: str, resolution: str, outcome: str, said: str) -> RowView:
        all_cells = json.loads(cells)
        shown = [veil(n, all_cells[n])[:60] for n in sorted(order) if n < len(all_cells) and all_cells[n]]
        judged, decided = RowVerdict(verdict) if verdict else None, RowResolution(resolution) if resolution else None
        came = RowOutcome(outcome) if outcome else None
        return RowView(number, shown, judged, veil(-1, why), decided, came, veil(-1, said))

    return cut(s, query, page, _ROWS, row)


def _veil(s: Session, actor: Actor, job: ImportJob) -> Callable[[int, str], str]:
    """How a cell of a column, or with -1 a sentence about a row, is shown to whoever did not bring the sheet himself:
    a number that the customer's file would mask is masked here too."""
    seen = eyes(s, actor)
    whole = all(REACH in seen.sight(of).groups for of in (FieldObject.CUSTOMER, FieldObject.CONTACT))
    if job.creator_id == actor.person_id or whole:
        return lambda _, said: said
    both = (FieldObject.CUSTOMER, FieldObject.CONTACT)
    known = {f"{of.value}.{spec.key}": spec.group for of in both for spec in specs(s, of)}
    groups = [known.get(str(one["target"]), "") for one in job.mapping or ()]

    def shown(column: int, said: str) -> str:
        group = groups[column] if 0 <= column < len(groups) else ""
        return masked(said) if group == REACH else veiled(said)

    return shown


def refused_rows(s: Session, actor: Actor, public_id: str) -> tuple[str, Iterator[list[str]]]:
    """The file's name, and the rows that were not imported as they were, under their headers with 「原因」 at the end.

    Before the run these are the rows with errors.
    """
    job, _ = _job(s, actor, public_id)
    ran = ImportState(job.state) not in (ImportState.CHECKED, ImportState.CHECKING)
    which = ImportRow.outcome == RowOutcome.FAILED if ran else ImportRow.verdict == RowVerdict.ERROR
    reason = ImportRow.said if ran else ImportRow.why
    width = len(job.headers)
    veil = _veil(s, actor, job)

    def told() -> Iterator[list[str]]:
        yield [*job.headers, "原因"]
        after = 0
        while True:
            wanted = select(ImportRow.number, ImportRow.cells, reason).where(
                ImportRow.job_id == job.id, which, ImportRow.number > after
            )
            rows = s.execute(wanted.order_by(ImportRow.number).limit(_AT_ONCE)).all()
            if not rows:
                return
            for number, cells, why in rows:
                after = number
                row = (json.loads(cells) + [""] * width)[:width]
                yield [*(veil(n, one) for n, one in enumerate(row)), veil(-1, why)]

    return job.file_name, told()


def _job(s: Session, actor: Actor, public_id: str) -> tuple[ImportJob, str]:
    """Not yours looks like not there."""
    wanted = select(ImportJob, Person.name).join(Person, Person.id == ImportJob.creator_id)
    found = s.execute(wanted.where(ImportJob.public_id == public_id)).one_or_none()
    if found is None or not (actor.sees_all or found[0].creator_id == actor.person_id):
        raise NotFound("没有找到这次导入，或者不是您做的")
    return found[0], found[1]


@dataclass(frozen=True, slots=True)
class ContestLine:
    public_id: str
    customer: str
    first: str
    second: str
    opened_at: datetime
    due_at: datetime
    verdict: ContestVerdict | None
    decided_by: str
    decided_at: datetime | None


def contests(s: Session, actor: Actor, *, decided: bool, page: int) -> Page[ContestLine]:
    """What this actor may decide, or has seen decided; the most urgent first."""
    first, second, judge = aliased(Person), aliased(Person), aliased(Person)
    query = (
        select(Contest.public_id, Customer.name, first.name.label("first"), second.name.label("second"))
        .add_columns(Contest.opened_at, Contest.due_at, Contest.verdict, judge.name.label("judge"), Contest.decided_at)
        .join(Customer, Customer.id == Contest.customer_id)
        .join(first, first.id == Contest.first_id)
        .join(second, second.id == Contest.second_id)
        .outerjoin(judge, judge.id == Contest.decided_by_id)
        .where(Contest.decided_at.is_not(None) if decided else Contest.decided_at.is_(None))
    )
    if not actor.sees_all:
        query = query.where((first.team_id.in_(actor.team_ids)) | (second.team_id.in_(actor.team_ids)))
    query = query.order_by(Contest.decided_at.desc() if decided else Contest.due_at, Contest.id)

    def line(*it: Any) -> ContestLine:
        public_id, name, one, other, opened, due, verdict, by, at = it
        return ContestLine(
            public_id, name, one, other, opened, due, ContestVerdict(verdict) if verdict else None, by or "", at
        )

    return cut(s, query, page, 20, line)
