"""Forms and their fields for the screens: what to ask for, and for operations every definition with its history."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import FieldObject, Role
from crm.access import Actor, eyes, require
from crm.errors import NotFound
from crm.forms import Section, form, specs
from crm.rules.fields import FieldSpec
from models.customers import Campaign
from models.fields import FieldDefinition, FieldGroup, FieldRevision
from models.people import Person

__all__ = ["Section", "form", "specs"]


@dataclass(frozen=True, slots=True)
class Definition:
    """A field as operations sees it; an edit hands `version` back."""

    spec: FieldSpec
    version: int
    group_id: int
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class DefinedGroup:
    id: int
    key: str
    label: str
    fields: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class Revision:
    """`before` is None for the field's beginning; `who` is empty for the system."""

    version: int
    at: datetime
    who: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CampaignRow:
    id: int
    public_id: str
    name: str
    source: str
    retired: bool


@dataclass(frozen=True, slots=True)
class AskedField:
    """What this actor's role may do with it, in records that he may see and write to."""

    spec: FieldSpec
    may_read: bool
    may_edit: bool


@dataclass(frozen=True, slots=True)
class AskedSection:
    key: str
    label: str
    fields: tuple[AskedField, ...]


def asked(s: Session, actor: Actor, of: FieldObject) -> tuple[AskedSection, ...]:
    """What a form asks for today, under its headings, for whoever draws it; nothing that is retired."""
    seen = eyes(s, actor)
    read, edit = seen.sight(of).groups, seen.editable(of)
    sections = (
        AskedSection(
            one.key,
            one.label,
            tuple(AskedField(spec, spec.group in read, spec.group in edit) for spec in one.fields if not spec.retired),
        )
        for one in form(s, of)
    )
    return tuple(section for section in sections if section.fields)


def defined(s: Session, actor: Actor, of: FieldObject) -> list[DefinedGroup]:
    """Every field of an object, the retired ones too, under its heading."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    known = {spec.id: spec for spec in specs(s, of)}
    fields: dict[int, list[Definition]] = defaultdict(list)
    rows = select(FieldDefinition).where(FieldDefinition.object_kind == of)
    for one in s.scalars(rows.order_by(FieldDefinition.position, FieldDefinition.id)):
        fields[one.group_id].append(Definition(known[one.id], one.version, one.group_id, one.retired_at))
    groups = select(FieldGroup).where(FieldGroup.object_kind == of).order_by(FieldGroup.position, FieldGroup.id)
    return [DefinedGroup(g.id, g.key, g.label, tuple(fields[g.id])) for g in s.scalars(groups)]


def definition(s: Session, actor: Actor, field_id: int) -> tuple[FieldObject, Definition]:
    """One field of whichever object."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    row = s.get(FieldDefinition, field_id)
    if row is None:
        raise NotFound("没有找到这个字段，请刷新页面")
    of = FieldObject(row.object_kind)
    spec = next(spec for spec in specs(s, of) if spec.id == field_id)
    return of, Definition(spec, row.version, row.group_id, row.retired_at)


def revisions(s: Session, actor: Actor, field_id: int) -> list[Revision]:
    """What was changed about one field, the newest first."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    rows = s.execute(
        select(FieldRevision, Person.name)
        .outerjoin(Person, Person.id == FieldRevision.actor_id)
        .where(FieldRevision.field_id == field_id)
        .order_by(FieldRevision.version.desc())
    )
    return [Revision(r.version, r.at, who or "", r.before, r.after) for r, who in rows]


def campaigns(s: Session, actor: Actor) -> list[CampaignRow]:
    require(actor, Role.ADMIN, Role.OPERATIONS)
    rows = s.scalars(select(Campaign).order_by(Campaign.retired_at.is_not(None), Campaign.id.desc()))
    return [CampaignRow(c.id, c.public_id, c.name, c.source, c.retired_at is not None) for c in rows]
