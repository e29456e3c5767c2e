"""Where a field's value lives: a built-in's in its object's own column, any other in a typed row."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from config.vocabulary import FieldKind, FieldObject
from crm.errors import Invalid
from crm.rules.fields import FieldSpec, Value, say
from models.base import bare
from models.customers import Customer
from models.fields import FieldChange, FieldDefinition, FieldValue
from models.files import Attachment

_VALUE = bare(FieldValue).c
_CENT = Decimal("0.01")
_GONE = "（文件已移除）"
COLUMNS = {
    FieldKind.TEXT: "text",
    FieldKind.REGION: "text",
    FieldKind.LONG_TEXT: "long_text",
    FieldKind.NUMBER: "number",
    FieldKind.MONEY: "number",
    FieldKind.DATE: "day",
    FieldKind.PERSON: "person_id",
    FieldKind.SELECT: "option_id",
    FieldKind.MULTI_SELECT: "option_id",
    FieldKind.ATTACHMENT: "attachment_id",
}
_ELSEWHERE = {"campaign": "campaign_id", "parent": "parent_id"}  # built-ins whose column holds another row's number


@dataclass(frozen=True, slots=True)
class Change:
    """`before` and `after` as the store keeps them: text, a list of keys, or None."""

    spec: FieldSpec
    before: Any
    after: Any


def column_of(spec: FieldSpec) -> str:
    """The attribute of the object's own table that holds a built-in field."""
    return _ELSEWHERE.get(spec.key, spec.key)


def values_of(s: Session, specs: Sequence[FieldSpec], of: FieldObject, record: Any) -> dict[str, Value]:
    """What every field of one record holds; the empty ones are not in it."""
    held = {spec.key: _built_in(s, spec, record) for spec in specs if spec.built_in}
    added = added_values(s, specs, of, [record.id]).get(record.id, {})
    return {key: value for key, value in {**held, **added}.items() if value is not None}


def added_values(
    s: Session, specs: Sequence[FieldSpec], of: FieldObject, ids: Collection[int]
) -> dict[int, dict[str, Value]]:
    """The fields that are not built in, of many records in one query."""
    known = {spec.id: spec for spec in specs if not spec.built_in}
    if not known or not ids:
        return {}
    rows = s.execute(
        select(bare(FieldValue)).where(_VALUE.object_kind == of, _VALUE.object_id.in_(ids), _VALUE.field_id.in_(known))
    ).all()
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    for row in rows:
        spec = known[row.field_id]
        value = stored_value(spec, getattr(row, COLUMNS[spec.kind]))
        if spec.kind is FieldKind.MULTI_SELECT and isinstance(value, str):
            several = {*_several(found[row.object_id].get(spec.key)), value}
            value = tuple(one.key for one in spec.options if one.key in several)
        found[row.object_id][spec.key] = value
    return found


def put(
    s: Session, of: FieldObject, record: Any, had: Mapping[str, Value], new: Sequence[tuple[FieldSpec, Value]]
) -> list[Change]:
    """Store the values that differ from what the record had, and say what changed. The record's row is locked."""
    changes = []
    for spec, value in new:
        before = had.get(spec.key)
        if before == value:
            continue
        if spec.kind is FieldKind.ATTACHMENT and value is not None:
            _its_own(s, spec, str(value), record.id if of is FieldObject.CUSTOMER else record.customer_id)
        if spec.built_in:
            setattr(record, column_of(spec), _for_column(s, spec, value))
        else:
            _replace(s, of, record.id, spec, value)
        changes.append(Change(spec, plain(before), plain(value)))
    return changes


def _its_own(s: Session, spec: FieldSpec, attachment_id: str, customer_id: int) -> None:
    """A field may only hold a file of the customer it speaks of; another's is refused like one that never was."""
    own = (Attachment.customer_id == customer_id, Attachment.removed_at.is_(None))
    if s.scalar(select(Attachment.id).where(Attachment.public_id == attachment_id, *own)) is None:
        said = "这个客户没有这个附件。请先在客户页面上传，再选它"
        raise Invalid(f"有内容要改一下，没有保存：{spec.label}：{said}", {spec.key: said})


def file_names(s: Session, customer_id: int, fields: Sequence[FieldSpec]) -> dict[str, str]:
    """The customer's files by public id, the newest first; asked for only where a field can hold one."""
    if not customer_id or not any(spec.kind is FieldKind.ATTACHMENT for spec in fields):
        return {}
    here = (Attachment.customer_id == customer_id, Attachment.removed_at.is_(None))
    rows = s.execute(select(Attachment.public_id, Attachment.name).where(*here).order_by(Attachment.id.desc()))
    return {row.public_id: row.name for row in rows}


