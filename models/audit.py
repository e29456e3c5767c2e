"""Who did what to whom: rows are only ever added, and sealed into a hash chain."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class AuditEntry(Base):
    """`subject` is `kind:id`. Update and delete are refused by triggers in the database itself."""

    __tablename__ = "audit_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    entrance: Mapped[str] = mapped_column(String(10))
    verb: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)


class AuditSeal(Base):
    """One link of the chain: `digest` = SHA-256 over the link before and the entry's canonical JSON."""

    __tablename__ = "audit_seal"
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
