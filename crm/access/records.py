"""The doors to one deal and to one visit by public id: they are there for whoever their customer is there for."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.access.actors import Actor
from crm.access.rows import WRITE, To, get_customer
from crm.errors import NotFound
from models.customers import Customer
from models.deals import Deal
from models.visits import Visit

_NO_DEAL = "没有找到这个商机，或者它的客户不在您名下。请刷新页面"
_NO_VISIT = "没有找到这次拜访，或者它的客户不在您名下。请刷新页面"


def get_deal(s: Session, actor: Actor, deal_id: str, *, to: To = WRITE, lock: bool = False) -> tuple[Deal, Customer]:
    """A deal with its customer, whose row is the lock of the whole file."""
    deal = s.scalar(select(Deal).where(Deal.public_id == deal_id))
    if deal is None:
        raise NotFound(_NO_DEAL)
    customer = _customer(s, actor, deal.customer_id, to, lock, _NO_DEAL)
    if lock:  # whoever had the lock may have taken it back as if it had never been; who puts it off locks only its row
        again = select(Deal).where(Deal.public_id == deal_id).with_for_update()
        if s.scalar(again.execution_options(populate_existing=True)) is None:
            raise NotFound(_NO_DEAL)
    return deal, customer


def get_visit(s: Session, actor: Actor, visit_id: str, *, to: To = WRITE, lock: bool = False) -> tuple[Visit, Customer]:
    """A visit that stands, with its customer."""
    visit = s.scalar(select(Visit).where(Visit.public_id == visit_id, Visit.retracted_at.is_(None)))
    if visit is None:
        raise NotFound(_NO_VISIT)
    customer = _customer(s, actor, visit.customer_id, to, lock, _NO_VISIT)
    if lock:
        s.refresh(visit)
    return visit, customer


def _customer(s: Session, actor: Actor, customer_id: int, to: To, lock: bool, otherwise: str) -> Customer:
    try:
        return get_customer(s, actor, customer_id, to=to, lock=lock)
    except NotFound:
        raise NotFound(otherwise) from None
