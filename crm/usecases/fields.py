"""Fields without code: add, edit, order, require, retire and bring back; every change is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.vocabulary import CooperationStage, FieldKind, FieldObject, Role, label
from crm import audit
from crm.access import Actor, require
from crm.errors import Conflict, Invalid, NotFound
from crm.rules.field_input import read_line
from crm.rules.words import slug
from models.fields import FieldDefinition, FieldGroup, FieldOption, FieldRequirement, FieldRevision

MOST_FIELDS, MOST_OPTIONS = 200, 200
CHOICES = (FieldKind.SELECT, FieldKind.MULTI_SELECT)
# What the product itself reads; anything else it ships with may be put away.
NEEDED: Mapping[FieldObject, frozenset[str]] = {
    FieldObject.CUSTOMER: frozenset({"name", "uscc", "level", "source", "cooperation_stage", "region"}),
    FieldObject.CONTACT: frozenset({"name", "phone", "decision_role"}),
    FieldObject.DEAL: frozenset({"name", "amount"}),
    FieldObject.VISIT: frozenset({"report"}),
}


@dataclass(frozen=True, slots=True)
class FieldDraft:
    """What operations writes of a field. `labels` renames choices by key ("" retires), `added` are new choices.

    `group` is the key of a heading; `required_at` the stages that ask for it.
    """

    label: str
    group: str
    help: str = ""
    required_at: frozenset[CooperationStage] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    added: Sequence[str] = ()
    restored: frozenset[str] = frozenset()


def add_field(
    s: Session, actor: Actor, of: FieldObject, kind: FieldKind, draft: FieldDraft, now: datetime, *, entrance: str
) -> int:
    """A new field at the end of its form; its row's number. Its key is the pinyin of its label and never changes."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    if kind is FieldKind.COMPANY:
        raise Invalid("没有添加字段：这种字段只有系统自己用", {"kind": "请选别的类型"})
    there = _all(s, of)
    if len(there) >= MOST_FIELDS:
        raise Conflict(f"{label(of)}已经有 {MOST_FIELDS} 个字段，没有添加。请先看看哪些可以合并")
    made = FieldDefinition(object_kind=of, key=_new_key(draft.label, [one.key for one in there]), kind=kind, version=0)
    made.position = 1 + max((one.position for one in there), default=0)
    _write(s, made, draft, there)
    s.add(made)
    s.flush()
    _write_options(s, made, draft, now)
    _write_required(s, made, draft.required_at)
    _keep(s, actor, made, None, now, "add_field", entrance)
    return made.id


def edit_field(
    s: Session, actor: Actor, field_id: int, version: int, draft: FieldDraft, now: datetime, *, entrance: str
) -> None:
    """Everything of a field but its kind. `version` is the one that was on the screen."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    one = _as_seen(s, field_id, version)
    before = _snapshot(s, one)
    _write(s, one, draft, [other for other in _all(s, FieldObject(one.object_kind)) if other.id != one.id])
    _write_options(s, one, draft, now)
    _write_required(s, one, draft.required_at)
    _keep(s, actor, one, before, now, "edit_field", entrance)


def require_at(
    s: Session, actor: Actor, field_id: int, stages: frozenset[CooperationStage], now: datetime, *, entrance: str
) -> None:
    """At which cooperation stages the field must be filled. Records that stand there already stay as they are."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    one = _locked(s, field_id)
    before = _snapshot(s, one)
    _write_required(s, one, stages)
    _keep(s, actor, one, before, now, "require_field", entrance)


