"""The ladders of a company: those it starts with, and each new version that operations publish."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from config.funnel import LADDERS, LadderPlan, StageKind, StagePlan
from config.vocabulary import Role
from crm import audit
from crm.access import Actor, require
from crm.errors import Conflict, Invalid, NotFound
from crm.ladders import Ladder, current_ladders, ladder_of
from crm.rules.pipelines import ENDS, changes, problems
from models.deals import Pipeline, Stage, StageNeed

_ALWAYS = {StageKind.WON: 100, StageKind.LOST: 0, StageKind.SHELVED: 0}  # percent; nobody's to estimate


def install_ladders(s: Session) -> None:
    """The ladders every company starts with; does nothing where one stands already."""
    if s.scalar(select(Pipeline.id).limit(1)) is None:
        for plan in LADDERS:
            _write(s, plan, 1, None, None)


@dataclass(frozen=True, slots=True)
class Published:
    """`changes` are sentences; of a pipeline that is new there are none."""

    id: int
    name: str
    version: int
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A plan that can stand: complete, and what it changes against the version it was made from."""

    plan: LadderPlan
    version: int
    changes: tuple[str, ...]


def plan_of(ladder: Ladder) -> LadderPlan:
    """A version as a plan, to edit or to publish again."""
    return LadderPlan(
        ladder.name,
        ladder.below,
        tuple(
            StagePlan(one.key, one.label, one.kind, one.needs, one.days, one.probability) for one in ladder.rungs
        ),
    )  # fmt: skip


def check(s: Session, actor: Actor, plan: LadderPlan, base_id: int | None) -> Checked:
    """Whether a plan can be published, as `publish_pipeline` would; Invalid names the fields that keep it from it.

    `base_id` is the version that it was made from, None for a pipeline that is new. A stage without a key is a new
    one. Conflict when somebody has published since, or when nothing would change.
    """
    require(actor, Role.ADMIN, Role.OPERATIONS)
    base = None if base_id is None else _newest(s, base_id)
    if base is None and s.scalar(select(Pipeline.id).where(Pipeline.name == plan.name).limit(1)) is not None:
        said = "已经有同名的流程。它停用了的话，可以恢复它；否则请换个名字"
        raise Invalid(said, {"name": said})
    plan = _settled(s, plan if base is None else replace(plan, name=base.name))
    others = {one.name: one.below for one in current_ladders(s) if base is None or one.name != base.name}
    wrong = problems(plan, others)
    if wrong:
        raise Invalid("；".join(dict.fromkeys(wrong.values())), wrong)
    differs = () if base is None else tuple(changes(plan_of(base), plan))
    if base is not None and not differs:
        raise Conflict("和现在用的一样，没有改动，所以没有发布")
    return Checked(plan, 1 if base is None else base.version + 1, differs)


def publish_pipeline(
    s: Session, actor: Actor, plan: LadderPlan, base_id: int | None, now: datetime, *, entrance: str
) -> Published:
    """A new version, which every deal goes by from its next move on; those before stay for the deals that stand there.

    One at a time: two plans that stand each alone must not overlap.
    """
    _one_at_a_time(s)
    checked = check(s, actor, plan, base_id)
    made = _write(s, checked.plan, checked.version, actor.person_id, now)
    _book(s, actor, "publish_pipeline", checked.plan.name, now, entrance, checked.version, checked.changes)
    return Published(made, checked.plan.name, checked.version, checked.changes)


def publish_again(s: Session, actor: Actor, pipeline_id: int, now: datetime, *, entrance: str) -> Published:
    """An earlier version becomes the newest one again: the way back from a mistake."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    wanted = ladder_of(s, pipeline_id)
    if wanted is None:
        raise NotFound(_NONE)
    newest = s.scalar(select(func.max(Pipeline.id)).where(Pipeline.name == wanted.name))
    return publish_pipeline(s, actor, plan_of(wanted), newest, now, entrance=entrance)


def retire_pipeline(s: Session, actor: Actor, pipeline_id: int, now: datetime, *, entrance: str) -> str:
    """No deal takes it any more; those that stand on it take another one at their next move. Its name."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    _one_at_a_time(s)
    ladder = _newest(s, pipeline_id)
    if ladder.below is None:
        raise Conflict(f"「{ladder.name}」接住其余金额，不能停用。没有它，大单就没有流程可走")
    s.execute(update(Pipeline).where(Pipeline.name == ladder.name).values(retired_at=now))
    _book(s, actor, "retire_pipeline", ladder.name, now, entrance, ladder.version)
    return ladder.name


