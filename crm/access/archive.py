"""Whose talk with outsiders somebody may read, and whose he may have deleted."""

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from config.vocabulary import ChatKind
from crm.access.actors import Actor
from crm.access.rows import sees_customer, sees_person
from crm.errors import NotFound
from models.archive import ArchiveEntry
from models.customers import Customer
from models.links import ChatLink, ExternalContact, ExternalFollow
from models.people import Person


def hears_contact(actor: Actor) -> ColumnElement[bool]:
    """A message between one of us and an outsider: of his own people, or of a customer that he may see."""
    people = select(Person.id).where(sees_person(actor))
    return or_(
        ArchiveEntry.person_id.in_(people),
        ArchiveEntry.external_userid.in_(_linked(actor, ChatKind.EXTERNAL_CONTACT).scalar_subquery()),
    )


def hears_group(actor: Actor) -> ColumnElement[bool]:
    """A message in a group that is linked to a customer he may see."""
    return ArchiveEntry.room_id.in_(_linked(actor, ChatKind.CUSTOMER_GROUP).scalar_subquery())


def get_talker(s: Session, actor: Actor, contact_id: int | str) -> ExternalContact:
    """An outsider, by id (inside) or external_userid, who is or was a friend of somebody the actor answers for; locked.

    Also after they parted: what was said until then is still here.
    """
    friends = select(ExternalFollow.external_contact_id).join(Person, Person.id == ExternalFollow.person_id)
    wanted = ExternalContact.id if isinstance(contact_id, int) else ExternalContact.external_userid
    known = (wanted == contact_id, ExternalContact.id.in_(friends.where(sees_person(actor))))
    found = s.scalar(select(ExternalContact).where(*known).with_for_update())
    if found is None:
        raise NotFound("没有找到这位联系人，或者他不是您和您同事的好友")
    return found


def _linked(actor: Actor, kind: ChatKind) -> Select[str]:
    linked = select(ChatLink.key).join(Customer, Customer.id == ChatLink.customer_id)
    return linked.where(ChatLink.kind == kind, Customer.merged_into_id.is_(None), sees_customer(actor))
