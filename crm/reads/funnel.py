"""漏斗: what stands on each stage, how many got further of those that came to it in a period, how long they stayed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from config.vocabulary import StageKind
from crm import policy as numbers
from crm.access import Actor, eyes
from crm.reads.board import weighted
from crm.reads.deal_scope import Scope, Whose, in_scope
from crm.reads.deals import deal_sight
from crm.reads.rungs import Ladders, ladders_called, ladders_each
from crm.rules.days import day_of
from crm.rules.sales_path import Share, Spread, spread
from models.base import bare
from models.deals import Deal, StagePeriod

_STAY = bare(StagePeriod).c


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One open stage. `many` deals stand on it now; `amount` and `weighted` (× chance) in yuan, None where not shown.

    `entered` came to it, or jumped over it, for the first time in the period; of these `further` reached the next stage
    and `won` were won, whenever that was. `dwell`: working days of the stays that ended in the period.
    """

    key: str
    label: str
    many: int
    amount: Decimal | None
    weighted: Decimal | None
    further: Share
    won: Share
    dwell: Spread


@dataclass(frozen=True, slots=True)
class Funnel:
    """Of one pipeline. `opened`, `won` and `lost` count deals that were so in the period."""

    pipeline: str
    pipelines: tuple[str, ...]
    rows: Sequence[FunnelRow]
    opened: int
    won: int
    lost: int


def one_ladder(s: Session, pipeline: str) -> Ladders:
    """The pipeline of this name, else the one for large deals: stages of several cannot be counted through."""
    return ladders_called(s, pipeline) if pipeline else (ladders_each(s) or [ladders_called(s, "")])[0]


def funnel(s: Session, actor: Actor, whose: Whose, pipeline: str, since: datetime, until: datetime) -> Funnel:
    """The period is from `since` until before `until`. As many statements however many deals there are."""
    ladders = one_ladder(s, pipeline)
    scope = in_scope(s, actor, whose)
    if not ladders.columns:
        return Funnel(ladders.name, ladders.names, (), 0, 0, 0)
    sums = deal_sight(s, eyes(s, actor)).sums()
    standing = _standing(s, ladders, scope)
    passed = _passed(s, ladders, scope, since, until)
    dwell = _dwell(s, ladders, scope, since, until)
    rows = []
    for number, column in enumerate(ladders.columns):
        mine = {one: standing[one] for one in column.stage_ids if one in standing}
        amounts = {one: amount for one, (_, amount) in mine.items()}
        entered, further, won = passed.entered[number]
        rows.append(
            FunnelRow(
                key=column.key,
                label=column.label,
                many=sum(many for many, _ in mine.values()),
                amount=sum(amounts.values(), Decimal(0)) if sums else None,
                weighted=weighted(amounts, ladders.chance) if sums else None,
                further=Share(further, entered),
                won=Share(won, entered),
                dwell=spread(dwell[number]),
            )
        )
    return Funnel(ladders.name, ladders.names, rows, passed.opened, passed.won, passed.lost)


def _standing(s: Session, ladders: Ladders, scope: Scope) -> dict[int, tuple[int, Decimal]]:
    counted = scope.of(select(Deal.stage_id, func.count(), func.sum(Deal.amount)))
    found = s.execute(counted.where(Deal.stage_id.in_(ladders.open_ids)).group_by(Deal.stage_id))
    return {stage_id: (many, amount) for stage_id, many, amount in found}


@dataclass(frozen=True, slots=True)
class _Passed:
    """`entered` by open stage: how many came to it in the period, got further, were won."""

    entered: Sequence[tuple[int, int, int]]
    opened: int
    won: int
    lost: int


def _passed(s: Session, ladders: Ladders, scope: Scope, since: datetime, until: datetime) -> _Passed:
    """Counted in the store: when each deal first reached each height of the ladder, then how many did in the period."""
    won, lost = (ladders.ends[kind] for kind in (StageKind.WON, StageKind.LOST))
    rungs = len(ladders.columns)
    heights = ladders.place | dict.fromkeys(won, rungs)
    height = case(heights, value=_STAY.stage_id)
    stands_won = case((func.max(Deal.stage_id).in_(won), 1), else_=0)
    firsts = [
        func.min(case((height >= number, _STAY.started_at))).label(f"first_{number}") for number in range(rungs + 1)
    ]
    ended = case((func.max(Deal.stage_id).in_([*won, *lost]), func.max(Deal.stage_since)))
    climbed = (
        select(
            func.min(_STAY.started_at).label("opened"), stands_won.label("won"), ended.label("ended"), *firsts
        )
        .select_from(bare(StagePeriod))
        .join(Deal, Deal.id == _STAY.deal_id)
        .where(_STAY.stage_id.in_([*heights, *lost, *ladders.ends[StageKind.SHELVED]]))
        .group_by(_STAY.deal_id)
    )  # fmt: skip
    deals = scope.of(climbed).subquery()
    held = deals.c

    def within(moment: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(moment >= since, moment < until)

    def many(*what: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((and_(*what), 1), else_=0)), 0)

    counts: list[ColumnElement[int]] = []
    for number in range(rungs):
        here, above = held[f"first_{number}"], held[f"first_{number + 1}"]
        counts += [many(within(here)), many(within(here), above.is_not(None)), many(within(here), held.won == 1)]
    ends = [many(within(held.opened)), many(within(held.ended), held.won == 1), many(within(held.ended), held.won == 0)]
    found = s.execute(select(*counts, *ends)).one()
    entered = [(found[3 * n], found[3 * n + 1], found[3 * n + 2]) for n in range(rungs)]
    return _Passed(entered, *found[3 * rungs :])


def _dwell(s: Session, ladders: Ladders, scope: Scope, since: datetime, until: datetime) -> dict[int, list[int]]:
    """Working days of every stay that ended in the period, by the number of its stage."""
    calendar, place = numbers.calendar(s), ladders.place
    ended = (
        select(_STAY.stage_id, _STAY.started_at, _STAY.ended_at)
        .join(Deal, Deal.id == _STAY.deal_id)
        .where(_STAY.stage_id.in_(list(place)), _STAY.ended_at >= since, _STAY.ended_at < until)
    )
    found: dict[int, list[int]] = defaultdict(list)
    for stage_id, started, stopped in s.execute(scope.of(ended)):
        found[place[stage_id]].append(calendar.working_days_between(day_of(started), day_of(stopped)))
    return found
