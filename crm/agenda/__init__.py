"""What a person has to do today and what is lost otherwise: read by the 08:30 list and the chat alike."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.policy import Policy
from crm.access import Actor, sees_customer
from crm.agenda import customers, deals, verdicts
from crm.agenda.items import Item, ItemKind
from crm.rules.days import WorkCalendar, at, day_of, days_between
from models.customers import Customer
from models.timeline import TODO_IS_OPEN, Todo

_NAME = 16  # characters of a customer's name before what is to be done for him

__all__ = ["Item", "ItemKind", "agenda", "approvals_and_quotes"]


def agenda(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> list[Item]:
    """Everything that needs this person today, most urgent first."""
    items = [
        *_todos(s, actor, now),
        *customers.silent(s, actor, now, policy, calendar),
        *customers.last_days(s, actor, now, policy, calendar),
        *deals.stalls(s, actor, now, policy, calendar),
        *deals.milestones(s, actor, now),
        *customers.contacts(s, actor, now),
        *customers.queue(s, actor, now),
        *customers.lost(s, actor, now),
        *deals.leads(s, actor, now),
        *deals.registrations(s, actor, now, policy),
        *verdicts.all_of(s, actor, now, policy, calendar),
    ]
    return sorted(items, key=_order)


def approvals_and_quotes(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> list[Item]:
    """The part of the list that is about signatures, prices and their verdicts, in the same order."""
    return sorted(verdicts.all_of(s, actor, now, policy, calendar), key=_order)


def _order(item: Item) -> tuple[int, str]:
    return item.sort, item.title


def _todos(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
    tomorrow = at(day_of(now), 0) + timedelta(days=1)
    there = (Customer.id == Todo.customer_id) & Customer.merged_into_id.is_(None) & sees_customer(actor)
    mine = (Todo.person_id == actor.person_id, TODO_IS_OPEN, Todo.due_at < tomorrow)
    due = select(Todo, func.coalesce(Customer.name, "")).outerjoin(Customer, there).where(*mine)
    return [
        Item(
            ItemKind.TODO,
            todo.id,
            todo.public_id,
            f"{customer[:_NAME]}：{todo.text}" if customer else todo.text,
            "今天到期" if late == 0 else f"已过期 {late} 天",
            "答应客户的事会落空",
            0,
        )
        for todo, customer in s.execute(due)
        for late in (max(0, days_between(todo.due_at, now)),)
    ]
