"""Check-ins: where a rep stood, when, and how far from the customer that was."""

from datetime import datetime

from sqlalchemy import Float, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class Visit(Base):
    """`client_id` is made by the phone (or is the message's id), so a second upload is the same visit.

    The point is stored as it came, with its datum; `distance_m` is judged in GCJ-02, and null where the customer's
    place is not known.
    """

    __tablename__ = "visit"
    __table_args__ = (UniqueConstraint("person_id", "client_id"),)
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
    entry_id: Mapped[int] = mapped_column(ForeignKey("timeline_entry.id"))
    retracted_at: Mapped[datetime | None]
    owner_then_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # who held the customer at `visited_at`
