"""The cards of an approval: what a signer is shown, what all of them see at the end, what whoever asked is told."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import RejectReason, label
from crm import policy as numbers
from crm.access import Actor
from crm.cards import close_matter, reopen_matter, settle_matter
from crm.messages import Tap, prompt, prompt_card
from crm.notices import Fact, Notice
from crm.redraw import show_settled
from crm.rules.amounts import say_amount
from models.approvals import Approval, ApprovalSigner, ApprovalStep
from models.people import Person

CARD = "card"


@dataclass(frozen=True, slots=True)
class By:
    """Who did it; `tapped` is his id where the tap itself has changed the card on his phone already."""

    actor: Actor | None
    tapped: int | None = None

    @property
    def name(self) -> str:
        return self.actor.name if self.actor is not None else "系统"


def by_of(actor: Actor, entrance: str) -> By:
    return By(actor, actor.person_id if entrance == CARD else None)


def matter_of(approval_id: int, person_id: int) -> str:
    """Each signer has a card of his own: one signature closes no other's."""
    return f"approval:{approval_id}:{person_id}"


def ask(s: Session, approval: Approval, signer: ApprovalSigner, now: datetime) -> None:
    """One tap decides. Said at once, for somebody waits for it; a card that he has had before asks once more."""
    matter = matter_of(approval.id, signer.person_id)
    reopen_matter(s, matter)
    asking, deal = s.get_one(Person, approval.requested_by_id), approval.facts
    args = {"approval": approval.public_id}
    stands_in = f"（代 {s.get_one(Person, signer.for_id).name}）" if signer.for_id is not None else ""
    notice = Notice(
        title=f"审批{stands_in}：{deal['deal']}",
        desc=deal["told"],
        facts=(
            Fact("客户", deal["customer"]),
            Fact("金额", say_amount(Decimal(deal["amount"]))),
            Fact("申请到", deal["to"]) if approval.deal_id is not None else Fact("折扣", deal["discount"]),
            Fact("提交人", asking.name),
            *((Fact("说明", approval.move["reason"]),) if approval.move["reason"] else ()),
            *((Fact("放行", "缺凭证，主管已写明原因"),) if approval.move["force"] else ()),
        ),
        body=f"同意后{'商机自动推进' if approval.deal_id is not None else '报价自动生效'}，提交人马上收到结果",
    )
    taps = [
        Tap("同意", "approve", args, 1),
        Tap("驳回", "reject", args, 3),
        Tap("批示", "write_note", args),
        Tap("转交", "delegate", args),
        Tap("加签", "add_signer", args),
    ]
    dedupe = f"{matter}:{now:%Y%m%d%H%M%S%f}"
    policy = numbers.current(s)
    prompt_card(s, signer.person_id, notice, taps, matter=matter, dedupe=dedupe, now=now, policy=policy)


def own_card(approval: Approval, waits_for: str, why: str) -> tuple[Notice, list[Tap]]:
    """For whoever asked and still waits. `waits_for` are names; `why` says since when."""
    args, facts = {"approval": approval.public_id}, approval.facts
    notice = Notice(
        title=f"还在审批：{facts['deal']}",
        desc=why,
        facts=(
            Fact("客户", facts["customer"]),
            Fact("金额", say_amount(Decimal(facts["amount"]))),
            Fact("等谁", waits_for),
        ),
        body="催办会把卡片再发给审批人一次；不要了就撤回",
    )
    return notice, [
        Tap("催办", "nudge_approval", args, 1),
        Tap("撤回", "withdraw_approval", args, 3),
        Tap("知道了", "seen", {}),
    ]


def ask_why(s: Session, approval: Approval, person_id: int, now: datetime) -> None:
    """驳回 needs a reason: one more tap, or words of his own."""
    args = {"approval": approval.public_id}
    notice = Notice(
        title=f"驳回「{approval.facts['deal']}」的原因？",
        desc=approval.facts["told"],
        body="点一个原因就驳回；点「其他原因」自己写",
    )
    taps = [Tap(label(one), "reject_for", {**args, "why": one.value}, 3 if one is RejectReason.PRICE else 2)
            for one in RejectReason]  # fmt: skip
    matter = f"{matter_of(approval.id, person_id)}:why:{now:%Y%m%d%H%M%S%f}"
    prompt_card(s, person_id, notice, taps, matter=matter, dedupe=matter, now=now, policy=numbers.current(s))


def settle(s: Session, approval: Approval, signer: ApprovalSigner, outcome: str, by: By, now: datetime) -> None:
    """His card no longer asks, wherever it was decided."""
    matter = matter_of(approval.id, signer.person_id)
    if by.actor is not None:
        settle_matter(s, matter, outcome, now, by=by.actor)
    else:
        close_matter(s, matter, outcome, now, by=None)
    show_settled(s, matter, outcome, by.name, now, but=by.tapped)


def tell_end(s: Session, approval: Approval, outcome: str, by: By, now: datetime) -> None:
    """Every phone that shows a card of it shows how it ended; whoever asked hears it by name."""
    for person_id in _were_asked(s, approval.id):
        matter = matter_of(approval.id, person_id)
        if by.actor is not None and person_id != by.tapped:
            settle_matter(s, matter, outcome, now, by=by.actor)
        show_settled(s, matter, outcome, by.name, now, but=by.tapped)
    tell_asker(s, approval, f"{by.name}：{outcome}", now)


def tell_asker(s: Session, approval: Approval, words: str, now: datetime) -> None:
    notice = Notice(title=f"审批：{approval.facts['deal']}", body=words)
    key = f"approval_end:{approval.id}:{now:%Y%m%d%H%M%S%f}"
    prompt(s, approval.requested_by_id, notice, dedupe=key, now=now)


def tell(s: Session, approval: Approval, person_id: int, words: str, now: datetime) -> None:
    """A word about it to one person."""
    notice = Notice(title=f"审批：{approval.facts['deal']}", body=words)
    key = f"approval_word:{approval.id}:{person_id}:{now:%Y%m%d%H%M%S%f}"
    prompt(s, person_id, notice, dedupe=key, now=now)


def _were_asked(s: Session, approval_id: int) -> list[int]:
    rows = (
        select(ApprovalSigner.person_id)
        .join(ApprovalStep, ApprovalStep.id == ApprovalSigner.step_id)
        .where(ApprovalStep.approval_id == approval_id, ApprovalSigner.asked_at.is_not(None))
    )
    return list(s.scalars(rows.order_by(ApprovalSigner.id)))
