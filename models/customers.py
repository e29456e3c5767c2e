"""Customers, their contacts, and the gapless history of who held them."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Numeric, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import CooperationStage
from models.base import Base, public_id

_MERGED = text("merged_into_id IS NOT NULL")


class Customer(Base):
    """A company we sell to.

    `owner_id` and `queue_team_id` only repeat the open ownership period, so that lists need no join.
    `silent_since` is the start of the running clock: the later of the ownership's start and the last valid activity.
    """

    __tablename__ = "customer"
    # A list of 200,000 is walked in the order of an index, never sorted whole.
    __table_args__ = (
        Index("ix_customer_by_name", "pinyin", "name", "name_key"),
        Index("ix_customer_place", "latitude", "longitude"),
        # What the figures of channels ask of each customer of a year, whoever asks: they need not open its row.
        Index(
            "ix_customer_made",
            "created_at",
            "source",
            "campaign_id",
            "merged_into_id",
            "owner_id",
            "queue_team_id",
            "id",
        ),
        Index("ix_customer_merged_into_id", "merged_into_id", sqlite_where=_MERGED, postgresql_where=_MERGED),
        *(
            Index(f"ix_customer_{column}", column)
            for column in (
                "created_at",
                "last_activity_at",
                "annual_estimate",
                "cooperation_stage",
                "level",
                "source",
                "industry",
                "region",
            )
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    name: Mapped[str] = mapped_column(String(128))
    name_key: Mapped[str] = mapped_column(String(128), index=True)
    pinyin: Mapped[str] = mapped_column(String(255), default="")
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    level: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(16))
    industry: Mapped[str] = mapped_column(String(64), default="")
    region: Mapped[str] = mapped_column(String(64), default="")
    address: Mapped[str] = mapped_column(String(255), default="")
    phone: Mapped[str] = mapped_column(String(40), default="", server_default="", index=True)
    website: Mapped[str] = mapped_column(String(128), default="", server_default="", index=True)  # the bare domain
    cooperation_stage: Mapped[str] = mapped_column(
        String(16), default=CooperationStage.POTENTIAL, server_default=CooperationStage.POTENTIAL
    )
    procurement_cycle: Mapped[str] = mapped_column(String(64), default="", server_default="")
    annual_estimate: Mapped[Decimal | None] = mapped_column(Numeric(15, 2))  # yuan a year that they may buy
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)  # 上级公司
    latitude: Mapped[float | None] = mapped_column(Float)  # GCJ-02 degrees
    longitude: Mapped[float | None] = mapped_column(Float)
    place_learnt_at: Mapped[datetime | None]  # the two above are learnt from visits, not given
    place_forgotten_at: Mapped[datetime | None]  # visits that arrived before teach nothing any more
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    queue_team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    silent_since: Mapped[datetime] = mapped_column(index=True)
    last_activity_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))  # itself: it was taken back
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class NameBlock(Base):
    """One row per normalised name: locked while a customer of that name is made, so that twins meet."""

    __tablename__ = "name_block"
    key: Mapped[str] = mapped_column(String(128), primary_key=True)


class Campaign(Base):
    """A fair, a mailing, a seminar: where customers come from beyond their source. Retired, never deleted."""

    __tablename__ = "campaign"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    name: Mapped[str] = mapped_column(String(64), unique=True)
    source: Mapped[str] = mapped_column(String(16))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    retired_at: Mapped[datetime | None]


class Contact(Base):
    """A person at a customer. `decision_role` is what his word weighs; retired, never deleted."""

    __tablename__ = "contact"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(64), default="")
    phone: Mapped[str] = mapped_column(String(32), default="", index=True)
    email: Mapped[str] = mapped_column(String(128), default="", server_default="")
    decision_role: Mapped[str] = mapped_column(String(16), default="", server_default="")
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class OwnershipPeriod(Base):
    """Who held a customer from when to when. Gapless: each period starts where the one before ended; one is open.

    `holder_id` is a person's id, or the id of the team whose lead decides; it is null for the pool.
    """

    __tablename__ = "ownership_period"
    __table_args__ = (
        Index(
            "uq_ownership_period_open",
            "customer_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="forward"),
        CheckConstraint("(holder_kind = 'pool') = (holder_id IS NULL)", name="holder"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    holder_kind: Mapped[str] = mapped_column(String(8))
    holder_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
