"""A row's draft on its way through the store: what the dry run read is what the run does."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from config.vocabulary import FieldKind
from crm.field_store import plain
from crm.rules.fields import FieldSpec, Value
from crm.rules.sheet_rows import Draft


def stored(draft: Draft) -> str:
    """As JSON, without what is empty."""
    whole = {
        "name": draft.name,
        "key": draft.key,
        "customer": {key: plain(value) for key, value in draft.customer.items()},
        "contact": {key: plain(value) for key, value in draft.contact.items()},
        "owner": draft.owner,
        "queue": draft.queue,
        "note": draft.note,
        "at": draft.at.isoformat() if draft.at else "",
        "author": draft.author,
        "author_name": draft.author_name,
        "deal": draft.deal,
    }
    return json.dumps({key: value for key, value in whole.items() if value}, ensure_ascii=False, separators=(",", ":"))


def loaded(text: str, customer: Sequence[FieldSpec], contact: Sequence[FieldSpec]) -> Draft:
    kept: dict[str, Any] = json.loads(text)
    at = kept.pop("at", "")
    return Draft(
        **{
            **kept,
            "customer": _values(customer, kept.get("customer", {})),
            "contact": _values(contact, kept.get("contact", {})),
            "at": datetime.fromisoformat(at) if at else None,
        }
    )


def _values(specs: Sequence[FieldSpec], held: Mapping[str, Any]) -> dict[str, Value]:
    """A field that was retired since is left out: nobody can fill it any more."""
    kinds = {spec.key: spec.kind for spec in specs}
    return {key: _value(kinds[key], value) for key, value in held.items() if key in kinds}


def _value(kind: FieldKind, held: Any) -> Value:
    if kind in (FieldKind.MONEY, FieldKind.NUMBER):
        return Decimal(held)
    if kind is FieldKind.DATE:
        return date.fromisoformat(held)
    return tuple(held) if isinstance(held, list) else str(held)
