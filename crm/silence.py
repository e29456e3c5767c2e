"""How long a customer has been silent, and what stops its clock: 「还剩几天，为什么」 judged from the store."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from config.policy import Policy
from config.vocabulary import StageKind
from crm.rules import recycling
from crm.rules.days import WorkCalendar, day_of
from models.base import one_of
from models.customers import Customer
from models.deals import Deal, Stage
from models.messages import OutboxMessage

_PAUSING = or_(Stage.kind == StageKind.WON, Stage.key == "contract_review")
_AT_ONCE = 500  # ids in one statement: a database's limit on parameters is not ours to meet

T = TypeVar("T")


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """`itertools.batched`, which Python 3.11 lacks."""
    rest = iter(things)
    while some := list(islice(rest, size)):
        yield some


def silence_key(customer_id: int, silent_since: datetime) -> str:
    """The topic of a reminder: one silence of one customer."""
    return f"silent:{customer_id}:{silent_since:%Y%m%d%H%M%S%f}"


def silences_over(s: Session, topics: Collection[str]) -> set[str]:
    """Of topics of reminders those whose silence has ended, or whose customer nobody holds any more."""
    about = {topic: int(topic.split(":")[1]) for topic in topics if topic.startswith("silent:")}
    held = (one_of(s, Customer.id, about.values()), Customer.owner_id.is_not(None), Customer.merged_into_id.is_(None))
    rows = s.execute(select(Customer.id, Customer.silent_since).where(*held)).all() if about else ()
    return about.keys() - {silence_key(customer_id, since) for customer_id, since in rows}


def silence_of(
    s: Session, customer: Customer, now: datetime, policy: Policy, calendar: WorkCalendar
) -> recycling.Verdict:
    """「还剩几天，为什么」 of one held customer, judged from the store."""
    return silences_of(s, [customer], now, policy, calendar)[customer.id]


def silences_of(
    s: Session, customers: Sequence[Customer], now: datetime, policy: Policy, calendar: WorkCalendar
) -> dict[int, recycling.Verdict]:
    """The verdict on each customer, by id: two queries, however many there are."""
    reminded, paused = _first_reminders(s, customers), _pauses(s, [c.id for c in customers])
    return {
        c.id: recycling.judge(c.silent_since, now, policy, calendar, reminded.get(c.id), paused.get(c.id, ""))
        for c in customers
    }


def _first_reminders(s: Session, customers: Sequence[Customer]) -> dict[int, date]:
    """The day on which the first reminder of each running silence was due."""
    topics = {silence_key(c.id, c.silent_since): c.id for c in customers}
    found: dict[int, date] = {}
    for some in batched(topics, _AT_ONCE):
        rows = s.execute(
            select(OutboxMessage.topic, func.min(OutboxMessage.due_at))
            .where(OutboxMessage.topic.in_(some))
            .group_by(OutboxMessage.topic)
        )
        found |= {topics[topic]: day_of(due_at) for topic, due_at in rows.all()}
    return found


def _pauses(s: Session, customer_ids: Sequence[int]) -> dict[int, str]:
    """Why a customer's clock stands still; customers whose clock runs are not in it."""
    found: dict[int, str] = {}
    for some in batched(customer_ids, _AT_ONCE):
        rows = s.execute(
            select(Deal.customer_id, Stage.kind)
            .join(Stage, Stage.id == Deal.stage_id)
            .where(Deal.customer_id.in_(some), _PAUSING)
        ).all()
        found |= {row.customer_id: "合同审批中" for row in rows if row.kind != StageKind.WON}
        found |= {row.customer_id: "已有成交" for row in rows if row.kind == StageKind.WON}
    return found


def pause_of(s: Session, customer_id: int) -> str:
    """Why this customer's clock stands still, "" where it runs."""
    return _pauses(s, [customer_id]).get(customer_id, "")


def paused() -> ColumnElement[bool]:
    """The condition under which a customer's silence clock stands still, for lists."""
    deals = select(Deal.id).join(Stage, Stage.id == Deal.stage_id).where(Deal.customer_id == Customer.id, _PAUSING)
    # Not `exists`: for the fifty rows of a page PostgreSQL would first gather the deals of all customers.
    return deals.limit(1).scalar_subquery().is_not(None)
