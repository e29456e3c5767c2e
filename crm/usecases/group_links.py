"""「关联客户」 for a customer group: from now on what is said in it is about that customer."""

from datetime import datetime

from sqlalchemy.orm import Session

from config.vocabulary import ChatKind, CustomerSource
from crm.access import Actor, get_customer
from crm.errors import NotFound
from crm.ports import GroupChat
from crm.usecases import links
from crm.usecases.collisions import Refused, create_or_report
from crm.usecases.customers import CustomerDraft
from crm.usecases.links import Chat, LinkDone
from models.customers import Customer

NO_GROUP = "没有找到这个客户群，或者您不在群里"


def in_group(actor: Actor, group: GroupChat) -> bool:
    """A group is there for the colleagues who are in it, as WeCom says now, and for who sees everything."""
    mine = actor.userid.casefold()
    return actor.sees_all or any(not one.outside and one.key.casefold() == mine for one in group.members)


def link_group(
    s: Session, actor: Actor, group: GroupChat, customer_id: int | str, now: datetime, *, entrance: str
) -> LinkDone:
    """Link a group that the actor is in to a customer of his. Linking the same again changes nothing."""
    _must_be_in(actor, group)
    customer = get_customer(s, actor, customer_id)
    return links.link(s, actor, chat_of(group), customer, now, entrance=entrance, made=False)


def create_and_link_group(
    s: Session, actor: Actor, group: GroupChat, name: str, now: datetime, *, entrance: str
) -> LinkDone | Refused:
    """A new customer made out of a group: he has seen those that are like it, and chose none of them."""
    _must_be_in(actor, group)
    draft = CustomerDraft(name=name, source=CustomerSource.WECOM)
    made = create_or_report(s, actor, draft, now, entrance=entrance, anyway=True)
    if isinstance(made, Refused):
        return made
    customer = s.get_one(Customer, made.id)
    return links.link(s, actor, chat_of(group), customer, now, entrance=entrance, made=True)


def unlink_group(
    s: Session, actor: Actor, group: GroupChat, now: datetime, *, entrance: str, linked_at: datetime | None = None
) -> str:
    """Take the link back; with `linked_at` only that one. The group's name."""
    _must_be_in(actor, group)
    links.unlink(s, actor, chat_of(group), now, entrance=entrance, linked_at=linked_at)
    return chat_of(group).called


def chat_of(group: GroupChat) -> Chat:
    called = group.name.replace("\x00", "").strip()[:128] or "未命名的客户群"
    return Chat(ChatKind.CUSTOMER_GROUP, group.chat_id, called)


def _must_be_in(actor: Actor, group: GroupChat) -> None:
    if not in_group(actor, group):
        raise NotFound(NO_GROUP)
