"""What is to be done next at a customer: its open to-dos, each shown to whoever sees the customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from crm.access import Actor, sees_customer
from models.customers import Customer
from models.people import Person
from models.timeline import TODO_IS_OPEN, Todo

LISTED = 20  # to-dos of one customer


@dataclass(frozen=True, slots=True)
class Step:
    """`mine`: the reader's own, which he may tick off."""

    public_id: str
    text: str
    due_at: datetime
    person: str
    mine: bool


def next_steps(s: Session, actor: Actor, customer_ids: Sequence[int]) -> dict[int, Step]:
    """The nearest of each of these customers that has one, by its number, in one statement."""
    found: dict[int, Step] = {}
    for todo, person in s.execute(_open(actor).where(Todo.customer_id.in_(customer_ids))):
        if todo.customer_id is not None:
            found.setdefault(todo.customer_id, _step(actor, todo, person))
    return found


def steps_at(s: Session, actor: Actor, customer_id: int) -> list[Step]:
    """All of one customer, the nearest first."""
    rows = s.execute(_open(actor).where(Todo.customer_id == customer_id).limit(LISTED))
    return [_step(actor, todo, person) for todo, person in rows]


def _open(actor: Actor) -> Select[Todo, str]:
    """His own, and those of the customer's holder: what others have put down for themselves is theirs."""
    return (
        select(Todo, Person.name)
        .join(Person, Person.id == Todo.person_id)
        .join(Customer, Customer.id == Todo.customer_id)
        .where(
            TODO_IS_OPEN,
            sees_customer(actor),
            or_(Todo.person_id == actor.person_id, Todo.person_id == Customer.owner_id),
        )
        .order_by(Todo.due_at, Todo.id)
    )


def _step(actor: Actor, todo: Todo, person: str) -> Step:
    return Step(todo.public_id, todo.text, todo.due_at, person, todo.person_id == actor.person_id)
