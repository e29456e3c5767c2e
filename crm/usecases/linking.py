"""「关联客户」: from now on this chat is that customer."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from config.collisions import RadarEntry
from config.prospects import IgnoreReason
from config.vocabulary import ChatKind, ContactState, CustomerSource
from crm import audit, policy
from crm.access import READ, Actor, get_contact, get_customer, sees_customer
from crm.cards import close_matters, reopen_matter
from crm.errors import Conflict, Invalid, NotFound
from crm.usecases import links
from crm.usecases.collisions import Refused, create_or_report, report
from crm.usecases.customer_identity import Taken, taken
from crm.usecases.customers import CustomerDraft
from crm.usecases.links import Chat, LinkDone
from crm.usecases.radar import COLLEAGUE, Question, hits
from crm.usecases.shared_contacts import tell_other_friends
from models.base import bare, insert_once
from models.customers import Customer
from models.links import ChatLink, ExternalContact, ExternalFollow

_STATE = update(bare(ExternalContact)).where(bare(ExternalContact).c.id == bindparam("contact"))


def link_contact(
    s: Session, actor: Actor, contact_id: int, customer_id: int | str, now: datetime, *, entrance: str
) -> LinkDone:
    """Link an outside contact of the actor to a customer he may see. Linking the same again changes nothing."""
    contact = get_contact(s, actor, contact_id)
    try:
        customer = get_customer(s, actor, customer_id)
    except NotFound:
        raise Conflict(f"{COLLEAGUE}这家公司，没有关联。需要配合的话请找您的主管协调") from None
    return _link(s, actor, contact, customer, now, entrance, made=False)


def create_and_link(
    s: Session, actor: Actor, contact_id: int, name: str, now: datetime, *, entrance: str
) -> LinkDone | Refused:
    """A new customer made out of a new contact: he has seen those that are like it, and chose none of them."""
    contact = get_contact(s, actor, contact_id)
    company = name or contact.corp_name
    if not company:
        raise Invalid("还不知道这位联系人是哪家公司的，请告诉我公司名称", {"name": "不能为空"})
    draft = CustomerDraft(name=company, source=CustomerSource.WECOM)
    made = create_or_report(s, actor, draft, now, entrance=entrance, anyway=True)
    if isinstance(made, Refused):
        return made
    return _link(s, actor, contact, s.get_one(Customer, made.id), now, entrance, made=True)


def ask_for_colleagues(s: Session, actor: Actor, contact_id: int, now: datetime, *, entrance: str) -> str:
    """He says that his contact belongs to a customer that he may not see: both supervisors hear of it. What to say."""
    contact = get_contact(s, actor, contact_id)
    for hit in hits(s, actor, Question(contact.corp_name), RadarEntry.LINK, policy.current(s)):
        if (
            hit.same
            and s.scalar(select(Customer.id).where(Customer.id == hit.customer_id, sees_customer(actor))) is None
        ):
            clash = Taken(taken(s, actor, s.get_one(Customer, hit.customer_id)), hit)
            return report(s, actor, clash, contact.corp_name, now, entrance=entrance)
    raise Conflict(f"{COLLEAGUE}这家公司，没有关联。需要配合的话请找您的主管协调；确实不是同一家，请点「新建」")


def _link(
    s: Session, actor: Actor, contact: ExternalContact, customer: Customer, now: datetime, entrance: str, *, made: bool
) -> LinkDone:
    done = links.link(s, actor, chat_of(contact), customer, now, entrance=entrance, made=made)
    if done.linked_at is not None:
        filed(s, actor, contact, now)
        tell_other_friends(s, actor, contact, customer, now)
    return done


def chat_of(contact: ExternalContact) -> Chat:
    return Chat(ChatKind.EXTERNAL_CONTACT, contact.external_userid, contact.name)


def filed(s: Session, actor: Actor, contact: ExternalContact, now: datetime) -> None:
    """The contact has its customer: nobody is asked any more."""
    _mark(s, contact, ContactState.LINKED)
    close_matters(s, _asking(s, contact), "已经关联到客户", now, by=actor)


def unlink_contact(
    s: Session,
    actor: Actor,
    contact_id: int,
    now: datetime,
    *,
    entrance: str,
    linked_at: datetime | None = None,
    instead: bool = False,
) -> str:
    """Take a link back (with `linked_at` only that one): the contact waits to be linked again. The contact's name.

    `instead`: another link follows in the same act, and friends hear only of that.
    """
    contact = get_contact(s, actor, contact_id)
    links.unlink(s, actor, chat_of(contact), now, entrance=entrance, linked_at=linked_at)
    if not instead:
        tell_other_friends(s, actor, contact, None, now)
    _mark(s, contact, ContactState.UNLINKED)
    for matter in _asking(s, contact):
        reopen_matter(s, matter)
    return contact.name


def ignore_contact(
    s: Session, actor: Actor, contact_id: int, reason: IgnoreReason, now: datetime, *, entrance: str
) -> str:
    """A supplier, a competitor, a private friend: done, and no longer chased. The contact's name."""
    return _set_state(s, actor, contact_id, reason, "ignore_contact", now, entrance)


