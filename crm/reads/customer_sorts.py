"""The orders a list of customers can stand in, each walked along an index however many customers there are.

An order is cut into stretches: those who have what it goes by, and behind them those who have not. No stretch sorts
by a null or by something worked out per row, so the store reads a page's rows and not the whole list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import aliased

from config.vocabulary import FieldKind
from crm.errors import Invalid
from crm.field_store import COLUMNS, column_of
from crm.reads.customer_filters import opaque, values_here
from crm.rules.fields import FieldSpec
from crm.silence import paused
from models.customers import Customer
from models.fields import FieldValue

# Where a row stands in its sort: what it is ordered by, and the public id that breaks a tie.
Place = tuple[int | str | datetime, ...]
NEVER = datetime(1, 1, 1, tzinfo=UTC)  # stands in a place for who was never spoken with
SORTABLE = (FieldKind.TEXT, FieldKind.REGION, FieldKind.NUMBER, FieldKind.MONEY, FieldKind.DATE)
_Last = aliased(Customer)


@dataclass(frozen=True, slots=True)
class Stretch:
    """`field_id` says that the keys stand in that field's own row, which is joined."""

    where: ColumnElement[bool]
    keys: tuple[ColumnElement[Any], ...]
    field_id: int | None = None

    @property
    def tie(self) -> ColumnElement[Any]:
        return Customer.id.expression if self.field_id is None else FieldValue.object_id.expression


@dataclass(frozen=True, slots=True)
class Order:
    """`numbered`: a place begins with the number of its stretch. `spec`: the field it goes by, if it is one."""

    down: bool
    stretches: tuple[Stretch, ...]
    numbered: bool = False
    spec: FieldSpec | None = None

    def place(self, number: int, values: Sequence[Any], public_id: str) -> Place:
        if self.spec is not None:
            return (number, *map(_text, values), public_id)
        if self.numbered:
            return (number, *values, public_id)
        return (*(values or (NEVER,)), public_id)

    def begin(self, place: Place) -> tuple[int, ColumnElement[bool]]:
        """The stretch to go on in, and what lies behind the place in it: the first value that differs decides."""
        *told, public_id = place
        number = int(told.pop(0)) if self.numbered else int(told == [NEVER])  # type: ignore[arg-type]
        if not 0 <= number < len(self.stretches):
            raise Invalid("列表的位置已失效，没有查到下一页。请从第一页重新看起", {"cursor": "原样带回 next_cursor"})
        stretch = self.stretches[number]
        values = told if self.spec is None else [_value(self.spec, str(one)) for one in told]
        last = select(_Last.id).where(_Last.public_id == public_id).scalar_subquery()
        beyond: ColumnElement[bool] = stretch.tie < last if self.down else stretch.tie > last
        for key, value in reversed(list(zip(stretch.keys, values, strict=False))):
            beyond = or_(key < value if self.down else key > value, and_(key == value, beyond))
        return number, beyond


_HELD = opaque(and_(Customer.owner_id.is_not(None), ~paused()))
_SPOKEN = Customer.last_activity_at.is_not(None)
# Whoever has no days left to count stands behind those who have, the queued like the paused.
SORTS: Mapping[str, Order] = {
    "days_left": Order(
        False,
        (Stretch(_HELD, (Customer.silent_since.expression,)), Stretch(~_HELD, (Customer.silent_since.expression,))),
        numbered=True,
    ),
    "name": Order(False, (Stretch(true(), (Customer.pinyin.expression, Customer.name.expression)),)),
    "last_activity": Order(
        True, (Stretch(_SPOKEN, (Customer.last_activity_at.expression,)), Stretch(opaque(~_SPOKEN), ()))
    ),
    "newest": Order(True, (Stretch(true(), (Customer.created_at.expression,)),)),
}


def order_by(sort: str, fields: Sequence[FieldSpec]) -> Order:
    """One of `SORTS`, or 「field:KEY」 (「-field:KEY」 downwards) for a field that has an order."""
    if sort in SORTS:
        return SORTS[sort]
    down, key = sort.startswith("-"), sort.removeprefix("-").removeprefix("field:")
    spec = next((one for one in fields if one.key == key and one.kind in SORTABLE), None)
    if spec is None or not sort.removeprefix("-").startswith("field:"):
        raise Invalid("没有这种排序方式", {"sort": "可选：" + "、".join(SORTS) + "，或 field:字段"})
    if spec.built_in:
        column = getattr(Customer, column_of(spec)).expression
        text = spec.kind in (FieldKind.TEXT, FieldKind.REGION)
        # Of a text column "" is nothing, and so is null (uscc); what is more than "" is neither.
        filled = column > "" if text else column.is_not(None)
        return Order(
            down, (Stretch(filled, (column,)), Stretch(opaque(func.coalesce(~filled, true())), ())), True, spec
        )
    column = getattr(FieldValue, COLUMNS[spec.kind]).expression
    with_one = Stretch(column.is_not(None), (column,), spec.id)
    return Order(down, (with_one, Stretch(values_here(spec).limit(1).scalar_subquery().is_(None), ())), True, spec)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _value(spec: FieldSpec, text: str) -> Any:
    try:
        if spec.kind is FieldKind.DATE:
            return date.fromisoformat(text)
        return Decimal(text) if spec.kind in (FieldKind.NUMBER, FieldKind.MONEY) else text
    except (ValueError, ArithmeticError):
        raise Invalid(
            "列表的位置已失效，没有查到下一页。请从第一页重新看起", {"cursor": "原样带回 next_cursor"}
        ) from None
