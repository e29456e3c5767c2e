"""「关联客户」 for a customer group: from now on what is said in it is about that customer."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from config.vocabulary import ChatKind, CustomerSource, TimelineKind
from crm import audit
from crm.access import READ, Actor, get_customer
from crm.errors import Conflict, NotFound
from crm.ports import GroupChat
from crm.usecases import archive_talks
from crm.usecases.archive_consents import room
from crm.usecases.collisions import Refused, create_or_report
from crm.usecases.customers import CustomerDraft
from crm.usecases.followups import rewind, touch, write_entry
from crm.usecases.linking import LinkDone
from crm.usecases.radar import COLLEAGUE
from models.base import insert_once
from models.customers import Customer
from models.links import ChatLink
from models.timeline import TimelineEntry

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
    return _link(s, actor, group, get_customer(s, actor, customer_id), now, entrance, made=False)


def create_and_link_group(
    s: Session, actor: Actor, group: GroupChat, name: str, now: datetime, *, entrance: str
) -> LinkDone | Refused:
    """A new customer made out of a group: he has seen those that are like it, and chose none of them."""
    _must_be_in(actor, group)
    draft = CustomerDraft(name=name, source=CustomerSource.WECOM)
    made = create_or_report(s, actor, draft, now, entrance=entrance, anyway=True)
    if isinstance(made, Refused):
        return made
    return _link(s, actor, group, s.get_one(Customer, made.id), now, entrance, made=True)


def unlink_group(
    s: Session, actor: Actor, group: GroupChat, now: datetime, *, entrance: str, linked_at: datetime | None = None
) -> str:
    """Take the link back and retract its line of the timeline; with `linked_at` only that one. The group's name."""
    _must_be_in(actor, group)
    held = s.scalar(select(ChatLink).filter_by(**_chat(group)).with_for_update())
    if held is None or (linked_at is not None and held.linked_at != linked_at):
        raise Conflict(f"「{_called(group)}」的关联之后又有变动，没有解除")
    customer = get_customer(s, actor, held.customer_id, lock=True)
    s.execute(delete(ChatLink).where(ChatLink.id == held.id))
    archive_talks.unlinked(s, room(group.chat_id), customer.id, now)
    line = (TimelineEntry.kind == TimelineKind.LINK, TimelineEntry.recorded_at == held.linked_at)
    s.execute(
        update(TimelineEntry)
        .where(TimelineEntry.customer_id == customer.id, *line)
        .values(retracted_at=now)
        .execution_options(synchronize_session=False)
    )
    rewind(s, customer)
    _book(s, actor, "unlink", customer.id, group, now, entrance)
    return _called(group)


def _link(
    s: Session, actor: Actor, group: GroupChat, customer: Customer, now: datetime, entrance: str, *, made: bool
) -> LinkDone:
    chat, called = _chat(group), _called(group)
    if not insert_once(s, ChatLink, **chat, customer_id=customer.id, linked_by_id=actor.person_id, linked_at=now):
        held = s.scalars(select(ChatLink).filter_by(**chat)).one()
        if held.customer_id == customer.id:
            return LinkDone(held.id, called, customer.id, customer.name, made, None)
        raise Conflict(_held_elsewhere(s, actor, called, held.customer_id))
    archive_talks.hurry(s, room(group.chat_id), now)
    words = f"把客户群「{called}」关联到本客户"
    write_entry(s, customer.id, TimelineKind.LINK, words, actor.person_id, now, counts=True)
    touch(s, customer.id, customer.owner_id, actor, now)
    _book(s, actor, "link", customer.id, group, now, entrance)
    held_id = s.scalars(select(ChatLink.id).filter_by(**chat)).one()
    return LinkDone(held_id, called, customer.id, customer.name, made, now)


def _held_elsewhere(s: Session, actor: Actor, called: str, customer_id: int) -> str:
    try:
        other = get_customer(s, actor, customer_id, to=READ).name
    except NotFound:
        return f"「{called}」已经关联到{COLLEAGUE}的客户，没有改动"
    return f"「{called}」已经关联到「{other}」，没有改动"


def _must_be_in(actor: Actor, group: GroupChat) -> None:
    if not in_group(actor, group):
        raise NotFound(NO_GROUP)


def _chat(group: GroupChat) -> dict[str, str]:
    return {"kind": ChatKind.CUSTOMER_GROUP, "key": group.chat_id}


def _called(group: GroupChat) -> str:
    return group.name.replace("\x00", "").strip()[:128] or "未命名的客户群"


def _book(
    s: Session, actor: Actor, verb: str, customer_id: int, group: GroupChat, now: datetime, entrance: str
) -> None:
    audit.record(
        s, actor.person_id, verb, f"customer:{customer_id}", now, entrance=entrance, chat_id=group.chat_id
    )  # fmt: skip
