"""A deal's and a visit's fields: as a form for one of them, and said in a line for all that a customer has."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import CooperationStage, FieldObject
from crm.access import READ, Actor, Eyes, To, eyes, get_deal, get_visit
from crm.field_store import added_values, file_names, values_of
from crm.forms import form, specs
from crm.reads.customer_form import Form, drawn, sees
from crm.rules.days import day_of
from models.customers import Customer
from models.fields import FieldDefinition

# Label and value of each filled field, as the reader may see it.
Said = tuple[tuple[str, str], ...]


def deal_form(s: Session, actor: Actor, deal_id: str, to: To = READ) -> Form:
    """NotFound also for a deal of a customer that is not his to look at (`to`: to write in)."""
    deal, customer = get_deal(s, actor, deal_id, to=to)
    found = _form(s, actor, FieldObject.DEAL, deal, customer, "")
    return replace(found, title=found.shown("name"))


def visit_form(s: Session, actor: Actor, visit_id: str, to: To = READ) -> Form:
    """The fields that operations added: what was reported on the day is evidence, and not edited."""
    visit, customer = get_visit(s, actor, visit_id, to=to)
    found = _form(s, actor, FieldObject.VISIT, visit, customer, f"{customer.name} {day_of(visit.visited_at)} 的拜访")
    added = [replace(part, fields=tuple(f for f in part.fields if not f.spec.built_in)) for part in found.sections]
    return replace(found, sections=tuple(part for part in added if part.fields))


def with_added(s: Session) -> frozenset[FieldObject]:
    """The kinds of records that operations added fields to: of the others nothing more is asked."""
    held = select(FieldDefinition.object_kind).where(
        FieldDefinition.built_in.is_(False), FieldDefinition.retired_at.is_(None)
    )
    return frozenset(FieldObject(kind) for kind in s.scalars(held.distinct()))


def added_said(s: Session, seen: Eyes, of: FieldObject, customer: Customer, ids: Sequence[int]) -> dict[int, Said]:
    """What operations' own fields hold, of many deals or visits of one customer, by the record's id."""
    if not ids:
        return {}
    fields = [spec for spec in specs(s, of) if not spec.built_in and not spec.retired]
    held = added_values(s, fields, of, ids)
    if not held:
        return {}
    shown, files = sees(seen, customer, of), file_names(s, customer.id, fields)
    return {
        number: tuple((spec.label, shown.told(spec, values[spec.key], files)) for spec in fields if spec.key in values)
        for number, values in held.items()
    }


def _form(s: Session, actor: Actor, of: FieldObject, record: Any, customer: Customer, title: str) -> Form:
    sections = form(s, of)
    held = values_of(s, [spec for section in sections for spec in section.fields], of, record)
    stage = CooperationStage(customer.cooperation_stage)
    return drawn(s, sections, sees(eyes(s, actor), customer, of), held, customer.public_id, title, stage)