def restore_pipeline(s: Session, actor: Actor, pipeline_id: int, now: datetime, *, entrance: str) -> str:
    """In use again as it was, if its bound is still free. Its name."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    _one_at_a_time(s)
    ladder = ladder_of(s, pipeline_id)
    if ladder is None:
        raise NotFound(_NONE)
    others = {one.name: one.below for one in current_ladders(s)}
    if ladder.name in others:
        raise Conflict(f"「{ladder.name}」正在用，不用恢复")
    wrong = problems(plan_of(ladder), others)
    if wrong:
        raise Conflict("；".join(wrong.values()))
    s.execute(update(Pipeline).where(Pipeline.name == ladder.name).values(retired_at=None))
    _book(s, actor, "restore_pipeline", ladder.name, now, entrance, ladder.version)
    return ladder.name


_NONE = "没有这个流程，请刷新页面"


def _newest(s: Session, pipeline_id: int) -> Ladder:
    """The version that was looked at, if it is in use and still the newest."""
    ladder = ladder_of(s, pipeline_id)
    current = {one.name: one.id for one in current_ladders(s)}
    if ladder is None or ladder.name not in current:
        raise NotFound("没有这个流程，或者它停用了。请刷新页面")
    if current[ladder.name] != ladder.id:
        raise Conflict(f"「{ladder.name}」刚被别人发布了新的一版，您的没有保存。请刷新后在新的一版上改")
    return ladder


def _settled(s: Session, plan: LadderPlan) -> LadderPlan:
    """New stages get keys that no version has had, since evidence is filed under them; the ends come last."""
    had = select(Stage.key, Stage.kind).join(Pipeline, Pipeline.id == Stage.pipeline_id)
    kinds = {key: StageKind(kind) for key, kind in s.execute(had.where(Pipeline.name == plan.name))}
    if any(kinds.get(one.key, one.kind) is not one.kind for one in plan.stages):
        raise Invalid("进行中的阶段和结果不能互换，请刷新页面后再改", {"stages": "不能互换"})
    in_order = sorted(plan.stages, key=lambda one: one.kind is not StageKind.OPEN)
    return replace(plan, name=plan.name.strip(), stages=tuple(_stage(one, kinds) for one in in_order))


def _stage(one: StagePlan, known: dict[str, StageKind]) -> StagePlan:
    new_key = one.kind.value if one.kind in ENDS else f"s{secrets.token_hex(5)}"
    needs = () if one.kind in (StageKind.LOST, StageKind.SHELVED) else tuple(dict.fromkeys(one.needs))
    return replace(
        one,
        key=one.key if one.key in known else new_key,
        label=one.label.strip(),
        needs=needs,
        days=one.days if one.kind is StageKind.OPEN else None,
        probability=_ALWAYS.get(one.kind, one.probability),
    )


def _write(s: Session, plan: LadderPlan, version: int, by: int | None, now: datetime | None) -> int:
    pipeline = Pipeline(name=plan.name, version=version, below=plan.below, published_at=now, published_by_id=by)
    s.add(pipeline)
    s.flush()
    for position, one in enumerate(plan.stages):
        stage = Stage(
            pipeline_id=pipeline.id, key=one.key, label=one.label, kind=one.kind, position=position,
            days=one.days, probability=one.probability,
        )  # fmt: skip
        s.add(stage)
        s.flush()
        s.add_all([StageNeed(stage_id=stage.id, kind=kind) for kind in one.needs])
    s.flush()
    return pipeline.id


def _one_at_a_time(s: Session) -> None:
    """SQLite has one writer anyway; on PostgreSQL other publishers wait until this one is committed, readers do not."""
    if s.get_bind().dialect.name == "postgresql":
        s.execute(text("LOCK TABLE pipeline IN SHARE ROW EXCLUSIVE MODE"))


def _book(
    s: Session,
    actor: Actor,
    verb: str,
    name: str,
    now: datetime,
    entrance: str,
    version: int,
    differs: Sequence[str] = (),
) -> None:
    audit.record(
        s, actor.person_id, verb, f"pipeline:{name}", now, entrance=entrance, name=name, version=version,
        changed=list(differs),
    )  # fmt: skip