def unignore_contact(s: Session, actor: Actor, contact_id: int, now: datetime, *, entrance: str) -> str:
    return _set_state(s, actor, contact_id, None, "unignore_contact", now, entrance)


def _set_state(
    s: Session, actor: Actor, contact_id: int, reason: IgnoreReason | None, verb: str, now: datetime, entrance: str
) -> str:
    """With a reason it is ignored for that, without one it waits to be linked."""
    state = ContactState.UNLINKED if reason is None else ContactState.IGNORED
    contact = get_contact(s, actor, contact_id)
    if contact.state == ContactState.LINKED:
        raise Conflict(f"「{contact.name}」已经关联到客户，请先解除关联")
    if contact.state != state:
        _mark(s, contact, state)
        contact.ignored_for = reason or ""
        for matter in _asking(s, contact) if state == ContactState.UNLINKED else ():
            reopen_matter(s, matter)
        if state == ContactState.IGNORED:
            close_matters(s, _asking(s, contact), "已经忽略", now, by=actor)
        subject = f"external_contact:{contact.id}"
        why = {} if reason is None else {"reason": reason}
        audit.record(s, actor.person_id, verb, subject, now, entrance=entrance, **why)
    return contact.name


def matter_of(contact_id: int, person_id: int, since: datetime) -> str:
    """The card that asks one of us what this contact is: one per friendship."""
    return f"link:{contact_id}:{person_id}:{since:%Y%m%d%H%M%S%f}"


def _asking(s: Session, contact: ExternalContact) -> list[str]:
    friends = select(ExternalFollow.person_id, ExternalFollow.started_at)
    rows = s.execute(friends.where(ExternalFollow.external_contact_id == contact.id))
    return [matter_of(contact.id, person_id, since) for person_id, since in rows]


def _mark(s: Session, contact: ExternalContact, state: ContactState) -> None:
    """By a statement of its own: taps come often, and the session's search for changed objects costs more."""
    s.execute(_STATE, {"contact": contact.id, "state": state})
    set_committed_value(contact, "state", state)


def set_current(s: Session, actor: Actor, customer_id: int, now: datetime, *, entrance: str) -> str:
    """The customer this member talks about in the app's own chat from now on. The customer's name."""
    customer = get_customer(s, actor, customer_id, to=READ)
    chat = {"kind": ChatKind.APP_USER, "key": str(actor.person_id)}
    values = {"customer_id": customer.id, "linked_by_id": actor.person_id, "linked_at": now}
    if not insert_once(s, ChatLink, **chat, **values):
        s.execute(update(ChatLink).filter_by(**chat).values(**values))
    audit.record(s, actor.person_id, "set_current", f"customer:{customer.id}", now, entrance=entrance)
    return customer.name


def current_customer(s: Session, actor: Actor) -> tuple[int, str] | None:
    """Id and name of the customer this member talks about, if he still may see it."""
    chat = {"kind": ChatKind.APP_USER, "key": str(actor.person_id)}
    customer_id = s.scalar(select(ChatLink.customer_id).filter_by(**chat))
    if customer_id is None:
        return None
    try:
        customer = get_customer(s, actor, customer_id, to=READ)
    except NotFound:
        return None
    return customer.id, customer.name


def unlinked_contacts(s: Session, actor: Actor) -> list[tuple[int, str]]:
    """Id and name of the actor's own contacts that wait for a customer, newest first."""
    rows = s.execute(
        select(ExternalContact.id, ExternalContact.name)
        .join(ExternalFollow, ExternalFollow.external_contact_id == ExternalContact.id)
        .where(
            ExternalFollow.person_id == actor.person_id,
            ExternalFollow.ended_at.is_(None),
            ExternalContact.state == ContactState.UNLINKED,
        )
        .order_by(ExternalContact.id.desc())
    )
    return [(row.id, row.name) for row in rows]


def company_of(s: Session, actor: Actor, contact_id: int) -> str:
    """The company a contact says it works for; empty where WeCom does not tell."""
    return get_contact(s, actor, contact_id).corp_name


def linked_contacts(s: Session, actor: Actor, name: str) -> list[tuple[int, str, str, datetime]]:
    """Id, name, customer and moment of the link of the actor's own linked contacts whose name holds `name`."""
    rows = s.execute(
        select(ExternalContact.id, ExternalContact.name, Customer.name, ChatLink.linked_at)
        .join(ExternalFollow, ExternalFollow.external_contact_id == ExternalContact.id)
        .join(ChatLink, ChatLink.key == ExternalContact.external_userid)
        .join(Customer, Customer.id == ChatLink.customer_id)
        .where(
            ChatLink.kind == ChatKind.EXTERNAL_CONTACT,
            ExternalFollow.person_id == actor.person_id,
            ExternalFollow.ended_at.is_(None),
            ExternalContact.name.contains(name, autoescape=True),
            sees_customer(actor),
        )
        .order_by(ExternalContact.name, ExternalContact.id)
    )
    return [(contact_id, contact, customer, linked_at) for contact_id, contact, customer, linked_at in rows]
