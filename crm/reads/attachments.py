"""A customer's files: the list, and one of them to be handed out, if whoever asks may have it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.files import ENDINGS, MIME
from config.vocabulary import FileKind, label
from crm.access import READ, WRITE, Actor, get_attachment, get_customer, no_attachment, not_there
from crm.errors import CrmError
from models.files import Attachment
from models.people import Person


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """`width` and `height` in pixels, of pictures; `thumb` says whether there is a small copy to show."""

    public_id: str
    name: str
    note: str
    kind: FileKind
    kind_label: str
    size: int
    width: int | None
    height: int | None
    thumb: bool
    uploaded_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AttachmentList:
    rows: tuple[AttachmentRow, ...]
    may_write: bool


@dataclass(frozen=True, slots=True)
class Served:
    """A file on the disk (`stored_name`), and how it is called and typed on the way out."""

    stored_name: str
    name: str
    mime: str


def attachments_of(s: Session, actor: Actor, customer_id: int | str) -> AttachmentList:
    """The newest first; NotFound also for a customer the actor may not see."""
    customer = get_customer(s, actor, customer_id, to=READ)
    rows = s.execute(
        select(Attachment, Person.name)
        .join(Person, Person.id == Attachment.uploaded_by_id)
        .where(Attachment.customer_id == customer.id, Attachment.removed_at.is_(None))
        .order_by(Attachment.at.desc(), Attachment.id.desc())
    )
    return AttachmentList(tuple(_row(one, who) for one, who in rows), _may_write(s, actor, customer.id))


def attachment_row(s: Session, actor: Actor, attachment_id: str) -> AttachmentRow:
    found = _there(s, actor, attachment_id)
    return _row(found, s.scalars(select(Person.name).where(Person.id == found.uploaded_by_id)).one())


def served(s: Session, actor: Actor, attachment_id: str, *, original: bool = False) -> Served:
    """The copy that people see, of a picture; the file itself, of anything else.

    The original of a picture tells where and with what it was taken: it is for those who work on the customer.
    """
    found = _there(s, actor, attachment_id)
    if found.shown_name and original and not _may_write(s, actor, found.customer_id):
        raise not_there(s, actor, found.customer_id, WRITE)
    if original or not found.shown_name:
        return Served(found.stored_name, found.name, MIME[FileKind(found.kind)])
    kind = FileKind(found.shown_kind)
    return Served(found.shown_name, _called(found, kind), MIME[kind])


def thumbnail(s: Session, actor: Actor, attachment_id: str) -> Served:
    """The small copy of a picture, drawn by ourselves: the only bytes of a file that a page shows."""
    found = _there(s, actor, attachment_id)
    if not found.thumb_name:
        raise no_attachment()
    kind = FileKind(found.thumb_kind)
    return Served(found.thumb_name, _called(found, kind), MIME[kind])


def _there(s: Session, actor: Actor, attachment_id: str) -> Attachment:
    """Not yours, removed and never there are answered alike."""
    found, _ = get_attachment(s, actor, attachment_id, to=READ)
    if found.removed_at is not None:
        raise no_attachment()
    return found


def _may_write(s: Session, actor: Actor, customer_id: int) -> bool:
    try:
        get_customer(s, actor, customer_id, to=WRITE)
    except CrmError:
        return False
    return True


def _called(found: Attachment, kind: FileKind) -> str:
    """A copy of another kind than the original has that kind's ending."""
    stem, _, ending = found.name.rpartition(".")
    return found.name if ending in ENDINGS[kind] else f"{stem}.{ENDINGS[kind][0]}"


def _row(one: Attachment, who: str) -> AttachmentRow:
    kind = FileKind(one.kind)
    return AttachmentRow(
        one.public_id, one.name, one.note, kind, label(kind), one.size, one.width, one.height, bool(one.thumb_name),
        who, one.at,
    )  # fmt: skip
