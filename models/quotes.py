"""What is sold and for how much: products, dated prices and rates, quotes in versions, and contests about them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id

_UNDECIDED = text("decided_at IS NULL")


class Product(Base):
    """`model_key` is the model without width, case and blanks: two spellings of it are one product.

    `version` counts every change: an edit names the one it saw.
    """

    __tablename__ = "product"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    model: Mapped[str] = mapped_column(String(64))
    model_key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    calibre: Mapped[str] = mapped_column(String(32), default="")
    pressure: Mapped[str] = mapped_column(String(32), default="")
    material: Mapped[str] = mapped_column(String(32), default="")
    unit: Mapped[str] = mapped_column(String(8))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Price(Base):
    """What one unit costs from a day on. Of the prices that cover a day the one that began last holds."""

    __tablename__ = "price"
    __table_args__ = (Index("ix_price_product_id_first_day", "product_id", "first_day"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    list_price: Mapped[Decimal] = mapped_column(Numeric(15, 2))
    floor_price: Mapped[Decimal] = mapped_column(Numeric(15, 2))
    currency: Mapped[str] = mapped_column(String(3))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]


class Rate(Base):
    """How many yuan one unit of a currency is from this day on."""

    __tablename__ = "rate"
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    to_yuan: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]


class Quote(Base):
    """One version of a quote; versions of one quote share `root_id` and `number`, and only the last is not superseded.

    `team_id` is the team it was made for, whoever belongs to it later. `total` and `list_total` in its currency, of
    which one is `rate` yuan as on the day it was made; `discount` (percent off the list) and `margin` (percent above
    the floor) are of the lines that have such prices. Lines never change: another price is another version.
    """

    __tablename__ = "quote"
    __table_args__ = (
        UniqueConstraint("root_id", "version"),
        Index("ix_quote_customer_id_made_at", "customer_id", "made_at"),
        Index("ix_quote_state_valid_until", "state", "valid_until"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    number: Mapped[str] = mapped_column(String(24), default="", index=True)
    root_id: Mapped[int | None] = mapped_column(ForeignKey("quote.id"))
    version: Mapped[int] = mapped_column(default=1)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    state: Mapped[str] = mapped_column(String(12))
    valid_until: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(String(3))
    rate: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    total: Mapped[Decimal] = mapped_column(Numeric(15, 2))
    discount: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    margin: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    below_floor: Mapped[bool]
    note: Mapped[str] = mapped_column(String(250), default="")
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class QuoteLine(Base):
    """So many of a product, or of what is not on the list (`words`). List and floor price are of the day it was made,
    in the quote's currency."""

    __tablename__ = "quote_line"
    __table_args__ = (
        UniqueConstraint("quote_id", "position"),
        Index("ix_quote_line_product_id_id", "product_id", "id"),  # past prices, the latest first
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int] = mapped_column(ForeignKey("quote.id"))
    position: Mapped[int]
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    words: Mapped[str] = mapped_column(String(128), default="")
    quantity: Mapped[Decimal] = mapped_column(Numeric(12, 3))
    unit_price: Mapped[Decimal] = mapped_column(Numeric(15, 2))
    list_price: Mapped[Decimal | None] = mapped_column(Numeric(15, 2))
    floor_price: Mapped[Decimal | None] = mapped_column(Numeric(15, 2))


class QuoteConflict(Base):
    """Two teams' quotes for one customer or project, by the first versions of both: the second waits for a verdict.

    `due_at` is when the directors take over. `verdict` is empty until decided, and where it ended by itself because one
    of the two was given up. `effect` are the states that the verdict changed: {quote id: [before, after]}.
    """

    __tablename__ = "quote_conflict"
    __table_args__ = (
        Index(
            "uq_quote_conflict_open", "first_id", "second_id", unique=True, sqlite_where=_UNDECIDED,
            postgresql_where=_UNDECIDED,
        ),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    first_id: Mapped[int] = mapped_column(ForeignKey("quote.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("quote.id"), index=True)
    reason: Mapped[str] = mapped_column(String(60))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    escalated_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    verdict: Mapped[str] = mapped_column(String(10), default="")
    effect: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class QuoteVote(Base):
    """What one supervisor holds to be right; equal votes of both sides decide, unequal ones go to the directors."""

    __tablename__ = "quote_vote"
    conflict_id: Mapped[int] = mapped_column(ForeignKey("quote_conflict.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    side: Mapped[str] = mapped_column(String(8))  # first, second; empty for a director
    verdict: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
