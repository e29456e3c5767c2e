"""The machinery's own memory: sessions, repeated requests, job slots, tokens, changed numbers, the work calendar."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class LoginSession(Base):
    """A signed-in console, mini-program or sidebar. Only the SHA-256 of its token is stored."""

    __tablename__ = "login_session"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    via: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class LoginAttempt(Base):
    """The single-use `state` of an OAuth round trip, bound to the browser that started it."""

    __tablename__ = "login_attempt"
    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    next_path: Mapped[str] = mapped_column(String(255))
    expires_at: Mapped[datetime]


class IdempotencyKey(Base):
    """A request that a phone may send again: the first answer, given again."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("person_id", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    key: Mapped[str] = mapped_column(String(64))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(index=True)


class JobSlot(Base):
    """One run of a timed job. Several schedulers make the same row; one of them, or a worker, leases it."""

    __tablename__ = "job_slot"
    __table_args__ = (UniqueConstraint("job", "slot"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(40))
    slot: Mapped[datetime]
    created_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(Text, default="")


class Token(Base):
    """A WeCom access token, sealed with a key made from SECRET_KEY; `version` makes renewing compare-and-set."""

    __tablename__ = "token"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text, default="")
    expires_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)
    holder: Mapped[str] = mapped_column(String(64), default="")
    lease_until: Mapped[datetime | None]


class PolicyChange(Base):
    """Every change of a business number, newest wins; nothing is overwritten."""

    __tablename__ = "policy_change"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), index=True)
    value: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class CalendarDay(Base):
    """A day that the company works or rests against the public calendar; wins over it."""

    __tablename__ = "calendar_day"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool]


class RecentSend(Base):
    """How many messages a person was sent in a slice of ten seconds: WeCom drops the excess unsaid."""

    __tablename__ = "recent_send"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]


class Pause(Base):
    """Until when nobody uses a channel, because WeCom asked for quiet or refuses the app; `reason` is for people."""

    __tablename__ = "pause"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500))
