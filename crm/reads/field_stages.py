"""阶段 × 字段: what must be filled from which cooperation stage on, and how many records there would lack it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from config.vocabulary import CooperationStage, FieldKind, FieldObject, Role
from crm.access import Actor, require
from crm.field_store import column_of
from crm.forms import specs
from crm.rules.fields import FieldSpec
from models.customers import Contact, Customer
from models.deals import Deal
from models.fields import FieldDefinition, FieldValue
from models.visits import Visit

_TABLES: Mapping[FieldObject, Any] = {
    FieldObject.CUSTOMER: Customer,
    FieldObject.CONTACT: Contact,
    FieldObject.DEAL: Deal,
    FieldObject.VISIT: Visit,
}


@dataclass(frozen=True, slots=True)
class StageRow:
    """A field, its version for the edit, and by stage how many records that stand there have nothing in it."""

    spec: FieldSpec
    version: int
    lacking: Mapping[CooperationStage, int]


def by_stage(s: Session, actor: Actor, of: FieldObject) -> list[StageRow]:
    """The fields that are asked for, in the form's order. Three questions more than the form, whatever there is."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    fields = [spec for spec in specs(s, of) if not spec.retired]
    versions = dict(s.execute(select(FieldDefinition.id, FieldDefinition.version).filter_by(object_kind=of)).all())
    filled, there = _filled(s, of, fields)
    return [
        StageRow(
            spec,
            versions[spec.id],
            {stage: there.get(stage, 0) - filled.get((spec.id, stage), 0) for stage in CooperationStage},
        )
        for spec in fields
    ]


def _filled(s: Session, of: FieldObject, fields: list[FieldSpec]) -> tuple[dict[tuple[int, str], int], dict[str, int]]:
    """How many records have a field filled, by field and stage; and how many there are, by stage."""
    table = _TABLES[of]
    found: dict[tuple[int, str], int] = {}
    there: dict[str, int] = {}
    own = [spec for spec in fields if spec.built_in]
    counts = [func.sum(case((_holds(table, spec), 1), else_=0)) for spec in own]
    rows = _of_customers(select(Customer.cooperation_stage, func.count(), *counts), of)
    for stage, many, *filled in s.execute(rows.group_by(Customer.cooperation_stage)):
        there[stage] = many
        found |= {(spec.id, stage): int(number) for spec, number in zip(own, filled, strict=True)}
    added = _of_customers(
        select(FieldValue.field_id, Customer.cooperation_stage, func.count(FieldValue.object_id.distinct())), of
    )
    added = added.join(FieldValue, (FieldValue.object_id == table.id) & (FieldValue.object_kind == of))
    for field_id, stage, many in s.execute(added.group_by(FieldValue.field_id, Customer.cooperation_stage)):
        found[field_id, stage] = many
    return found, there


def _of_customers(query: Select[*tuple[Any, ...]], of: FieldObject) -> Select[*tuple[Any, ...]]:
    """Of the records that stand: each with the customer whose stage counts."""
    table = _TABLES[of]
    query = query.select_from(table)
    if of is not FieldObject.CUSTOMER:
        query = query.join(Customer, Customer.id == table.customer_id)
    stands = {FieldObject.CONTACT: Contact.retired_at.is_(None), FieldObject.VISIT: Visit.retracted_at.is_(None)}
    query = query.where(Customer.merged_into_id.is_(None))
    return query.where(stands[of]) if of in stands else query


def _holds(table: Any, spec: FieldSpec) -> ColumnElement[bool]:
    column: Any = getattr(table, column_of(spec))
    words = spec.kind not in (FieldKind.MONEY, FieldKind.NUMBER, FieldKind.DATE, FieldKind.COMPANY)
    if not words or column_of(spec) != spec.key:
        return column.is_not(None)  # type: ignore[no-any-return]
    return ~or_(column.is_(None), column == "")
