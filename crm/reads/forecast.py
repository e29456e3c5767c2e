"""预测: what the open deals may bring, by month, team and person: each amount times the chance of its stage.

A deal has no date of its own to be signed on. It is expected as many days after it came to its stage as half of the won
deals of its pipeline needed from there; a deal that has stood longer is overdue, and told apart.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select
from sqlalchemy.orm import Session

from crm import policy as numbers
from crm.access import Actor, eyes
from crm.reads.deal_scope import Scope, Whose, by_stage, in_scope
from crm.reads.deals import deal_sight
from crm.reads.funnel import one_ladder
from crm.reads.rungs import Ladders
from crm.reads.sales_path import path_of
from crm.rules.months import LATER, OVERDUE, UNKNOWN, month_starts
from crm.rules.sales_path import Path
from models.deals import Deal
from models.people import Person, Team

AHEAD = 3  # months that are told one by one
PEOPLE = 50  # lines of people at most, those with most to come first


@dataclass(frozen=True, slots=True)
class Line:
    """`name` is a month (`2026-11`, or one of rules/months), a team, or a person of `team`; yuan, None if not shown."""

    name: str
    team: str
    many: int
    amount: Decimal | None
    weighted: Decimal | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one pipeline. `won` deals say how long it takes; `people` are at most PEOPLE of `everybody`."""

    pipeline: str
    won: int
    total: Line
    months: Sequence[Line]
    teams: Sequence[Line]
    people: Sequence[Line]
    everybody: int


@dataclass(slots=True)
class _Tally:
    many: int = 0
    amount: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)

    def line(self, name: str, team: str, sums: bool) -> Line:
        cents = self.weighted.quantize(Decimal("0.01"))
        return Line(name, team, self.many, self.amount if sums else None, cents if sums else None)


def forecast(s: Session, actor: Actor, whose: Whose, pipeline: str, now: datetime) -> Forecast:
    ladders, calendar = one_ladder(s, pipeline), numbers.calendar(s)
    sums = deal_sight(s, eyes(s, actor)).sums()
    scope = in_scope(s, actor, whose)
    path = path_of(s, ladders, calendar) if ladders.columns else None
    total = _Tally()
    months: dict[str, _Tally] = defaultdict(_Tally)
    teams: dict[int, _Tally] = defaultdict(_Tally)
    people: dict[int, _Tally] = defaultdict(_Tally)
    named: dict[int, tuple[str, str]] = {}
    called: dict[int, str] = {}  # two teams may have one name
    for stage_id, month, owner_id, owner, team_id, team, many, amount in _counted(s, ladders, path, scope, now):
        named[owner_id], called[team_id] = (owner, team), team
        for tally in (total, months[month], teams[team_id], people[owner_id]):
            tally.many += many
            tally.amount += amount
            tally.weighted += amount * ladders.chance[stage_id] / 100
    in_turn = [OVERDUE, *(name for name, _ in month_starts(now, AHEAD)[:AHEAD]), LATER, UNKNOWN]
    most = sorted(people, key=lambda one: (-people[one].weighted if sums else -people[one].many, named[one]))
    largest = sorted(teams, key=lambda one: (-teams[one].many, called[one], one))
    return Forecast(
        pipeline=ladders.name,
        won=path.won if path is not None else 0,
        total=total.line("", "", sums),
        months=[months[one].line(one, "", sums) for one in in_turn if one in months],
        teams=[teams[one].line(called[one], "", sums) for one in largest],
        people=[people[one].line(*named[one], sums) for one in most[:PEOPLE]],
        everybody=len(people),
    )


def _counted(s: Session, ladders: Ladders, path: Path | None, scope: Scope, now: datetime) -> Sequence[Any]:
    """Stage, month, owner, his name, his team and its name, with how many deals there are and what they come to."""
    if path is None:
        return []
    month = _month(ladders, path, now)
    who = (Deal.owner_id, Person.name, Team.id, Team.name)
    rows = (
        select(Deal.stage_id, month.label("month"), *who, func.count(), func.sum(Deal.amount))
        .join(Person, Person.id == Deal.owner_id)
        .join(Team, Team.id == Person.team_id)
        .where(Deal.stage_id.in_(ladders.open_ids))
        .group_by(Deal.stage_id, "month", *who)
    )
    return s.execute(scope.of(rows)).all()


def _month(ladders: Ladders, path: Path, now: datetime) -> ColumnElement[str]:
    """The month a deal is expected in: a deal of a stage from which too few were won is expected at no time."""
    starts = month_starts(now, AHEAD)
    known = {
        one: timedelta(days=step.to_win.middle)
        for column, step in zip(ladders.columns, path.steps, strict=True)
        for one in column.stage_ids
        if step.to_win.middle is not None
    }

    def before(moment: datetime) -> ColumnElement[bool]:
        return Deal.stage_since < by_stage({one: moment - days for one, days in known.items()})

    whens = [(before(end), literal(name)) for (name, _), (_, end) in pairwise(starts)]
    return case(
        (Deal.stage_id.not_in(list(known)), literal(UNKNOWN)),
        (before(now), literal(OVERDUE)),
        *whens,
        else_=literal(LATER),
    )
