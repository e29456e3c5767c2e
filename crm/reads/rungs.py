"""The stages of all versions of the ladders as columns: stages of one key are one column, whatever their version."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from config.policy import Policy
from config.vocabulary import StageKind
from crm.errors import Invalid
from crm.rules.days import WorkCalendar
from crm.rules.paces import Pace, pace
from crm.rules.stalled import limit_of
from models.base import bare
from models.deals import Pipeline, Stage

_PIPELINE, _STAGE = bare(Pipeline).c, bare(Stage).c


@dataclass(frozen=True, slots=True)
class Column:
    """One open rung. `stage_ids` are its rows in every version."""

    key: str
    label: str
    stage_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ladders:
    """The open rungs, lowest first, and the ends, of one pipeline or of all together.

    `chance` is the percent of deals on a stage that are won, `days` what an open stage may take where its pipeline says
    so; `names` are the pipelines one may choose from, the one for large deals first, and `name` the chosen one, empty
    for all.
    """

    name: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    ends: Mapping[StageKind, tuple[int, ...]]
    chance: Mapping[int, int]
    days: Mapping[int, int | None]

    @property
    def open_ids(self) -> list[int]:
        return [one for column in self.columns for one in column.stage_ids]

    @property
    def place(self) -> dict[int, int]:
        """The number of the column that a stage stands in."""
        return {one: number for number, column in enumerate(self.columns) for one in column.stage_ids}

    def paces(self, policy: Policy, now: datetime, calendar: WorkCalendar) -> dict[int, Pace]:
        """When a stay on each open stage turns yellow and red."""
        limits = {
            one: limit_of(column.key, self.days[one], policy) for column in self.columns for one in column.stage_ids
        }
        made = {limit: pace(limit, now, calendar) for limit in set(limits.values())}
        return {one: made[limit] for one, limit in limits.items()}


def ladders_called(s: Session, name: str) -> Ladders:
    """The ladders of the pipeline of this name; of all pipelines for "". One statement."""
    rows = _rows(s)
    return _merged(rows, name)


def ladders_each(s: Session) -> list[Ladders]:
    """Each pipeline by itself, the one for large deals first. One statement."""
    rows = _rows(s)
    return [_merged(rows, name) for name in _names(rows)]


def _rows(s: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """Every stage; where several say what one is called, the first of them does: of what stands, then the newest."""
    found = select(bare(Stage), _PIPELINE.name, _PIPELINE.version, _PIPELINE.below, _PIPELINE.retired_at)
    rows = s.execute(found.join(bare(Pipeline), _PIPELINE.id == _STAGE.pipeline_id)).all()
    most = Decimal("Infinity")
    return sorted(
        rows,
        key=lambda row: (
            row.retired_at is not None, -(most if row.below is None else row.below), -row.version, row.pipeline_id,
            row.position,
        ),
    )  # fmt: skip


def _names(rows: Sequence[Row[*tuple[Any, ...]]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.name for row in rows))


def _merged(rows: Sequence[Row[*tuple[Any, ...]]], name: str) -> Ladders:
    names = _names(rows)
    if name and name not in names:
        raise Invalid(f"没有「{name[:20]}」这个流程，可选：{'、'.join(names)}", {"pipeline": "没有这个流程"})
    mine = [row for row in rows if not name or row.name == name]
    ids: dict[str, list[int]] = defaultdict(list)
    ends: dict[StageKind, list[int]] = {kind: [] for kind in StageKind if kind is not StageKind.OPEN}
    labels: dict[str, str] = {}
    in_order: list[str] = []
    for _, version in groupby(mine, key=lambda row: row.pipeline_id):
        place = len(in_order)
        for row in reversed(list(version)):  # what no newer version has stands before the next one that it has
            if row.kind != StageKind.OPEN:
                ends[StageKind(row.kind)].append(row.id)
                continue
            ids[row.key].append(row.id)
            labels.setdefault(row.key, row.label)
            if row.key in in_order:
                place = in_order.index(row.key)
            else:
                in_order.insert(place, row.key)
    return Ladders(
        name=name,
        names=names,
        columns=tuple(Column(key, labels[key], tuple(ids[key])) for key in in_order),
        ends={kind: tuple(found) for kind, found in ends.items()},
        chance={row.id: row.probability for row in mine},
        days={row.id: row.days for row in mine},
    )
