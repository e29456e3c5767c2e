"""Deals and the ladder they climb; stages are rows, so a company can change its ladder."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class Pipeline(Base):
    """One version of a ladder; deals below `below` yuan take it, None takes the rest.

    All versions of a name are retired together. Nobody published what a company started with.
    """

    __tablename__ = "pipeline"
    __table_args__ = (UniqueConstraint("name", "version"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    below: Mapped[Decimal | None] = mapped_column(Numeric(15, 2))
    retired_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Stage(Base):
    __tablename__ = "stage"
    __table_args__ = (UniqueConstraint("pipeline_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    pipeline_id: Mapped[int] = mapped_column(ForeignKey("pipeline.id"))
    key: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(8))
    position: Mapped[int]
    days: Mapped[int | None]  # working days it usually takes; None: a policy number says it
    probability: Mapped[int] = mapped_column(default=0, server_default="0")  # percent of such deals that are won


class StageNeed(Base):
    """A kind of evidence without which a stage does not open."""

    __tablename__ = "stage_need"
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)


class Deal(Base):
    """A chance to sell. `stage_since` starts the stage's clock; `snoozed_until` is a 暂缓 that a person asked for."""

    __tablename__ = "deal"
    __table_args__ = (
        Index("ix_deal_stage_since", "stage_id", "stage_since"),
        Index("ix_deal_stage_amount", "stage_id", "amount"),  # a column of the board, the largest first
        Index("ix_deal_stage_created", "stage_id", "created_at"),  # the same, the newest first
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(128))
    amount: Mapped[Decimal] = mapped_column(Numeric(15, 2))  # yuan
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"))
    stage_since: Mapped[datetime]
    snoozed_until: Mapped[datetime | None]
    ended_for: Mapped[str] = mapped_column(String(16), default="", server_default="")
    competitor: Mapped[str] = mapped_column(String(64), default="", server_default="")
    created_at: Mapped[datetime]


class StagePeriod(Base):
    """The ledger of a deal's stages: from when to when, who moved it there and why, and whether past the gate.

    `ended_for` and `competitor` are of a stay at an end; `snoozed_before` is the 暂缓 that the move ended.
    """

    __tablename__ = "stage_period"
    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(255), default="", server_default="")
    forced: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    ended_for: Mapped[str] = mapped_column(String(16), default="", server_default="")
    competitor: Mapped[str] = mapped_column(String(64), default="", server_default="")
    snoozed_before: Mapped[datetime | None]


class Evidence(Base):
    """A file that proves a stage of a deal may open. `sealed_at`: the stage was opened by it; since then it stays."""

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_deal_id_stage_key", "deal_id", "stage_key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    stage_key: Mapped[str] = mapped_column(String(32))  # of any version of the ladder
    kind: Mapped[str] = mapped_column(String(20))
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"), index=True)
    added_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    sealed_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class Milestone(Base):
    """A moment that a deal must not miss. `reminded`: hours before it of the last reminder given; a new date clears it.

    `done_at`: it was kept; `removed_at`: it was a mistake. Either ends its reminders.
    """

    __tablename__ = "milestone"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime] = mapped_column(index=True)
    note: Mapped[str] = mapped_column(String(120), default="", server_default="")
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    reminded: Mapped[int | None]
    done_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class EvidenceBand(Base):
    """A key that evidence shares with whatever may say the same (`crm/rules/sameness.py`); of what stands alone."""

    __tablename__ = "evidence_band"
    key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"), primary_key=True, index=True)


class EvidenceTurn(Base):
    """One row, locked while evidence is added: the same content given twice at once meets here."""

    __tablename__ = "evidence_turn"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
