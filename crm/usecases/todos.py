"""What a person has promised to do, and the tap that says it is done."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from crm import audit
from crm import policy as numbers
from crm.access import READ, Actor, get_customer, sees_customer
from crm.errors import Gone, Invalid, NotFound
from crm.messages import Tap, cancel, schedule_card
from crm.notices import Notice
from crm.rules.days import SHANGHAI, at, day_of
from models.base import one_of
from models.customers import Customer
from models.digests import Digest, DigestTodo
from models.timeline import TODO_IS_OPEN, TimelineEntry, Todo

WORDS_DELETED = "应联系人要求，已删除"  # stands in a to-do whose words a purge of the chat archive took away


@dataclass(frozen=True, slots=True)
class TodoDone:
    id: int
    public_id: str
    text: str
    due_at: datetime


def add_todo(
    s: Session,
    actor: Actor,
    customer_id: int | str | None,
    text: str,
    due_at: datetime,
    now: datetime,
    *,
    entrance: str,
) -> TodoDone:
    """A to-do of the actor's own, about one of his customers or about none."""
    words = text.replace("\x00", "").strip()
    if not words:
        raise Invalid("待办内容是空的，写一句要做什么就行", {"text": "不能为空"})
    if len(words) > 500:
        raise Invalid("待办请控制在 500 字以内", {"text": "太长"})
    customer = None if customer_id is None else get_customer(s, actor, customer_id, to=READ)
    todo = Todo(
        person_id=actor.person_id,
        customer_id=customer.id if customer else None,
        text=words,
        due_at=due_at,
        created_at=now,
    )
    s.add(todo)
    s.flush()
    _schedule(s, todo, customer.name if customer else "", now)
    audit.record(s, actor.person_id, "add_todo", f"todo:{todo.id}", now, entrance=entrance)
    return TodoDone(todo.id, todo.public_id, todo.text, todo.due_at)


def finish_todo(s: Session, actor: Actor, todo_id: int | str, now: datetime, *, entrance: str) -> str:
    """Tick one's own to-do off, by number or public id. Its text. Gone when it is done, or was taken back, already."""
    todo = _open(s, actor, todo_id, "不用再点")
    todo.done_at = now
    cancel(s, topic_of(todo.id))
    audit.record(s, actor.person_id, "finish_todo", f"todo:{todo.id}", now, entrance=entrance)
    return todo.text


def drop_todo(s: Session, actor: Actor, todo_id: int, now: datetime, *, entrance: str) -> str:
    """Take back a to-do that should not have been made; a second time changes nothing. Its text."""
    todo = _own(s, actor, todo_id)
    if todo.done_at is not None:
        raise Gone(f"「{todo.text[:30]}」已经办完了，没有撤销")
    withdraw_todos(s, [todo.id], now, entrance=entrance, by=actor.person_id)
    return todo.text


def withdraw_todos(
    s: Session, todo_ids: Collection[int], now: datetime, *, entrance: str, by: int | None = None
) -> None:
    """They should not have been made, or what they came of is gone, whoever's they are: nobody is reminded any more.

    What is done stays done. `by` is the person who took them back, None where it was the system.
    """
    open_ones = select(Todo).where(one_of(s, Todo.id, todo_ids), TODO_IS_OPEN)
    for todo in s.scalars(open_ones.order_by(Todo.id).with_for_update()).all():
        todo.withdrawn_at = now
        cancel(s, topic_of(todo.id))
        audit.record(s, by, "drop_todo", f"todo:{todo.id}", now, entrance=entrance)
    s.flush()


def reopen_todo(s: Session, actor: Actor, todo_id: int | str, now: datetime, *, entrance: str) -> str:
    """Take a tick back. Its text. Gone where the to-do itself was taken back, or the digest that it came of."""
    todo = _own(s, actor, todo_id)
    if todo.withdrawn_at is not None:
        raise Gone(f"「{todo.text[:30]}」已经撤销了。还要做的话，再加一条")
    if todo.done_at is not None and _stands_on_nothing(s, todo):
        raise Gone("这条待办来自一条会话摘要，摘要或这句话已经不在了。还要做的话，再加一条")
    if todo.done_at is not None:
        todo.done_at = None
        _schedule(s, todo, _about(s, actor, todo), now)
        audit.record(s, actor.person_id, "reopen_todo", f"todo:{todo.id}", now, entrance=entrance)
    return todo.text


def postpone_todo(
    s: Session, actor: Actor, todo_id: int, due_at: datetime | None, now: datetime, *, entrance: str
) -> tuple[datetime, datetime]:
    """Move one's own to-do to another time, or (None) a day later. When it was due, and when it is now."""
    todo = _open(s, actor, todo_id, "不用推迟")
    was = todo.due_at
    todo.due_at = due_at or max(was, now) + timedelta(days=1)
    cancel(s, topic_of(todo.id))
    _schedule(s, todo, _about(s, actor, todo), now)
    audit.record(s, actor.person_id, "postpone_todo", f"todo:{todo.id}", now, entrance=entrance, was=was.isoformat())
    return was, todo.due_at


