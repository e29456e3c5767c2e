"""Every row that points at a customer, found in the schema itself; pointed elsewhere, and back, cell by cell."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    CursorResult,
    Table,
    and_,
    exists,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from models.base import Base, bare
from models.customers import Customer
from models.merges import MergedCell
from models.pointers import pointers, unique_sets

_CHUNK = 500  # rows of one statement: SQLite counts its parameters
# What stays with the file it was about: who held it, and which file went into which.
_STAYS = frozenset({"ownership_period", "customer_merge"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of one row, before and after; `key` is the primary key in the order of its columns."""

    table: Table
    key: tuple[Any, ...]
    column: str
    before: Any
    after: Any


def _pointers() -> tuple[tuple[Table, Column[Any]], ...]:
    """Every column of the store that says which customer a row belongs to."""
    held = bare(Customer).c
    return tuple(
        (table, column)
        for table, column in pointers(held.id)
        if table.name not in _STAYS and column is not held.merged_into_id
    )


def point_elsewhere(s: Session, customer_id: int, to: int, *, dry_run: bool = False) -> list[Cell]:
    """Rows of one customer become rows of another. One that the other has already, by a unique key, stays.

    Running it again moves only what has come since. `dry_run` only says which they are.
    """
    moved: list[Cell] = []
    for table, column in _pointers():
        keys = tuple(table.primary_key.columns)
        own = (column == customer_id, *(~twin for twin in _twins(table, column, to)))
        found = [tuple(row) for row in s.execute(select(*keys).where(*own).order_by(*keys))]
        cells = [Cell(table, key, column.name, customer_id, to) for key in found]
        if not dry_run:
            _write(s, [(cell, cell.before, cell.after) for cell in cells])
        moved += cells
    return moved


def points_at(customer_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether any row belongs to this customer, of a statement about customers."""
    rows = (table.alias() for table, _ in _pointers())
    held = (
        exists().where(row.c[column.name] == customer_id) for row, (_, column) in zip(rows, _pointers(), strict=True)
    )
    return or_(*held)


def _twins(table: Table, column: Column[Any], to: int) -> Iterator[ColumnElement[bool]]:
    """Whether the other customer has a row that this one could not stand beside."""
    for columns in unique_sets(table):
        if column.name not in columns:
            continue
        twin = table.alias()
        same = (twin.c[name] == table.c[name] for name in columns if name != column.name)
        yield exists().where(and_(twin.c[column.name] == to, *same))


def set_values(s: Session, table: Table, key: int, values: dict[str, Any]) -> list[Cell]:
    """Write some columns of one row; the cells that changed."""
    names = list(values)
    row = s.execute(select(*(table.c[name] for name in names)).where(table.c.id == key)).one()
    cells = [
        Cell(table, (key,), name, was, values[name])
        for name, was in zip(names, row, strict=True)
        if was != values[name]
    ]
    _write(s, [(cell, cell.before, cell.after) for cell in cells])
    return cells


def set_back(s: Session, cells: Sequence[Cell]) -> list[Cell]:
    """Undo, newest first. A cell that somebody has changed since keeps what he wrote; those are returned."""
    return _write(s, [(cell, cell.after, cell.before) for cell in reversed(cells)])


def _write(s: Session, changes: Sequence[tuple[Cell, Any, Any]]) -> list[Cell]:
    """Compare and set, in order; neighbours of one column and value share a statement. What was not as expected."""
    missed: list[Cell] = []

    def alike(change: tuple[Cell, Any, Any]) -> tuple[str, str, str, str]:
        cell, expected, wanted = change
        return cell.table.name, cell.column, repr(expected), repr(wanted)

    for _, group in groupby(changes, alike):
        together = list(group)
        for start in range(0, len(together), _CHUNK):
            missed += _write_alike(s, together[start : start + _CHUNK])
    return missed


def _write_alike(s: Session, changes: Sequence[tuple[Cell, Any, Any]]) -> list[Cell]:
    first, expected, wanted = changes[0]
    table, column = first.table, first.table.c[first.column]
    keys = tuple(table.primary_key.columns)
    cells = {cell.key: cell for cell, _, _ in changes}
    as_expected = column.is_not_distinct_from(literal(expected, column.type))
    theirs = tuple_(*keys).in_(list(cells)) if len(keys) > 1 else keys[0].in_([key for (key,) in cells])
    written = s.execute(update(table).where(theirs, as_expected).values({column.name: wanted}))
    if cast(CursorResult[object], written).rowcount == len(cells):
        return []
    done = s.execute(select(*keys).where(theirs, column.is_not_distinct_from(literal(wanted, column.type))))
    now_there = {tuple(row) for row in done}
    return [cell for key, cell in cells.items() if key not in now_there]


def keep(s: Session, merge_id: int, cells: Sequence[Cell]) -> None:
    """Write cells down, in the order in which they were written."""
    rows = [
        {
            "merge_id": merge_id,
            "table_name": cell.table.name,
            "row_key": json.dumps([_plain(part) for part in cell.key]),
            "column_name": cell.column,
            "before": _plain(cell.before),
            "after": _plain(cell.after),
        }
        for cell in cells
    ]
    if rows:
        s.execute(bare(MergedCell).insert(), rows)


def kept(s: Session, merge_id: int) -> list[Cell]:
    """The cells of a merge as they were written."""
    cell = bare(MergedCell).c
    rows = s.execute(select(bare(MergedCell)).where(cell.merge_id == merge_id).order_by(cell.id))
    return [_read(row) for row in rows]


def _read(row: Any) -> Cell:
    table = Base.metadata.tables[row.table_name]
    keys = zip(table.primary_key.columns, json.loads(row.row_key), strict=True)
    column = table.c[row.column_name]
    return Cell(
        table,
        tuple(_typed(key, part) for key, part in keys),
        column.name,
        _typed(column, row.before),
        _typed(column, row.after),
    )


def _plain(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _typed(column: Column[Any], value: Any) -> Any:
    """The way back: JSON knows neither moments nor amounts."""
    kind = column.type.python_type
    if value is None or isinstance(value, kind):
        return value
    if issubclass(kind, datetime | date):
        return kind.fromisoformat(value)
    return kind(value)
