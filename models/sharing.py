"""What somebody may see or edit beyond his role: customers shared with him, and what roles were granted."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class CustomerShare(Base):
    """A customer shown to, or worked on together with, somebody who does not hold it.

    Live while `ended_at` is null and `until` (exclusive) lies ahead. Changing one ends it and begins another, so that
    who could see what on some day can always be told. `credit_percent` of the customer's results count as his.
    """

    __tablename__ = "customer_share"
    __table_args__ = (
        CheckConstraint("credit_percent BETWEEN 0 AND 100", name="credit"),
        Index("ix_customer_share_person_live", "person_id", "ended_at", "until"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    access: Mapped[str] = mapped_column(String(8))
    until: Mapped[datetime]
    credit_percent: Mapped[int]
    granted_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class FieldGrant(Base):
    """Whether a role may read, and may edit, one group of fields of a kind of record, where the default is not kept."""

    __tablename__ = "field_grant"
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    record: Mapped[str] = mapped_column(String(16), primary_key=True)
    group_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    may_read: Mapped[bool]
    may_edit: Mapped[bool]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class LookCount(Base):
    """How often a person looked, on a Shanghai day, at what is not his own: phones revealed, duplicates asked for."""

    __tablename__ = "look_count"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    count: Mapped[int]
