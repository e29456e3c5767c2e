"""Somebody reads what the archive keeps: only what he may hear, and the book says that he did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import audit
from crm.access import Actor, get_heard, heard_groups
from crm.errors import NotFound
from crm.usecases.archive import Spoken, talk_of, talk_of_group
from models.links import ExternalContact
from models.mirror import CustomerGroup, CustomerGroupMember


@dataclass(frozen=True, slots=True)
class GroupOf:
    """A customer group whose talk may be read as well."""

    chat_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said, oldest first, the newest 500 at most; `groups` are others of his that the reader may hear."""

    name: str
    company: str
    lines: Sequence[Spoken]
    groups: Sequence[GroupOf]


def read_talk(s: Session, actor: Actor, external_userid: str, now: datetime, *, entrance: str) -> Talk:
    """What this outsider and our people said to each other; NotFound for somebody whose talk is not his to hear."""
    talker = get_heard(s, actor, external_userid)
    contact = s.get(ExternalContact, talker.id) if talker.id else None
    lines = talk_of(s, actor, contact.id) if contact else ()
    member = CustomerGroupMember
    his = heard_groups(actor).join(member, member.group_id == CustomerGroup.id).where(member.key == external_userid)
    groups = s.scalars(his.order_by(CustomerGroup.id)).all()
    called = select(member.name).where(member.key == external_userid, member.name != "").limit(1)
    if lines:
        _noted(s, actor, f"external_contact:{talker.id}", len(lines), now, entrance)
    return Talk(
        name=(contact.name if contact else "") or s.scalar(called) or "",
        company=contact.corp_name if contact else "",
        lines=lines,
        groups=[GroupOf(group.chat_id, group.name) for group in groups],
    )


def read_group_talk(s: Session, actor: Actor, chat_id: str, now: datetime, *, entrance: str) -> Talk:
    """The same of a customer group."""
    group = s.scalar(heard_groups(actor).where(CustomerGroup.chat_id == chat_id))
    if group is None:
        raise NotFound("没有找到这个客户群，或者它没有关联到您的客户")
    lines = talk_of_group(s, actor, chat_id)
    if lines:
        _noted(s, actor, f"customer_group:{group.id}", len(lines), now, entrance)
    return Talk(group.name, "", lines, ())


def _noted(s: Session, actor: Actor, subject: str, messages: int, now: datetime, entrance: str) -> None:
    audit.record(s, actor.person_id, "read_talk", subject, now, entrance=entrance, messages=messages)
