"""Approvals: the rules that ask for one, what is asked of whom, how each signed, and who stands in for whom."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id

_WAITING = text("state = 'waiting'")


class ApprovalRule(Base):
    """From the stage `stage_key` on a deal needs these steps once its `measure` is beyond `bound`.

    `bound` in yuan or percent; None is the policy number. A rule that was changed is retired, and another takes over.
    """

    __tablename__ = "approval_rule"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    name: Mapped[str] = mapped_column(String(32))
    stage_key: Mapped[str] = mapped_column(String(32))
    measure: Mapped[str] = mapped_column(String(10))
    bound: Mapped[Decimal | None] = mapped_column(Numeric(15, 2))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class ApprovalRuleStep(Base):
    """One step of a rule, in order: how many of the `seats` sign. A seat is a word of config or `person:<id>`."""

    __tablename__ = "approval_rule_step"
    rule_id: Mapped[int] = mapped_column(ForeignKey("approval_rule.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    mode: Mapped[str] = mapped_column(String(10))
    seats: Mapped[list[str]] = mapped_column(JSON)


class Approval(Base):
    """What somebody asked for: that a deal moves, or that a quote is open. It holds for exactly what `fingerprint`
    (SHA-256) was taken of, and for nothing else.

    `facts` is what the signers were shown: amount in yuan, customer, deal (or quote), stage, the rules that ask and
    their stages. `move` is the move that follows: stage and words. `period_id` is the line of the deal's ledger that
    it brought about.
    """

    __tablename__ = "approval"
    __table_args__ = (
        Index("ix_approval_state_at", "state", "requested_at"),
        Index("uq_approval_deal_waiting", "deal_id", unique=True, sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("uq_approval_quote_waiting", "quote_id", unique=True, sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_approval_deal_id_fingerprint", "deal_id", "fingerprint"),
        Index("ix_approval_quote_id", "quote_id"),
        CheckConstraint("(deal_id IS NULL) <> (quote_id IS NULL)", name="about_one"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"))
    quote_id: Mapped[int | None] = mapped_column(ForeignKey("quote.id"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    move: Mapped[dict[str, Any]] = mapped_column(JSON)
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    requested_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    decided_at: Mapped[datetime | None]
    nudged_at: Mapped[datetime | None]
    period_id: Mapped[int | None]  # no foreign key: taking the move back removes its line


class ApprovalStep(Base):
    __tablename__ = "approval_step"
    __table_args__ = (UniqueConstraint("approval_id", "position"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    approval_id: Mapped[int] = mapped_column(ForeignKey("approval.id"))
    position: Mapped[int]
    mode: Mapped[str] = mapped_column(String(10))


class ApprovalSigner(Base):
    """Somebody who was asked; the hours he took are from `asked_at` to `signed_at`. `for_id`: he stands in for him."""

    __tablename__ = "approval_signer"
    __table_args__ = (
        UniqueConstraint("step_id", "person_id"),
        Index("ix_approval_signer_person_id_state", "person_id", "state"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("approval_step.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    for_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    position: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    rejected_for: Mapped[str] = mapped_column(String(10), default="")
    words: Mapped[str] = mapped_column(String(250), default="")


class ApprovalNote(Base):
    """批示: what somebody who was asked, or who asked, writes beside it; nothing is decided by it."""

    __tablename__ = "approval_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    approval_id: Mapped[int] = mapped_column(ForeignKey("approval.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    told_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    words: Mapped[str] = mapped_column(String(250))
    at: Mapped[datetime]


class Absence(Base):
    """Somebody is away from the first to the last day, both included; what is asked of him then goes to the deputy."""

    __tablename__ = "absence"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    deputy_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
