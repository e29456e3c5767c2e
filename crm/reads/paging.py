"""A screenful of a longer list, and how much there is of it."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from crm.reads.customers import Page

R = TypeVar("R")


def cut(s: Session, query: Select[*tuple[Any, ...]], page: int, size: int, row: Callable[..., R]) -> Page[R]:
    """A page of an ordered query, its columns handed to `row`; beyond the end the last, so old links show something."""
    total = s.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page = min(page, max(1, -(-total // size)))
    rows = s.execute(query.limit(size).offset((page - 1) * size))
    return Page([row(*columns) for columns in rows], total, page, size)
