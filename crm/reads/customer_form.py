"""A customer's or a contact's form as one person sees it: what is filled in, what is missing, what has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import CooperationStage, FieldKind, FieldObject
from crm.access import READ, Actor, Eyes, Groups, Sight, To, customers_for, eyes, get_customer
from crm.errors import NotFound
from crm.field_store import file_names, shown_as, values_of
from crm.forms import Section, form
from crm.rules.fields import FieldSpec, Value, missing, say
from models.customers import Contact, Customer
from models.fields import FieldChange
from models.people import Person

_LATEST = 30  # changes that a page shows
_CHOSEN = (FieldKind.SELECT, FieldKind.MULTI_SELECT, FieldKind.PERSON, FieldKind.ATTACHMENT)


@dataclass(frozen=True, slots=True)
class FormField:
    """`shown` is the value as one would type it, or a part of it; `keys` are the choices taken, of a file its id."""

    spec: FieldSpec
    shown: str
    keys: tuple[str, ...]
    missing: bool
    editable: bool


@dataclass(frozen=True, slots=True)
class FormSection:
    label: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """`missing` are the labels of what the stage asks for and nobody has filled.

    `files` are the customer's files that an attachment field may name: public id and name.
    """

    customer_id: str
    title: str
    sections: tuple[FormSection, ...]
    missing: tuple[str, ...]
    files: tuple[tuple[str, str], ...] = ()

    def shown(self, key: str) -> str:
        """What one field shows its reader; "" where the form does not have it."""
        fields = (one for section in self.sections for one in section.fields)
        return next((one.shown for one in fields if one.spec.key == key), "")


@dataclass(frozen=True, slots=True)
class ChangeRow:
    id: int
    label: str
    before: str
    after: str
    who: str
    at: datetime


def empty_form(s: Session, actor: Actor, of: FieldObject, customer_id: str = "") -> Form:
    """What is asked of a new record; of a customer that he may write to, where it hangs on one."""
    sections, seen = form(s, of), eyes(s, actor)
    given: dict[str, Value] = {spec.key: spec.starts_as for section in sections for spec in section.fields}
    filled = {key: value for key, value in given.items() if value}
    if not customer_id:
        own = _Sight(seen.sight(of), seen.editable(of), 0, actor.person_id)
        return drawn(s, sections, own, filled, "", "", None)
    customer = get_customer(s, actor, customer_id)
    return drawn(s, sections, sees(seen, customer, of), filled, customer.public_id, customer.name, None)


def customer_form(s: Session, actor: Actor, public_id: str, to: To = READ) -> Form:
    """One customer's file; NotFound also for one that is not his to look at (`to`: to write in)."""
    return form_at(s, actor, get_customer(s, actor, public_id, to=to), eyes(s, actor))


def form_at(s: Session, actor: Actor, customer: Customer, seen: Eyes) -> Form:
    """The same of a customer that the caller was let in to."""
    sections = form(s, FieldObject.CUSTOMER)
    fields = [spec for section in sections for spec in section.fields]
    held = values_of(s, fields, FieldObject.CUSTOMER, customer)
    if "parent" in held:  # by name, and only of one that he may see
        held["parent"] = (
            s.scalar(customers_for(actor).with_only_columns(Customer.name).where(Customer.id == customer.parent_id))
            or "（同事的客户）"
        )
    return drawn(
        s,
        sections,
        sees(seen, customer, FieldObject.CUSTOMER),
        held,
        customer.public_id,
        customer.name,
        CooperationStage(customer.cooperation_stage),
    )


def contact_form(s: Session, actor: Actor, contact_id: str, to: To = READ) -> Form:
    """One person at a customer."""
    contact = s.scalar(select(Contact).where(Contact.public_id == contact_id))
    if contact is None:
        raise NotFound("没有找到这位联系人，或者他所在的客户不在您名下。请刷新页面")
    try:
        customer = get_customer(s, actor, contact.customer_id, to=to)
    except NotFound:
        raise NotFound("没有找到这位联系人，或者他所在的客户不在您名下。请刷新页面") from None
    sections = form(s, FieldObject.CONTACT)
    fields = [spec for section in sections for spec in section.fields]
    held = values_of(s, fields, FieldObject.CONTACT, contact)
    seen = sees(eyes(s, actor), customer, FieldObject.CONTACT)
    return drawn(
        s,
        sections,
        seen,
        held,
        customer.public_id,
        next(seen.shown(spec, contact.name) for spec in fields if spec.key == "name"),
        CooperationStage(customer.cooperation_stage),
    )


