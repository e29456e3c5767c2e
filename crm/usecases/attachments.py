"""Files of a customer: added once they are safely on the disk, removed, brought back, and one day let go."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, true, update
from sqlalchemy.orm import Session

from config.policy import Policy
from config.vocabulary import FileKind, TimelineKind
from crm import audit
from crm import policy as numbers
from crm.access import WRITE, Actor, get_attachment, get_customer
from crm.errors import Conflict, Gone, Invalid, TooMany
from crm.field_store import fields_that_name
from crm.ports import AcceptedFile
from crm.rules.days import at, day_of
from crm.rules.file_names import display_name
from crm.rules.words import storable
from crm.usecases import contents
from crm.usecases.evidence import proves
from crm.usecases.followups import write_entry
from models.base import bare
from models.customers import Customer
from models.files import Attachment
from models.people import Person
from models.timeline import TimelineEntry
from models.visits import VisitUpload

LONGEST_NOTE = 200  # characters
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Attached:
    id: int
    public_id: str
    name: str
    kind: FileKind
    size: int
    customer_id: int
    customer_public_id: str
    customer_name: str


def may_attach(s: Session, actor: Actor, customer_id: int | str, now: datetime) -> str:
    """Asked before anything is read in: refuses whoever may not, or has no room left. The customer's name."""
    customer = get_customer(s, actor, customer_id, to=WRITE)
    _check_room(s, actor, customer, numbers.current(s), now)
    return customer.name


def add_attachment(
    s: Session,
    actor: Actor,
    customer_id: int | str,
    file: AcceptedFile,
    name: str,
    now: datetime,
    *,
    entrance: str,
    note: str = "",
) -> Attached:
    """A file that is on the disk already becomes the customer's. Adding says nothing of a talk: no clock is moved."""
    customer = get_customer(s, actor, customer_id, lock=True)
    s.execute(select(bare(Person).c.id).where(bare(Person).c.id == actor.person_id).with_for_update())  # today's count
    _check_room(s, actor, customer, numbers.current(s), now)
    words = " ".join(storable(note).split())
    if len(words) > LONGEST_NOTE:
        raise Invalid(f"附件说明最多 {LONGEST_NOTE} 个字，现在有 {len(words)} 个", {"note": "太长"})
    shown = display_name(storable(name), file.kind)
    entry_id, _ = write_entry(
        s,
        customer.id,
        TimelineKind.ATTACHMENT,
        f"上传了 {shown}" + (f"：{words}" if words else ""),
        actor.person_id,
        now,
    )
    made = Attachment(
        customer_id=customer.id,
        name=shown,
        note=words,
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
        uploaded_by_id=actor.person_id,
        at=now,
        entry_id=entry_id,
    )
    s.add(made)
    s.flush()
    contents.keep(s, made.id, file.content)
    _book(s, actor, "add_attachment", made, now, entrance, sha256=file.sha256, size=file.size)
    return _attached(made, customer)


def remove_attachment(s: Session, actor: Actor, attachment_id: str, now: datetime, *, entrance: str) -> Attached:
    """Off the file and off the timeline; twice is once. Conflict while a field of the customer's forms names it."""
    found, customer = get_attachment(s, actor, attachment_id, lock=True)
    if found.removed_at is not None:
        return _attached(found, customer)
    named = fields_that_name(s, found.public_id)
    if named:
        raise Conflict(f"「{found.name}」填在字段「{'」「'.join(named)}」里，没有移除。请先改那个字段，再移除")
    deal = proves(s, found.id)
    if deal:
        raise Conflict(f"「{found.name}」是商机「{deal}」的凭证，没有移除。还没用来打开阶段的，请先在商机里移除凭证")
    found.removed_at, found.removed_by_id = now, actor.person_id
    _retract(s, found, now)
    _book(s, actor, "remove_attachment", found, now, entrance)
    return _attached(found, customer)


