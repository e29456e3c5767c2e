"""Visits: where a rep stood, when, how far believed; the photos that prove it, what was planned, and who was called."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class Visit(Base):
    """`client_id` is made by the phone (or is the message's id), so a second upload is the same visit.

    The point is stored as it came, with its datum; `distance_m` is judged in GCJ-02, and null where the customer's
    place is not known. `fix_at` and `sent_at` are the phone's clock, null of a chat. `why`: 补签, written afterwards.
    `verdict` is null of a visit that was recorded before there was one; `signals` are {code, weight, said}.
    `effective`: believed, and with a report that says something.
    """

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("person_id", "client_id"),
        Index("ix_visit_person_at", "person_id", "visited_at"),
        Index("ix_visit_at", "visited_at", "public_id"),
        Index("ix_visit_compared_received", "compared_at", "received_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    client_id: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    visited_at: Mapped[datetime]
    received_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(8))
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    datum: Mapped[str] = mapped_column(String(8))
    accuracy_m: Mapped[float | None] = mapped_column(Float)
    place: Mapped[str] = mapped_column(String(255), default="")
    distance_m: Mapped[int | None]
    report: Mapped[str] = mapped_column(Text, default="")
    entry_id: Mapped[int] = mapped_column(ForeignKey("timeline_entry.id"), index=True)
    retracted_at: Mapped[datetime | None]
    owner_then_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # who held the customer at `visited_at`
    fix_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(64), default="", server_default="")
    why: Mapped[str] = mapped_column(String(255), default="", server_default="")
    verdict: Mapped[str | None] = mapped_column(String(8))
    score: Mapped[int | None]
    signals: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default=text("'[]'"))
    effective: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    compared_at: Mapped[datetime | None]  # when it was held against WeCom's 外出打卡


class VisitUpload(Base):
    """A photo on its way to a visit: its sender's alone until it is bound, once. Swept away when it never is.

    `stored_name` is the file as it came; the other two are drawn anew. `taken_at`, `latitude` and `longitude` (WGS-84)
    are what its EXIF says; `image_hash` is 64 bits in hexadecimal, near where pictures look alike. `place`: its number
    within the visit.
    """

    __tablename__ = "visit_upload"
    __table_args__ = (
        UniqueConstraint("person_id", "client_id"),
        *(Index(f"ix_visit_upload_{name}", name) for name in ("stored_name", "shown_name", "thumb_name")),
        Index("ix_visit_upload_received", "person_id", "received_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    client_id: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(8))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    width: Mapped[int]
    height: Mapped[int]
    stored_name: Mapped[str] = mapped_column(String(40))
    shown_name: Mapped[str] = mapped_column(String(40))
    shown_kind: Mapped[str] = mapped_column(String(8))
    thumb_name: Mapped[str] = mapped_column(String(40))
    thumb_kind: Mapped[str] = mapped_column(String(8))
    image_hash: Mapped[str] = mapped_column(String(16))
    taken_at: Mapped[datetime | None]
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    received_at: Mapped[datetime] = mapped_column(index=True)
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id"), index=True)
    place: Mapped[int] = mapped_column(default=0)


class VisitPlan(Base):
    """Whom a rep means to see on a day, in the order of `place`; equal places stand in the order of `client_id`."""

    __tablename__ = "visit_plan"
    __table_args__ = (
        UniqueConstraint("person_id", "client_id"),
        Index("ix_visit_plan_person_day", "person_id", "day"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    client_id: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    day: Mapped[date]
    place: Mapped[int]
    note: Mapped[str] = mapped_column(String(255), default="")
    made_at: Mapped[datetime]
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id"), index=True)
    dropped_at: Mapped[datetime | None]


class VisitReview(Base):
    """What a rep said about a visit that was not believed, or a supervisor's own look: open until `decided_at`."""

    __tablename__ = "visit_review"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    words: Mapped[str] = mapped_column(String(500), default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    verdict: Mapped[str | None] = mapped_column(String(8))
    decision_words: Mapped[str] = mapped_column(String(500), default="")


class OutdoorSign(Base):
    """A 外出打卡 of WeCom on a day of a visit. GCJ-02 degrees; `exception` in its words, "" where nothing was odd."""

    __tablename__ = "outdoor_sign"
    __table_args__ = (UniqueConstraint("person_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    latitude: Mapped[float] = mapped_column(Float)
    longitude: Mapped[float] = mapped_column(Float)
    exception: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(64))


class PhoneCall(Base):
    """A number that a rep dialled from the mini-program; `reached` is what he says on return, null until then.

    `entry_id` is the follow-up that his answer became.
    """

    __tablename__ = "phone_call"
    __table_args__ = (
        UniqueConstraint("person_id", "client_id"),
        Index("ix_phone_call_person_at", "person_id", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    client_id: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    reached: Mapped[bool | None]
    note: Mapped[str] = mapped_column(String(500), default="")
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("timeline_entry.id"))
