"""A contact whom two of us have as a friend: when one links him, the other is not left to find out by chance."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus
from crm.access import HOLDERS, READ, Actor, actor_by_id, get_customer, supervisors_of
from crm.errors import NotFound
from crm.messages import prompt
from crm.notices import Fact, Notice
from crm.usecases.radar import COLLEAGUE
from models.customers import Customer
from models.links import ExternalContact, ExternalFollow
from models.messages import OutboxMessage
from models.people import Person

_STAMP = "%Y%m%d%H%M%S%f"


def tell_other_friends(s: Session, actor: Actor, contact: ExternalContact, customer: Customer, now: datetime) -> None:
    """Friends of the contact who could hold the customer it is linked to from now on but may not see it, and their
    supervisors, hear of it.

    A friend learns neither whose customer it is nor its name; his supervisor who did it, and the name if it is his to
    see.
    """
    query = (
        select(Person.id, Person.name)
        .join(ExternalFollow, ExternalFollow.person_id == Person.id)
        .where(
            ExternalFollow.external_contact_id == contact.id,
            ExternalFollow.ended_at.is_(None),
            Person.id != actor.person_id,
            Person.status == PersonStatus.ACTIVE,
            Person.role.in_(HOLDERS),
        )
        .order_by(Person.id)
    )
    friends = {one.id: one.name for one in s.execute(query) if not _called(s, one.id, customer, now)}
    facts = (Fact("联系人", contact.name), Fact("公司", contact.corp_name or "未填写"))
    topic = _topic(contact, now)
    for friend_id, supervisors in supervisors_of(s, friends).items() if friends else ():
        notice = Notice(
            title=f"您的好友「{contact.name}」被关联到了{COLLEAGUE}的客户",
            body="您和同事都加了这位联系人，他关联的客户您看不到。是您的客户的话，请找您的主管，已经告诉他了",
            facts=facts,
        )
        prompt(s, friend_id, notice, dedupe=f"{topic}{friend_id}", now=now)
        for person_id in supervisors:
            if person_id == actor.person_id:
                continue
            name = friends[friend_id]
            notice = Notice(
                title=f"{actor.name} 关联了 {name} 的好友「{contact.name}」",
                body=f"{name} 看不到关联的客户。两边可能在跟进同一家公司，请问清楚，需要时解除关联或共享",
                facts=(*facts, Fact("关联到", _called(s, person_id, customer, now) or f"{COLLEAGUE}的客户")),
            )
            prompt(s, person_id, notice, dedupe=f"{topic}{friend_id}:{person_id}", now=now)


def tell_it_is_gone(s: Session, actor: Actor, contact: ExternalContact, linked_at: datetime, now: datetime) -> None:
    """Whoever heard of the link of that moment hears that it stands no longer."""
    told = OutboxMessage.dedupe.startswith(_topic(contact, linked_at), autoescape=True)
    query = select(OutboxMessage.person_id).where(told, OutboxMessage.person_id != actor.person_id).distinct()
    for person_id in sorted(s.scalars(query)):
        notice = Notice(
            title=f"「{contact.name}」的关联解除了",
            body="之前告诉过您，他被关联到客户。关联已经解除，他又在等待关联，不用再去问了",
            facts=(Fact("联系人", contact.name), Fact("公司", contact.corp_name or "未填写")),
        )
        prompt(s, person_id, notice, dedupe=f"unlinked:{contact.id}:{linked_at:{_STAMP}}:{person_id}", now=now)


def _topic(contact: ExternalContact, linked_at: datetime) -> str:
    return f"linked_away:{contact.id}:{linked_at:{_STAMP}}:"


def _called(s: Session, person_id: int, customer: Customer, now: datetime) -> str:
    """The customer's name as this person may know it, else empty."""
    try:
        return get_customer(s, actor_by_id(s, person_id, now), customer.id, to=READ).name
    except NotFound:
        return ""
