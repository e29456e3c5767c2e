"""What the schema says of itself: who refers to a column, and which columns no two rows of a table share."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint

from models.base import Base


@cache
def pointers(target: Column[Any]) -> tuple[tuple[Table, Column[Any]], ...]:
    """Every column of the store that refers to this one, with its table."""
    return tuple(
        (table, column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.column is target for key in column.foreign_keys)
    )


def unique_sets(table: Table) -> Iterator[frozenset[str]]:
    """The names of columns that are unique together, the primary key among them."""
    yield frozenset(column.name for column in table.primary_key.columns)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield frozenset(column.name for column in constraint.columns)
    for index in table.indexes:
        if index.unique:
            yield frozenset(column.name for column in index.columns)
