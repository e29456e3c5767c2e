"""What files say, kept beside them: taken out by the gateway once, judged by the rules whenever a file is to prove."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.orm import Session

from config.vocabulary import FileKind
from crm.access import WRITE, Actor, get_attachment
from crm.errors import NotFound
from crm.ports import FileContent
from crm.rules.sameness import Known, Print, bands
from models.base import bare, insert_once, one_of
from models.deals import Evidence, EvidenceBand, EvidenceTurn
from models.files import Attachment, AttachmentContent

_NUMBER, _PICTURE = 4, 32 + 64 * 64  # bytes
_PROMISING = 500  # pieces of evidence that share the most bands with a file
_COMPARED = 40  # of those, the likeliest, letter by letter
_AT_ONCE = 50
_BAND, _CONTENT = bare(EvidenceBand).c, bare(AttachmentContent).c
_STANDS = Evidence.removed_at.is_(None)


@dataclass(frozen=True, slots=True)
class Unread:
    """A file on the disk that was taken in before files were read."""

    attachment_id: int
    stored_name: str
    kind: FileKind


def keep(s: Session, attachment_id: int, content: FileContent) -> None:
    """Once for each file; a second time changes nothing. What it proves already is marked by it from now on."""
    made = insert_once(
        s,
        AttachmentContent,
        attachment_id=attachment_id,
        refused=content.refused,
        words=zlib.compress("\n".join(content.words).encode()),
        minhash=b"".join(one.to_bytes(_NUMBER, "big") for one in content.minhash),
        pictures=b"".join(content.pictures),
    )
    if made:
        for evidence_id in s.scalars(select(Evidence.id).where(Evidence.attachment_id == attachment_id, _STANDS)):
            mark(s, evidence_id, Print(content.words, content.minhash, content.pictures))


def kept(s: Session, attachment_id: int) -> tuple[str, Print] | None:
    """Why the file proves nothing ("" where it may), and what it is known by; None: nobody has read it yet."""
    row = s.execute(select(bare(AttachmentContent)).where(_CONTENT.attachment_id == attachment_id)).first()
    return None if row is None else (row.refused, _print(row))


def unread(s: Session, actor: Actor, attachment_id: str) -> Unread | None:
    """The file, if it is the actor's to work with and nobody has read it; None also for what is not there."""
    try:
        file, _ = get_attachment(s, actor, attachment_id, to=WRITE)
    except NotFound:
        return None
    return None if kept(s, file.id) else Unread(file.id, file.stored_name, FileKind(file.kind))


def unread_evidence(s: Session, limit: int) -> list[Unread]:
    """Files that prove something and were never read, the oldest first."""
    found = (
        select(Attachment.id, Attachment.stored_name, Attachment.kind)
        .where(Attachment.id.in_(select(Evidence.attachment_id).where(_STANDS)))
        .where(~select(_CONTENT.attachment_id).where(_CONTENT.attachment_id == Attachment.id).exists())
    )
    rows = s.execute(found.order_by(Attachment.id).limit(limit))
    return [Unread(number, name, FileKind(kind)) for number, name, kind in rows]


def take_turn(s: Session) -> None:
    """Whoever adds evidence waits here for whoever is adding some: of two that say the same, one sees the other.

    One row for all: they are a few a minute, and no choice of finer locks is sure to be shared by what is nearly alike.
    """
    s.execute(select(bare(EvidenceTurn).c.id).with_for_update())


def mark(s: Session, evidence_id: int, one: Print) -> None:
    """From now on the evidence is found by what it says."""
    rows = [{"key": key, "evidence_id": evidence_id} for key in sorted(bands(one))]
    if rows:
        s.execute(insert(bare(EvidenceBand)), rows)


def unmark(s: Session, evidence_ids: Sequence[int]) -> None:
    s.execute(delete(bare(EvidenceBand)).where(one_of(s, _BAND.evidence_id, evidence_ids)))


def says_the_same(s: Session, one: Print) -> int | None:
    """The id of evidence that says the same as this file; found by the bands, judged by the rules."""
    keys = sorted(bands(one))
    shared = select(_BAND.evidence_id).where(one_of(s, _BAND.key, keys)).group_by(_BAND.evidence_id)
    ids = s.scalars(shared.order_by(func.count().desc(), _BAND.evidence_id.desc()).limit(_PROMISING)).all()
    known = Known(one)
    ranked: list[tuple[float, int]] = []
    for start in range(0, len(ids), _AT_ONCE):
        ranked += [(known.likeness(other), number) for number, other in _prints(s, ids[start : start + _AT_ONCE])]
    likely = [number for _, number in sorted(ranked, reverse=True)[:_COMPARED]]
    return next((number for number, other in _prints(s, likely) if known.same(other)), None)


def _prints(s: Session, evidence_ids: Sequence[int]) -> list[tuple[int, Print]]:
    found = (
        select(Evidence.id.label("evidence_id"), *_CONTENT)
        .join(bare(AttachmentContent), _CONTENT.attachment_id == Evidence.attachment_id)
        .where(one_of(s, Evidence.id, evidence_ids), _STANDS)
    )
    return [(row.evidence_id, _print(row)) for row in s.execute(found.order_by(Evidence.id))]


def _print(row: Row[tuple[object, ...]]) -> Print:
    words = zlib.decompress(row.words).decode()
    minhash = [int.from_bytes(one, "big") for one in _cut(row.minhash, _NUMBER)]
    return Print(words.split("\n") if words else (), minhash, _cut(row.pictures, _PICTURE))


def _cut(packed: bytes, width: int) -> list[bytes]:
    return [packed[at : at + width] for at in range(0, len(packed), width)]
