"""The rows of an exported file: every field of a form as text, inside the row filter and the masks of who asks."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from config.grants import MASKED
from config.vocabulary import FieldKind, FieldObject
from crm import policy as numbers
from crm.access import Actor, Sight, customers_for, sees_customer, sight
from crm.field_store import added_values, built_in_value
from crm.forms import specs
from crm.reads.customer_filters import Filters, conditions
from crm.reads.customers import open_fields
from crm.rules.days import SHANGHAI
from crm.rules.fields import FieldSpec, Value, say
from models.customers import Contact, Customer
from models.deals import Deal, Stage
from models.files import Attachment
from models.people import Person
from models.visits import Visit

Rows = Iterator[list[str]]
_AT_ONCE = 1000
_Owner = aliased(Person)


def found(s: Session, actor: Actor, query: str, filters: Filters, now: datetime) -> list[ColumnElement[bool]]:
    """The conditions that the list on the page has, as one statement that walks through all of them."""
    fields = open_fields(s, actor) if filters.where else ()
    asked_for = conditions(query, filters, fields, now, numbers.current(s).remind_after_days)
    return [Customer.merged_into_id.is_(None), sees_customer(actor), *(one.passing for one in asked_for)]


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
    for companies in _companies(s, where):
        held = select(Contact).where(Contact.customer_id.in_(companies), Contact.retired_at.is_(None))
        people = s.scalars(held.order_by(Contact.customer_id, Contact.id)).all()
        cells = sheet.cells(people, {one.id: (one.customer_id, companies[one.customer_id][1]) for one in people})
        for one in people:
            yield [companies[one.customer_id][0], *cells[one.id]]


def deals(s: Session, actor: Actor, where: Sequence[ColumnElement[bool]]) -> Rows:
    sheet = _Sheet(s, actor, FieldObject.DEAL)
    yield ["客户名称", *sheet.labels, "阶段", "负责人"]
    for companies in _companies(s, where):
        of = select(Deal, Stage.label, Person.name).where(Deal.customer_id.in_(companies))
        of = of.join(Stage, Stage.id == Deal.stage_id).join(Person, Person.id == Deal.owner_id)
        rows = s.execute(of.order_by(Deal.customer_id, Deal.id)).all()
        customer_of = {deal.id: (deal.customer_id, companies[deal.customer_id][1]) for deal, *_ in rows}
        cells = sheet.cells([deal for deal, *_ in rows], customer_of)
        for deal, stage, owner in rows:
            yield [companies[deal.customer_id][0], *cells[deal.id], stage, owner]


def visits(s: Session, actor: Actor, where: Sequence[ColumnElement[bool]]) -> Rows:
    sheet = _Sheet(s, actor, FieldObject.VISIT)
    yield ["客户名称", "拜访时间", "拜访人", "离客户（米）", *sheet.labels]
    for companies in _companies(s, where):
        of = select(Visit, Person.name).where(Visit.customer_id.in_(companies), Visit.retracted_at.is_(None))
        of = of.join(Person, Person.id == Visit.person_id).order_by(Visit.customer_id, Visit.id)
        rows = s.execute(of).all()
        customer_of = {visit.id: (visit.customer_id, companies[visit.customer_id][1]) for visit, _ in rows}
        cells = sheet.cells([visit for visit, _ in rows], customer_of)
        for visit, who in rows:
            metres = "" if visit.distance_m is None else str(visit.distance_m)
            yield [companies[visit.customer_id][0], _when(visit.visited_at), who, metres, *cells[visit.id]]


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
        names = select(Attachment.public_id, Attachment.name).where(Attachment.public_id.in_(ids))
        return {row.public_id: row.name for row in self._s.execute(names)}


def _text(spec: FieldSpec, value: Value, named: Mapping[Any, str]) -> str:
    """A sum stays in digits: a spreadsheet adds them up."""
    if spec.kind in (FieldKind.ATTACHMENT, FieldKind.COMPANY):
        return named.get(value, "") if value else ""
    if spec.kind is FieldKind.MONEY:
        return "" if value is None else f"{value:f}"
    return say(spec, value)


def _walk(s: Session, where: Sequence[ColumnElement[bool]], *columns: Any) -> Iterator[Sequence[Any]]:
    """The list's customers by id, some at a time: a file of any length is never in memory whole."""
    after = 0
    query = select(*columns, Customer.id.label("at")).outerjoin(_Owner, _Owner.id == Customer.owner_id).where(*where)
    while rows := s.execute(query.where(Customer.id > after).order_by(Customer.id).limit(_AT_ONCE)).all():
        yield rows
        after = rows[-1].at
        s.expunge_all()


def _companies(s: Session, where: Sequence[ColumnElement[bool]]) -> Iterator[dict[int, tuple[str, int | None]]]:
    """The same as name and owner by id."""
    for rows in _walk(s, where, Customer.name, Customer.owner_id):
        yield {row.at: (row.name, row.owner_id) for row in rows}


def _when(instant: datetime | None) -> str:
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if instant else ""
