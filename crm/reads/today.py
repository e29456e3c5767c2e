"""Who needs me today: to-dos, customers about to be lost, stuck deals, new contacts, and the queue of my teams."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from config.vocabulary import (
    ContactState,
    InboxState,
    OutboxState,
    OwnershipReason,
    PersonStatus,
    Role,
    StageKind,
    label,
)
from crm import policy as numbers
from crm.access import HOLDERS, Actor, deals_for, require, sees_customer, sees_person
from crm.holding import former_holder
from crm.reads.customers import CustomerRow, Filters, list_customers
from crm.reads.messages import overdue, pause_reason
from crm.rules import stalled
from crm.rules.days import at, day_of, days_between
from models.customers import Customer, OwnershipPeriod
from models.deals import Deal, Stage
from models.links import ExternalContact, ExternalFollow
from models.messages import InboxEvent, OutboxMessage
from models.ops import JobSlot
from models.people import Person, Team
from models.timeline import Todo

SHOWN = 8


@dataclass(frozen=True, slots=True)
class DueTodo:
    text: str
    due_at: datetime
    late_days: int
    customer: str
    customer_public_id: str


@dataclass(frozen=True, slots=True)
class StuckDeal:
    """`days` and `limit` are working days; `red` from twice the limit on."""

    name: str
    amount: Decimal
    stage: str
    owner: str
    customer: str
    customer_public_id: str
    days: int
    limit: int
    red: bool


@dataclass(frozen=True, slots=True)
class NewContact:
    name: str
    corp_name: str
    friend_of: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Queued:
    """A customer waiting for a lead's word; `former` held it before, and may have it back while `returnable`."""

    public_id: str
    name: str
    team: str
    days: int
    reason: str
    former: str
    returnable: bool


@dataclass(frozen=True, slots=True)
class Colleague:
    id: int
    name: str
    team_id: int
    team: str


@dataclass(frozen=True, slots=True)
class Today:
    """Every list is cut to what fits a desk; its number counts all of it."""

    todos: tuple[DueTodo, ...]
    todo_count: int
    losing: tuple[CustomerRow, ...]
    losing_count: int
    stuck: tuple[StuckDeal, ...]
    stuck_count: int
    contacts: tuple[NewContact, ...]
    contact_count: int
    queue: tuple[Queued, ...]
    queue_count: int
    colleagues: tuple[Colleague, ...]
    recycling_live: bool
    soon_days: int  # how long before the release a customer counts as 将回收


@dataclass(frozen=True, slots=True)
class Machinery:
    """What an administrator worries about; `last_run` is None where no timed job has ever finished.

    `paused_for` says why nothing is sent at present; empty where sending goes on.
    """

    dead: int
    overdue: int
    paused_for: str
    failed_in: int
    last_run: datetime | None
    calendar_known: bool


def today(s: Session, actor: Actor, now: datetime) -> Today:
    """The desk of one person: his own to-dos, and of the rest what he may see."""
    policy = numbers.current(s)
    todos, todo_count = _todos(s, actor, now)
    losing = list_customers(
        s, actor, query="", sort="days_left", page=1, size=SHOWN, now=now, filters=Filters(soon=True)
    )
    stuck = _stuck(s, actor, now)
    contacts, contact_count = _contacts(s, actor)
    queue, queue_count = _queue(s, actor, now, policy.undo_release_days)
    return Today(
        todos=todos,
        todo_count=todo_count,
        losing=tuple(losing.rows),
        losing_count=losing.total,
        stuck=tuple(stuck[:SHOWN]),
        stuck_count=len(stuck),
        contacts=contacts,
        contact_count=contact_count,
        queue=queue,
        queue_count=queue_count,
        colleagues=_colleagues(s, actor) if queue else (),
        recycling_live=policy.recycling_live,
        soon_days=policy.release_after_days - policy.remind_after_days,
    )


def machinery(s: Session, actor: Actor, now: datetime) -> Machinery:
    require(actor, Role.ADMIN, Role.OPERATIONS)
    next_month = (day_of(now).replace(day=1) + timedelta(days=62)).replace(day=1) - timedelta(days=1)
    return Machinery(
        dead=_many(s, select(OutboxMessage.id).where(OutboxMessage.state == OutboxState.DEAD)),
        overdue=overdue(s, now),
        paused_for=pause_reason(s, now),
        failed_in=_many(s, select(InboxEvent.id).where(InboxEvent.state == InboxState.FAILED)),
        last_run=s.scalar(select(func.max(JobSlot.done_at))),
        calendar_known=numbers.calendar(s).covers(next_month),
    )


