"""What the sidebar does with the chat it stands beside: a contact's or a group's, to a customer and away again."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.collisions import IfAlike, RadarEntry
from config.prospects import IgnoreReason
from crm import policy
from crm.access import READ, Actor, get_contact, get_customer, sees_customer
from crm.errors import Conflict, Gone, Invalid, NotFound
from crm.ports import Beside
from crm.usecases import group_links, linking, links, look_alikes
from crm.usecases.collisions import Refused, report
from crm.usecases.customer_identity import Taken, taken
from crm.usecases.customers import withdraw_customer
from crm.usecases.links import LinkDone
from crm.usecases.looking import count_twins, may_look_up
from crm.usecases.radar import COLLEAGUE, Question, hits
from crm.usecases.shared_contacts import tell_other_friends
from models.customers import Customer
from models.links import ChatLink

_MAYBE_THEIRS = f"名称相近的公司{COLLEAGUE}，可能就是这一家。请选：申请这家客户，由双方主管裁定；确实是另一家，再新建"


class MaybeTheirs(Refused):
    """Colleagues' customers are like it: he says first whether it is one of them. Looking is counted, so it commits."""


def link_chat(
    s: Session, actor: Actor, chat: Beside, customer_id: str, seen: str, now: datetime, *, entrance: str
) -> LinkDone:
    """Link it, or link it to another customer.

    `seen` is the public id of the customer that the page showed as linked, "" for none: where another one was linked
    meanwhile, in a second window or by a colleague, nothing changes and the refusal names it.
    """
    _as_seen(s, actor, chat, seen, wanted=customer_id)
    if seen and seen != customer_id:
        unlink_chat(s, actor, chat, seen, now, entrance=entrance, instead=True)
    if chat.group is not None:
        return group_links.link_group(s, actor, chat.group, customer_id, now, entrance=entrance)
    return linking.link_contact(s, actor, _contact(s, actor, chat), customer_id, now, entrance=entrance)


def create_for_chat(
    s: Session, actor: Actor, chat: Beside, name: str, now: datetime, *, entrance: str, alike: IfAlike = IfAlike.ASK
) -> LinkDone | Refused:
    """A new customer out of the chat, linked at once; a colleague's company is reported as everywhere.

    Where colleagues have one that is only like it, the answer is MaybeTheirs until `alike` says which it is.
    """
    _as_seen(s, actor, chat, "")
    if not name.strip():
        raise Invalid("公司名称还没有填", {"name": "不能为空"})
    if alike is IfAlike.THEIRS:
        return _asked_for(s, actor, name, now, entrance)
    if alike is IfAlike.ASK:
        doubts = look_alikes.doubts(s, actor, {"name": name}, now, entrance=entrance)
        if any(hit.customer_id is None for hit in doubts):
            return MaybeTheirs(_MAYBE_THEIRS)
    if chat.group is not None:
        return group_links.create_and_link_group(s, actor, chat.group, name, now, entrance=entrance)
    return linking.create_and_link(s, actor, _contact(s, actor, chat), name, now, entrance=entrance)


def _asked_for(s: Session, actor: Actor, name: str, now: datetime, entrance: str) -> Refused:
    """He holds it for the likeliest of the colleagues' customers: both supervisors decide.

    The answer tells whether there is one, asked about before or not: a look like any other.
    """
    for hit in hits(s, actor, Question(name), RadarEntry.CREATE, policy.current(s)):
        if s.scalar(select(Customer.id).where(Customer.id == hit.customer_id, sees_customer(actor))) is None:
            count_twins(s, actor, name, 1, now, entrance=entrance)
            clash = Taken(taken(s, actor, s.get_one(Customer, hit.customer_id)), hit)
            return Refused(report(s, actor, clash, name, now, entrance=entrance))
    may_look_up(s, actor, now)
    raise Conflict("名称相近的同事客户已经没有了，没有申请。可以直接新建")


