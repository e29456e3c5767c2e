"""Make many customers in a few statements: the rows that `create_customer` would leave, at a hundredth of its price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from config.vocabulary import FieldObject, HolderKind, OwnershipReason
from crm import name_index
from crm.field_store import column_of, typed_rows
from crm.holding import Holder
from crm.rules.fields import FieldSpec, Value
from crm.rules.regions import short_region
from models.audit import AuditEntry
from models.base import insert_rows, new_ids, new_public_id
from models.customers import Contact, Customer, OwnershipPeriod
from models.fields import FieldValue
from models.timeline import TimelineEntry


@dataclass(slots=True)
class NewCustomer:
    """`values` are by field key, as the validator read them; `pinyin` is worked out beforehand, being slow."""

    name: str
    key: str
    pinyin: str
    values: dict[str, Value]
    holder: Holder


def create_many(
    s: Session,
    actor_id: int,
    new: Sequence[NewCustomer],
    specs: Sequence[FieldSpec],
    now: datetime,
    *,
    silent_since: datetime,
    entrance: str,
    **detail: Any,
) -> list[int]:
    """Their ids, in order. The caller has locked the names and found no twin among them and none in the store."""
    if not new:
        return []
    built_in = {spec.key: spec for spec in specs if spec.built_in}
    rows = [_row(one, built_in, actor_id, now, silent_since) for one in new]
    ids = insert_known(s, Customer, rows)
    name_index.put_many(s, [(number, one.name) for number, one in zip(ids, new, strict=True)])
    insert_rows(
        s,
        OwnershipPeriod,
        [
            {
                "customer_id": number,
                "holder_kind": one.holder.kind,
                "holder_id": one.holder.id,
                "reason": OwnershipReason.CREATED,
                "started_at": now,
                "ended_at": None,
                "actor_id": actor_id,
            }
            for number, one in zip(ids, new, strict=True)
        ],
    )
    added = [spec for spec in specs if not spec.built_in]
    put_added(s, FieldObject.CUSTOMER, added, [(number, one.values) for number, one in zip(ids, new, strict=True)])
    insert_rows(
        s,
        AuditEntry,
        [
            {
                "at": now,
                "actor_id": actor_id,
                "entrance": entrance,
                "verb": "create_customer",
                "subject": f"customer:{number}",
                "detail": {"name": one.name, **detail},
            }
            for number, one in zip(ids, new, strict=True)
        ],
    )
    return ids


def insert_known(
    s: Session, table: type[Customer | Contact | TimelineEntry], rows: Sequence[dict[str, Any]]
) -> list[int]:
    """Insert rows and say their ids, in order."""
    ids = new_ids(s, table, len(rows))
    insert_rows(s, table, [{"id": number, **row} for number, row in zip(ids, rows, strict=True)])
    return ids


def put_added(
    s: Session, of: FieldObject, added: Sequence[FieldSpec], records: Sequence[tuple[int, Mapping[str, Value]]]
) -> None:
    """The values of fields that are not built in, for records that have none of them yet."""
    by_column: dict[frozenset[str], list[dict[str, Any]]] = {}
    for number, values in records:
        for spec in added:
            if spec.key in values:
                for row in typed_rows(spec, of, number, values[spec.key]):
                    by_column.setdefault(frozenset(row), []).append(row)
    for rows in by_column.values():
        insert_rows(s, FieldValue, rows)


def stored_value(spec: FieldSpec, value: Value) -> Any:
    """What a built-in field's column holds."""
    if spec.key == "campaign":
        return next(option.id for option in spec.options if option.key == value)
    return value


_EMPTY: dict[str, Any] = {
    "uscc": None,
    "industry": "",
    "region": "",
    "address": "",
    "phone": "",
    "website": "",
    "procurement_cycle": "",
    "annual_estimate": None,
    "campaign_id": None,
}


def _row(
    one: NewCustomer, built_in: Mapping[str, FieldSpec], actor_id: int, now: datetime, silent_since: datetime
) -> dict[str, Any]:
    said = {column_of(built_in[k]): stored_value(built_in[k], v) for k, v in one.values.items() if k in built_in}
    return {
        **_EMPTY,
        **said,
        "region": said.get("region") or short_region(str(said.get("address") or "")),
        "public_id": new_public_id(),
        "name": one.name,
        "name_key": one.key,
        "pinyin": one.pinyin,
        "owner_id": one.holder.id if one.holder.kind is HolderKind.PERSON else None,
        "queue_team_id": one.holder.id if one.holder.kind is HolderKind.QUEUE else None,
        "silent_since": silent_since,
        "created_at": now,
        "created_by_id": actor_id,
    }
