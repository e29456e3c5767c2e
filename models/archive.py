"""The chat archive: what was said where everybody agreed, how far it was pulled, and which numbers are missing."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class ArchiveEntry(Base):
    """One number of the platform's sequence that was seen. Only a kept one holds more than its number and its state.

    Between two people `external_userid` is the outsider and `person_id` our side, whoever speaks; in a group
    (`room_id`) both name the speaker. `recalls` is the msgid that this takes back. `summed_at`: a digest has it behind
    it, whether or not anything came of it.
    """

    __tablename__ = "archive_entry"
    __table_args__ = (
        Index("ix_archive_entry_external_at", "external_userid", "at"),
        Index("ix_archive_entry_state_seen", "state", "seen_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(String(12))
    seen_at: Mapped[datetime]
    msgid: Mapped[str | None] = mapped_column(String(128), unique=True)
    ours: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    external_userid: Mapped[str] = mapped_column(String(64), default="")
    room_id: Mapped[str] = mapped_column(String(64), default="", index=True)
    at: Mapped[datetime | None]
    kind: Mapped[str] = mapped_column(String(32), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    recalls: Mapped[str] = mapped_column(String(128), default="", index=True)
    recalled_at: Mapped[datetime | None]
    summed_at: Mapped[datetime | None]


class ArchiveCursor(Base):
    """How far the sequence was pulled: one row, which commits together with what a page brought.

    `caught_up_at` is when the platform last had nothing newer; `trouble` is why it could not be asked, "" when it can.
    """

    __tablename__ = "archive_cursor"
    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    caught_up_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(String(500), default="")


class ArchiveGap(Base):
    """Numbers `first`..`last` that did not come, or could not be opened; `told`: the state the admins have heard of."""

    __tablename__ = "archive_gap"
    __table_args__ = (Index("ix_archive_gap_state_next", "state", "next_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[int]
    last: Mapped[int]
    reason: Mapped[str] = mapped_column(String(12))
    key_version: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(8))
    found_at: Mapped[datetime]
    next_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    told: Mapped[str] = mapped_column(String(8), default="")
    closed_at: Mapped[datetime | None]


class ArchiveTalk(Base):
    """A talk in one place (as of a consent; in a group `external_userid` is ""), and when it was last summed up.

    `waits_since` is its oldest message that no digest knows yet, None where there is none. It is let alone until
    `rests_until`: nobody may write it down, or it could not be summed up.
    """

    __tablename__ = "archive_talk"
    __table_args__ = (UniqueConstraint("place", "external_userid"), Index("ix_archive_talk_waits", "waits_since"))
    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(80))
    external_userid: Mapped[str] = mapped_column(String(64), default="", index=True)
    last_at: Mapped[datetime]
    waits_since: Mapped[datetime | None]
    summed_at: Mapped[datetime | None]
    rests_until: Mapped[datetime | None]


class ArchiveDigest(Base):
    """Which digest came of which talk: unlinking takes it back."""

    __tablename__ = "archive_digest"
    digest_id: Mapped[int] = mapped_column(ForeignKey("digest.id"), primary_key=True)
    talk_id: Mapped[int] = mapped_column(ForeignKey("archive_talk.id"), index=True)


class ArchiveCited(Base):
    """Which number of the archive a message of a digest is, and of whom outside: his words go when they must.

    `external_userid` as in `ArchiveEntry`, which may be gone before the digest is.
    """

    __tablename__ = "archive_cited"
    digest_id: Mapped[int] = mapped_column(ForeignKey("digest.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(index=True)
    external_userid: Mapped[str] = mapped_column(String(64), index=True)


class ArchiveConsent(Base):
    """The newest yes or no of an outsider in one place: `person:<id>`, one of us, or `room:<id>`, a group.

    `withdrawn_at`: it is a no behind a yes, so what was kept by then is heard by nobody and should go.
    """

    __tablename__ = "archive_consent"
    __table_args__ = (UniqueConstraint("place", "external_userid"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(80))
    external_userid: Mapped[str] = mapped_column(String(64), index=True)
    agreed: Mapped[bool]
    since: Mapped[datetime | None]
    checked_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None] = mapped_column(index=True)


class ArchivePurge(Base):
    """Until when what an outsider said has been deleted on request: what comes late does not come back."""

    __tablename__ = "archive_purge"
    external_userid: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