def move_field(s: Session, actor: Actor, field_id: int, up: bool, now: datetime, *, entrance: str) -> None:
    """One place up or down among the fields of its heading."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    one = _locked(s, field_id)
    there = _all(s, FieldObject(one.object_kind))
    order = [other for other in there if other.group_id == one.group_id]
    place = next(number for number, other in enumerate(order) if other.id == one.id)
    to = place - 1 if up else place + 1
    if not 0 <= to < len(order):
        return
    before = _snapshot(s, one)
    order[place], order[to] = order[to], order[place]
    places = sorted(other.position for other in order)
    if len(set(places)) < len(places):  # two were added in the same moment
        places = list(range(places[0], places[0] + len(places)))
    for other, position in zip(order, places, strict=True):
        other.position = position
    _keep(s, actor, one, before, now, "move_field", entrance)


def retire_field(s: Session, actor: Actor, field_id: int, version: int, now: datetime, *, entrance: str) -> str:
    """Off the forms; what was filled in stays. Its label."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    one = _as_seen(s, field_id, version)
    if one.built_in and one.key in NEEDED[FieldObject(one.object_kind)]:
        raise Conflict(f"「{one.label}」是系统要用的字段，不能停用。不想让人填，可以不设必填")
    before = _snapshot(s, one)
    if one.retired_at is None:
        one.retired_at = now
        _keep(s, actor, one, before, now, "retire_field", entrance)
    return one.label


def restore_field(s: Session, actor: Actor, field_id: int, version: int, now: datetime, *, entrance: str) -> str:
    """Back on the forms, with everything that had been filled in. Its label."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    one = _as_seen(s, field_id, version)
    _no_twin(one.label, [other for other in _all(s, FieldObject(one.object_kind)) if other.id != one.id])
    before = _snapshot(s, one)
    if one.retired_at is not None:
        one.retired_at = None
        _keep(s, actor, one, before, now, "restore_field", entrance)
    return one.label


def add_group(s: Session, actor: Actor, of: FieldObject, words: str, now: datetime, *, entrance: str) -> str:
    """A new heading at the end of a form; its key."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    name = _line("分组名称", "label", words, 40)
    groups = s.scalars(select(FieldGroup).where(FieldGroup.object_kind == of).with_for_update()).all()
    if any(one.label == name for one in groups):
        raise Conflict(f"已经有「{name}」这个分组", {"label": "换个名称"})
    key = _new_key(name, [one.key for one in groups])
    s.add(FieldGroup(object_kind=of, key=key, label=name, position=1 + max((g.position for g in groups), default=0)))
    audit.record(s, actor.person_id, "add_field_group", f"field_group:{of}.{key}", now, entrance=entrance, name=name)
    return key


def _all(s: Session, of: FieldObject) -> list[FieldDefinition]:
    """Locked: two who add or move at once follow each other."""
    mine = select(FieldDefinition).where(FieldDefinition.object_kind == of).with_for_update()
    return sorted(s.scalars(mine.order_by(FieldDefinition.id)), key=lambda one: (one.position, one.id))


def _locked(s: Session, field_id: int) -> FieldDefinition:
    one = s.scalar(select(FieldDefinition).where(FieldDefinition.id == field_id).with_for_update())
    if one is None:
        raise NotFound("没有找到这个字段，请刷新页面")
    return one


def _as_seen(s: Session, field_id: int, version: int) -> FieldDefinition:
    one = _locked(s, field_id)
    if one.version != version:
        raise Conflict(f"「{one.label}」刚被别人改过，您的修改没有保存。请刷新页面，看看现在的样子再改")
    return one


def _write(s: Session, one: FieldDefinition, draft: FieldDraft, others: Sequence[FieldDefinition]) -> None:
    one.label = _line("字段名称", "label", draft.label, 40)
    if one.retired_at is None:
        _no_twin(one.label, others)
    one.help = _line("填写说明", "help", draft.help, 255) if draft.help.strip() else ""
    where = select(FieldGroup.id).where(FieldGroup.object_kind == one.object_kind, FieldGroup.key == draft.group)
    group = s.scalar(where)
    if group is None:
        raise Invalid("没有这个分组，请重新选择", {"group": "请从列表里选"})
    one.group_id = group


def _no_twin(words: str, others: Sequence[FieldDefinition]) -> None:
    if any(one.retired_at is None and one.label.casefold() == words.casefold() for one in others):
        raise Conflict(f"已经有叫「{words}」的字段。请换个名称，或者直接改那一个", {"label": "名称重复"})


