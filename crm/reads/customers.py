"""The customers one may see, as a list with 「还剩几天，为什么」: a page in few questions, however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, select, true
from sqlalchemy.orm import Session, aliased

from config.vocabulary import CooperationStage, CustomerLevel, FieldObject, label
from crm import policy as numbers
from crm.access import Actor, Sight, sees_customer, sight
from crm.field_store import stored_value
from crm.forms import groups_of, specs
from crm.reads.customer_filters import EMPTY, MOST, WITHOUT, Condition, Filters, Where, conditions, opaque
from crm.reads.customer_sorts import SORTABLE, SORTS, Order, Place, Stretch, order_by
from crm.rules.fields import FieldSpec, Value, say
from crm.silence import silences_of
from models.base import one_of
from models.customers import Customer
from models.fields import FieldValue
from models.people import Person, Team

__all__ = [
    "EMPTY",
    "MOST",
    "SORTS",
    "CustomerRow",
    "Filters",
    "Page",
    "Place",
    "Where",
    "filterable",
    "list_customers",
    "open_fields",
    "sortable",
]

T = TypeVar("T")
COUNTED = 3_000  # customers that are counted; beyond, a list is "more than"
SEARCHED = 1_000  # the same where words or fields are asked for: no index counts these together, each is looked at
_GATHERED = 20_000  # rows of a field's index that are gathered before anything else is asked
_DEEPEST = 1_000  # rows into a list that is not counted; nobody reads further, he narrows it down


def _pages(rows: int, size: int) -> int:
    return max(1, -(-rows // size))


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`number` counts from 1; `total` is of all pages, and `more` says that it is only what was counted.

    `deepest` is the last row that pages can be turned to.
    """

    rows: Sequence[T]
    total: int
    number: int
    size: int
    more: bool = False
    deepest: int | None = None

    @property
    def pages(self) -> int:
        reach = self.total if self.deepest is None else min(self.total, self.deepest)
        return _pages(reach, self.size)


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """`days_left` is None where nobody holds it or the clock stands still; `why` says it in a sentence.

    `sorted_by` is what the field holds that the list is sorted by.
    """

    id: int
    public_id: str
    name: str
    level: str
    stage: str
    region: str
    owner: str
    team: str
    queued: bool
    last_activity_at: datetime | None
    silent_days: int
    days_left: int | None
    why: str
    place: Place
    sorted_by: str = ""


_Owner = aliased(Person)
_EVERYTHING = Filters()


@dataclass(frozen=True, slots=True)
class _Scope:
    """The rows of a list: by their numbers if they are few, else by what they meet."""

    ids: Sequence[int] | None = None
    seen: ColumnElement[bool] = field(default_factory=true)
    wanted: Sequence[Condition] = ()


def list_customers(
    s: Session,
    actor: Actor,
    *,
    query: str,
    sort: str,
    page: int,
    size: int,
    now: datetime,
    filters: Filters = _EVERYTHING,
    after: Place | None = None,
) -> Page[CustomerRow]:
    """One page of the customers this actor may see. `query` matches the name, its pinyin and its initials.

    `sort` is one of `SORTS` or a field's. `after` begins behind a row's place instead of counting pages: whatever moves
    meanwhile, nobody else is skipped.
    """
    policy, calendar = numbers.current(s), numbers.calendar(s)
    seen = sight(s, actor, FieldObject.CUSTOMER)
    fields = _open(s, seen) if filters.by_field or "field:" in sort else ()
    order = order_by(sort, fields)
    wanted = conditions(query, filters, fields, now, policy.remind_after_days)
    most = SEARCHED if query.strip() or filters.where else COUNTED
    total, scope = _scope(s, actor, wanted, most)
    more = total > most
    if more:
        page = min(page, _pages(_DEEPEST, size))
    shown = _rows(s, scope, order, (page - 1) * size, size, after)
    whole = _with_holders(s, [customer_id for _, customer_id, *_ in shown])
    verdicts = silences_of(s, [customer for customer, *_ in whole.values()], now, policy, calendar)
    groups = groups_of(s, FieldObject.CUSTOMER, ("level", "cooperation_stage", "region"))
    found = []
    for number, customer_id, *keys in shown:
        customer, owner, team = whole[customer_id]
        verdict = verdicts[customer.id]
        held = customer.owner_id is not None
        whose = customer.id, customer.owner_id
        found.append(
            CustomerRow(
                id=customer.id,
                public_id=customer.public_id,
                name=customer.name,
                level=seen.shown(*whose, groups["level"], label(CustomerLevel(customer.level))),
                stage=seen.shown(
                    *whose, groups["cooperation_stage"], label(CooperationStage(customer.cooperation_stage))
                ),
                region=seen.shown(*whose, groups["region"], customer.region),
                owner=owner,
                team=team,
                queued=customer.queue_team_id is not None,
                last_activity_at=customer.last_activity_at,
                silent_days=verdict.days,
                days_left=verdict.days_left if held and not verdict.paused else None,
                why=verdict.reason if held else f"等待主管分配，已等 {verdict.days} 天",
                place=order.place(number, keys, customer.public_id),
                sorted_by=_sorted_by(order.spec, keys),
            )
        )
    return Page(found, min(total, most), page, size, more, _DEEPEST if more else None)


