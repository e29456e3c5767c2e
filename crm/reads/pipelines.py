"""The ladders as operations see them: what is in use, how many deals stand where, and every version there was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.funnel import LadderPlan
from config.vocabulary import Role, StageKind
from crm.access import Actor, require
from crm.errors import NotFound
from crm.ladders import Ladder, current_ladders, ladder_of
from models.deals import Deal, Pipeline, Stage
from models.people import Person


@dataclass(frozen=True, slots=True)
class Standing:
    """A ladder in use; `deals` counts the open deals on each of its stages by key, on whichever version they stand."""

    ladder: Ladder
    deals: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Version:
    """`who` is empty and `at` None for what the company started with. `is_newest`: of its pipeline."""

    id: int
    name: str
    version: int
    below: Decimal | None
    stages: tuple[str, ...]
    at: datetime | None
    who: str
    retired_at: datetime | None
    is_newest: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a plan would mean for the deals that run: `left` stand on stages that it takes out, by the stage's label.

    `rerouted`: open deals whose amount lies between the bound of now and that of the plan.
    """

    deals: Mapping[str, int]
    left: Mapping[str, int]
    rerouted: int


def standing(s: Session, actor: Actor) -> list[Standing]:
    """The ladders in use, the one for the smallest deals first."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    counted = _counts(s)
    return [Standing(one, counted.get(one.name, {})) for one in current_ladders(s)]


def versions(s: Session, actor: Actor) -> list[Version]:
    """Every version there was, the newest first; also those of pipelines that are retired."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    rows = s.execute(
        select(Pipeline, Person.name)
        .outerjoin(Person, Person.id == Pipeline.published_by_id)
        .order_by(Pipeline.id.desc())
    ).all()
    labels: dict[int, list[str]] = {}
    for pipeline_id, words in s.execute(select(Stage.pipeline_id, Stage.label).order_by(Stage.position)):
        labels.setdefault(pipeline_id, []).append(words)
    newest: dict[str, int] = {}
    for one, _ in rows:
        newest.setdefault(one.name, one.id)
    return [
        Version(
            one.id, one.name, one.version, one.below, tuple(labels.get(one.id, ())), one.published_at, who or "",
            one.retired_at, newest[one.name] == one.id,
        )
        for one, who in rows
    ]  # fmt: skip


def version(s: Session, actor: Actor, pipeline_id: int) -> Ladder:
    """One version, to edit it; NotFound where there is none."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    found = ladder_of(s, pipeline_id)
    if found is None:
        raise NotFound("没有这个流程，请回到列表")
    return found


def effect(s: Session, actor: Actor, plan: LadderPlan, base: Ladder | None) -> Effect:
    """Asked before a plan is published."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    if base is None:
        return Effect({}, {}, 0 if plan.below is None else _between(s, Decimal(0), plan.below))
    counted = _counts(s).get(base.name, {})
    kept = {one.key for one in plan.stages}
    left = {one.label: counted[one.key] for one in base.rungs if one.key in counted and one.key not in kept}
    moved = base.below is not None and plan.below is not None and base.below != plan.below
    bounds = sorted((base.below or Decimal(0), plan.below or Decimal(0)))
    return Effect(counted, left, _between(s, *bounds) if moved else 0)


def _between(s: Session, low: Decimal, high: Decimal) -> int:
    many = select(func.count()).select_from(Deal).join(Stage, Stage.id == Deal.stage_id)
    return s.scalar(many.where(Stage.kind == StageKind.OPEN, Deal.amount >= low, Deal.amount < high)) or 0


def _counts(s: Session) -> dict[str, dict[str, int]]:
    """Open deals by pipeline and stage key."""
    rows = s.execute(
        select(Pipeline.name, Stage.key, func.count())
        .select_from(Deal)
        .join(Stage, Stage.id == Deal.stage_id)
        .join(Pipeline, Pipeline.id == Stage.pipeline_id)
        .where(Stage.kind == StageKind.OPEN)
        .group_by(Pipeline.name, Stage.key)
    )
    found: dict[str, dict[str, int]] = {}
    for name, key, many in rows:
        found.setdefault(name, {})[key] = many
    return found
