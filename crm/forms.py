"""The forms as they stand today: each object's fields as values that the rules judge by."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from config.vocabulary import CooperationStage, FieldKind, FieldObject, PersonStatus
from crm.rules.fields import FieldSpec, Option
from models.base import bare
from models.customers import Campaign
from models.fields import FieldDefinition, FieldGroup, FieldOption, FieldRequirement
from models.people import Person

_FIELD, _GROUP, _OPTION = bare(FieldDefinition).c, bare(FieldGroup).c, bare(FieldOption).c


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of a form with its fields, in order."""

    key: str
    label: str
    fields: tuple[FieldSpec, ...]


def specs(s: Session, of: FieldObject) -> tuple[FieldSpec, ...]:
    """Every field of an object, the retired ones too, in the form's order. Five queries at most, whatever there is."""
    return tuple(spec for section in form(s, of) for spec in section.fields)


def form(s: Session, of: FieldObject) -> tuple[Section, ...]:
    """The same under their headings; a heading without fields is there as well."""
    rows = s.execute(
        select(bare(FieldDefinition), _GROUP.key.label("group_key"))
        .join(bare(FieldGroup), _GROUP.id == _FIELD.group_id)
        .where(_FIELD.object_kind == of)
        .order_by(_FIELD.position, _FIELD.id)
    ).all()
    options = _options(s, of, {FieldKind(row.kind) for row in rows})
    asked = _required(s, of)
    fields: dict[str, list[FieldSpec]] = defaultdict(list)
    for row in rows:
        kind = FieldKind(row.kind)
        named = "campaign" if row.built_in and row.key == "campaign" else kind if kind is FieldKind.PERSON else row.id
        fields[row.group_key].append(
            FieldSpec(
                key=row.key,
                label=row.label,
                kind=kind,
                group=row.group_key,
                id=row.id,
                built_in=row.built_in,
                always=row.always,
                required_at=frozenset(asked.get(row.id, ())),
                options=tuple(options.get(named, ())),
                help=row.help,
                retired=row.retired_at is not None,
                check=row.text_form,
                longest=row.longest,
                starts_as=row.starts_as,
            )
        )
    groups = s.execute(
        select(_GROUP.key, _GROUP.label).where(_GROUP.object_kind == of).order_by(_GROUP.position, _GROUP.id)
    )
    return tuple(Section(key, label, tuple(fields[key])) for key, label in groups)


def groups_of(s: Session, of: FieldObject, keys: Collection[str]) -> dict[str, str]:
    """The group that each of these fields stands in, where a whole form is not needed."""
    held = select(_FIELD.key, _GROUP.key).join(bare(FieldGroup), _GROUP.id == _FIELD.group_id)
    return dict(s.execute(held.where(_FIELD.object_kind == of, _FIELD.key.in_(keys))).all())


def _required(s: Session, of: FieldObject) -> Mapping[int, Sequence[CooperationStage]]:
    rows = s.execute(
        select(FieldRequirement.field_id, FieldRequirement.stage)
        .join(FieldDefinition, FieldDefinition.id == FieldRequirement.field_id)
        .where(FieldDefinition.object_kind == of)
    )
    asked: dict[int, list[CooperationStage]] = defaultdict(list)
    for field_id, stage in rows:
        asked[field_id].append(CooperationStage(stage))
    return asked


def _options(s: Session, of: FieldObject, kinds: set[FieldKind]) -> Mapping[int | str, Sequence[Option]]:
    """What may be chosen, by the field's id; campaigns and people are chosen from their own tables."""
    found: dict[int | str, list[Option]] = defaultdict(list)
    for row in s.execute(_stored_options(of)):
        found[row.field_id].append(Option(row.key, row.label, row.retired_at is not None, id=row.id))
    if of is FieldObject.CUSTOMER:
        held = select(Campaign.id, Campaign.public_id, Campaign.name, Campaign.retired_at)
        for one in s.execute(held.order_by(Campaign.retired_at.is_not(None), Campaign.id.desc())):
            found["campaign"].append(Option(one.public_id, one.name, one.retired_at is not None, id=one.id))
    if FieldKind.PERSON in kinds:
        people = select(Person.id, Person.public_id, Person.name, Person.userid, Person.status).order_by(Person.name)
        for who in s.execute(people):
            gone = who.status != PersonStatus.ACTIVE
            found[FieldKind.PERSON].append(Option(who.public_id, who.name, gone, who.userid, who.id))
    return found


def _stored_options(of: FieldObject) -> Select[int, int, str, str, object]:
    columns = (_OPTION.id, _OPTION.field_id, _OPTION.key, _OPTION.label, _OPTION.retired_at)
    mine = select(*columns).join(bare(FieldDefinition), _FIELD.id == _OPTION.field_id).where(_FIELD.object_kind == of)
    return mine.order_by(_OPTION.position, _OPTION.id)
