"""The names that the file of a customer knows: what may not leave in a talk about it."""

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from config.vocabulary import ChatKind
from crm.access import Actor, get_customer
from crm.rules.name_parts import parts_of
from models.customers import Contact
from models.links import ChatLink, ExternalContact
from models.names import CompanyName


def known_names(s: Session, actor: Actor, customer_id: int | str) -> frozenset[str]:
    """The actor's own name, those of a customer he may write into, short ones too, of its contacts and linked chats."""
    customer = get_customer(s, actor, customer_id)
    companies = [customer.name, *s.scalars(select(CompanyName.name).where(CompanyName.customer_id == customer.id))]
    linked = (ChatLink.kind == ChatKind.EXTERNAL_CONTACT, ChatLink.customer_id == customer.id)
    people = union_all(
        select(Contact.name).where(Contact.customer_id == customer.id),
        select(ExternalContact.name).join(ChatLink, ChatLink.key == ExternalContact.external_userid).where(*linked),
    )
    known = [parts_of(name) for name in companies]
    short = [name for one in known if not one.generic for name in (one.bare, one.core, one.brand)]
    return frozenset([actor.name, *companies, *short, *s.scalars(people)])
