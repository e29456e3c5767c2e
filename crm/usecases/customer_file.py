"""The customer file: written field by field, judged by the forms, each change kept and put back on request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.vocabulary import CooperationStage, FieldObject, NameKind
from crm import audit, name_index
from crm.access import Actor, get_customer
from crm.errors import Invalid, NotFound
from crm.field_store import file_names, note, put, values_of
from crm.forms import specs
from crm.rules.days import day_of
from crm.rules.field_input import Raw
from crm.rules.fields import Checked, FieldSpec, Value, missing, validate
from crm.rules.naming import name_key, pinyin_of
from crm.usecases.collisions import Refused, create_or_report
from crm.usecases.customer_identity import claim_name, free_uscc, parent_named
from crm.usecases.customers import CustomerDraft, CustomerMade
from crm.usecases.field_guard import guard
from models.base import bare
from models.customers import Customer
from models.fields import FieldChange
from models.names import CompanyName

Fields = tuple[FieldSpec, ...]
REFUSED = "有内容要改一下，没有保存：{}"


@dataclass(frozen=True, slots=True)
class Saved:
    """`changed` and `missing` are labels: what this call changed, and what the stage still asks for."""

    id: int
    public_id: str
    name: str
    changed: tuple[str, ...]
    missing: tuple[str, ...]


def draft_of(s: Session, actor: Actor, raw: Mapping[str, Raw], now: datetime) -> CustomerDraft:
    """What was written about a new customer, read and judged; Invalid names every field that is wrong."""
    fields = specs(s, FieldObject.CUSTOMER)
    guard(s, actor, FieldObject.CUSTOMER, fields).check(raw)
    checked = validate(fields, raw, CooperationStage.POTENTIAL, today=day_of(now))
    values = accept(fields, checked)
    if values.get("parent") is not None:
        values["parent"] = parent_named(s, actor, str(values["parent"]), None)
    return CustomerDraft(name=str(values.pop("name")), values=values)


def create(
    s: Session, actor: Actor, raw: Mapping[str, Raw], now: datetime, *, entrance: str, anyway: bool = False
) -> CustomerMade | Refused:
    """A new customer from a form; or a colleague has it, and both supervisors hear of that."""
    return create_or_report(s, actor, draft_of(s, actor, raw, now), now, entrance=entrance, anyway=anyway)


def update_customer(
    s: Session,
    actor: Actor,
    customer_id: int | str,
    raw: Mapping[str, Raw],
    now: datetime,
    *,
    entrance: str,
    seen: Mapping[str, str] | None = None,
) -> Saved:
    """Change the fields in `raw` and no others. `seen` is what a form showed of each: what somebody else has changed
    since is not overwritten, and what the form shows unchanged is not touched."""
    customer = get_customer(s, actor, customer_id, lock=True)
    fields = specs(s, FieldObject.CUSTOMER)
    had = values_of(s, fields, FieldObject.CUSTOMER, customer)
    held = guard(s, actor, FieldObject.CUSTOMER, fields)
    raw = held.touched(customer, had, raw, seen, file_names(s, customer.id, fields))
    held.check(raw)
    stage = CooperationStage(customer.cooperation_stage)
    values = accept(fields, validate(fields, raw, stage, today=day_of(now), before=had))
    if values.get("parent") is not None:
        values["parent"] = parent_named(s, actor, str(values["parent"]), customer)
    if values.get("uscc") not in (None, had.get("uscc")):
        free_uscc(s, actor, str(values["uscc"]), customer.id)
    if values.get("name", customer.name) != customer.name:
        _rename(s, actor, customer, str(values["name"]))
    changes = put(s, FieldObject.CUSTOMER, customer, had, [(f, values[f.key]) for f in fields if f.key in values])
    note(s, FieldObject.CUSTOMER, customer.id, changes, now, actor.person_id, entrance)
    changed = tuple(change.spec.label for change in changes)
    if changed:
        # What it says now stands in the field's own history, where masks apply; the book names only the fields.
        audit.record(
            s, actor.person_id, "update_customer", f"customer:{customer.id}", now, entrance=entrance,
            name=customer.name, changed=list(changed),
        )  # fmt: skip
    s.flush()
    lacking = missing(fields, {**had, **values}, CooperationStage(customer.cooperation_stage))
    return Saved(customer.id, customer.public_id, customer.name, changed, tuple(one.label for one in lacking))


def restore_value(
    s: Session, actor: Actor, customer_id: int | str, change_id: int, now: datetime, *, entrance: str
) -> Saved:
    """Put one field back to what it said before a change; the rules of today judge it like anything else."""
    customer = get_customer(s, actor, customer_id, lock=True)
    change = s.scalar(
        select(FieldChange).where(
            FieldChange.id == change_id,
            FieldChange.object_kind == FieldObject.CUSTOMER,
            FieldChange.object_id == customer.id,
        )
    )
    if change is None:
        raise NotFound("没有找到这条修改记录，请刷新页面")
    key = next(spec.key for spec in specs(s, FieldObject.CUSTOMER) if spec.id == change.field_id)
    return update_customer(s, actor, customer.id, {key: change.before}, now, entrance=entrance)


def accept(fields: Fields, checked: Checked, refused: str = REFUSED) -> dict[str, Value]:
    """The values, or one refusal that names every field."""
    if checked.errors:
        labels = {spec.key: spec.label for spec in fields}
        told = "；".join(f"{labels.get(key, '未知字段')}：{why}" for key, why in list(checked.errors.items())[:3])
        raise Invalid(refused.format(told), checked.errors)
    return dict(checked.values)


def _rename(s: Session, actor: Actor, customer: Customer, name: str) -> None:
    """Its key and its pinyin follow, and the radar goes on finding it by the name it had."""
    claim_name(s, actor, name, customer.id)
    customer.name_key, customer.pinyin = name_key(name), pinyin_of(name)[:255]
    mine = (CompanyName.customer_id == customer.id, CompanyName.kind == NameKind.NAME)
    s.execute(update(bare(CompanyName)).where(*mine).values(kind=NameKind.FORMER))
    name_index.put(s, customer.id, [name])
