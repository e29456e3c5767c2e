"""Who needs me today: approvals and quotes, to-dos, customers about to be lost, stuck deals, new contacts, my queue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from config.vocabulary import ContactState
from crm import policy as numbers
from crm.access import Actor, deals_for, eyes, sees_customer, sees_person
from crm.agenda import Item, approvals_and_quotes
from crm.errors import NotFound
from crm.reads.customers import CustomerRow, Filters, Page, list_customers
from crm.reads.deals import deal_sight
from crm.reads.paging import cut
from crm.reads.queue import Colleague, Queued, colleagues, queue
from crm.rules import stalled
from crm.rules.days import at, day_of, days_between
from crm.stalls import over_the_limit
from models.customers import Customer
from models.deals import Deal, Stage
from models.links import ExternalContact, ExternalFollow
from models.people import Person
from models.timeline import TODO_IS_OPEN, Todo

SHOWN = 8
Section = Literal["approvals", "queue", "stuck", "todos", "contacts"]
SECTIONS: tuple[Section, ...] = ("approvals", "queue", "stuck", "todos", "contacts")


@dataclass(frozen=True, slots=True)
class DueTodo:
    id: int
    text: str
    due_at: datetime
    late_days: int
    customer: str
    customer_public_id: str


@dataclass(frozen=True, slots=True)
class StuckDeal:
    """`days` and `limit` are working days; `red` from twice the limit on; `amount` None where it is not shown."""

    name: str
    amount: Decimal | None
    stage: str
    owner: str
    customer: str
    customer_public_id: str
    days: int
    limit: int
    red: bool


@dataclass(frozen=True, slots=True)
class NewContact:
    """`friend_of` names everybody in sight who has added him; `since` is when the last of them did."""

    id: int
    name: str
    corp_name: str
    friend_of: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Today:
    """Every list is a page of what fits a desk; its `total` counts all of it."""

    approvals: Page[Item]
    todos: Page[DueTodo]
    losing: Page[CustomerRow]
    stuck: Page[StuckDeal]
    contacts: Page[NewContact]
    queue: Page[Queued]
    colleagues: tuple[Colleague, ...]
    recycling_live: bool
    soon_days: int  # how long before the release a customer counts as 将回收


def today(s: Session, actor: Actor, now: datetime, pages: Mapping[Section, int]) -> Today:
    """The desk of one person: his own to-dos, and of the rest what he may see; `pages` says which page of a list."""
    policy = numbers.current(s)
    losing = list_customers(
        s, actor, query="", sort="days_left", page=1, size=SHOWN, now=now, filters=Filters(soon=True)
    )
    waiting = queue(s, actor, now, pages.get("queue", 1), SHOWN)
    return Today(
        approvals=_approvals(s, actor, now, pages.get("approvals", 1)),
        todos=_todos(s, actor, now, pages.get("todos", 1)),
        losing=losing,
        stuck=_stuck(s, actor, now, pages.get("stuck", 1)),
        contacts=cut(
            s,
            _unlinked(actor).order_by(func.max(ExternalFollow.started_at).desc(), ExternalContact.id),
            pages.get("contacts", 1),
            SHOWN,
            NewContact,
        ),
        queue=waiting,
        colleagues=colleagues(s, actor) if waiting.rows else (),
        recycling_live=policy.recycling_live,
        soon_days=policy.release_after_days - policy.remind_after_days,
    )


def open_todo(s: Session, actor: Actor, todo_id: int, now: datetime) -> DueTodo:
    """One of the actor's own to-dos that is still to be done."""
    found = s.execute(_open_todos(actor).where(Todo.id == todo_id)).one_or_none()
    if found is None:
        raise NotFound("没有找到这条待办，或者不是您的")
    return _due(now)(*found)


def unlinked_contact(s: Session, actor: Actor, contact_id: int) -> NewContact:
    """One contact that waits for a customer, if he is a friend of the actor or of somebody he answers for."""
    found = s.execute(_unlinked(actor).where(ExternalContact.id == contact_id)).one_or_none()
    if found is None:
        raise NotFound("没有找到这位联系人：可能已经关联或忽略，或者他不是您的好友")
    return NewContact(*found)


