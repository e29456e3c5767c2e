"""The rows of an exported file: every field of a form as text, inside the row filter and the masks of who asks."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from config.grants import MASKED
from config.vocabulary import FieldKind, FieldObject
from crm import policy as numbers
from crm.access import WRITE, Actor, Sight, To, customers_for, sees_customer, sight
from crm.field_store import added_values, built_in_value, shown_as
from crm.forms import specs
from crm.reads.customer_filters import Filters, conditions
from crm.reads.customers import open_fields
from crm.rules.days import SHANGHAI
from crm.rules.fields import FieldSpec, Value
from models.customers import Contact, Customer
from models.deals import Deal, Stage
from models.files import Attachment
from models.people import Person
from models.visits import Visit

Rows = Iterator[list[str]]
_AT_ONCE = 1000
_Owner = aliased(Person)
_HANGING: Mapping[str, type[Contact] | type[Deal] | type[Visit]] = {"contacts": Contact, "deals": Deal, "visits": Visit}
# What was put away or taken back is in no file.
_STANDING: Mapping[Any, Sequence[ColumnElement[bool]]] = {
    Contact: (Contact.retired_at.is_(None),),
    Visit: (Visit.retracted_at.is_(None),),
}


def found(
    s: Session, actor: Actor, query: str, filters: Filters, now: datetime, *, to: To = WRITE
) -> list[ColumnElement[bool]]:
    """The conditions that the list on the page has, as one statement that walks through all of them; but customers
    that are shared with him to look at are in no file of his."""
    fields = open_fields(s, actor) if filters.by_field else ()
    asked_for = conditions(query, filters, fields, now, numbers.current(s).remind_after_days)
    return [Customer.merged_into_id.is_(None), sees_customer(actor, to), *(one.passing for one in asked_for)]


def rows_of(s: Session, sheet: str, where: Sequence[ColumnElement[bool]]) -> int:
    """How many rows a sheet has below its header."""
    of = _HANGING.get(sheet)
    query = select(func.count()).select_from(Customer).where(*where)
    if of is not None:
        query = query.join(of, of.customer_id == Customer.id).where(*_STANDING.get(of, ()))
    return s.scalar(query) or 0


def customers(s: Session, actor: Actor, where: Sequence[ColumnElement[bool]]) -> Rows:
    """The header, then a row per customer."""
    sheet = _Sheet(s, actor, FieldObject.CUSTOMER)
    yield [*sheet.labels, "负责人", "最近跟进"]
    for batch in _walk(s, where, Customer, _Owner.name.label("owner")):
        holds = [row[0] for row in batch]
        cells = sheet.cells(holds, {one.id: (one.id, one.owner_id) for one in holds})
        for row in batch:
            yield [*cells[row[0].id], row.owner or "待分配", _when(row[0].last_activity_at)]


def contacts(s: Session, actor: Actor, where: Sequence[ColumnElement[bool]]) -> Rows:
    sheet = _Sheet(s, actor, FieldObject.CONTACT)
    yield ["客户名称", *sheet.labels]
    for rows in _hanging(s, where, Contact, select(Contact)):
        cells = sheet.of_others(rows)
        for row in rows:
            yield [row.company, *cells[row[0].id]]


def deals(s: Session, actor: Actor, where: Sequence[ColumnElement[bool]]) -> Rows:
    sheet = _Sheet(s, actor, FieldObject.DEAL)
    yield ["客户名称", *sheet.labels, "阶段", "负责人"]
    of = select(Deal, Stage.label.label("stage"), Person.name.label("who"))
    of = of.join(Stage, Stage.id == Deal.stage_id).join(Person, Person.id == Deal.owner_id)
    for rows in _hanging(s, where, Deal, of):
        cells = sheet.of_others(rows)
        for row in rows:
            yield [row.company, *cells[row[0].id], row.stage, row.who]


def visits(s: Session, actor: Actor, where: Sequence[ColumnElement[bool]]) -> Rows:
    sheet = _Sheet(s, actor, FieldObject.VISIT)
    yield ["客户名称", "拜访时间", "拜访人", "离客户（米）", *sheet.labels]
    of = select(Visit, Person.name.label("who")).join(Person, Person.id == Visit.person_id)
    for rows in _hanging(s, where, Visit, of):
        cells = sheet.of_others(rows)
        for row in rows:
            visit = row[0]
            metres = "" if visit.distance_m is None else str(visit.distance_m)
            yield [row.company, _when(visit.visited_at), row.who, metres, *cells[visit.id]]


WRITTEN: Mapping[str, Callable[[Session, Actor, Sequence[ColumnElement[bool]]], Rows]] = {
    "customers": customers,
    "contacts": contacts,
    "deals": deals,
    "visits": visits,
}


class _Sheet:
    """One kind of record as columns: the fields that this actor reads, and in part those that are masked for him."""

    def __init__(self, s: Session, actor: Actor, of: FieldObject) -> None:
        self._s, self._actor, self._of = s, actor, of
        self._sight: Sight = sight(s, actor, of)
        seen = self._sight.groups
        self._fields = [
            spec for spec in specs(s, of) if not spec.retired and (spec.group in seen or spec.group in MASKED)
        ]
        self.labels = [spec.label for spec in self._fields]

    def cells(self, records: Sequence[Any], customer_of: Mapping[int, tuple[int, int | None]]) -> dict[int, list[str]]:
        """Each record's cells by its id. `customer_of` says whose it is: the customer's id and its owner's."""
        added = added_values(self._s, self._fields, self._of, [one.id for one in records])
        values: dict[int, dict[str, Value]] = {}
        for one in records:
            stored = {spec.key: built_in_value(spec, one) for spec in self._fields if spec.built_in}
            values[one.id] = {**stored, **added.get(one.id, {})}
        named: dict[Any, str] = {**self._parents(records), **self._files(values.values())}
        return {one.id: self._line(values[one.id], *customer_of[one.id], named) for one in records}

    def of_others(self, rows: Sequence[Any]) -> dict[int, list[str]]:
        """The same of records that hang on a customer, as `_hanging` finds them."""
        return self.cells([row[0] for row in rows], {row[0].id: (row[0].customer_id, row.held_by) for row in rows})

    def _line(
        self, values: Mapping[str, Value], customer_id: int, owner_id: int | None, named: Mapping[Any, str]
    ) -> list[str]:
        return [
            self._sight.shown(customer_id, owner_id, spec.group, _text(spec, values.get(spec.key), named))
            for spec in self._fields
        ]

    def _parents(self, records: Sequence[Any]) -> dict[int, str]:
        """The names of parent companies, of those that he may see."""
        ids = {one.parent_id for one in records if self._of is FieldObject.CUSTOMER and one.parent_id}
        if not ids:
            return {}
        mine = customers_for(self._actor).with_only_columns(Customer.id, Customer.name).where(Customer.id.in_(ids))
        return dict.fromkeys(ids, "（同事的客户）") | {row.id: row.name for row in self._s.execute(mine)}

    def _files(self, values: Collection[Mapping[str, Value]]) -> dict[str, str]:
        keys = [spec.key for spec in self._fields if spec.kind is FieldKind.ATTACHMENT]
        ids = {str(one[key]) for one in values for key in keys if one.get(key)}
        if not ids:
            return {}
        there = (Attachment.public_id.in_(ids), Attachment.removed_at.is_(None))
        names = select(Attachment.public_id, Attachment.name).where(*there)
        return {row.public_id: row.name for row in self._s.execute(names)}


