"""Deals and the ladder they climb; stages are rows, so a company can change its ladder."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class Pipeline(Base):
    __tablename__ = "pipeline"
    __table_args__ = (UniqueConstraint("name", "version"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    retired_at: Mapped[datetime | None]


class Stage(Base):
    __tablename__ = "stage"
    __table_args__ = (UniqueConstraint("pipeline_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    pipeline_id: Mapped[int] = mapped_column(ForeignKey("pipeline.id"))
    key: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(8))
    position: Mapped[int]


class Deal(Base):
    """A chance to sell. `stage_since` starts the stage's clock; `snoozed_until` is a 暂缓 that a person asked for."""

    __tablename__ = "deal"
    __table_args__ = (Index("ix_deal_stage_since", "stage_id", "stage_since"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(128))
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2))  # yuan
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"))
    stage_since: Mapped[datetime]
    snoozed_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class StagePeriod(Base):
    """The ledger of a deal's stages: from when to when, and who moved it."""

    __tablename__ = "stage_period"
    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