def restore_attachment(s: Session, actor: Actor, attachment_id: str, now: datetime, *, entrance: str) -> Attached:
    """Take a removal back within the undo minutes."""
    found, customer = get_attachment(s, actor, attachment_id, lock=True)
    if found.removed_at is None:
        return _attached(found, customer)
    minutes = numbers.current(s).undo_minutes
    if found.purged_at is not None or now > found.removed_at + timedelta(minutes=minutes):
        raise Gone(f"「{found.name}」移除超过 {minutes} 分钟，不能撤销了。还有原文件的话，请重新上传")
    found.removed_at = found.removed_by_id = None
    _retract(s, found, None)
    _book(s, actor, "restore_attachment", found, now, entrance)
    return _attached(found, customer)


def purge_removed(s: Session, now: datetime) -> int:
    """Let go of what was removed long enough ago; its files are nobody's from the commit on, and swept away."""
    before = now - timedelta(days=numbers.current(s).removed_files_days)
    old = select(Attachment.id).where(Attachment.removed_at <= before, Attachment.purged_at.is_(None))
    ids = s.scalars(old.order_by(Attachment.id).limit(_BATCH)).all()
    rows = update(bare(Attachment)).where(bare(Attachment).c.id.in_(ids), bare(Attachment).c.removed_at <= before)
    if ids:
        s.execute(rows.values(purged_at=now))
        audit.record(s, None, "purge_attachments", "attachments", now, entrance="sweep", ids=list(ids))
    return len(ids)


def named_files(s: Session, names: Collection[str]) -> set[str]:
    """Which of these files some row names: its original or its copies."""
    file, photo = bare(Attachment).c, bare(VisitUpload).c
    named: set[str] = set()
    every = list(names)
    for start in range(0, len(every), _BATCH):
        some = every[start : start + _BATCH]
        for row, kept in ((file, file.purged_at.is_(None)), (photo, true())):
            columns = (row.stored_name, row.shown_name, row.thumb_name)
            found = s.execute(select(*columns).where(kept, or_(*(c.in_(some) for c in columns))))
            named.update(name for one in found for name in one if name)
    return named


def _check_room(s: Session, actor: Actor, customer: Customer, policy: Policy, now: datetime) -> None:
    held = select(func.count()).select_from(Attachment)
    here = s.scalar(held.where(Attachment.customer_id == customer.id, Attachment.removed_at.is_(None))) or 0
    if here >= policy.attachments_per_customer:
        raise Conflict(
            f"「{customer.name}」已经有 {here} 个附件，到上限了，没有收下。请先移除用不到的，或打成一个 ZIP 再上传"
        )
    # What was removed again counts too: the limit is on what is sent here, not on what stays.
    today = (Attachment.uploaded_by_id == actor.person_id, Attachment.at >= at(day_of(now), 0))
    if (s.scalar(held.where(*today)) or 0) >= policy.attachments_per_day:
        raise TooMany(
            f"您今天已经上传 {policy.attachments_per_day} 个附件，到上限了，没有收下。"
            "请明天再传，或打成一个 ZIP；急用请找销售运营"
        )


def _retract(s: Session, found: Attachment, when: datetime | None) -> None:
    s.execute(update(bare(TimelineEntry)).where(bare(TimelineEntry).c.id == found.entry_id).values(retracted_at=when))


def _book(s: Session, actor: Actor, verb: str, found: Attachment, now: datetime, entrance: str, **more: object) -> None:
    """The subject is the customer: whoever reads its book finds its files there."""
    subject = f"customer:{found.customer_id}"
    audit.record(
        s, actor.person_id, verb, subject, now, entrance=entrance, attachment=found.id, name=found.name, **more
    )
    s.flush()


def _attached(found: Attachment, customer: Customer) -> Attached:
    return Attached(
        found.id, found.public_id, found.name, FileKind(found.kind), found.size, customer.id, customer.public_id,
        customer.name,
    )  # fmt: skip