def _many(s: Session, query: Select[*tuple[Any, ...]]) -> int:
    return s.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def _todos(s: Session, actor: Actor, now: datetime) -> tuple[tuple[DueTodo, ...], int]:
    tomorrow = at(day_of(now), 0) + timedelta(days=1)
    due = (
        select(Todo.text, Todo.due_at, Customer.name, Customer.public_id)
        .outerjoin(
            Customer,
            and_(Customer.id == Todo.customer_id, Customer.merged_into_id.is_(None), sees_customer(actor)),
        )
        .where(Todo.person_id == actor.person_id, Todo.done_at.is_(None), Todo.due_at < tomorrow)
    )
    rows = s.execute(due.order_by(Todo.due_at, Todo.id).limit(SHOWN))
    found = tuple(
        DueTodo(text, due_at, max(0, days_between(due_at, now)), name or "", public_id or "")
        for text, due_at, name, public_id in rows
    )
    return found, _many(s, due)


def _stuck(s: Session, actor: Actor, now: datetime) -> list[StuckDeal]:
    """Every open deal in sight that has stood too long, the worst first. What to do about it is the card's business."""
    policy, calendar = numbers.current(s), numbers.calendar(s)
    shortest = min(policy.proposal_days, policy.negotiation_days, policy.stage_days)
    standing = (
        deals_for(actor)
        .join(Stage, Stage.id == Deal.stage_id)
        .join(Person, Person.id == Deal.owner_id)
        .add_columns(Stage.key, Stage.label, Person.name, Customer.name, Customer.public_id)
        .where(Stage.kind == StageKind.OPEN, Deal.stage_since < now - timedelta(days=shortest - 1))
    )
    found = []
    for deal, key, stage, owner, customer, customer_public_id in s.execute(standing):
        facts = stalled.DealFacts(deal.amount, 0, 0)
        stall = stalled.judge(key, deal.stage_since, now, policy, calendar, deal.snoozed_until, facts)
        if stall is not None:
            red = stall.colour == "red"
            found.append(
                StuckDeal(
                    deal.name, deal.amount, stage, owner, customer, customer_public_id, stall.days, stall.limit, red
                )
            )
    return sorted(found, key=lambda deal: (not deal.red, -deal.days, deal.name))


def _contacts(s: Session, actor: Actor) -> tuple[tuple[NewContact, ...], int]:
    unlinked = (
        select(ExternalContact.name, ExternalContact.corp_name, Person.name, ExternalFollow.started_at)
        .join(ExternalFollow, ExternalFollow.external_contact_id == ExternalContact.id)
        .join(Person, Person.id == ExternalFollow.person_id)
        .where(ExternalContact.state == ContactState.UNLINKED, ExternalFollow.ended_at.is_(None), sees_person(actor))
    )
    rows = s.execute(unlinked.order_by(ExternalFollow.started_at.desc(), ExternalFollow.id).limit(SHOWN))
    return tuple(NewContact(*row) for row in rows), _many(s, unlinked)


def _queue(s: Session, actor: Actor, now: datetime, undo_days: int) -> tuple[tuple[Queued, ...], int]:
    """Customers in the queues this actor decides about, the longest waiting first."""
    if not actor.manages and not actor.sees_all:
        return (), 0
    waiting = (
        select(Customer, Team, OwnershipPeriod)
        .join(Team, Team.id == Customer.queue_team_id)
        .join(OwnershipPeriod, OwnershipPeriod.customer_id == Customer.id)
        .where(Customer.merged_into_id.is_(None), OwnershipPeriod.ended_at.is_(None))
    )
    if not actor.sees_all:
        waiting = waiting.where(Customer.queue_team_id.in_(actor.team_ids))
    rows = s.execute(waiting.order_by(OwnershipPeriod.started_at, Customer.id).limit(SHOWN)).all()
    found = []
    for customer, team, period in rows:
        name, in_office = _former(s, customer.id)
        found.append(
            Queued(
                public_id=customer.public_id,
                name=customer.name,
                team=team.name,
                days=days_between(period.started_at, now),
                reason=label(OwnershipReason(period.reason)),
                former=name,
                returnable=in_office and now <= period.started_at + timedelta(days=undo_days),
            )
        )
    return tuple(found), _many(s, waiting)


def _former(s: Session, customer_id: int) -> tuple[str, bool]:
    """Who held it before, and whether he is still here to have it back."""
    person = s.get(Person, former_holder(s, customer_id) or 0)
    if person is None:
        return "", False
    return person.name, person.status == PersonStatus.ACTIVE and person.role in HOLDERS


def _colleagues(s: Session, actor: Actor) -> tuple[Colleague, ...]:
    """Whom this actor may give a customer to."""
    rows = s.execute(
        select(Person.id, Person.name, Team.id, Team.name)
        .join(Team, Team.id == Person.team_id)
        .where(sees_person(actor), Person.status == PersonStatus.ACTIVE, Person.role.in_(HOLDERS))
        .order_by(Team.path, Person.name, Person.id)
    )
    return tuple(Colleague(*row) for row in rows)