def open_fields(s: Session, actor: Actor) -> list[FieldSpec]:
    """Whoever may not read a field learns nothing of it by filtering or by order either."""
    return _open(s, sight(s, actor, FieldObject.CUSTOMER))


def _open(s: Session, seen: Sight) -> list[FieldSpec]:
    return [spec for spec in specs(s, FieldObject.CUSTOMER) if spec.group in seen.groups and not spec.retired]


def filterable(fields: Sequence[FieldSpec]) -> list[FieldSpec]:
    """Of the open fields those that `Where` may name."""
    return [spec for spec in fields if spec.kind not in WITHOUT]


def sortable(fields: Sequence[FieldSpec]) -> list[FieldSpec]:
    """Of the open fields those that a list may stand in the order of."""
    return [spec for spec in fields if spec.kind in SORTABLE]


def _scope(s: Session, actor: Actor, wanted: Sequence[Condition], most: int) -> tuple[int, _Scope]:
    """How many there are, counted to a limit, and how to ask for some of them."""
    there, seen = Customer.merged_into_id.is_(None), sees_customer(actor)
    wanted = [_sized(s, one) for one in wanted]
    ids = s.scalars(select(Customer.id).where(there, seen, *(one.near for one in wanted)).limit(most + 1)).all()
    if len(ids) <= most:
        return len(ids), _Scope(ids=ids)
    return len(ids), _Scope(seen=opaque(and_(there, seen)), wanted=wanted)


def _sized(s: Session, wanted: Condition) -> Condition:
    """The same condition, near if few rows meet it: then by their numbers where to find them was work."""
    if wanted.entries is None:
        return wanted
    if wanted.gathers:
        many = s.scalar(wanted.entries.offset(_GATHERED).limit(1)) is not None
        return replace(wanted, near=wanted.passing) if many else wanted
    ids = s.scalars(wanted.entries.limit(COUNTED + 1)).all()
    if len(ids) > COUNTED:
        return wanted
    listed = one_of(s, Customer.id, ids)
    return replace(wanted, near=listed, passing=opaque(listed))


def _rows(s: Session, scope: _Scope, order: Order, skip: int, size: int, after: Place | None) -> list[tuple[Any, ...]]:
    """The page's rows, each with the number of its stretch; a stretch that was passed over is counted, not read."""
    first, beyond = (0, None) if after is None else order.begin(after)
    found: list[tuple[Any, ...]] = []
    for number, stretch in enumerate(order.stretches[first:], start=first):
        query = _many(stretch, scope) if scope.ids is None else _few(s, stretch, scope.ids)
        if beyond is not None:
            query = query.where(beyond)
            beyond = None
        keys = [*stretch.keys, stretch.tie]
        if scope.ids is not None:  # a key inside coalesce is the same key, but no index leads along it
            keys = [func.coalesce(key, key) for key in keys]
        by = (key.desc() if order.down else key.asc() for key in keys)
        rows = s.execute(query.order_by(*by).limit(size - len(found)).offset(skip)).all()
        found += [(number, *row) for row in rows]  # ids and keys alone: what is passed over is not fetched
        if len(found) >= size or number + 1 == len(order.stretches):
            break
        passed = select(func.count()).select_from(query.limit(skip).subquery())
        skip = 0 if rows or not skip else skip - (s.scalar(passed) or 0)
    return found


def _few(s: Session, stretch: Stretch, ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """The numbers and keys of customers that are known, looked up and then sorted."""
    query = select(stretch.tie, *stretch.keys).where(opaque(stretch.where), one_of(s, stretch.tie, ids))
    if stretch.field_id is not None:
        query = query.where(FieldValue.object_kind == FieldObject.CUSTOMER, FieldValue.field_id == stretch.field_id)
    return query


def _many(stretch: Stretch, scope: _Scope) -> Select[*tuple[Any, ...]]:
    """The numbers and keys of those that meet what is asked, walked along the index of the order."""
    asked = (one.held if one.field_id and one.field_id == stretch.field_id else one.passing for one in scope.wanted)
    query = select(stretch.tie, *stretch.keys).where(scope.seen, stretch.where, *asked)
    if stretch.field_id is None:
        return query
    mine = (FieldValue.object_id == Customer.id) & (FieldValue.object_kind == FieldObject.CUSTOMER)
    return query.where(mine, FieldValue.field_id == stretch.field_id)


def _with_holders(s: Session, ids: Sequence[int]) -> dict[int, tuple[Customer, str, str]]:
    """The customers of a page, each with its owner's name and the name of the team that holds it."""
    team = func.coalesce(_Owner.team_id, Customer.queue_team_id)
    query = select(Customer, _Owner.name, Team.name).where(Customer.id.in_(ids))
    rows = s.execute(query.outerjoin(_Owner, _Owner.id == Customer.owner_id).outerjoin(Team, Team.id == team))
    return {customer.id: (customer, owner or "", team or "") for customer, owner, team in rows}


def _sorted_by(spec: FieldSpec | None, keys: Sequence[Value]) -> str:
    return "" if spec is None or not keys else say(spec, stored_value(spec, keys[0]))
