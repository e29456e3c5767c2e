"""Leads: who asked us, through which inlet, whose turn it is, and everything that was done about it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class LeadSource(Base):
    """One inlet: a form on a web page, a fair's stand, a 联系我 code. Its leads go to a person or to a team's queue.

    `token` is the address of a web form; `state` is what WeCom gives back of a 联系我 code. Both name it, neither is a
    secret: closing it (`closed_at`) is what stops it.
    """

    __tablename__ = "lead_source"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    inlet: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(64))
    token: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[str | None] = mapped_column(String(30), unique=True)
    source: Mapped[str] = mapped_column(String(16))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]


class FormKnock(Base):
    """How often a web form was sent in one hour, by whom or to whom; `key` is a digest, never an address."""

    __tablename__ = "form_knock"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    count: Mapped[int]


class Lead(Base):
    """Somebody who may become a customer. Without an owner it waits in its team's queue.

    `customer_id` is who it is: known when it came in (`known`), or made or found by its conversion. `rival_id` is a
    colleague's customer: then only the supervisor sees it. `due_at` and `late_at` are when the first response is due
    and when the supervisor hears of it.
    """

    __tablename__ = "lead"
    __table_args__ = (
        CheckConstraint("state <> 'converted' OR customer_id IS NOT NULL", name="converted"),
        Index("ix_lead_state_due", "state", "due_at"),
        Index("ix_lead_owner_state", "owner_id", "state"),
        Index("ix_lead_team_state", "team_id", "state"),
        Index("ix_lead_source_campaign", "source", "campaign_id", "created_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    company: Mapped[str] = mapped_column(String(128), default="")
    company_key: Mapped[str] = mapped_column(String(128), index=True, default="")
    contact_name: Mapped[str] = mapped_column(String(64), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(128), default="")
    need: Mapped[str] = mapped_column(Text, default="")
    remark: Mapped[str] = mapped_column(String(255), default="")
    consent: Mapped[bool] = mapped_column(default=False)  # he agreed to be contacted
    inlet: Mapped[str] = mapped_column(String(16))
    lead_source_id: Mapped[int | None] = mapped_column(ForeignKey("lead_source.id"), index=True)
    source: Mapped[str] = mapped_column(String(16))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    external_contact_id: Mapped[int | None] = mapped_column(ForeignKey("external_contact.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    state: Mapped[str] = mapped_column(String(10))
    known: Mapped[bool] = mapped_column(default=False)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    rival_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"), index=True)
    invalid_reason: Mapped[str] = mapped_column(String(16), default="")
    created_at: Mapped[datetime] = mapped_column(index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    due_at: Mapped[datetime]
    late_at: Mapped[datetime]
    first_response_at: Mapped[datetime | None]
    response_kind: Mapped[str] = mapped_column(String(8), default="")
    converted_at: Mapped[datetime | None]
    turn: Mapped[int] = mapped_column(default=0)  # how often it changed hands: each holder has a card of his own


class LeadEvent(Base):
    """One step of a lead. `before` is what the step changed, as it stood: the way back."""

    __tablename__ = "lead_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    step: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    words: Mapped[str] = mapped_column(String(255), default="")
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    undone_at: Mapped[datetime | None]
