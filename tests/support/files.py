"""Attachments for tests that are not about the disk: what a gateway would hand over, without a file behind it."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from config.vocabulary import FileKind
from crm import uow
from crm.access import actor_by_userid
from crm.usecases.attachments import add_attachment
from gateways.reader.reading import Content
from tests.support.company import NOW


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture with its two copies, or with `kind` anything else; what it says is its own."""

    stored_name: str
    shown_name: str = ""
    thumb_name: str = ""
    kind: FileKind = FileKind.PDF
    size: int = 1234
    sha256: str = "ab" * 32
    width: int | None = None
    height: int | None = None
    shown_kind: FileKind | None = None
    thumb_kind: FileKind | None = None
    image_hash: str = "0123456789abcdef"
    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    content: Content = field(default_factory=lambda: Content(pictures=(secrets.token_bytes(32 + 64 * 64),)))


def taken(kind: FileKind = FileKind.PDF) -> Taken:
    if kind is FileKind.PDF:
        return Taken(secrets.token_hex(20))
    stored, shown, thumb = (secrets.token_hex(20) for _ in range(3))
    return Taken(stored, shown, thumb, kind, 1234, "cd" * 32, 400, 300, FileKind.JPEG, FileKind.JPEG)


def attach(
    who: str, customer_id: int, name: str = "技术协议.pdf", now: datetime = NOW, file: Taken | None = None
) -> str:
    """The public id of a new attachment."""
    with uow.transaction() as s:
        actor = actor_by_userid(s, who, now)
        return add_attachment(s, actor, customer_id, file or taken(), name, now, entrance="console").public_id