def _text(spec: FieldSpec, value: Value, named: Mapping[Any, str]) -> str:
    """A sum stays in digits: a spreadsheet adds them up."""
    if spec.kind is FieldKind.COMPANY:
        return named.get(value, "") if value else ""
    if spec.kind is FieldKind.MONEY:
        return "" if value is None else f"{value:f}"
    return shown_as(spec, value, named)


def _walk(s: Session, where: Sequence[ColumnElement[bool]], *columns: Any) -> Iterator[Sequence[Any]]:
    """The list's customers by id, some at a time: a file of any length is never in memory whole."""
    after = 0
    query = select(*columns, Customer.id.label("at")).outerjoin(_Owner, _Owner.id == Customer.owner_id).where(*where)
    while rows := s.execute(query.where(Customer.id > after).order_by(Customer.id).limit(_AT_ONCE)).all():
        yield rows
        after = rows[-1].at
        s.expunge_all()


def _hanging(
    s: Session,
    where: Sequence[ColumnElement[bool]],
    of: type[Contact] | type[Deal] | type[Visit],
    query: Select[*tuple[Any, ...]],
) -> Iterator[Sequence[Any]]:
    """Records of the list's customers, the record first in each row, some at a time however many one customer has."""
    there = query.add_columns(Customer.name.label("company"), Customer.owner_id.label("held_by"))
    there = there.join(Customer, Customer.id == of.customer_id).where(*where, *_STANDING.get(of, ()))
    after = 0, 0
    while rows := s.execute(
        there.where(tuple_(of.customer_id, of.id) > after).order_by(of.customer_id, of.id).limit(_AT_ONCE)
    ).all():
        yield rows
        after = rows[-1][0].customer_id, rows[-1][0].id
        s.expunge_all()


def _when(instant: datetime | None) -> str:
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if instant else ""
