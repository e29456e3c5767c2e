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
_AWAY, _BACK = "linked_away", "linked_back"  # how the keys of the two kinds of words begin


def tell_other_friends(
    s: Session, actor: Actor, contact: ExternalContact, customer: Customer | None, now: datetime
) -> None:
    """Friends of the contact who could hold the customer it is linked to from now on (None: to none) but may not see
    it, and their supervisors, hear of it; whoever heard of a link before and is no longer concerned hears that.

    A friend learns neither whose customer it is nor its name; his supervisor who did it, and the name if it is his to
    see. Who has been told already hears nothing of another customer that he may not see either.
    """
    friends = {} if customer is None else _friends_who_cannot_see(s, actor, contact, customer, now)
    supervisors = supervisors_of(s, friends) if friends else {}
    told = _told(s, contact)
    concerned = {*friends, *(one for some in supervisors.values() for one in some)}
    facts = (Fact("联系人", contact.name), Fact("公司", contact.corp_name or "未填写"))
    for friend_id, name in friends.items():
        if friend_id not in told:
            notice = Notice(
                title=f"您的好友「{contact.name}」被关联到了{COLLEAGUE}的客户",
                body="您和同事都加了这位联系人，他关联的客户您看不到。是您的客户的话，请找您的主管，已经告诉他了",
                facts=facts,
            )
            _tell(s, friend_id, contact, notice, _AWAY, now)
        for person_id in {*supervisors[friend_id]} - told - {actor.person_id}:
            called = _called(s, person_id, customer, now) if customer is not None else ""
            notice = Notice(
                title=f"{actor.name} 关联了 {name} 的好友「{contact.name}」",
                body=f"{name} 看不到关联的客户。两边可能在跟进同一家公司，请问清楚，需要时解除关联或共享",
                facts=(*facts, Fact("关联到", called or f"{COLLEAGUE}的客户")),
            )
            _tell(s, person_id, contact, notice, f"{_AWAY}:{friend_id}", now)
    for person_id in sorted(told - concerned - {actor.person_id}):
        called = _called(s, person_id, customer, now) if customer is not None else ""
        body = "之前告诉过您，他被关联到客户。" + (
            "关联已经解除，他又在等待关联，不用再去问了"
            if customer is None
            else f"现在关联到{f'「{called}」' if called else '别的客户'}，不用再去问了"
        )
        title = f"「{contact.name}」的关联{'解除了' if customer is None else '改了'}"
        _tell(s, person_id, contact, Notice(title=title, body=body, facts=facts), _BACK, now)


def _friends_who_cannot_see(
    s: Session, actor: Actor, contact: ExternalContact, customer: Customer, now: datetime
) -> dict[int, str]:
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
    return {one.id: one.name for one in s.execute(query) if not _called(s, one.id, customer, now)}


def _told(s: Session, contact: ExternalContact) -> set[int]:
    """Whose last word of it was that the contact is linked away."""
    words = select(OutboxMessage.person_id, OutboxMessage.dedupe).where(OutboxMessage.topic == _topic(contact))
    last = dict(s.execute(words.order_by(OutboxMessage.id)).all())
    return {person_id for person_id, key in last.items() if key.startswith(_AWAY)}


def _tell(s: Session, person_id: int, contact: ExternalContact, notice: Notice, key: str, now: datetime) -> None:
    dedupe = f"{key}:{contact.id}:{now:{_STAMP}}:{person_id}"
    prompt(s, person_id, notice, dedupe=dedupe, now=now, topic=_topic(contact))


def _topic(contact: ExternalContact) -> str:
    return f"linked_away:{contact.id}"


def _called(s: Session, person_id: int, customer: Customer, now: datetime) -> str:
    """The customer's name as this person may know it, else empty."""
    try:
        return get_customer(s, actor_by_id(s, person_id, now), customer.id, to=READ).name
    except NotFound:
        return ""