def unlink_chat(
    s: Session,
    actor: Actor,
    chat: Beside,
    seen: str,
    now: datetime,
    *,
    entrance: str,
    linked_at: datetime | None = None,
    instead: bool = False,
) -> str:
    """Take the link to the customer that the page showed away, with `linked_at` only that very one. The chat's name.

    `instead`: another link follows in the same act.
    """
    _as_seen(s, actor, chat, seen)
    if chat.group is not None:
        return group_links.unlink_group(s, actor, chat.group, now, entrance=entrance, linked_at=linked_at)
    contact_id = _contact(s, actor, chat)
    return linking.unlink_contact(s, actor, contact_id, now, entrance=entrance, linked_at=linked_at, instead=instead)


def undo_link(
    s: Session, actor: Actor, chat: Beside, seen: str, linked_at: datetime, now: datetime, *, entrance: str
) -> str:
    """Take the link of that moment back, and the customer that was made with it, while nothing else hangs on that.

    The sentence that says so.
    """
    name = unlink_chat(s, actor, chat, seen, now, entrance=entrance, linked_at=linked_at)
    own = (Customer.created_by_id == actor.person_id, Customer.owner_id == actor.person_id)
    made = s.scalar(select(Customer.id).where(Customer.public_id == seen, Customer.created_at == linked_at, *own))
    if made is None:
        return f"已解除「{name}」的关联"
    try:
        return f"已撤销，没有新建「{withdraw_customer(s, actor, made, now, entrance=entrance)}」"
    except (Conflict, Gone) as kept:
        return f"已解除「{name}」的关联。{kept}"


def undo_relink(
    s: Session, actor: Actor, chat: Beside, seen: str, linked_at: datetime, former: str, now: datetime, *, entrance: str
) -> str:
    """Take the link of that moment back, and let the one that it replaced stand again as it was: who made it, when, its
    line and what that did to the clock. `seen` and `former` are public ids; the former customer's name."""
    unlink_chat(s, actor, chat, seen, now, entrance=entrance, linked_at=linked_at, instead=True)
    customer = get_customer(s, actor, former, lock=True)
    if chat.group is not None:
        links.restore(s, actor, group_links.chat_of(chat.group), customer, linked_at, now, entrance=entrance)
        return customer.name
    contact = get_contact(s, actor, chat.external_userid)
    links.restore(s, actor, linking.chat_of(contact), customer, linked_at, now, entrance=entrance)
    linking.filed(s, actor, contact, now)
    tell_other_friends(s, actor, contact, customer, now)
    return customer.name


def ignore_chat(
    s: Session, actor: Actor, chat: Beside, reason: IgnoreReason | None, now: datetime, *, entrance: str
) -> str:
    """A contact that is no customer, or (without a reason) is one after all. His name."""
    contact_id = _contact(s, actor, chat)
    if reason is None:
        return linking.unignore_contact(s, actor, contact_id, now, entrance=entrance)
    return linking.ignore_contact(s, actor, contact_id, reason, now, entrance=entrance)


def _contact(s: Session, actor: Actor, chat: Beside) -> int:
    return get_contact(s, actor, chat.external_userid).id


def _as_seen(s: Session, actor: Actor, chat: Beside, seen: str, wanted: str = "") -> None:
    """The contact's row is held meanwhile; of two who link a group at once the key lets one through."""
    if chat.group is None:
        get_contact(s, actor, chat.external_userid)
    held = select(Customer.id, Customer.public_id).join(ChatLink, ChatLink.customer_id == Customer.id)
    row = s.execute(held.where(ChatLink.kind == chat.kind, ChatLink.key == chat.key)).one_or_none()
    if (row.public_id if row else "") in (seen, wanted or seen):
        return
    if row is None:
        raise Conflict("这个聊天的关联刚刚已经解除了，没有改动。下面是现在的情况")
    try:
        other = get_customer(s, actor, row.id, to=READ)
    except NotFound:
        raise Conflict(f"这个聊天刚刚已经关联到{COLLEAGUE}的客户，没有改动") from None
    refusal = Conflict(f"这个聊天刚刚已经关联到「{other.name}」，没有改动。下面是现在的情况")
    refusal.customer_id = other.public_id
    raise refusal
