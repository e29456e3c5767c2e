"""Files that prove a stage of a deal may open: readable, bound to deal and stage, never used twice, then fixed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, delete, select, update
from sqlalchemy.orm import Session

from config.vocabulary import EvidenceKind, StageKind, label
from crm import audit
from crm.access import WRITE, Actor, get_attachment, get_deal, sees_customer
from crm.errors import Conflict, Invalid, NotFound
from crm.ladders import course_of
from crm.rules.funnel import opened
from crm.rules.sameness import Print
from crm.usecases import contents
from crm.usecases.approval_steps import void_waiting
from models.customers import Customer
from models.deals import Deal, Evidence
from models.files import Attachment


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence of a deal, whose public id is `deal_id`."""

    public_id: str
    deal_id: str
    kind: EvidenceKind
    file: str


def add_evidence(
    s: Session,
    actor: Actor,
    deal_id: str,
    stage_key: str,
    kind: EvidenceKind,
    attachment_id: str,
    now: datetime,
    *,
    entrance: str,
) -> Proof:
    """One of the customer's files becomes evidence for a stage that has not opened yet."""
    deal, customer = get_deal(s, actor, deal_id, to=WRITE, lock=True)
    file, of = get_attachment(s, actor, attachment_id)
    if of.id != customer.id or file.removed_at is not None:
        raise NotFound("没有找到这个附件，或者它不是这家客户的。请先上传到这家客户，再选它")
    course = course_of(s, deal)
    stage = course.ladder.rung(stage_key)
    won = next(rung for rung in course.ladder.rungs if rung.kind is StageKind.WON)
    to_come = {rung.key for rung in opened(course.ladder.rungs, course.stood, won)}
    if stage is None or stage.key not in to_come:
        raise Invalid("这个阶段已经过了，或者这个商机的流程里没有它。请刷新页面", {"stage": "不用凭证"})
    if kind not in stage.needs:
        wanted = "、".join(label(one) for one in stage.needs) or "不需要凭证"
        raise Invalid(f"进入「{stage.label}」不看{label(kind)}，需要的是：{wanted}", {"kind": "不是这一步要的"})
    contents.take_turn(s)
    said = _readable(s, file)
    _not_used(s, actor, deal, kind, file, said)
    made = Evidence(
        deal_id=deal.id, stage_key=stage.key, kind=kind, attachment_id=file.id, added_by_id=actor.person_id, at=now
    )
    s.add(made)
    s.flush()
    contents.mark(s, made.id, said)
    _book(s, actor, "add_evidence", deal, made, file.name, now, entrance)
    void_waiting(s, actor, deal, now, entrance=entrance)
    return Proof(made.public_id, deal.public_id, kind, file.name)


def remove_evidence(s: Session, actor: Actor, evidence_id: str, now: datetime, *, entrance: str) -> Proof:
    """Taken away again while its stage has not opened; the file stays with the customer."""
    found = s.scalar(select(Evidence).where(Evidence.public_id == evidence_id, Evidence.removed_at.is_(None)))
    if found is None:
        raise NotFound(_NOT_THERE)
    deal_id = s.scalars(select(Deal.public_id).where(Deal.id == found.deal_id)).one()
    try:
        deal, _ = get_deal(s, actor, deal_id, to=WRITE, lock=True)
    except NotFound:
        raise NotFound(_NOT_THERE) from None
    s.refresh(found)
    if found.removed_at is not None:
        raise NotFound(_NOT_THERE)
    if found.sealed_at is not None:
        raise Conflict("这份凭证已经用来打开过阶段，会一直留着。传错了的话，请退回阶段并写明原因，再补交正确的一份")
    found.removed_at = now
    contents.unmark(s, [found.id])
    name = s.get_one(Attachment, found.attachment_id).name
    _book(s, actor, "remove_evidence", deal, found, name, now, entrance)
    void_waiting(s, actor, deal, now, entrance=entrance)
    return Proof(found.public_id, deal.public_id, EvidenceKind(found.kind), name)


