"""我的日报: what one person did on a day, from what he wrote down anyway."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.vocabulary import StageKind, TimelineKind
from crm.access import Actor, sees_customer
from crm.rules.consents import WORDS_GONE
from crm.rules.days import at
from models.customers import Customer
from models.deals import Deal, Stage, StagePeriod
from models.quotes import Quote
from models.timeline import TimelineEntry, Todo

_SHOWN = 50  # lines of one kind: more than anybody does in a day
_Moment = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]


@dataclass(frozen=True, slots=True)
class Done:
    """Things of one kind: how many, and a line for each of the first, `about` a customer, a deal or nothing."""

    total: int
    lines: Sequence[tuple[str, str]]  # (about, what)


@dataclass(frozen=True, slots=True)
class MyDay:
    """The day of who asks, as far as its customers are still there for him.

    `follow_ups` are what counts as one, summed-up talks among them; `uncounted` is how many more do not count.
    """

    day: date
    follow_ups: Done
    uncounted: int
    visits: Done
    moves: Done
    quotes: Done
    todos: Done
    new_customers: Done

    @property
    def empty(self) -> bool:
        parts = (self.follow_ups, self.visits, self.moves, self.quotes, self.todos, self.new_customers)
        return not self.uncounted and not any(part.total for part in parts)


def my_day(s: Session, actor: Actor, day: date) -> MyDay:
    """What was done on a day in Shanghai. A visit or a talk counts from the day it happened, whenever it arrived."""
    noted = _written(actor, day, TimelineKind.FOLLOW_UP, TimelineKind.DIGEST)
    return MyDay(
        day=day,
        follow_ups=_done(s, noted.where(TimelineEntry.counts)),
        uncounted=_number(s, noted.where(~TimelineEntry.counts)),
        visits=_done(s, _written(actor, day, TimelineKind.VISIT).where(TimelineEntry.counts)),
        moves=_moved(s, actor, day),
        quotes=_done(s, _quoted(actor, day)),
        todos=_done(s, _ticked(actor, day)),
        new_customers=_done(s, _founded(actor, day)),
    )


def _written(actor: Actor, day: date, *kinds: TimelineKind) -> Select[str, str]:
    entry = TimelineEntry
    return (
        select(Customer.name, entry.text)
        .join(Customer, Customer.id == entry.customer_id)
        .where(
            entry.author_id == actor.person_id, entry.kind.in_(kinds), entry.retracted_at.is_(None),
            _on(entry.at, day), entry.text.not_in(WORDS_GONE), sees_customer(actor),
        )
        .order_by(entry.at, entry.id)
    )  # fmt: skip


def _moved(s: Session, actor: Actor, day: date) -> Done:
    """Where the deals that he moved stood in the end; a deal that was only opened today is one of them."""
    last = select(func.max(StagePeriod.id)).where(
        StagePeriod.actor_id == actor.person_id, _on(StagePeriod.started_at, day)
    )
    return _done(
        s,
        select(Deal.name, Stage.label)
        .join(StagePeriod, StagePeriod.deal_id == Deal.id)
        .join(Stage, Stage.id == StagePeriod.stage_id)
        .join(Customer, Customer.id == Deal.customer_id)
        .where(StagePeriod.id.in_(last.group_by(StagePeriod.deal_id)), sees_customer(actor))
        .order_by(Stage.kind == StageKind.OPEN, StagePeriod.id),
    )


def _quoted(actor: Actor, day: date) -> Select[str, str]:
    return (
        select(Customer.name, Quote.number)
        .join(Customer, Customer.id == Quote.customer_id)
        .where(Quote.owner_id == actor.person_id, _on(Quote.made_at, day), sees_customer(actor))
        .order_by(Quote.id)
    )


def _ticked(actor: Actor, day: date) -> Select[str, str]:
    return (
        select(func.coalesce(Customer.name, ""), Todo.text)
        .outerjoin(Customer, (Customer.id == Todo.customer_id) & sees_customer(actor))
        .where(Todo.person_id == actor.person_id, _on(Todo.done_at, day), Todo.text.not_in(WORDS_GONE))
        .order_by(Todo.done_at, Todo.id)
    )


def _founded(actor: Actor, day: date) -> Select[str, str]:
    return (
        select(Customer.name, Customer.name)
        .where(
            Customer.created_by_id == actor.person_id, _on(Customer.created_at, day), Customer.merged_into_id.is_(None),
            sees_customer(actor),
        )
        .order_by(Customer.id)
    )  # fmt: skip


def _on(moment: _Moment, day: date) -> ColumnElement[bool]:
    return and_(moment >= at(day, 0), moment < at(day, 0) + timedelta(days=1))


def _done(s: Session, query: Select[str, str]) -> Done:
    lines = [(about, _left(what)) for about, what in s.execute(query.limit(_SHOWN))]
    total = len(lines)
    return Done(_number(s, query) if total == _SHOWN else total, lines)


def _left(what: str) -> str:
    """Without the lines that only tell of words shown no longer."""
    return "\n".join(line for line in what.split("\n") if line not in WORDS_GONE)


def _number(s: Session, query: Select[str, str]) -> int:
    return s.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
