"""Whose talk with outsiders somebody may read, and whose he may have deleted."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.orm import Session

from config.vocabulary import ChatKind, ContactState
from crm.access.actors import Actor
from crm.access.rows import sees_customer, sees_person
from crm.errors import NotFound
from models.archive import ArchiveEntry
from models.customers import Customer
from models.links import ChatLink, ExternalContact, ExternalFollow
from models.mirror import CustomerGroup
from models.people import Person


@dataclass(frozen=True, slots=True)
class Talker:
    """An outsider of whom there is talk; `id` None: nobody's friend ever, so we have no row of him."""

    external_userid: str
    id: int | None


def hears_contact(actor: Actor) -> ColumnElement[bool]:
    """A message between one of us and an outsider: of his own people, or of a customer that he may see.

    What a supplier or a private friend has said by the time that he is marked so, his friend alone hears.
    """
    people = select(Person.id).where(sees_person(actor))
    ignored = select(ExternalContact.external_userid).where(ExternalContact.state == ContactState.IGNORED)
    return and_(
        or_(
            ArchiveEntry.person_id.in_(people),
            ArchiveEntry.external_userid.in_(_linked(actor, ChatKind.EXTERNAL_CONTACT).scalar_subquery()),
        ),
        or_(ArchiveEntry.person_id == actor.person_id, ArchiveEntry.external_userid.not_in(ignored)),
    )


def hears_group(actor: Actor) -> ColumnElement[bool]:
    """A message in a group that is linked to a customer he may see."""
    return ArchiveEntry.room_id.in_(_linked(actor, ChatKind.CUSTOMER_GROUP).scalar_subquery())


def get_talker(s: Session, actor: Actor, contact_id: int | str) -> Talker:
    """An outsider, by id (inside) or external_userid, who is or was a friend of somebody the actor answers for; locked.

    Also after they parted: what was said until then is still here. Who answers for everybody finds whoever was heard,
    also somebody who was in a group alone.
    """
    return _talker(s, actor, contact_id, _befriended(actor), lock=True)


def get_heard(s: Session, actor: Actor, external_userid: str) -> Talker:
    """An outsider with whom the actor may hear a talk: a friend of his people, or linked to a customer he may see."""
    linked = ExternalContact.external_userid.in_(_linked(actor, ChatKind.EXTERNAL_CONTACT))
    return _talker(s, actor, external_userid, or_(_befriended(actor), linked), lock=False)


def heard_groups(actor: Actor) -> Select[CustomerGroup]:
    """The groups whose talk he may hear."""
    return select(CustomerGroup).where(CustomerGroup.chat_id.in_(_linked(actor, ChatKind.CUSTOMER_GROUP)))


def _befriended(actor: Actor) -> ColumnElement[bool]:
    friends = select(ExternalFollow.external_contact_id).join(Person, Person.id == ExternalFollow.person_id)
    return true() if actor.sees_all else ExternalContact.id.in_(friends.where(sees_person(actor)))


def _talker(s: Session, actor: Actor, contact_id: int | str, his: ColumnElement[bool], *, lock: bool) -> Talker:
    wanted = ExternalContact.id if isinstance(contact_id, int) else ExternalContact.external_userid
    query = select(ExternalContact).where(wanted == contact_id, his)
    found = s.scalar(query.with_for_update() if lock else query)
    if found is not None:
        return Talker(found.external_userid, found.id)
    if actor.sees_all and isinstance(contact_id, str) and contact_id:
        heard = select(ArchiveEntry.id).where(ArchiveEntry.external_userid == contact_id).limit(1)
        if s.scalar(heard) is not None:
            return Talker(contact_id, None)
    raise NotFound("没有找到这位联系人，或者他不是您和您同事的好友")


def _linked(actor: Actor, kind: ChatKind) -> Select[str]:
    linked = select(ChatLink.key).join(Customer, Customer.id == ChatLink.customer_id)
    return linked.where(ChatLink.kind == kind, Customer.merged_into_id.is_(None), sees_customer(actor))
