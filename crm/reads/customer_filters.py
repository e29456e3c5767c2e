"""What a list of customers is narrowed by: words, owner, state, and any field, each in two forms for the store.

A condition that few rows meet is where a statement should begin; one that many meet is only looked at on the way along
the order of the list. `near` is the first form, `passing` the second.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, or_, select, true
from sqlalchemy.orm import aliased

from config.vocabulary import CustomerLevel, FieldKind, FieldObject
from crm.errors import Invalid
from crm.field_store import COLUMNS, column_of
from crm.rules.days import at, day_of
from crm.rules.fields import CHOICES, RANGES, FieldSpec, Value, read
from crm.rules.name_parts import key_of
from crm.silence import paused
from models.customers import Customer
from models.fields import FieldValue
from models.people import Person, Team

EMPTY = "未填"
MOST = 5  # fields that one list is narrowed by
WITHOUT = (FieldKind.ATTACHMENT, FieldKind.COMPANY, FieldKind.LONG_TEXT)  # kinds that no list is narrowed by
_Words = aliased(Customer)


@dataclass(frozen=True, slots=True)
class Where:
    """A field and what it should hold, as typed: 「泵」「离心泵、螺杆泵」「10万..50万」「2026-01-01..」「未填」."""

    key: str
    typed: str


@dataclass(frozen=True, slots=True)
class Filters:
    owner_id: int | None = None
    team_id: int | None = None
    level: CustomerLevel | None = None
    soon: bool = False  # 将回收: reminded of already
    queued: bool = False
    held_beside_id: int | None = None  # by somebody, who is not this one
    unheld: bool = False  # 公海: nobody's, or waiting for a lead
    where: tuple[Where, ...] = ()

    @property
    def by_field(self) -> bool:
        """Whether it goes by a field, which only some may read."""
        return bool(self.where) or self.level is not None


@dataclass(frozen=True, slots=True)
class Condition:
    """`entries`: rows of an index that the near form begins with; `gathers`: without reading all of it.

    `held` is what is asked of a row of one field's values, for a list that walks along these.
    """

    near: ColumnElement[bool]
    passing: ColumnElement[bool]
    entries: Select[int] | None = None
    gathers: bool = False
    field_id: int | None = None
    held: ColumnElement[bool] = field(default_factory=true)


def opaque(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same condition where no planner can begin with it."""
    return case((condition, 1), else_=0) != 0


def conditions(
    query: str, filters: Filters, fields: Sequence[FieldSpec], now: datetime, remind_after: int
) -> list[Condition]:
    """Everything the list is narrowed by, but for whose customers they are. Invalid says what was not understood."""
    known = {spec.key: spec for spec in fields}
    plain: list[ColumnElement[bool]] = []
    if filters.owner_id is not None:
        plain.append(Customer.owner_id == filters.owner_id)
    if filters.team_id is not None:
        top = select(Team.path).where(Team.id == filters.team_id).scalar_subquery()
        teams = select(Team.id).where(Team.path.startswith(top))
        people = select(Person.id).where(Person.team_id.in_(teams))
        plain.append(or_(Customer.owner_id.in_(people), Customer.queue_team_id.in_(teams)))
    if filters.level is not None:
        if "level" not in known:
            raise _not_understood(Where("level", filters.level), "没有这个字段")
        plain.append(Customer.level == filters.level)
    if filters.soon:
        plain.append(Customer.owner_id.is_not(None))
        plain.append(~paused())
        plain.append(Customer.silent_since < at(day_of(now), 0) - timedelta(days=remind_after - 1))
    if filters.held_beside_id is not None:
        plain.append(Customer.owner_id.is_not(None))
        plain.append(Customer.owner_id != filters.held_beside_id)
    if filters.unheld:
        plain.append(Customer.owner_id.is_(None))
    if filters.queued:
        plain.append(Customer.queue_team_id.is_not(None))
    found = [Condition(one, opaque(one)) for one in plain]
    if query.strip():
        found.append(_said(query.strip()))
    if len(filters.where) > MOST:
        raise Invalid(f"最多同时按 {MOST} 个字段筛选", {"where": "请去掉一些条件"})
    return found + [_field(known.get(one.key), one, day_of(now)) for one in filters.where]


def _said(typed: str) -> Condition:
    """The name, its pinyin and its initials. The near form reads nothing but an index, where all names stand."""
    key, spoken = key_of(typed), typed.casefold()

    def holds(customer: Any) -> ColumnElement[bool]:
        if not key:
            return customer.name.contains(typed, autoescape=True)  # type: ignore[no-any-return]
        by_name: ColumnElement[bool] = customer.name_key.contains(key, autoescape=True)
        if not spoken.isascii():  # no pinyin has Chinese letters
            return by_name
        return or_(by_name, customer.pinyin.contains(spoken, autoescape=True))

    return Condition(holds(Customer), opaque(holds(Customer)), select(_Words.id).where(holds(_Words)))


