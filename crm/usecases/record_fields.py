"""The fields of a deal and of a visit, changed through their forms and judged like the customer's own file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from config.vocabulary import CooperationStage, FieldObject, StageKind
from crm import audit
from crm.access import Actor, get_deal, get_visit
from crm.approving import approval_needed
from crm.errors import Conflict
from crm.field_store import file_names, note, put, values_of
from crm.forms import specs
from crm.ladders import course_of, ladder_at
from crm.rules.days import day_of
from crm.rules.field_input import Raw
from crm.rules.fields import missing, validate
from crm.usecases.approval_steps import void_waiting
from crm.usecases.customer_file import Saved, accept
from crm.usecases.field_guard import guard
from models.base import bare
from models.customers import Customer
from models.fields import FieldChange, FieldValue


def update_deal(
    s: Session,
    actor: Actor,
    deal_id: str,
    raw: Mapping[str, Raw],
    now: datetime,
    *,
    entrance: str,
    seen: Mapping[str, str] | None = None,
) -> Saved:
    """Change the fields in `raw` and no others; `seen` as for the customer's own file."""
    deal, customer = get_deal(s, actor, deal_id, lock=True)
    won = ladder_at(s, deal.stage_id)
    saved = _update(s, actor, FieldObject.DEAL, deal, customer, raw, now, entrance, seen, "update_deal", deal.name)
    course = course_of(s, deal)
    if course.here.kind is StageKind.WON and course.ladder.name != won.name:
        raise Conflict("商机已经按小单赢单，这个金额要走标准流程。请先重新打开并写明原因，再改金额")
    if course.here.kind is StageKind.WON and (need := approval_needed(s, deal, course, course.here)) is not None:
        raise Conflict(f"商机已经赢单，这样改要先审批：{need.told}。请先重新打开并写明原因，再改金额")
    void_waiting(s, actor, deal, now, entrance=entrance)
    return saved


def update_visit(
    s: Session,
    actor: Actor,
    visit_id: str,
    raw: Mapping[str, Raw],
    now: datetime,
    *,
    entrance: str,
    seen: Mapping[str, str] | None = None,
) -> Saved:
    """The same for a visit. What was reported on the day stays as it was said: it is evidence."""
    visit, customer = get_visit(s, actor, visit_id, lock=True)
    return _update(s, actor, FieldObject.VISIT, visit, customer, raw, now, entrance, seen, "update_visit", "")


def forget_fields(s: Session, of: FieldObject, record_id: int) -> None:
    """Of a record that is taken back as if it had never been: a later one may get its number."""
    for table in (FieldValue, FieldChange):
        held = bare(table).c
        s.execute(delete(bare(table)).where(held.object_kind == of, held.object_id == record_id))


def _update(
    s: Session,
    actor: Actor,
    of: FieldObject,
    record: Any,
    customer: Customer,
    raw: Mapping[str, Raw],
    now: datetime,
    entrance: str,
    seen: Mapping[str, str] | None,
    verb: str,
    name: str,
) -> Saved:
    fields = tuple(spec for spec in specs(s, of) if of is FieldObject.DEAL or not spec.built_in)
    had = values_of(s, fields, of, record)
    held = guard(s, actor, of, fields)
    raw = held.touched(customer, had, raw, seen, file_names(s, customer.id, fields))
    held.check(raw)
    stage = CooperationStage(customer.cooperation_stage)
    values = accept(fields, validate(fields, raw, stage, today=day_of(now), before=had))
    changes = put(s, of, record, had, [(spec, values[spec.key]) for spec in fields if spec.key in values])
    note(s, of, record.id, changes, now, actor.person_id, entrance)
    changed = tuple(change.spec.label for change in changes)
    if changed:
        # The subject is the customer, whose book tells of everything that hangs on it.
        named = {"deal": name} if name else {"visit": record.id}
        audit.record(
            s, actor.person_id, verb, f"customer:{customer.id}", now, entrance=entrance, changed=list(changed), **named
        )
    s.flush()
    lacking = missing(fields, {**had, **values}, stage)
    return Saved(record.id, record.public_id, name, changed, tuple(one.label for one in lacking))
