"""Which of two values a merged customer keeps, field by field, whether built in or added by the company."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import FieldObject
from crm import cells
from crm.cells import Cell
from crm.errors import Invalid
from crm.field_store import column_of, values_of
from crm.forms import specs
from crm.rules.fields import FieldSpec
from models.base import bare
from models.customers import Customer
from models.fields import FieldValue

# Columns that only make sense together; the first one is the field that people choose.
_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "name_key", "pinyin"),
    "address": ("address", "latitude", "longitude", "place_learnt_at"),
}
_VALUE = bare(FieldValue).c


def settle(s: Session, winner: Customer, loser: Customer, from_loser: Collection[str]) -> list[Cell]:
    """The winner keeps its values but for the fields named in `from_loser`, and for gaps that the loser can fill."""
    known = specs(s, FieldObject.CUSTOMER)
    strange = sorted(set(from_loser) - {spec.key for spec in known})
    if strange:
        raise Invalid("有看不懂的字段，没有合并。请刷新页面再选一次", dict.fromkeys(strange, "没有这个字段"))
    own, theirs = (values_of(s, known, FieldObject.CUSTOMER, one) for one in (winner, loser))
    taken = [spec for spec in known if spec.key in theirs and (spec.key in from_loser or spec.key not in own)]
    written = _columns(s, winner, loser, [spec for spec in taken if spec.built_in])
    for spec in taken:
        if not spec.built_in:
            written += _swap(s, winner.id, loser.id, spec)
    return written


def _columns(s: Session, winner: Customer, loser: Customer, taken: list[FieldSpec]) -> list[Cell]:
    """A unique value leaves the loser before the winner takes it."""
    names = [name for spec in taken for name in _TOGETHER.get(spec.key, (column_of(spec),))]
    values: dict[str, Any] = {name: getattr(loser, name) for name in names}
    if values.get("parent_id") == winner.id:
        del values["parent_id"]
    written = cells.set_values(s, bare(Customer), loser.id, {"uscc": None}) if "uscc" in values else []
    return written + (cells.set_values(s, bare(Customer), winner.id, values) if values else [])


def _swap(s: Session, winner_id: int, loser_id: int, spec: FieldSpec) -> list[Cell]:
    """The winner's rows of a field become the loser's and the other way round, past a number that no customer has."""
    written: list[Cell] = []
    for was, then in ((loser_id, -loser_id), (winner_id, loser_id), (-loser_id, winner_id)):
        mine = (_VALUE.object_kind == FieldObject.CUSTOMER, _VALUE.field_id == spec.id, _VALUE.object_id == was)
        for row in s.scalars(select(_VALUE.id).where(*mine).order_by(_VALUE.id)).all():
            written += cells.set_values(s, bare(FieldValue), row, {"object_id": then})
    return written


def out_of_circle(s: Session, winner_id: int) -> list[Cell]:
    """What stood under the loser now stands under the winner; if the winner itself was below it, it becomes the top."""
    seen, above = {winner_id}, _parent(s, winner_id)
    while above is not None and above not in seen:
        seen.add(above)
        above = _parent(s, above)
    if above != winner_id:
        return []
    return cells.set_values(s, bare(Customer), winner_id, {"parent_id": None})


def _parent(s: Session, customer_id: int) -> int | None:
    return s.scalar(select(bare(Customer).c.parent_id).where(bare(Customer).c.id == customer_id))