def _field(spec: FieldSpec | None, where: Where, today: date) -> Condition:
    if spec is None:
        raise _not_understood(where, "没有这个字段")
    if spec.kind in WITHOUT:
        raise _not_understood(where, "这种字段不能筛选")
    try:
        if spec.built_in:
            return _in_column(spec, where, today)
        return _in_value(spec, where, today)
    except ValueError as error:
        raise _not_understood(where, f"「{spec.label}」{error}") from None


def _in_column(spec: FieldSpec, where: Where, today: date) -> Condition:
    column = getattr(Customer, column_of(spec))
    if where.typed == EMPTY:
        none: ColumnElement[bool] = column.is_(None)
        # A text column says "" for nothing; to compare a number with "" would be wrong.
        texts = spec.kind in (FieldKind.TEXT, FieldKind.REGION, FieldKind.SELECT) and column_of(spec) == spec.key
        none = or_(none, column == "") if texts else none
        return Condition(none, opaque(none))
    if spec.key == "campaign":
        ids = [one.id for one in spec.options if one.key in _choices(spec, where.typed, today)]
        held: ColumnElement[bool] = column.in_(ids)
    elif spec.kind in CHOICES:
        held = column.in_(_choices(spec, where.typed, today))
    else:
        held = _holds(column, spec, where.typed, today)
    return Condition(held, opaque(held))


def _in_value(spec: FieldSpec, where: Where, today: date) -> Condition:
    """Of the fields that operations added: begun at the value's own index, or asked of each customer passed."""
    column = getattr(FieldValue, COLUMNS[spec.kind])
    here = values_here(spec)
    if where.typed == EMPTY:
        first = here.limit(1).scalar_subquery()
        return Condition(first.is_(None), first.is_(None))
    if spec.kind in CHOICES:
        chosen = _choices(spec, where.typed, today)
        held: ColumnElement[bool] = column.in_([one.id for one in spec.options if one.key in chosen])
    else:
        held = _holds(column, spec, where.typed, today)
    filled = column.is_not(None)  # said in so many words, since the index holds only those
    entries = select(FieldValue.object_id).where(FieldValue.field_id == spec.id, filled, held).correlate(None)
    passing: ColumnElement[bool] = here.where(opaque(held)).limit(1).scalar_subquery().is_not(None)
    if spec.kind in CHOICES:
        passing = or_(false(), *(_held_here(spec, column == one.id) for one in spec.options if one.key in chosen))
    gathers = spec.kind in CHOICES or spec.kind in RANGES
    return Condition(Customer.id.in_(entries) if gathers else passing, passing, entries, gathers, spec.id, held)


def _held_here(spec: FieldSpec, chosen: ColumnElement[bool]) -> ColumnElement[bool]:
    """One choice at a time, since its index then ends with the customer and the row itself need not be read."""
    mine = select(FieldValue.object_id).where(
        FieldValue.field_id == spec.id, chosen, FieldValue.object_id == Customer.id
    )
    return mine.correlate(Customer).limit(1).scalar_subquery().is_not(None)


def values_here(spec: FieldSpec) -> Select[int]:
    """What a customer of the list has of a field, whatever else the list is joined with."""
    return (
        select(FieldValue.id)
        .where(
            FieldValue.object_kind == FieldObject.CUSTOMER,
            FieldValue.object_id == Customer.id,
            FieldValue.field_id == spec.id,
        )
        .correlate(Customer)
    )


def _holds(column: Any, spec: FieldSpec, typed: str, today: date) -> ColumnElement[bool]:
    if spec.kind in RANGES:
        low, between, high = typed.partition("..")
        if not between:
            return column == _one(spec, typed, today)  # type: ignore[no-any-return]
        least, most = (_one(spec, end, today) if end.strip() else None for end in (low, high))
        if least is None and most is None:
            raise ValueError("的范围要有一头，例如 10..50")
        if least is not None and most is not None and least > most:  # type: ignore[operator]
            raise ValueError(f"的范围写反了，「{low.strip()}」应该在后面，请对调")
        bounds = [] if least is None else [column >= least]
        bounds += [] if most is None else [column <= most]
        return and_(*bounds)
    words = str(_one(spec, typed, today) if spec.kind is FieldKind.REGION else typed.strip())
    if spec.kind is FieldKind.REGION:
        return column.startswith(words, autoescape=True)  # type: ignore[no-any-return]
    return column.contains(words, autoescape=True)  # type: ignore[no-any-return]


def _one(spec: FieldSpec, typed: str, today: date) -> Decimal | date | str:
    value = read(spec, typed, today)
    if value is None or isinstance(value, tuple):
        raise ValueError("要填一个值")
    return value


def _choices(spec: FieldSpec, typed: str, today: date) -> list[str]:
    several = FieldSpec(spec.key, spec.label, FieldKind.MULTI_SELECT, options=spec.options)
    kept = tuple(one.key for one in spec.options if one.retired)  # what is not offered any more is still looked for
    value: Value = read(several, typed, today, kept)
    if not isinstance(value, tuple):
        raise ValueError("要选一项")
    return list(value)


def _not_understood(where: Where, why: str) -> Invalid:
    return Invalid(f"筛选条件没看懂：{why}", {"where": f"{where.key[:40]}：{why}"})
