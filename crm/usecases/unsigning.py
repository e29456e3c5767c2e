"""A signature that is taken back: whether something has followed from it already, and who is asked anew without it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.vocabulary import ApprovalState, SignState
from crm.access import About
from crm.errors import Conflict
from crm.usecases import approval_cards as cards
from crm.usecases.approval_steps import steps_with_signers
from models.approvals import Approval, ApprovalSigner, ApprovalStep


def nothing_since(s: Session, approval: Approval, about: About, signed_at: datetime, mine: ApprovalSigner) -> None:
    """Conflict where somebody has acted on it. The move that the signature itself has made is `undo_move`'s to judge;
    one that somebody made with the signature, or in spite of it, is judged here."""
    later = (
        select(func.count())
        .select_from(ApprovalSigner)
        .join(ApprovalStep, ApprovalStep.id == ApprovalSigner.step_id)
        .where(
            ApprovalStep.approval_id == approval.id,
            ApprovalSigner.id != mine.id,
            ApprovalSigner.signed_at > signed_at,
        )
    )
    same = Approval.quote_id == approval.quote_id if approval.deal_id is None else Approval.deal_id == approval.deal_id
    newer = select(Approval.id).where(same, Approval.id > approval.id).limit(1)
    decided = approval.state != ApprovalState.WAITING and approval.period_id is None
    moved = decided and about.deal is not None and about.deal.stage_since > signed_at
    if moved or s.scalar(later) or s.scalar(newer) is not None:
        raise Conflict("之后已经有人接着处理，没有撤销。需要的话请和提交人商量")


def ask_as_before(s: Session, approval: Approval, mine: ApprovalSigner, by: cards.By, now: datetime) -> None:
    """Who was spared by it is asked again; who was asked after it is not, until it is signed once more.

    His yes to a later step was this one, and goes with it.
    """
    here = s.get_one(ApprovalStep, mine.step_id)
    for step, signers in steps_with_signers(s, approval.id):
        for one in signers:
            his = one.person_id == mine.person_id and one.state == SignState.APPROVED
            if step.position > here.position and (his or one.state in (SignState.ASKED, SignState.SPARED)):
                if one.state == SignState.ASKED:
                    cards.settle(s, approval, one, "上一步撤销了，等他重新决定", by, now)
                one.state, one.asked_at, one.signed_at = SignState.COMING, None, None
            elif step.id == here.id and one.state == SignState.SPARED:
                one.state = SignState.ASKED if one.asked_at is not None else SignState.COMING
                if one.state == SignState.ASKED:
                    cards.ask(s, approval, one, now)
    s.flush()