@dataclass(frozen=True, slots=True)
class ComingTodo:
    """One after today; `customer` is "" where it is about none, or none that is there for its person any more."""

    id: int
    due_at: datetime
    text: str
    customer: str


def coming(s: Session, actor: Actor, now: datetime, limit: int = 5) -> tuple[list[ComingTodo], int]:
    """The actor's next to-dos after today, among them whatever he has just added, and how many more there are."""
    tomorrow = at(day_of(now), 0) + timedelta(days=1)
    later = (Todo.person_id == actor.person_id, TODO_IS_OPEN, Todo.due_at >= tomorrow)
    just_now = now - timedelta(minutes=numbers.current(s).undo_minutes)
    query = (
        select(Todo.id, Todo.due_at, Todo.text, func.coalesce(Customer.name, ""))
        .outerjoin(Customer, (Customer.id == Todo.customer_id) & _there(actor))
        .where(*later)
        .order_by(Todo.due_at, Todo.id)
        .limit(limit)
    )
    rows = {
        row[0]: ComingTodo(*row) for some in (query, query.where(Todo.created_at > just_now)) for row in s.execute(some)
    }
    total = s.scalar(select(func.count()).select_from(Todo).where(*later)) or 0
    return sorted(rows.values(), key=lambda one: (one.due_at, one.id)), total - len(rows)


def _schedule(s: Session, todo: Todo, customer: str, now: datetime) -> None:
    """The reminder at the moment the person named; one whose moment is past is told by the list."""
    if todo.due_at <= now:
        return
    notice, taps = todo_card(f"到点了：{todo.text}", todo.id, todo.due_at, customer)
    policy = numbers.current(s)
    schedule_card(s, todo.person_id, notice, taps, topic=topic_of(todo.id), due_at=todo.due_at, now=now, policy=policy)


def todo_card(title: str, todo_id: int, due_at: datetime, customer: str) -> tuple[Notice, list[Tap]]:
    about = f" · {customer}" if customer else ""
    notice = Notice(title=title, desc=f"{due_at.astimezone(SHANGHAI):%m-%d %H:%M}{about}")
    taps = [Tap("完成", "finish_todo", {"todo": todo_id}, 1), Tap("推迟一天", "postpone_todo", {"todo": todo_id})]
    return notice, taps


def card_again(s: Session, actor: Actor, todo_id: int) -> tuple[Notice, list[Tap]] | None:
    """The card of one of the actor's own open to-dos, whenever it is due; None where there is none."""
    todo = s.scalar(select(Todo).where(Todo.id == todo_id, Todo.person_id == actor.person_id, TODO_IS_OPEN))
    if todo is None:
        return None
    return todo_card(f"待办：{todo.text}", todo.id, todo.due_at, _about(s, actor, todo))


def topic_of(todo_id: int) -> str:
    """What its reminders are about."""
    return f"todo_due:{todo_id}"


def _about(s: Session, actor: Actor, todo: Todo) -> str:
    """The customer's name, while it is there for him: a to-do outlives the customer's going to somebody else."""
    return s.scalar(select(Customer.name).where(Customer.id == todo.customer_id, _there(actor))) or ""


def _there(actor: Actor) -> ColumnElement[bool]:
    return and_(Customer.merged_into_id.is_(None), sees_customer(actor))


def _stands_on_nothing(s: Session, todo: Todo) -> bool:
    """Whether its words were deleted, or the digest that it came of stands no longer on its customer's timeline."""
    lines = select(TimelineEntry.retracted_at).join(Digest, Digest.entry_id == TimelineEntry.id)
    line = lines.join(DigestTodo, DigestTodo.digest_id == Digest.id).where(DigestTodo.todo_id == todo.id)
    return todo.text == WORDS_DELETED or s.scalar(line) is not None


def _open(s: Session, actor: Actor, todo_id: int | str, needless: str) -> Todo:
    todo = _own(s, actor, todo_id)
    if todo.done_at is not None or todo.withdrawn_at is not None:
        ended = "办完" if todo.done_at is not None else "撤销"
        raise Gone(f"「{todo.text[:30]}」已经{ended}了，{needless}")
    return todo


def _own(s: Session, actor: Actor, todo_id: int | str) -> Todo:
    this = Todo.id == todo_id if isinstance(todo_id, int) else Todo.public_id == todo_id
    todo = s.scalar(select(Todo).where(this, Todo.person_id == actor.person_id).with_for_update())
    if todo is None:
        raise NotFound("没有找到这条待办，或者不是您的")
    return todo
