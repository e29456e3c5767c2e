"""Customers on a person's list: falling silent, taken away, waiting to be given to somebody, or not on file yet."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from config.policy import Policy
from config.vocabulary import ContactState, HolderKind, OwnershipReason
from crm.access import Actor, leaders_of, supervisors_of
from crm.agenda.items import Item, ItemKind, urgency
from crm.rules import recycling
from crm.rules.days import SHANGHAI, WorkCalendar, at, day_of, days_between
from crm.silence import silences_of
from models.customers import Customer, OwnershipPeriod
from models.links import ExternalContact, ExternalFollow
from models.people import Person

_LAST_DAYS = 2  # a customer with fewer days left comes before what is merely due
_CONTACTS_NAMED = 3  # of the contacts that wait for a customer
_UNFILED = "没建档的客户，换人就丢了"
_LOST_DAYS = 3  # a weekend may lie between a release and the next list


def silent(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
    long_ago = at(day_of(now), 0) - timedelta(days=policy.remind_after_days - 1)
    mine = select(Customer).where(
        Customer.owner_id == actor.person_id, Customer.merged_into_id.is_(None), Customer.silent_since < long_ago
    )
    held = s.scalars(mine).all()
    verdicts = silences_of(s, held, now, policy, calendar)
    return [
        _silent_item(customer, customer.name, verdicts[customer.id], policy)
        for customer in held
        if verdicts[customer.id].step is not recycling.Step.KEEP
    ]


def _silent_item(customer: Customer, title: str, verdict: recycling.Verdict, policy: Policy) -> Item:
    loss = "满期会释放给主管重新分配" if policy.recycling_live else "满期会被回收（现在是试运行，只提醒）"
    left = max(0, verdict.days_left - 1)  # a release comes at night: the day before it is the last to act on
    sort = urgency(left, _LAST_DAYS) if policy.recycling_live else left - _LAST_DAYS  # on trial nothing is lost
    return Item(ItemKind.SILENT, customer.id, customer.public_id, title, verdict.reason, loss, sort)


def last_days(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
    """What a supervisor's people are about to lose: the owner has been told often enough, and has not moved.

    Behind what is his own to do; and nothing while recycling is on trial, when nobody loses anything.
    """
    if not actor.manages or not policy.recycling_live:
        return []
    long_ago = at(day_of(now), 0) - timedelta(days=policy.last_reminder_days - 1)
    rows = s.execute(
        select(Customer, Person)
        .join(Person, Person.id == Customer.owner_id)
        .where(
            Person.team_id.in_(actor.team_ids),
            Person.id != actor.person_id,
            Customer.merged_into_id.is_(None),
            Customer.silent_since < long_ago,
        )
    ).all()
    verdicts = silences_of(s, [customer for customer, _ in rows], now, policy, calendar)
    losing = [row for row in rows if verdicts[row.Customer.id].step is not recycling.Step.KEEP]
    above = supervisors_of(s, {row.Person.id for row in losing})
    return [
        replace(_silent_item(customer, f"{customer.name}（{owner.name}）", verdicts[customer.id], policy), sort=1)
        for customer, owner in losing
        if actor.person_id in above[owner.id]
    ]


def lost(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
    """What silence took from this person in the last days: a single message may have been folded into this list."""
    before = aliased(OwnershipPeriod)
    rows = s.execute(
        select(Customer, OwnershipPeriod.started_at)
        .join(OwnershipPeriod, OwnershipPeriod.customer_id == Customer.id)
        .join(before, and_(before.customer_id == Customer.id, before.ended_at == OwnershipPeriod.started_at))
        .where(
            OwnershipPeriod.reason == OwnershipReason.RECYCLED,
            OwnershipPeriod.ended_at.is_(None),
            OwnershipPeriod.started_at > now - timedelta(days=_LOST_DAYS),
            before.holder_kind == HolderKind.PERSON,
            before.holder_id == actor.person_id,
        )
    ).all()
    loss = "其实有跟进的话，请主管退还"
    return [
        Item(ItemKind.LOST, c.id, c.public_id, c.name, f"{at.astimezone(SHANGHAI):%m-%d} 已释放给主管", loss, -1)
        for c, at in rows
    ]


def contacts(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
    """Those who wait for a customer, the oldest friendship first; behind a few of them one line that counts the rest.

    Handled from the list, that line is the card of the next one: so it goes on until nobody is left.
    """
    waiting = (
        ExternalFollow.person_id == actor.person_id,
        ExternalFollow.ended_at.is_(None),
        ExternalContact.state == ContactState.UNLINKED,
    )
    oldest = (
        select(ExternalContact.id, ExternalContact.name, ExternalFollow.started_at)
        .join(ExternalFollow, ExternalFollow.external_contact_id == ExternalContact.id)
        .where(*waiting)
        .order_by(ExternalFollow.started_at, ExternalContact.id)
    )
    rows = s.execute(oldest.limit(_CONTACTS_NAMED + 1)).all()
    items = [
        Item(ItemKind.CONTACT, c.id, "", c.name, _unlinked_for(days_between(c.started_at, now)), _UNFILED, 5 + n)
        for n, c in enumerate(rows)
    ]
    if len(rows) <= _CONTACTS_NAMED:
        return items
    contact = ExternalContact.id == ExternalFollow.external_contact_id
    many = select(func.count()).select_from(ExternalFollow).join(ExternalContact, contact).where(*waiting)
    total = s.scalar(many) or 0
    left = total - _CONTACTS_NAMED
    why = f"共 {total} 位还没关联客户，下一位是 {rows[-1].name}"
    return [*items[:-1], replace(items[-1], title=f"还有 {left} 位联系人", why=why)]


def _unlinked_for(days: int) -> str:
    return f"加好友 {days} 天，还没关联客户" if days else "新联系人还没关联客户"


def queue(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
    if not actor.manages:
        return []
    waiting = select(Customer).where(Customer.queue_team_id.in_(actor.team_ids), Customer.merged_into_id.is_(None))
    queued = s.scalars(waiting).all()
    teams = {customer.queue_team_id for customer in queued}
    own = {team for team in teams if team is not None and actor.person_id in leaders_of(s, team)}
    return [
        Item(
            ItemKind.QUEUE,
            customer.id,
            customer.public_id,
            customer.name,
            _waited(days_between(customer.silent_since, now)),
            "没人跟的客户会被同行抢走",
            0,
        )
        for customer in queued
        if customer.queue_team_id in own
    ]


def _waited(days: int) -> str:
    return f"等您分配 {days} 天" if days else "今天刚到，等您分配"
