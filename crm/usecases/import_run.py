"""The import itself: a chunk of rows done in one transaction, exactly as the dry run showed and as it was decided."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from config.policy import Policy
from config.sheets import ImportKind, RowOutcome, RowResolution, RowVerdict
from config.vocabulary import FieldObject
from crm import policy
from crm.access import Actor, actor_by_id
from crm.forms import specs
from crm.rules.fields import FieldSpec
from crm.rules.naming import name_key, pinyin_of
from crm.rules.sheet_rows import Draft
from crm.usecases.import_drafts import loaded
from crm.usecases.import_newcomers import Newcomers
from crm.usecases.import_work import Work, next_rows, step
from crm.usecases.imports import Options, clock_of, options_of
from crm.usecases.radar import pieces_of
from models.base import bare, update_rows
from models.imports import ImportJob, ImportRow

ENTRANCE = "import"
_ROW = bare(ImportRow).c


@dataclass(frozen=True, slots=True)
class Run:
    """What a whole run goes by, asked once: who imports, the forms, and from when silence counts."""

    job_id: int
    actor: Actor
    customer: tuple[FieldSpec, ...]
    contact: tuple[FieldSpec, ...]
    options: Options
    clock_from: datetime
    policy: Policy
    newcomers: Newcomers


@dataclass(slots=True)
class Line:
    """One row to be done, and what has become of it. `pinyin` and `pieces` of its name are worked out beforehand."""

    number: int
    verdict: RowVerdict
    resolution: RowResolution | None
    why: str
    twin: int | None
    draft: Draft
    pinyin: str = ""
    pieces: frozenset[str] = frozenset()
    outcome: RowOutcome | None = None
    said: str = ""
    customer: int | None = None
    contact: int | None = None
    entry: int | None = None
    deal: int | None = None
    changed: dict[str, object] | None = None

    def ends(self, outcome: RowOutcome, said: str = "") -> None:
        self.outcome, self.said = outcome, said


Doing = Callable[[Session, Run, Sequence[Line], datetime], None]


def prepare(s: Session, work: Work, now: datetime) -> Run:
    job = s.get_one(ImportJob, work.id)
    actor = actor_by_id(s, work.creator_id)
    forms = specs(s, FieldObject.CUSTOMER), specs(s, FieldObject.CONTACT)
    return Run(
        job.id, actor, *forms, options_of(job), clock_of(job, now), policy.current(s), Newcomers(job.id, job.created_at)
    )


def read_next(s: Session, work: Work, run: Run, many: int) -> list[Line]:
    """At most so many rows behind the cursor, with all that can be worked out beforehand. Empty at the end."""
    columns = (_ROW.verdict, _ROW.resolution, _ROW.why, _ROW.twin_id, _ROW.draft)
    lines = []
    for row in next_rows(s, work, many, *columns):
        verdict = RowVerdict(row.verdict)
        resolution = RowResolution(row.resolution) if row.resolution else None
        usable = verdict is not RowVerdict.ERROR and resolution is not RowResolution.SKIP
        draft = loaded(row.draft, run.customer, run.contact) if usable else Draft()
        if verdict is RowVerdict.SIMILAR and resolution is RowResolution.CREATE:
            draft.key = name_key(draft.name)[:128]  # it had another row's, as the same company: the importer says no
        line = Line(row.number, verdict, resolution, row.why, row.twin_id, draft)
        if usable and work.kind is ImportKind.CUSTOMERS:
            line.pinyin, line.pieces = pinyin_of(draft.name)[:255], pieces_of(draft.name)
        lines.append(line)
    return lines


def do(s: Session, work: Work, run: Run, lines: Sequence[Line], now: datetime, how: Mapping[ImportKind, Doing]) -> Work:
    """These rows, all or none; afterwards each has an outcome. Rows in are rows done plus rows refused, always."""
    moved = step(s, work, lines[-1].number, now)
    lines = [replace(line) for line in lines]  # a transaction that is tried again begins with untouched ones
    rest = []
    for line in lines:
        if line.verdict is RowVerdict.ERROR:
            line.ends(RowOutcome.FAILED, line.why)
        elif line.resolution is RowResolution.SKIP or line.resolution is None:
            line.ends(RowOutcome.SKIPPED, line.why)
        else:
            rest.append(line)
    if rest:
        how[work.kind](s, run, rest, now)
    update_rows(
        s,
        ImportRow,
        "number",
        [
            {
                "number": line.number,
                "outcome": line.outcome,
                "said": line.said[:500],
                "customer_id": line.customer,
                "contact_id": line.contact,
                "entry_id": line.entry,
                "deal_id": line.deal,
                "changed": line.changed,
            }
            for line in lines
        ],
        _ROW.job_id == work.id,
        _ROW.number.between(lines[0].number, lines[-1].number),
    )
    return moved
