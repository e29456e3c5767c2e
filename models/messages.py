"""What came in, what must go out, and what the buttons of a card mean."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class InboxEvent(Base):
    """One callback, kept once. `key`: MsgId, else SHA-256 of the plaintext; `answer`: the plain reply XML."""

    __tablename__ = "inbox_event"
    __table_args__ = (Index("ix_inbox_event_state_next", "state", "next_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    msg_type: Mapped[str] = mapped_column(String(32))
    event: Mapped[str] = mapped_column(String(64))
    change_type: Mapped[str] = mapped_column(String(64))
    userid: Mapped[str] = mapped_column(String(64))
    object_id: Mapped[str] = mapped_column(
        String(64), default=""
    )  # ExternalUserID, ChatId, NewUserID, the menu's key: what it is about
    raw: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(8))
    made_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    crashes: Mapped[int] = mapped_column(default=0)  # leases that ran out without an outcome
    error: Mapped[str] = mapped_column(String(500), default="")


class Card(Base):
    """One matter that people decide by buttons, whoever holds a copy of it; the first tap closes it for all."""

    __tablename__ = "card"
    id: Mapped[int] = mapped_column(primary_key=True)
    matter: Mapped[str] = mapped_column(String(160), unique=True)
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[str] = mapped_column(String(200), default="")


class CardAction(Base):
    """What one button means. The key is an opaque name, never a permission: the actor is checked again at the tap."""

    __tablename__ = "card_action"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id"), index=True)
    verb: Mapped[str] = mapped_column(String(32))
    args: Mapped[dict[str, Any]] = mapped_column(JSON)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OutboxMessage(Base):
    """A promise to tell one person one thing. `payload` is rendered once and every attempt sends the same bytes.

    `dedupe` says what counts as the same thing (rule:object:period:recipient). `after_id` keeps the parts of a long
    answer in order. `redraws_id` is the card that this exchanges on the phone; where that cannot be done any more, the
    same is said as a message. `folded_into_id` is the bundle that tells this one; `card_plan` (matter and taps) makes
    the card of one that never had its own.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_message_state_next", "state", "next_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe: Mapped[str] = mapped_column(String(160), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    notice_class: Mapped[str] = mapped_column(String(10))
    topic: Mapped[str] = mapped_column(String(80), default="", index=True)  # what a reminder is about: one silence
    notice: Mapped[dict[str, Any]] = mapped_column(JSON)
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id"), index=True)
    after_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_message.id"), index=True)
    redraws_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_message.id"))
    folded_into_id: Mapped[int | None] = mapped_column(
        ForeignKey("outbox_message.id", ondelete="SET NULL"), index=True
    )  # reminders are kept longer than the bundles that told them
    card_plan: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    payload: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    next_at: Mapped[datetime]  # the next attempt; starts as due_at
    expires_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    first_try_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    msgid: Mapped[str] = mapped_column(String(128), default="")
    response_code: Mapped[str] = mapped_column(String(255), default="")
    error: Mapped[str] = mapped_column(String(500), default="")


class Dialogue(Base):
    """The question a person is in the middle of answering; one per person, gone when it expires."""

    __tablename__ = "dialogue"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    verb: Mapped[str] = mapped_column(String(32))
    slots: Mapped[dict[str, Any]] = mapped_column(JSON)
    expires_at: Mapped[datetime]
