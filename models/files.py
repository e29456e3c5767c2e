"""Files that belong to a customer: what was uploaded, by whom, and under which random names it lies on the disk."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, public_id

_NOT_PURGED = text("purged_at IS NULL")


class Attachment(Base):
    """One file of a customer. Removed, it can come back until `purged_at`: from then on its files are nobody's.

    `stored_name` is the file as it came; `shown_name` and `thumb_name`, of pictures, are copies drawn anew. Sizes in
    bytes and pixels. `entry_id` is its line on the timeline.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_customer_at", "customer_id", "at"),
        Index("ix_attachment_sha256", "sha256"),
        Index("ix_attachment_uploader_at", "uploaded_by_id", "at"),
        *(
            Index(f"ix_attachment_{name}", name, sqlite_where=_NOT_PURGED, postgresql_where=_NOT_PURGED)
            for name in ("stored_name", "shown_name", "thumb_name", "removed_at")
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = public_id()
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    name: Mapped[str] = mapped_column(String(160))
    note: Mapped[str] = mapped_column(String(255), default="")
    kind: Mapped[str] = mapped_column(String(8))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None]
    height: Mapped[int | None]
    stored_name: Mapped[str] = mapped_column(String(40))
    shown_name: Mapped[str] = mapped_column(String(40), default="")
    shown_kind: Mapped[str] = mapped_column(String(8), default="")
    thumb_name: Mapped[str] = mapped_column(String(40), default="")
    thumb_kind: Mapped[str] = mapped_column(String(8), default="")
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("timeline_entry.id"))
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    purged_at: Mapped[datetime | None]


class AttachmentContent(Base):
    """What a file says, by which it is known again; a file of before there was this table is read when it is needed.

    `refused`: why it proves nothing, "" where it may. `words`: its passages, one a line, UTF-8, deflated; `minhash` of
    their shingles, 120 numbers of four bytes; the highest first; `pictures`: marks of 4128 bytes each.
    """

    __tablename__ = "attachment_content"
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"), primary_key=True, autoincrement=False)
    refused: Mapped[str] = mapped_column(String(255), default="")
    words: Mapped[bytes] = mapped_column(LargeBinary)
    minhash: Mapped[bytes] = mapped_column(LargeBinary)
    pictures: Mapped[bytes] = mapped_column(LargeBinary)