def _open_todos(actor: Actor) -> Select[int, str, datetime, str, str]:
    return (
        select(Todo.id, Todo.text, Todo.due_at, Customer.name, Customer.public_id)
        .outerjoin(
            Customer,
            and_(Customer.id == Todo.customer_id, Customer.merged_into_id.is_(None), sees_customer(actor)),
        )
        .where(Todo.person_id == actor.person_id, TODO_IS_OPEN)
    )


def _todos(s: Session, actor: Actor, now: datetime, page: int) -> Page[DueTodo]:
    tomorrow = at(day_of(now), 0) + timedelta(days=1)
    due = _open_todos(actor).where(Todo.due_at < tomorrow).order_by(Todo.due_at, Todo.id)
    return cut(s, due, page, SHOWN, _due(now))


def _due(now: datetime) -> Callable[[int, str, datetime, str | None, str | None], DueTodo]:
    def row(number: int, text: str, due_at: datetime, customer: str | None, public_id: str | None) -> DueTodo:
        return DueTodo(number, text, due_at, max(0, days_between(due_at, now)), customer or "", public_id or "")

    return row


def _approvals(s: Session, actor: Actor, now: datetime, page: int) -> Page[Item]:
    """As the morning's list has them; `public_id` is of the approval, the quote or the contest."""
    items = approvals_and_quotes(s, actor, now, numbers.current(s), numbers.calendar(s))
    page = min(page, max(1, -(-len(items) // SHOWN)))
    return Page(items[(page - 1) * SHOWN : page * SHOWN], len(items), page, SHOWN)


def _stuck(s: Session, actor: Actor, now: datetime, page: int) -> Page[StuckDeal]:
    """Every open deal in sight that has stood too long, the worst first. What to do about it is the card's business.

    The sweep's question: a customer that nobody holds has nobody to be told, and waits in 等我分配 instead.
    """
    policy, calendar = numbers.current(s), numbers.calendar(s)
    shown = deal_sight(s, eyes(s, actor))

    def row(
        deal: Deal, key: str, limit: int | None, stage: str, owner: str, customer: str, public_id: str, held_by: int
    ) -> StuckDeal:
        allowed = stalled.limit_of(key, limit, policy)
        days = calendar.working_days_between(day_of(deal.stage_since), day_of(now))
        return StuckDeal(
            shown.name(deal, held_by),
            shown.amount(deal, held_by),
            stage,
            owner,
            customer,
            public_id,
            days,
            allowed,
            days >= 2 * allowed,
        )

    standing = (
        deals_for(actor)
        .join(Stage, Stage.id == Deal.stage_id)
        .join(Person, Person.id == Deal.owner_id)
        .add_columns(Stage.key, Stage.days, Stage.label, Person.name, Customer.name, Customer.public_id)
        .add_columns(Customer.owner_id)
        .where(Customer.owner_id.is_not(None), over_the_limit(s, now, policy, calendar))
    )
    worst = case((over_the_limit(s, now, policy, calendar, times=2), 0), else_=1)
    return cut(s, standing.order_by(worst, Deal.stage_since, Deal.id), page, SHOWN, row)


def _unlinked(actor: Actor) -> Select[int, str, str, str, datetime]:
    """Contacts that wait for a customer, each once, however many of us have added him."""
    friends = func.aggregate_strings(Person.name, "、")
    return (
        select(
            ExternalContact.id,
            ExternalContact.name,
            ExternalContact.corp_name,
            friends,
            func.max(ExternalFollow.started_at),
        )
        .join(ExternalFollow, ExternalFollow.external_contact_id == ExternalContact.id)
        .join(Person, Person.id == ExternalFollow.person_id)
        .where(ExternalContact.state == ContactState.UNLINKED, ExternalFollow.ended_at.is_(None), sees_person(actor))
        .group_by(ExternalContact.id, ExternalContact.name, ExternalContact.corp_name)
    )
