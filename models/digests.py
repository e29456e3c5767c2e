"""Digests: what a talk with a customer came to, each sentence with the messages that it stands on."""

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id


class Digest(Base):
    """Whose customer it is about, who made it and whether it was taken back stands in its line of the timeline.

    `talk_print` is the SHA-256 of what was said, by which the same talk is known when it is brought again.
    """

    __tablename__ = "digest"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    entry_id: Mapped[int] = mapped_column(ForeignKey("timeline_entry.id"), unique=True)
    origin: Mapped[str] = mapped_column(String(12))
    engine: Mapped[str] = mapped_column(String(12))
    talk_print: Mapped[str] = mapped_column(String(64), default="", server_default="")


class DigestTodo(Base):
    """A to-do that came of a digest's sentence at `position`, and goes with it.

    `external_userid` is the outsider whose talk in the archive it came of, "" where nobody's.
    """

    __tablename__ = "digest_todo"
    todo_id: Mapped[int] = mapped_column(ForeignKey("todo.id"), primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digest.id"), index=True)
    position: Mapped[int]
    external_userid: Mapped[str] = mapped_column(String(64), default="", index=True)


class DigestSentence(Base):
    """`cites` are numbers of `DigestMessage`s of the same digest."""

    __tablename__ = "digest_sentence"
    digest_id: Mapped[int] = mapped_column(ForeignKey("digest.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    cites: Mapped[list[int]] = mapped_column(JSON)
    due: Mapped[date | None] = mapped_column(Date)


class DigestMessage(Base):
    """A message that a sentence cites, by its number in the talk; of the rest of the talk nothing is kept."""

    __tablename__ = "digest_message"
    digest_id: Mapped[int] = mapped_column(ForeignKey("digest.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    speaker: Mapped[str] = mapped_column(String(64))
    ours: Mapped[bool]
    at: Mapped[datetime | None]
    text: Mapped[str] = mapped_column(Text)
