"""The rows of an approval: its steps and signers, whose turn it is, and its end without a yes."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import ApprovalState, SignMode, SignState
from crm import audit
from crm.access import Actor
from crm.approving import print_of, waiting_approval
from crm.errors import Conflict, Invalid, NotAllowed
from crm.usecases import approval_cards as cards
from crm.usecases.approval_cards import By, by_of
from crm.usecases.approvers import Asked
from models.approvals import Approval, ApprovalSigner, ApprovalStep
from models.deals import Deal

LONGEST_WORDS = 250


def add_step(
    s: Session, approval: Approval, position: int, mode: SignMode, asked: Sequence[Asked], added_by: int | None = None
) -> ApprovalStep:
    step = ApprovalStep(approval_id=approval.id, position=position, mode=mode)
    s.add(step)
    s.flush()
    s.add_all(
        ApprovalSigner(
            step_id=step.id, person_id=one.person_id, for_id=one.for_id, added_by_id=added_by, position=place,
            state=SignState.COMING,
        )
        for place, one in enumerate(asked)
    )  # fmt: skip
    s.flush()
    return step


def asked_now(s: Session, approval_id: int) -> list[ApprovalSigner]:
    mine = (ApprovalStep.approval_id == approval_id, ApprovalSigner.state == SignState.ASKED)
    rows = select(ApprovalSigner).join(ApprovalStep, ApprovalStep.id == ApprovalSigner.step_id).where(*mine)
    return list(s.scalars(rows.order_by(ApprovalStep.position, ApprovalSigner.position)))


def steps_with_signers(s: Session, approval_id: int) -> list[tuple[ApprovalStep, list[ApprovalSigner]]]:
    """In order."""
    steps = s.scalars(
        select(ApprovalStep).where(ApprovalStep.approval_id == approval_id).order_by(ApprovalStep.position)
    ).all()
    rows = s.scalars(
        select(ApprovalSigner)
        .where(ApprovalSigner.step_id.in_([step.id for step in steps]))
        .order_by(ApprovalSigner.position, ApprovalSigner.id)
    ).all()
    return [(step, [one for one in rows if one.step_id == step.id]) for step in steps]


def close(s: Session, approval: Approval, state: ApprovalState, outcome: str, by: By, now: datetime) -> None:
    """It ends without a yes: everybody who was asked sees it on his phone, and nobody is asked any more."""
    approval.state, approval.decided_at = state, now
    for _, signers in steps_with_signers(s, approval.id):
        for one in signers:
            if one.state == SignState.ASKED:
                cards.settle(s, approval, one, outcome, by, now)
            if one.state in (SignState.ASKED, SignState.COMING):
                one.state = SignState.SPARED
    s.flush()


def void_if_changed(s: Session, approval: Approval, deal: Deal | None, by: By, now: datetime) -> str:
    """Whoever signs, signs what he was shown. The sentence that says what has changed; "" while nothing has.

    A quote (no deal) never changes: another price is another version, and ends the one before.
    """
    if deal is None or print_of(s, deal, approval.facts["rules"], approval.facts["stages"]) == approval.fingerprint:
        return ""
    outcome = "商机的金额或凭证在申请之后改过，这次审批作废了，没有同意。请提交人重新推进一次"
    close(s, approval, ApprovalState.VOID, outcome, by, now)
    cards.tell_asker(s, approval, outcome, now)
    return outcome


def void_waiting(s: Session, actor: Actor, deal: Deal, now: datetime, *, entrance: str) -> None:
    """The deal has just been changed: what waits for a signature is not what it was."""
    waiting = waiting_approval(s, deal.id)
    if waiting is not None and (why := void_if_changed(s, waiting, deal, by_of(actor, entrance), now)):
        book(s, actor, "void_approval", waiting, now, entrance, told=why)


def void_passed(s: Session, actor: Actor, deal: Deal, ahead: Collection[str], now: datetime, *, entrance: str) -> None:
    """The deal has just moved. What waits for a signature is no move of it any more, but for one to a stage `ahead`:
    else the last signature would open a lost deal again, or put a deal back."""
    waiting = waiting_approval(s, deal.id)
    if waiting is None or waiting.move["to"] in ahead:
        return
    outcome = f"{actor.name} 后来移动了这个商机，这次审批作废，不用处理了"
    close(s, waiting, ApprovalState.VOID, outcome, By(actor), now)
    if actor.person_id != waiting.requested_by_id:
        cards.tell_asker(s, waiting, outcome, now)
    book(s, actor, "void_approval", waiting, now, entrance, told=outcome)


def still_waiting(approval: Approval) -> None:
    """Conflict in the words of what has become of it."""
    ended = {
        ApprovalState.APPROVED: "这项审批已经同意了，不用再处理",
        ApprovalState.REJECTED: "这项审批已经被驳回了，要再试请重新提交",
        ApprovalState.WITHDRAWN: "提交人已经撤回了这项审批",
        ApprovalState.VOID: "商机在申请之后改过或移动过，这项审批已经作废。还要推进的话，请提交人重新提交",
    }
    if approval.state != ApprovalState.WAITING:
        raise Conflict(ended[ApprovalState(approval.state)])


def my_turn(s: Session, actor: Actor, approval: Approval) -> ApprovalSigner:
    """The signature that this person is asked for now."""
    mine = next((one for one in asked_now(s, approval.id) if one.person_id == actor.person_id), None)
    if mine is None:
        everybody = (one for _, signers in steps_with_signers(s, approval.id) for one in signers)
        signed = any(one.person_id == actor.person_id and one.state == SignState.APPROVED for one in everybody)
        why = "您已经同意过了，等其他审批人" if signed else "还没轮到，或者已经转给了别人"
        raise NotAllowed(f"这项审批现在不等您处理：{why}。发 /审批 看等您的")
    return mine


def book(
    s: Session, actor: Actor, verb: str, approval: Approval, now: datetime, entrance: str, **detail: object
) -> None:
    subject = f"quote:{approval.quote_id}" if approval.deal_id is None else f"deal:{approval.deal_id}"
    audit.record(s, actor.person_id, verb, subject, now, entrance=entrance, name=approval.facts["deal"], **detail)
    s.flush()


def checked_words(words: str, *, least: int) -> str:
    said = " ".join(words.replace("\x00", "").split())
    if len(said) < least:
        raise Invalid(f"请用一句话写明，至少 {least} 个字", {"words": "太短"})
    if len(said) > LONGEST_WORDS:
        raise Invalid(f"最多 {LONGEST_WORDS} 个字，现在 {len(said)} 个，请缩短", {"words": "太长"})
    return said