_NOT_THERE = "没有找到这份凭证，或者这个商机不在您名下。请刷新页面"


def seal(s: Session, deal_id: int, stages: Collection[str], now: datetime) -> None:
    """What has opened a stage is fixed from now on."""
    mine = (Evidence.deal_id == deal_id, Evidence.stage_key.in_(stages), Evidence.removed_at.is_(None))
    s.execute(update(Evidence).where(*mine, Evidence.sealed_at.is_(None)).values(sealed_at=now))


def unseal(s: Session, deal_id: int, at: datetime) -> None:
    """The move of that moment is taken back."""
    s.execute(update(Evidence).where(Evidence.deal_id == deal_id, Evidence.sealed_at == at).values(sealed_at=None))


def proves(s: Session, attachment_id: int) -> str:
    """The deal that a file is evidence of, by name; "" where it is none."""
    held = select(Deal.name).join(Evidence, Evidence.deal_id == Deal.id)
    mine = (Evidence.attachment_id == attachment_id, Evidence.removed_at.is_(None))
    return s.scalar(held.where(*mine).limit(1)) or ""


def forget_all(s: Session, deal_id: int) -> None:
    """Of a deal that is taken back as if it had never been."""
    contents.unmark(s, s.scalars(select(Evidence.id).where(Evidence.deal_id == deal_id)).all())
    s.execute(delete(Evidence).where(Evidence.deal_id == deal_id))


def _readable(s: Session, file: Attachment) -> Print:
    """What it says; Invalid for what says nothing to whoever would read it as proof.

    Everything that proves something already must have been read as well, or it could not be known again.
    """
    found = contents.kept(s, file.id)
    if found is None or contents.unread_evidence(s, 1):
        raise Conflict("系统正在读以前上传的凭证，还没读完。请过一分钟再试")
    refused, said = found
    if refused:
        raise Invalid(f"「{file.name}」不能当凭证：{refused}", {"file": refused})
    return said


def _not_used(s: Session, actor: Actor, deal: Deal, kind: EvidenceKind, file: Attachment, said: Print) -> None:
    """The same content proves one thing once, whoever uploaded it: whatever it is called, in whatever format it was
    saved again, and with a passage changed."""
    place = (
        select(Deal.id, Deal.name, Attachment.name.label("file"), sees_customer(actor).label("seen"))
        .select_from(Evidence)
        .join(Attachment, Attachment.id == Evidence.attachment_id)
        .join(Deal, Deal.id == Evidence.deal_id)
        .join(Customer, Customer.id == Deal.customer_id)
        .limit(1)
    )
    found = s.execute(place.where(Attachment.sha256 == file.sha256, Evidence.removed_at.is_(None))).first()
    if found is not None:
        words = f"「{file.name}」已经用作{_where(deal, found)}的凭证"
        raise Conflict(f"{words}，不能再用一次。请上传这一次的文件", {"file": "用过了"})
    same = contents.says_the_same(s, said)
    if same is not None:
        found = s.execute(place.where(Evidence.id == same)).one()
        theirs = f"「{found.file}」" if found.seen else ""
        words = f"「{file.name}」和{_where(deal, found)}的凭证{theirs}内容几乎一样"
        right = "盖章后的扫描件或照片" if kind is EvidenceKind.SIGNED_CONTRACT else "这一次的文件"
        told = f"{words}（改名、另存、改一段都算），不能再用一次。请上传{right}"
        raise Conflict(told, {"file": "内容用过了"})


def _where(deal: Deal, found: Row[int, str, str, bool]) -> str:
    return "这个商机" if found.id == deal.id else f"商机「{found.name}」" if found.seen else "别的商机"


def _book(
    s: Session, actor: Actor, verb: str, deal: Deal, made: Evidence, file: str, now: datetime, entrance: str
) -> None:
    audit.record(
        s, actor.person_id, verb, f"customer:{deal.customer_id}", now, entrance=entrance, deal=deal.name,
        kind=label(EvidenceKind(made.kind)), name=file,
    )  # fmt: skip
    s.flush()
