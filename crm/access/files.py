"""The door to a customer's files: whoever sees the customer sees them, and nobody else learns that they are there."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.access.actors import Actor
from crm.access.rows import WRITE, To, get_customer
from crm.errors import NotFound
from models.customers import Customer
from models.files import Attachment

_NOT_THERE = "没有找到这个附件，或者它所在的客户不在您名下。请刷新后再看"


def get_attachment(
    s: Session, actor: Actor, attachment_id: str, *, to: To = WRITE, lock: bool = False
) -> tuple[Attachment, Customer]:
    """One file by its public id, removed or not, with its customer, whose row is the lock; not yours is not there."""
    found = s.scalar(select(Attachment).where(Attachment.public_id == attachment_id))
    if found is None:
        raise no_attachment()
    try:
        customer = get_customer(s, actor, found.customer_id, to=to, lock=lock)
    except NotFound:
        raise no_attachment() from None
    if lock:
        s.refresh(found)
    return found, customer


def no_attachment() -> NotFound:
    return NotFound(_NOT_THERE)
