"""Photos on their way to a visit: taken in one by one, bound once and in order, swept away when nobody binds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from config.files import PICTURES, FileKind
from crm import audit
from crm import policy as numbers
from crm.access import Actor
from crm.errors import Conflict, Invalid, NotFound, TooMany
from crm.ports import AcceptedFile
from crm.rules.days import at, day_of
from models.base import bare
from models.people import Person
from models.visits import Visit, VisitUpload

MOST_PHOTOS = 9  # of one visit
ORPHAN = timedelta(days=40)  # beyond the thirty days after which a visit is not taken any more
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Uploaded:
    """`again`: the phone had sent it before, and this is what it was then."""

    public_id: str
    kind: FileKind
    size: int
    width: int
    height: int
    again: bool


def known_upload(s: Session, actor: Actor, client_id: str) -> Uploaded | None:
    """What the phone sent under this name before."""
    mine = (VisitUpload.person_id == actor.person_id, VisitUpload.client_id == client_id)
    found = s.scalar(select(VisitUpload).where(*mine))
    return None if found is None else _uploaded(found, again=True)


def may_upload(s: Session, actor: Actor, now: datetime) -> None:
    """Asked before a byte is looked into: TooMany where the day's number is used up."""
    most = numbers.current(s).attachments_per_day
    today = (VisitUpload.person_id == actor.person_id, VisitUpload.received_at >= at(day_of(now), 0))
    if (s.scalar(select(func.count()).select_from(VisitUpload).where(*today)) or 0) >= most:
        raise TooMany(f"您今天已经上传 {most} 张照片，到上限了，没有收下。请明天再传；急用请找销售运营")


def keep_upload(
    s: Session, actor: Actor, client_id: str, file: AcceptedFile, now: datetime, *, entrance: str
) -> Uploaded:
    """A picture that lies on the disk becomes the actor's; the same `client_id` again is the first one."""
    s.execute(select(bare(Person).c.id).where(bare(Person).c.id == actor.person_id).with_for_update())
    known = known_upload(s, actor, client_id)
    if known is not None:
        return known
    if file.kind not in PICTURES or file.width is None or file.height is None:
        raise Invalid("拜访照片只收图片，没有收下。文件请上传到客户的附件里", {"file": "只收图片"})
    may_upload(s, actor, now)
    made = VisitUpload(
        client_id=client_id,
        person_id=actor.person_id,
        kind=file.kind,
        size=file.size,
        sha256=file.sha256,
        width=file.width,
        height=file.height,
        stored_name=file.stored_name,
        shown_name=file.shown_name,
        shown_kind=file.shown_kind or "",
        thumb_name=file.thumb_name,
        thumb_kind=file.thumb_kind or "",
        image_hash=file.image_hash,
        taken_at=file.taken_at,
        latitude=file.latitude,
        longitude=file.longitude,
        received_at=now,
    )
    s.add(made)
    s.flush()
    audit.record(
        s, actor.person_id, "upload_photo", f"person:{actor.person_id}", now, entrance=entrance, upload=made.id,
        sha256=file.sha256, size=file.size,
    )  # fmt: skip
    return _uploaded(made, again=False)


def bind(s: Session, actor: Actor, visit: Visit, upload_ids: Sequence[str]) -> None:
    """The actor's own photos become this visit's, in this order. NotFound for one that has not arrived."""
    wanted = list(dict.fromkeys(upload_ids))
    mine = (VisitUpload.person_id == actor.person_id, VisitUpload.public_id.in_(wanted))
    found = {one.public_id: one for one in s.scalars(select(VisitUpload).where(*mine).with_for_update())}
    for place, upload_id in enumerate(wanted):
        photo = found.get(upload_id)
        if photo is None:
            raise NotFound("有照片还没有传上来，拜访没有保存。请先传完照片，再提交一次")
        if photo.visit_id is not None:
            raise Conflict("有照片已经用在另一次拜访里，没有保存。请换成这次拍的照片", {"photos": "已用过"})
        photo.visit_id, photo.place = visit.id, place
    s.flush()


def unbind(s: Session, visit_id: int) -> None:
    """What a retracted visit had goes back to its sender."""
    of_it = bare(VisitUpload).c.visit_id == visit_id
    s.execute(update(bare(VisitUpload)).where(of_it).values(visit_id=None, place=0))


def purge_orphans(s: Session, now: datetime) -> int:
    """Let go of what was sent and never bound; its files are nobody's from the commit on, and swept away."""
    row = VisitUpload
    old = (row.visit_id.is_(None), row.received_at < now - ORPHAN)
    # Locked: what a visit binds meanwhile is not there any more once the lock is had.
    query = select(row).where(*old).order_by(row.received_at).limit(_BATCH).with_for_update(skip_locked=True)
    found = s.scalars(query).all()
    for one in found:
        s.delete(one)
    if found:
        audit.record(
            s, None, "purge_photos", "attachments", now, entrance="sweep", ids=[one.public_id for one in found]
        )
    s.flush()
    return len(found)


def _uploaded(one: VisitUpload, *, again: bool) -> Uploaded:
    return Uploaded(one.public_id, FileKind(one.kind), one.size, one.width, one.height, again)
