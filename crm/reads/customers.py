"""The customers one may see, as a list with 「还剩几天，为什么」."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import CustomerLevel, label
from crm import policy as numbers
from crm.access import Actor, sees_customer
from crm.errors import Invalid
from crm.rules.days import at, day_of
from crm.rules.naming import name_key
from crm.silence import paused, silences_of
from models.customers import Customer
from models.people import Person, Team

T = TypeVar("T")
# Where a row stands in its sort: the values it is ordered by, and the public id that breaks a tie.
Place = tuple[int | str | datetime, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`number` counts from 1; `total` is of all pages."""

    rows: Sequence[T]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """`days_left` is None where nobody holds it or the clock stands still; `why` says it in a sentence."""

    id: int
    public_id: str
    name: str
    level: str
    region: str
    owner: str
    team: str
    queued: bool
    last_activity_at: datetime | None
    silent_days: int
    days_left: int | None
    why: str
    place: Place


@dataclass(frozen=True, slots=True)
class Filters:
    owner_id: int | None = None
    team_id: int | None = None
    level: CustomerLevel | None = None
    soon: bool = False  # 将回收: reminded of already
    queued: bool = False


_Owner = aliased(Person)
_Last = aliased(Customer)
# Never null, so that what comes after a row can be asked for: who was never spoken with stands at the end.
_NEVER = literal(datetime(1, 1, 1, tzinfo=UTC), Customer.last_activity_at.type)
_SPOKEN = func.coalesce(Customer.last_activity_at, _NEVER)
# Whoever has no days left to count stands behind those who have, the queued like the paused.
_NO_DAYS = case((or_(Customer.owner_id.is_(None), paused()), 1), else_=0)
# What each sort goes by, and whether downwards; equals stand by id, in the same direction.
SORTS: Mapping[str, tuple[bool, tuple[ColumnElement[Any], ...]]] = {
    "days_left": (False, (_NO_DAYS, Customer.silent_since.expression)),
    "name": (False, (Customer.pinyin.expression, Customer.name.expression)),
    "last_activity": (True, (_SPOKEN,)),
    "newest": (True, (Customer.created_at.expression,)),
}


def list_customers(
    s: Session,
    actor: Actor,
    *,
    query: str,
    sort: str,
    page: int,
    size: int,
    now: datetime,
    filters: Filters = Filters(),
    after: Place | None = None,
) -> Page[CustomerRow]:
    """One page of the customers this actor may see. `query` matches the name, its pinyin and its initials.

    `after` begins behind a row's place instead of counting pages: whatever moves meanwhile, nobody else is skipped.
    """
    if sort not in SORTS:
        raise Invalid("没有这种排序方式", {"sort": "可选：" + "、".join(SORTS)})
    policy, calendar = numbers.current(s), numbers.calendar(s)
    wanted = [
        Customer.merged_into_id.is_(None),
        sees_customer(actor),
        *_wanted(query, filters, now, policy.remind_after_days),
    ]
    total = s.scalar(select(func.count()).select_from(Customer).where(*wanted)) or 0
    down, keys = SORTS[sort]
    rows = s.execute(
        _with_holder(select(Customer, _Owner.name, Team.name, *keys))
        .where(*wanted, *([] if after is None else [_beyond(sort, after)]))
        .order_by(*(key.desc() if down else key.asc() for key in (*keys, Customer.id)))
        .limit(size)
        .offset((page - 1) * size)
    )
    shown = rows.all()
    verdicts = silences_of(s, [row[0] for row in shown], now, policy, calendar)
    found = []
    for customer, owner, team, *place in shown:
        verdict = verdicts[customer.id]
        held = customer.owner_id is not None
        found.append(
            CustomerRow(
                id=customer.id,
                public_id=customer.public_id,
                name=customer.name,
                level=label(CustomerLevel(customer.level)),
                region=customer.region,
                owner=owner or "",
                team=team or "",
                queued=customer.queue_team_id is not None,
                last_activity_at=customer.last_activity_at,
                silent_days=verdict.days,
                days_left=verdict.days_left if held and not verdict.paused else None,
                why=verdict.reason if held else f"等待主管分配，已等 {verdict.days} 天",
                place=(*place, customer.public_id),
            )
        )
    return Page(found, total, page, size)


def _beyond(sort: str, place: Place) -> ColumnElement[bool]:
    """Later in the sort by the first value that differs."""
    down, keys = SORTS[sort]
    *values, public_id = place
    number = select(_Last.id).where(_Last.public_id == public_id).scalar_subquery()
    beyond = Customer.id < number if down else Customer.id > number
    for key, value in zip(reversed(keys), reversed(values), strict=True):
        beyond = or_(key < value if down else key > value, and_(key == value, beyond))
    return beyond


def _wanted(query: str, filters: Filters, now: datetime, remind_after: int) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    typed = query.strip()
    if typed:
        like = typed.casefold()
        conditions.append(
            or_(
                Customer.name.contains(typed, autoescape=True),
                Customer.name_key.contains(name_key(typed), autoescape=True),
                Customer.pinyin.contains(like, autoescape=True),
            )
        )
    if filters.owner_id is not None:
        conditions.append(Customer.owner_id == filters.owner_id)
    if filters.team_id is not None:
        top = select(Team.path).where(Team.id == filters.team_id).scalar_subquery()
        teams = select(Team.id).where(Team.path.startswith(top))
        people = select(Person.id).where(Person.team_id.in_(teams))
        conditions.append(or_(Customer.owner_id.in_(people), Customer.queue_team_id.in_(teams)))
    if filters.level is not None:
        conditions.append(Customer.level == filters.level)
    if filters.soon:
        conditions.append(Customer.owner_id.is_not(None))
        conditions.append(~paused())
        conditions.append(Customer.silent_since < at(day_of(now), 0) - timedelta(days=remind_after - 1))
    if filters.queued:
        conditions.append(Customer.queue_team_id.is_not(None))
    return conditions


def _with_holder(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    team = func.coalesce(_Owner.team_id, Customer.queue_team_id)
    return query.outerjoin(_Owner, _Owner.id == Customer.owner_id).outerjoin(Team, Team.id == team)
