"""What a person has to do today and what is lost otherwise: read by the 08:30 list and the chat alike."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import Policy
from crm.access import Actor
from crm.agenda import customers, deals, verdicts
from crm.agenda.items import Item, ItemKind
from crm.rules.days import WorkCalendar, at, day_of, days_between
from models.timeline import TODO_IS_OPEN, Todo

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
    due = select(Todo).where(Todo.person_id == actor.person_id, TODO_IS_OPEN, Todo.due_at < tomorrow)
    return [
        Item(
            ItemKind.TODO,
            todo.id,
            todo.public_id,
            todo.text,
            "今天到期" if late == 0 else f"已过期 {late} 天",
            "答应客户的事会落空",
            0,
        )
        for todo in s.scalars(due)
        for late in (max(0, days_between(todo.due_at, now)),)
    ]
