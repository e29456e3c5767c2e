"""The people at a customer as a list, each name, title and number as this actor may see it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.grants import REACH
from config.vocabulary import FieldObject
from crm.access import READ, Actor, Sight, get_customer, sight
from crm.forms import groups_of
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
    return contacts_at(s, sight(s, actor, "contact"), get_customer(s, actor, customer_id, to=READ))


def contacts_at(s: Session, seen: Sight, customer: Customer) -> tuple[ContactRow, ...]:
    """The same of a customer that the caller was let in to."""
    held = customer.id, customer.owner_id
    group = groups_of(s, FieldObject.CONTACT, ("name", "title"))
    rows = s.scalars(
        select(Contact).where(Contact.customer_id == customer.id).order_by(Contact.retired_at.is_not(None), Contact.id)
    )
    return tuple(
        ContactRow(
            public_id=c.public_id,
            name=seen.shown(*held, group["name"], c.name),
            title=seen.shown(*held, group["title"], c.title),
            phone=seen.shown(*held, REACH, c.phone),
            masked=bool(c.phone) and not seen.whole(*held, REACH),
            retired=c.retired_at is not None,
        )
        for c in rows
    )
