"""The door to one approval: it is there for whoever was asked to sign it, and for whoever sees what it is about."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from crm.access.actors import Actor
from crm.access.quotes import sees_quote
from crm.access.rows import sees_customer
from crm.errors import NotFound
from models.approvals import Approval, ApprovalSigner, ApprovalStep
from models.customers import Customer
from models.deals import Deal
from models.quotes import Quote

NO_APPROVAL = "没有找到这项审批，或者它和您无关。发 /审批 看看等您处理的"


@dataclass(frozen=True, slots=True)
class About:
    """What an approval is about: a deal, or a quote. `owner_id` never signs it."""

    customer_id: int
    owner_id: int
    deal: Deal | None
    quote: Quote | None

    @property
    def deal_id(self) -> int | None:
        """Of a quote the deal that it is for, where there is one."""
        if self.deal is not None:
            return self.deal.id
        return None if self.quote is None else self.quote.deal_id


def asked_of(person_id: int) -> ColumnElement[bool]:
    """Approvals that this person was asked for, now or before."""
    steps = select(ApprovalStep.approval_id).join(ApprovalSigner, ApprovalSigner.step_id == ApprovalStep.id)
    return Approval.id.in_(steps.where(ApprovalSigner.person_id == person_id, ApprovalSigner.asked_at.is_not(None)))


def with_matter(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Joins the deal or the quote of an approval, and its customer."""
    return (
        query.outerjoin(Deal, Deal.id == Approval.deal_id)
        .outerjoin(Quote, Quote.id == Approval.quote_id)
        .join(Customer, Customer.id == func.coalesce(Deal.customer_id, Quote.customer_id))
    )


def sees_approval(actor: Actor) -> ColumnElement[bool]:
    """For a statement `with_matter`. Who asked for it loses it with the customer."""
    of_deal = and_(Approval.deal_id.is_not(None), sees_customer(actor))
    of_quote = and_(Approval.quote_id.is_not(None), sees_quote(actor))
    return or_(asked_of(actor.person_id), of_deal, of_quote)


def get_approval(s: Session, actor: Actor, approval_id: str, *, lock: bool = False) -> tuple[Approval, About]:
    """With `lock`, the customer's file is held first, as every move of the deal and every act on the quote holds it."""
    wanted = with_matter(select(Approval, Deal, Quote)).where(Approval.public_id == approval_id, sees_approval(actor))
    found = s.execute(wanted).one_or_none()
    if found is None:
        raise NotFound(NO_APPROVAL)
    approval, deal, quote = found
    if lock:
        s.execute(select(Customer.id).where(Customer.id == (deal or quote).customer_id).with_for_update())
        for row in (deal, quote, approval):
            if row is not None:
                s.refresh(row)
    return approval, About((deal or quote).customer_id, (deal or quote).owner_id, deal, quote)
