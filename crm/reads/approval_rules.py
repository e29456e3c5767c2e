"""The rules of approvals as operations look at them, with the stages a rule may hold from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import Measure, Seat, SignMode, StageKind, label
from crm import policy
from crm.ladders import current_ladders
from models.approvals import ApprovalRule, ApprovalRuleStep
from models.people import Person


@dataclass(frozen=True, slots=True)
class StepRow:
    """`seats` are the words of config that it asks, `people` the names of those it asks by name."""

    mode: SignMode
    seats: tuple[str, ...]
    people: tuple[str, ...]

    @property
    def told(self) -> str:
        return "、".join([*(label(Seat(seat)) for seat in self.seats), *self.people])


@dataclass(frozen=True, slots=True)
class RuleRow:
    """`bound` None: the policy number, which is `by_policy`."""

    public_id: str
    name: str
    stage: str
    stage_key: str
    measure: Measure
    bound: Decimal | None
    steps: Sequence[StepRow]
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class RuleBook:
    """`stages`: key and label of those that a rule may hold from."""

    rules: Sequence[RuleRow]
    stages: Sequence[tuple[str, str]]
    by_policy: Decimal


def rule_book(s: Session) -> RuleBook:
    stages = {
        rung.key: rung.label
        for ladder in reversed(current_ladders(s))
        for rung in ladder.rungs
        if rung.kind in (StageKind.OPEN, StageKind.WON) and rung != ladder.first
    }
    names = {row.id: row.name for row in s.execute(select(Person.id, Person.name))}
    steps: dict[int, list[StepRow]] = {}
    for one in s.scalars(select(ApprovalRuleStep).order_by(ApprovalRuleStep.rule_id, ApprovalRuleStep.position)):
        seats = tuple(seat for seat in one.seats if seat in set(Seat))
        people = tuple(names[int(seat.removeprefix("person:"))] for seat in one.seats if seat not in set(Seat))
        steps.setdefault(one.rule_id, []).append(StepRow(SignMode(one.mode), seats, people))
    rows = s.scalars(select(ApprovalRule).where(ApprovalRule.retired_at.is_(None)).order_by(ApprovalRule.id))
    rules = [
        RuleRow(
            row.public_id, row.name, stages.get(row.stage_key, row.stage_key), row.stage_key, Measure(row.measure),
            row.bound, steps.get(row.id, []), names.get(row.made_by_id or 0, "系统"), row.made_at,
        )
        for row in rows
    ]  # fmt: skip
    return RuleBook(rules, list(stages.items()), policy.current(s).director_above)
