"""Two of us at one company: what was asked for, who has it, and how the supervisors decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class Collision(Base):
    """Somebody wanted a customer that is another's already. One stays open for each pair of customer and asker.

    `due_at` is when the directors take over from the supervisors. `verdict` is empty until it is decided;
    `effect` says what the decision made, so that it can be taken back.
    """

    __tablename__ = "collision"
    __table_args__ = (
        Index(
            "uq_collision_open",
            "customer_id",
            "asked_by_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(128))
    name_key: Mapped[str] = mapped_column(String(128))
    reason: Mapped[str] = mapped_column(String(40))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    escalated_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    verdict: Mapped[str] = mapped_column(String(10), default="")
    effect: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class CollisionVote(Base):
    """What one of the two supervisors holds to be right; equal votes decide, unequal ones go to the directors."""

    __tablename__ = "collision_vote"
    collision_id: Mapped[int] = mapped_column(ForeignKey("collision.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    side: Mapped[str] = mapped_column(String(8))  # holder, asker; empty for a director
    verdict: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]


class RadarRule(Base):
    """How much one kind of evidence weighs at one entry point, where operations changed the default."""

    __tablename__ = "radar_rule"
    entry: Mapped[str] = mapped_column(String(10), primary_key=True)
    evidence: Mapped[str] = mapped_column(String(10), primary_key=True)
    weight: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