def _write_options(s: Session, one: FieldDefinition, draft: FieldDraft, now: datetime) -> None:
    """Choices renamed, retired, brought back and added; the product's own are left as they are."""
    if one.kind not in CHOICES or one.built_in:
        return
    held = select(FieldOption).where(FieldOption.field_id == one.id).order_by(FieldOption.position, FieldOption.id)
    options = list(s.scalars(held))
    for option in options:
        words = draft.labels.get(option.key, option.label).strip()
        if not words:
            option.retired_at = option.retired_at or now
            continue
        option.label = _line("选项", "options", words, 64)
        if option.key in draft.restored:
            option.retired_at = None
    place = 1 + max((option.position for option in options), default=0)
    for words in draft.added:
        if not words.strip():
            continue
        name = _line("选项", "options", words, 64)
        back = next((o for o in options if o.label.casefold() == name.casefold() and o.retired_at is not None), None)
        if back is not None:
            back.retired_at = None
            continue
        made = FieldOption(field_id=one.id, key=_new_key(name, [o.key for o in options]), label=name, position=place)
        options.append(made)
        s.add(made)
        place += 1
    names = [option.label.casefold() for option in options if option.retired_at is None]
    if not names:
        raise Invalid("没有保存：选择类的字段至少要有一个选项", {"options": "一行写一个选项"})
    if len(set(names)) < len(names):
        raise Invalid("没有保存：有两个选项的名称一样", {"options": "选项名称不能重复"})
    if len(options) > MOST_OPTIONS:
        raise Invalid(f"没有保存：选项最多 {MOST_OPTIONS} 个（含停用的）", {"options": "太多了，请合并"})
    s.flush()


def _write_required(s: Session, one: FieldDefinition, stages: frozenset[CooperationStage]) -> None:
    s.execute(delete(FieldRequirement).where(FieldRequirement.field_id == one.id))
    s.add_all(FieldRequirement(field_id=one.id, stage=stage) for stage in stages)
    s.flush()


def _keep(
    s: Session,
    actor: Actor,
    one: FieldDefinition,
    before: dict[str, Any] | None,
    now: datetime,
    verb: str,
    entrance: str,
) -> None:
    """Count the version up and keep what it said before and after; nothing where nothing changed."""
    s.flush()
    after = _snapshot(s, one)
    if after == before:
        return
    one.version += 1
    s.add(
        FieldRevision(
            field_id=one.id, version=one.version, at=now, actor_id=actor.person_id, before=before, after=after
        )
    )
    changed = sorted(key for key in after if before is None or before[key] != after[key])
    audit.record(
        s, actor.person_id, verb, f"field:{one.id}", now, entrance=entrance, name=one.label,
        **({} if before is None else {"changed": changed}),
    )  # fmt: skip
    s.flush()


def _snapshot(s: Session, one: FieldDefinition) -> dict[str, Any]:
    options = select(FieldOption.label, FieldOption.retired_at).where(FieldOption.field_id == one.id)
    rows = s.execute(options.order_by(FieldOption.position, FieldOption.id)).all()
    stages = set(s.scalars(select(FieldRequirement.stage).where(FieldRequirement.field_id == one.id)))
    return {
        "label": one.label,
        "group": s.scalar(select(FieldGroup.label).where(FieldGroup.id == one.group_id)),
        "help": one.help,
        "position": one.position,
        "required_at": [stage.value for stage in CooperationStage if stage in stages],
        "options": [row.label for row in rows if row.retired_at is None],
        "retired_options": [row.label for row in rows if row.retired_at is not None],
        "retired": one.retired_at is not None,
    }


def _line(what: str, where: str, words: str, longest: int) -> str:
    try:
        line = read_line(words.replace("\x00", ""), longest)
    except ValueError as error:
        raise Invalid(f"{what}没有保存：{error}", {where: str(error)}) from None
    if not line:
        raise Invalid(f"请填写{what}", {where: "必填"})
    return line


def _new_key(words: str, taken: Sequence[str]) -> str:
    base = slug(words) or "field"
    return next(key for key in (base, *(f"{base}{n}" for n in range(2, len(taken) + 3))) if key not in taken)
