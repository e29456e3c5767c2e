"""The door to one approval: it is there for whoever was asked to sign it, and for whoever sees the deal's customer."""

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from crm.access.actors import Actor
from crm.access.rows import sees_customer
from crm.errors import NotFound
from models.approvals import Approval, ApprovalSigner, ApprovalStep
from models.customers import Customer
from models.deals import Deal

NO_APPROVAL = "没有找到这项审批，或者它和您无关。发 /审批 看看等您处理的"


def asked_of(person_id: int) -> ColumnElement[bool]:
    """Approvals that this person was asked for, now or before."""
    steps = select(ApprovalStep.approval_id).join(ApprovalSigner, ApprovalSigner.step_id == ApprovalStep.id)
    return Approval.id.in_(steps.where(ApprovalSigner.person_id == person_id, ApprovalSigner.asked_at.is_not(None)))


def sees_approval(actor: Actor) -> ColumnElement[bool]:
    """For a statement that joins the deal and its customer. Who asked for it loses it with the customer."""
    return or_(asked_of(actor.person_id), sees_customer(actor))


def get_approval(s: Session, actor: Actor, approval_id: str, *, lock: bool = False) -> tuple[Approval, Deal]:
    """With `lock`, the file of the deal's customer is held first, as every move of the deal holds it."""
    wanted = (
        select(Approval, Deal)
        .join(Deal, Deal.id == Approval.deal_id)
        .join(Customer, Customer.id == Deal.customer_id)
        .where(Approval.public_id == approval_id, sees_approval(actor))
    )
    found = s.execute(wanted).one_or_none()
    if found is None:
        raise NotFound(NO_APPROVAL)
    approval, deal = found
    if lock:
        s.execute(select(Customer.id).where(Customer.id == deal.customer_id).with_for_update())
        s.refresh(deal)
        s.refresh(approval)
    return approval, deal