def changes_of(s: Session, actor: Actor, public_id: str) -> tuple[ChangeRow, ...]:
    """What was changed in a customer's file, the newest first."""
    customer = get_customer(s, actor, public_id, to=READ)
    known = {spec.id: spec for section in form(s, FieldObject.CUSTOMER) for spec in section.fields}
    seen = sees(eyes(s, actor), customer, FieldObject.CUSTOMER)
    rows = s.execute(
        select(FieldChange, Person.name)
        .outerjoin(Person, Person.id == FieldChange.actor_id)
        .where(FieldChange.object_kind == FieldObject.CUSTOMER, FieldChange.object_id == customer.id)
        .order_by(FieldChange.id.desc())
        .limit(_LATEST)
    ).all()
    return tuple(
        ChangeRow(
            change.id,
            known[change.field_id].label,
            seen.said(known[change.field_id], change.before),
            seen.said(known[change.field_id], change.after),
            who or "系统",
            change.at,
        )
        for change, who in rows
    )


@dataclass(frozen=True, slots=True)
class _Sight:
    sight: Sight
    may: Groups
    customer_id: int
    owner_id: int | None

    def shown(self, spec: FieldSpec, value: str) -> str:
        return self.sight.shown(self.customer_id, self.owner_id, spec.group, value)

    def told(self, spec: FieldSpec, value: Value, files: Mapping[str, str]) -> str:
        """A value as he may see it; a file by its name."""
        return self.shown(spec, shown_as(spec, value, files))

    def said(self, spec: FieldSpec, kept: Any) -> str:
        """A value as the history keeps it; of a parent company or a file it says only that there was one."""
        if spec.kind in (FieldKind.COMPANY, FieldKind.ATTACHMENT):
            return "已填" if kept else ""
        value: Value = tuple(kept) if isinstance(kept, list) else kept
        if spec.kind in (FieldKind.MONEY, FieldKind.NUMBER) and isinstance(kept, str):  # JSON knows no decimals
            value = Decimal(kept)
        return self.shown(spec, say(spec, value))


def sees(seen: Eyes, customer: Customer, of: FieldObject) -> _Sight:
    return _Sight(seen.sight(of), seen.editable(of), customer.id, customer.owner_id)


def drawn(
    s: Session, sections: Sequence[Section], seen: _Sight, held: Mapping[str, Value], customer_id: str, title: str,
    stage: CooperationStage | None,
) -> Form:  # fmt: skip
    fields = [spec for section in sections for spec in section.fields]
    lacking = () if stage is None else missing(fields, held, stage)
    files = file_names(s, seen.customer_id, fields)
    return Form(
        customer_id,
        title,
        tuple(
            FormSection(section.label, _fields(section.fields, held, seen, lacking, files))
            for section in sections
            if any(not spec.retired for spec in section.fields)
        ),
        tuple(spec.label for spec in lacking),
        tuple(files.items()),
    )


def _fields(
    specs: Sequence[FieldSpec],
    held: Mapping[str, Value],
    seen: _Sight,
    lacking: Sequence[FieldSpec],
    files: Mapping[str, str],
) -> tuple[FormField, ...]:
    found = []
    for spec in specs:
        if not spec.retired:
            value = held.get(spec.key)
            keys = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
            whole = seen.shown(spec, say(spec, value)) == say(spec, value)
            # A choice that is hidden from him cannot be told from an empty one in a form: he does not change it either.
            may = spec.group in seen.may and (whole or spec.kind not in _CHOSEN)
            taken = keys if whole and spec.kind in _CHOSEN else ()
            found.append(FormField(spec, seen.told(spec, value, files), taken, spec in lacking, may))
    return tuple(found)
