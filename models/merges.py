"""Customers put together that were two files of one company, and every cell that this changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class CustomerMerge(Base):
    """`loser` was put into `winner`; its row stays, merged into it. `undone_at` when it was taken apart again."""

    __tablename__ = "customer_merge"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    winner_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    loser_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class MergedCell(Base):
    """One cell that a merge wrote: in which row of which table, from what to what. Undoing walks them backwards.

    `row_key` is the row's primary key as a JSON list; the values are JSON, moments and amounts as text.
    """

    __tablename__ = "merged_cell"
    __table_args__ = (Index("ix_merged_cell_merge", "merge_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    merge_id: Mapped[int] = mapped_column(ForeignKey("customer_merge.id"))
    table_name: Mapped[str] = mapped_column(String(63))
    row_key: Mapped[str] = mapped_column(String(120))
    column_name: Mapped[str] = mapped_column(String(63))
    before: Mapped[Any] = mapped_column(JSON)
    after: Mapped[Any] = mapped_column(JSON)