def shown_as(spec: FieldSpec, value: Value, files: Mapping[str, str]) -> str:
    """A value as people read it: what they would type, or the name of a file."""
    if spec.kind is FieldKind.ATTACHMENT and value is not None:
        return files.get(str(value), _GONE)
    return say(spec, value)


def fields_that_name(s: Session, attachment_id: str) -> list[str]:
    """Labels of the fields that hold this file, in whichever record."""
    rows = select(FieldDefinition.label).join(FieldValue, FieldValue.field_id == FieldDefinition.id)
    return list(s.scalars(rows.where(FieldValue.attachment_id == attachment_id).distinct()))


def note(
    s: Session, of: FieldObject, record_id: int, changes: Sequence[Change], now: datetime, actor_id: int | None,
    entrance: str,
) -> None:  # fmt: skip
    """Keep what each field said before, so that it can be read and put back."""
    rows = [
        {
            "object_kind": of,
            "object_id": record_id,
            "field_id": change.spec.id,
            "at": now,
            "actor_id": actor_id,
            "entrance": entrance,
            "before": change.before,
            "after": change.after,
        }
        for change in changes
    ]
    if rows:
        s.execute(insert(bare(FieldChange)), rows)


def plain(value: Value) -> Any:
    """A value as JSON keeps it; the rules read it back as it was."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value or None


def built_in_value(spec: FieldSpec, record: Any) -> Value:
    """What a column holds; of a parent company the row's number, which only a query turns into its name."""
    held: Any = getattr(record, column_of(spec))
    if held is None or held == "":
        return None
    if spec.key == "parent":
        return held  # type: ignore[no-any-return]
    if spec.key == "campaign":
        return next((one.key for one in spec.options if one.id == held), None)
    return stored_value(spec, held)


def _built_in(s: Session, spec: FieldSpec, record: Any) -> Value:
    held = built_in_value(spec, record)
    if held is None or spec.key != "parent":
        return held
    return s.scalar(select(Customer.public_id).where(Customer.id == held))


def stored_value(spec: FieldSpec, held: Any) -> Value:
    """A typed column's value as the rules know it."""
    if spec.kind in (FieldKind.PERSON, FieldKind.SELECT, FieldKind.MULTI_SELECT) and not spec.built_in:
        return next((one.key for one in spec.options if one.id == held), None)
    if spec.kind is FieldKind.MONEY:
        return Decimal(held).quantize(_CENT)
    if spec.kind is FieldKind.NUMBER:
        return Decimal(held).normalize() + 0  # + 0: a hundred is 100, not 1E+2
    value: Value = held
    return value


def _for_column(s: Session, spec: FieldSpec, value: Value) -> Any:
    if value is None:
        return None if spec.kind is FieldKind.MONEY or spec.key in ("uscc", *_ELSEWHERE) else ""
    if spec.key == "parent":
        return s.scalars(select(Customer.id).where(Customer.public_id == value)).one()
    if spec.key == "campaign":
        return _row_of(spec, value)
    return value


def _replace(s: Session, of: FieldObject, record_id: int, spec: FieldSpec, value: Value) -> None:
    mine = (_VALUE.object_kind == of, _VALUE.object_id == record_id, _VALUE.field_id == spec.id)
    s.execute(delete(bare(FieldValue)).where(*mine))
    rows = typed_rows(spec, of, record_id, value)
    if rows:
        s.execute(insert(bare(FieldValue)), rows)


def typed_rows(spec: FieldSpec, of: FieldObject, record_id: int, value: Value) -> list[dict[str, Any]]:
    """The rows that hold a value: one, or for several choices one each."""
    if value is None:
        return []
    column = COLUMNS[spec.kind]
    several = value if isinstance(value, tuple) else (value,)
    chosen = spec.kind in (FieldKind.PERSON, FieldKind.SELECT, FieldKind.MULTI_SELECT)
    rows = []
    for one in several:
        stored = _row_of(spec, one) if chosen else one
        item = stored if spec.kind is FieldKind.MULTI_SELECT else 0
        rows.append({"object_kind": of, "object_id": record_id, "field_id": spec.id, "item": item, column: stored})
    return rows


def _row_of(spec: FieldSpec, key: Value) -> int:
    return next(one.id for one in spec.options if one.key == key)


def _several(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()
