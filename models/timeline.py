"""What happened with a customer, and what is still to do."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, and_
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class TimelineEntry(Base):
    """One thing that happened. `counts` says whether it restarts the customer's silence clock."""

    __tablename__ = "timeline_entry"
    __table_args__ = (Index("ix_timeline_entry_customer_at", "customer_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    counts: Mapped[bool]
    retracted_at: Mapped[datetime | None]


class Todo(Base):
    """What somebody has promised to do, until it is done, or withdrawn because it should not have been made."""

    __tablename__ = "todo"
    __table_args__ = (Index("ix_todo_person_open", "person_id", "done_at", "due_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    text: Mapped[str] = mapped_column(String(500))
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


TODO_IS_OPEN = and_(Todo.done_at.is_(None), Todo.withdrawn_at.is_(None))
