"""One thing on a person's agenda, asked for by him: its card is drawn anew, however old the first one is."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import Policy
from config.vocabulary import PersonStatus
from crm import policy as numbers
from crm.access import HOLDERS, Actor
from crm.agenda import ItemKind, agenda
from crm.errors import Gone
from crm.holding import former_holder, holder_of
from crm.messages import prompt_card
from crm.rules.days import WorkCalendar
from crm.silence import silence_of
from crm.stalls import stuck_deal, suggestions
from crm.usecases import collision_cards, lead_cards, quote_conflict_cards
from crm.usecases.alert_cards import Card, absent_owner_card, assign_card, last_days_card, silence_card, stall_card
from crm.usecases.approval_cards import own_card
from crm.usecases.approval_steps import asked_now
from crm.usecases.contacts import link_card
from crm.usecases.milestones import milestone_card
from crm.usecases.pool import return_by
from crm.usecases.project_cards import expiring_card
from crm.usecases.quote_cards import running_out_card
from crm.usecases.signing import ask_again
from crm.usecases.todos import card_again, topic_of
from models.approvals import Approval
from models.collisions import Collision
from models.customers import Customer
from models.deals import Deal, Milestone
from models.links import ExternalContact
from models.people import Person
from models.quotes import Quote, QuoteConflict

_SETTLED = "这件事已经处理好了，不在您的清单里了。发 /待办 看最新的清单"


def hand_card(s: Session, actor: Actor, kind: ItemKind, object_id: int, key: str, now: datetime) -> str:
    """Send the actor the card of one of his things; the sentence that says so, or that it is no longer on his agenda.

    A card of its own: what was closed or has expired elsewhere says nothing about this one, and every button checks
    anew whether it may still act. Where his word is asked for, the very card that asks: it shows how the matter ends.
    """
    policy, calendar = numbers.current(s), numbers.calendar(s)
    if kind is ItemKind.TODO:
        return _hand_todo(s, actor, object_id, key, now, policy)
    mine = agenda(s, actor, now, policy, calendar)
    item = next((one for one in mine if one.kind is kind and one.object_id == object_id), None)
    if item is None:
        return _SETTLED
    if kind is ItemKind.LOST:
        return f"「{item.title}」{item.why}。{item.loss}"
    if kind is ItemKind.VERDICT:
        quote_conflict_cards.ask(s, s.get_one(QuoteConflict, object_id), actor.person_id, now)
    elif kind is ItemKind.COLLISION:
        collision_cards.ask(s, s.get_one(Collision, object_id), [actor.person_id], now, again=f"again:{key}")
    elif kind is ItemKind.APPROVAL and s.get_one(Approval, object_id).requested_by_id != actor.person_id:
        ask_again(s, actor, item.public_id, now)
    else:
        notice, taps = _card(s, actor, kind, object_id, item.why, now, policy, calendar)
        matter = f"again:{key}"
        prompt_card(s, actor.person_id, notice, taps, matter=matter, dedupe=matter, now=now, policy=policy)
    return f"「{item.title[:30]}」请在下面的卡片上处理"


def _hand_todo(s: Session, actor: Actor, todo_id: int, key: str, now: datetime, policy: Policy) -> str:
    """Also of one that is due later: done before its day it need not be said any more."""
    found = card_again(s, actor, todo_id)
    if found is None:
        return _SETTLED
    (notice, taps), matter = found, f"again:{key}"
    about = topic_of(todo_id)
    prompt_card(s, actor.person_id, notice, taps, matter=matter, dedupe=matter, now=now, policy=policy, topic=about)
    return f"「{notice.title[:30]}」请在下面的卡片上处理"


def _card(
    s: Session,
    actor: Actor,
    kind: ItemKind,
    object_id: int,
    why: str,
    now: datetime,
    policy: Policy,
    calendar: WorkCalendar,
) -> Card:
    if kind is ItemKind.CONTACT:
        return link_card(s, actor, s.get_one(ExternalContact, object_id), policy)
    if kind is ItemKind.LEAD:
        return lead_cards.card_again(s, actor, object_id)[1:]
    if kind is ItemKind.REGISTRATION:
        return expiring_card(s, object_id, actor.person_id, now, policy)
    if kind is ItemKind.MILESTONE:
        return _milestone(s, object_id, now)
    if kind is ItemKind.STALL:
        return _stall(s, actor, object_id, now, policy, calendar)
    if kind is ItemKind.QUOTE:
        return running_out_card(s, s.get_one(Quote, object_id))
    if kind is ItemKind.APPROVAL:
        names = "、".join(s.get_one(Person, one.person_id).name for one in asked_now(s, object_id))
        return own_card(s.get_one(Approval, object_id), names, why)
    customer = s.get_one(Customer, object_id)
    if kind is ItemKind.QUEUE:
        return _queued(s, customer, why, now, policy)
    verdict = silence_of(s, customer, now, policy, calendar)
    if customer.owner_id == actor.person_id:
        return silence_card(customer, verdict, policy)
    owner = s.get_one(Person, customer.owner_id)
    if owner.status != PersonStatus.ACTIVE:
        return absent_owner_card(customer, verdict, owner, policy)
    return last_days_card(customer, verdict, owner, policy)


def _queued(s: Session, customer: Customer, why: str, now: datetime, policy: Policy) -> Card:
    """The team is the queue's own: whom it came from may be in another one by now, or gone."""
    queue, until = holder_of(s, customer.id)[1], return_by(s, customer.id, policy)
    former = s.get(Person, former_holder(s, customer.id) or 0)
    may_return = former is not None and former.status == PersonStatus.ACTIVE and former.role in HOLDERS
    name = former.name if former else "没有"
    return assign_card(s, customer, queue.id or 0, name, why, until if may_return and now <= until else None)


def _stall(s: Session, actor: Actor, deal_id: int, now: datetime, policy: Policy, calendar: WorkCalendar) -> Card:
    found = stuck_deal(s, deal_id, now, policy, calendar)
    if found is None:
        raise Gone("这个商机不再停滞了。发 /待办 看最新的清单")
    advice = suggestions(s, [found], now, policy)[deal_id]
    return stall_card(found, advice, policy, own=found.owner_id == actor.person_id)


def _milestone(s: Session, milestone_id: int, now: datetime) -> Card:
    one, deal, customer, owner = s.execute(
        select(Milestone, Deal, Customer.name, Person.name)
        .join(Deal, Deal.id == Milestone.deal_id)
        .join(Customer, Customer.id == Deal.customer_id)
        .join(Person, Person.id == Deal.owner_id)
        .where(Milestone.id == milestone_id)
    ).one()
    return milestone_card(one, deal, customer, owner, now)
