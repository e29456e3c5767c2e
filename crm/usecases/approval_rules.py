"""The rules that ask for an approval: those a company starts with, and how operations change them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.approvals import RULES
from config.vocabulary import Measure, PersonStatus, Role, Seat, StageKind, label
from crm import audit
from crm.access import Actor, require
from crm.errors import Conflict, Invalid, NotFound
from crm.ladders import current_ladders
from crm.rules.approvals import Step
from models.approvals import ApprovalRule, ApprovalRuleStep
from models.people import Person

LONGEST_RULE_NAME, MOST_RULES, MOST_RULE_STEPS = 30, 20, 5


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """`bound` in yuan or percent; None, of an amount, is the policy number 总监介入金额."""

    name: str
    stage_key: str
    measure: Measure
    bound: Decimal | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class RuleMade:
    public_id: str
    name: str


def install_rules(s: Session, now: datetime) -> None:
    """The rules every company starts with; does nothing where there was ever one."""
    if s.scalar(select(ApprovalRule.id).limit(1)) is not None:
        return
    for plan in RULES:
        steps = tuple(Step(mode, seats) for mode, seats in plan.steps)
        _add(s, RuleDraft(plan.name, plan.stage, plan.measure, plan.bound, steps), None, now)


def add_rule(s: Session, actor: Actor, draft: RuleDraft, now: datetime, *, entrance: str) -> RuleMade:
    require(actor, Role.OPERATIONS, Role.ADMIN)
    install_rules(s, now)  # one of their own, before the first deal, comes beside those and not in their place
    _check(s, draft)
    standing = s.scalars(select(ApprovalRule.name).where(ApprovalRule.retired_at.is_(None))).all()
    if draft.name in standing:
        raise Conflict(f"已经有叫「{draft.name}」的审批规则，请换个名字，或者改那一条", {"name": "重名"})
    if len(standing) >= MOST_RULES:
        raise Conflict(f"最多 {MOST_RULES} 条审批规则，请先停用用不到的")
    made = _add(s, draft, actor.person_id, now)
    _book(s, actor, "add_approval_rule", made, now, entrance)
    return RuleMade(made.public_id, made.name)


def change_rule(s: Session, actor: Actor, rule_id: str, draft: RuleDraft, now: datetime, *, entrance: str) -> RuleMade:
    """The old one is retired, so what was signed under it is asked again only where the new one asks."""
    old = retire_rule(s, actor, rule_id, now, entrance=entrance)
    made = add_rule(s, actor, draft, now, entrance=entrance)
    return RuleMade(made.public_id, old.name)


def retire_rule(s: Session, actor: Actor, rule_id: str, now: datetime, *, entrance: str) -> RuleMade:
    """停用: moves are no longer asked for it; approvals that wait go on to their end."""
    require(actor, Role.OPERATIONS, Role.ADMIN)
    found = s.scalar(
        select(ApprovalRule)
        .where(ApprovalRule.public_id == rule_id, ApprovalRule.retired_at.is_(None))
        .with_for_update()
    )
    if found is None:
        raise NotFound("没有找到这条审批规则，或者已经停用。请刷新页面")
    found.retired_at = now
    _book(s, actor, "retire_approval_rule", found, now, entrance)
    s.flush()
    return RuleMade(found.public_id, found.name)


def _add(s: Session, draft: RuleDraft, made_by: int | None, now: datetime) -> ApprovalRule:
    made = ApprovalRule(
        name=draft.name, stage_key=draft.stage_key, measure=draft.measure, bound=draft.bound, made_by_id=made_by,
        made_at=now,
    )  # fmt: skip
    s.add(made)
    s.flush()
    s.add_all(
        ApprovalRuleStep(rule_id=made.id, position=position, mode=step.mode, seats=[str(seat) for seat in step.seats])
        for position, step in enumerate(draft.steps)
    )
    s.flush()
    return made


def _check(s: Session, draft: RuleDraft) -> None:
    if not 1 <= len(draft.name) <= LONGEST_RULE_NAME:
        raise Invalid(f"规则名称要写 1 到 {LONGEST_RULE_NAME} 个字", {"name": "长度不对"})
    stages = {
        rung.key: rung
        for ladder in current_ladders(s)
        for rung in ladder.rungs
        if rung.kind in (StageKind.OPEN, StageKind.WON) and rung != ladder.first
    }
    if draft.stage_key not in stages:
        raise Invalid("没有这个阶段，请从列表里选", {"stage": "没有这个阶段"})
    most = Decimal(10) ** 12 if draft.measure is Measure.AMOUNT else Decimal(100)
    if draft.bound is None and draft.measure is not Measure.AMOUNT:
        raise Invalid(f"请填{label(draft.measure)}的界限，百分比，比如 15", {"bound": "没有填"})
    if draft.bound is not None and not 0 <= draft.bound <= most:
        raise Invalid(f"{label(draft.measure)}的界限超出范围", {"bound": "超出范围"})
    if not 1 <= len(draft.steps) <= MOST_RULE_STEPS or not all(step.seats for step in draft.steps):
        raise Invalid(f"要有 1 到 {MOST_RULE_STEPS} 步，每一步至少选一个审批人", {"steps": "没有审批人"})
    _check_seats(s, [seat for step in draft.steps for seat in step.seats])


def _check_seats(s: Session, seats: Sequence[str]) -> None:
    for seat in seats:
        if seat in set(Seat):
            continue
        number = seat.removeprefix("person:")
        person = s.get(Person, int(number)) if seat.startswith("person:") and number.isdecimal() else None
        if person is None or person.status != PersonStatus.ACTIVE:
            raise Invalid("审批人要选直属主管、总监，或者一位在岗的同事", {"steps": "审批人不在岗"})


def _book(s: Session, actor: Actor, verb: str, rule: ApprovalRule, now: datetime, entrance: str) -> None:
    audit.record(
        s, actor.person_id, verb, f"approval_rule:{rule.id}", now, entrance=entrance, name=rule.name,
        stage=rule.stage_key, measure=label(Measure(rule.measure)),
        bound="" if rule.bound is None else str(rule.bound),
    )  # fmt: skip
