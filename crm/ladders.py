"""The ladders that deals climb: which one a deal takes, its rungs, and what each asks for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from config.vocabulary import EvidenceKind, StageKind
from crm.rules.funnel import Rung
from models.base import bare
from models.deals import Deal, Evidence, Pipeline, Stage, StageNeed, StagePeriod

_PIPELINE, _STAGE, _NEED = bare(Pipeline).c, bare(Stage).c, bare(StageNeed).c


@dataclass(frozen=True, slots=True)
class Ladder:
    """One version of a pipeline. `below`: yuan under which a deal takes it; `ids` are the rungs' rows by key."""

    id: int
    name: str
    version: int
    below: Decimal | None
    rungs: tuple[Rung, ...]
    ids: Mapping[str, int]

    def rung(self, key: str) -> Rung | None:
        return next((one for one in self.rungs if one.key == key), None)

    @property
    def first(self) -> Rung:
        return next(one for one in self.rungs if one.kind is StageKind.OPEN)


def current_ladders(s: Session) -> list[Ladder]:
    """The newest version of each pipeline, the one for the smallest deals first."""
    standing = select(func.max(_PIPELINE.id)).where(_PIPELINE.retired_at.is_(None)).group_by(_PIPELINE.name)
    return sorted(_ladders(s, _PIPELINE.id.in_(standing)), key=lambda one: (one.below is None, one.below or 0, one.id))


def ladder_for(ladders: Sequence[Ladder], amount: Decimal) -> Ladder:
    """Of the current ones, the ladder that a deal of so much takes."""
    return next((one for one in ladders if one.below is not None and amount < one.below), ladders[-1])


def ladder_at(s: Session, stage_id: int) -> Ladder:
    """The very version that a stage belongs to, retired or not."""
    (found,) = _ladders(s, _PIPELINE.id == select(_STAGE.pipeline_id).where(_STAGE.id == stage_id).scalar_subquery())
    return found


def ladder_of(s: Session, pipeline_id: int) -> Ladder | None:
    """One version by its own id."""
    return next(iter(_ladders(s, _PIPELINE.id == pipeline_id)), None)


def _ladders(s: Session, which: ColumnElement[bool]) -> list[Ladder]:
    """Three statements, however many rungs there are."""
    pipelines = s.execute(select(bare(Pipeline)).where(which).order_by(_PIPELINE.id)).all()
    ids = [one.id for one in pipelines]
    rows = s.execute(select(bare(Stage)).where(_STAGE.pipeline_id.in_(ids)).order_by(_STAGE.position)).all()
    needs: dict[int, list[EvidenceKind]] = defaultdict(list)
    for stage_id, kind in s.execute(select(_NEED.stage_id, _NEED.kind).where(_NEED.stage_id.in_([r.id for r in rows]))):
        needs[stage_id].append(EvidenceKind(kind))
    in_order = {kind: number for number, kind in enumerate(EvidenceKind)}
    rungs: dict[int, list[tuple[int, Rung]]] = defaultdict(list)
    for row in rows:
        asks = tuple(sorted(needs[row.id], key=lambda kind: in_order[kind]))
        rung = Rung(row.key, row.label, StageKind(row.kind), row.position, asks, row.days, row.probability)
        rungs[row.pipeline_id].append((row.id, rung))
    return [
        Ladder(
            one.id, one.name, one.version, one.below,
            tuple(rung for _, rung in rungs[one.id]), {rung.key: number for number, rung in rungs[one.id]},
        )
        for one in pipelines
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Course:
    """Where a deal is: `ladder` is the one that its next move goes by, `stood` the open rung it has rightly reached.

    Of a rung that `ladder` has no more, `here` and `stood` have the position of the one below that is still there.
    """

    ladder: Ladder
    here: Rung
    stood: Rung

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The ladder as a reader sees it: with the rung where the deal is, though a newer version has it no more."""
        if self.ladder.rung(self.here.key) is not None:
            return self.ladder.rungs
        below = [one for one in self.ladder.rungs if one.position <= self.here.position]
        return (*below, self.here, *self.ladder.rungs[len(below) :])


def course_of(s: Session, deal: Deal) -> Course:
    """A deal keeps the version it started with until it moves, and takes another ladder once its amount asks for it.

    The next move goes by the newest version. What was taken out of it is behind the deal that stands there: it goes on
    from the rung below. What opened a rung of another ladder opens none of this one: then the evidence is asked for
    from the first rung on. Onto another ladder that does not have its rung it goes only when its own is no more.
    """
    own = ladder_at(s, deal.stage_id)
    here = next(rung for rung in own.rungs if own.ids[rung.key] == deal.stage_id)
    stood = here if here.kind is StageKind.OPEN else _last_open(s, deal, own)
    ladders = current_ladders(s)
    wanted = ladder_for(ladders, deal.amount)
    if wanted.rung(here.key) is None or wanted.rung(stood.key) is None:
        wanted = next((one for one in ladders if one.name == own.name), wanted)
    reached = _reached(wanted, own, stood) if wanted.name == own.name else wanted.first
    return Course(wanted, wanted.rung(here.key) or replace(here, position=reached.position), reached)


def _reached(wanted: Ladder, own: Ladder, stood: Rung) -> Rung:
    """The rung itself, else the highest one below it that is still there, else a place below the first."""
    passed = [one for one in own.rungs if one.kind is StageKind.OPEN and one.position <= stood.position]
    still = [there for one in reversed(passed) if (there := wanted.rung(one.key)) is not None]
    return still[0] if still else replace(stood, position=wanted.first.position - 1)


def _last_open(s: Session, deal: Deal, own: Ladder) -> Rung:
    """A rung of another ladder that has the same key proves nothing here."""
    stay = bare(StagePeriod).c
    before = select(_STAGE.key, _PIPELINE.name).join(bare(StagePeriod), stay.stage_id == _STAGE.id)
    before = before.join(bare(Pipeline), _PIPELINE.id == _STAGE.pipeline_id)
    mine = (stay.deal_id == deal.id, _STAGE.kind == StageKind.OPEN)
    last = s.execute(before.where(*mine).order_by(stay.id.desc()).limit(1)).first()
    return (own.rung(last.key) if last is not None and last.name == own.name else None) or own.first


def held_by(s: Session, deal_id: int) -> set[tuple[str, EvidenceKind]]:
    """What a deal has: stage and kind."""
    mine = (Evidence.deal_id == deal_id, Evidence.removed_at.is_(None))
    held = select(Evidence.stage_key, Evidence.kind).where(*mine)
    return {(key, EvidenceKind(kind)) for key, kind in s.execute(held)}
