"""What a person has promised to do, and the tap that says it is done."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import audit
from crm.access import Actor, get_customer
from crm.errors import Invalid, NotFound
from models.timeline import Todo


@dataclass(frozen=True, slots=True)
class TodoDone:
    id: int
    public_id: str
    text: str
    due_at: datetime


def add_todo(
    s: Session, actor: Actor, customer_id: int | None, text: str, due_at: datetime, now: datetime, *, entrance: str
) -> TodoDone:
    """A to-do of the actor's own, about one of his customers or about none."""
    words = text.replace("\x00", "").strip()
    if not words:
        raise Invalid("待办内容是空的，写一句要做什么就行", {"text": "不能为空"})
    if len(words) > 500:
        raise Invalid("待办请控制在 500 字以内", {"text": "太长"})
    customer = None if customer_id is None else get_customer(s, actor, customer_id)
    todo = Todo(
        person_id=actor.person_id,
        customer_id=customer.id if customer else None,
        text=words,
        due_at=due_at,
        created_at=now,
    )
    s.add(todo)
    s.flush()
    audit.record(s, actor.person_id, "add_todo", f"todo:{todo.id}", now, entrance=entrance)
    return TodoDone(todo.id, todo.public_id, todo.text, todo.due_at)


def finish_todo(s: Session, actor: Actor, todo_id: int, now: datetime, *, entrance: str) -> str:
    """Tick one's own to-do off; again changes nothing. Its text."""
    todo = _own(s, actor, todo_id)
    if todo.done_at is None:
        todo.done_at = now
        audit.record(s, actor.person_id, "finish_todo", f"todo:{todo.id}", now, entrance=entrance)
    return todo.text


def reopen_todo(s: Session, actor: Actor, todo_id: int, now: datetime, *, entrance: str) -> str:
    todo = _own(s, actor, todo_id)
    if todo.done_at is not None:
        todo.done_at = None
        audit.record(s, actor.person_id, "reopen_todo", f"todo:{todo.id}", now, entrance=entrance)
    return todo.text


def postpone_todo(
    s: Session, actor: Actor, todo_id: int, due_at: datetime, now: datetime, *, entrance: str
) -> datetime:
    """Move one's own to-do to another time; when it was due before."""
    todo = _own(s, actor, todo_id)
    was = todo.due_at
    audit.record(s, actor.person_id, "postpone_todo", f"todo:{todo.id}", now, entrance=entrance, was=was.isoformat())
    todo.due_at = due_at
    return was


def _own(s: Session, actor: Actor, todo_id: int) -> Todo:
    todo = s.scalar(select(Todo).where(Todo.id == todo_id, Todo.person_id == actor.person_id).with_for_update())
    if todo is None:
        raise NotFound("没有找到这条待办，或者不是您的")
    return todo
