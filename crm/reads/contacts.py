"""The people at a customer as a list, each number as this actor may see it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.grants import REACH
from crm.access import READ, Actor, get_customer, sight
from models.customers import Contact, Customer


@dataclass(frozen=True, slots=True)
class ContactRow:
    """`phone` is shown in part where `masked`: the whole number is asked for by `public_id`."""

    public_id: str
    name: str
    title: str
    phone: str
    masked: bool
    retired: bool


def contacts_of(s: Session, actor: Actor, customer_id: str) -> tuple[ContactRow, ...]:
    """Everybody who was ever written down there, those put away last; NotFound for a customer that is not his."""
    return contacts_at(s, actor, get_customer(s, actor, customer_id, to=READ), retired=True)


def contacts_at(s: Session, actor: Actor, customer: Customer, *, retired: bool = False) -> tuple[ContactRow, ...]:
    """The same of a customer that the caller was let in to; `retired`: also those who were put away."""
    seen, held = sight(s, actor, "contact"), (customer.id, customer.owner_id)
    here = [Contact.customer_id == customer.id] + ([] if retired else [Contact.retired_at.is_(None)])
    rows = s.scalars(select(Contact).where(*here).order_by(Contact.retired_at.is_not(None), Contact.id))
    return tuple(
        ContactRow(
            public_id=c.public_id,
            name=c.name,
            title=c.title,
            phone=seen.shown(*held, REACH, c.phone),
            masked=bool(c.phone) and not seen.whole(*held, REACH),
            retired=c.retired_at is not None,
        )
        for c in rows
    )
