"""The people at a customer: added, changed, put away and brought back, judged by the forms like the file itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import CooperationStage, FieldObject
from crm import audit
from crm.access import Actor, get_customer, sight
from crm.errors import Conflict, NotFound
from crm.field_store import Change, file_names, note, put, values_of
from crm.forms import specs
from crm.rules.days import day_of
from crm.rules.field_input import Raw
from crm.rules.fields import FieldSpec, Value, missing, validate
from crm.usecases.customer_file import Saved, accept
from crm.usecases.field_guard import guard
from models.customers import Contact, Customer

MOST = 200  # contacts of one customer
_NOT_THERE = "没有找到这位联系人，或者他所在的客户不在您名下。请刷新页面"


def add_contact(
    s: Session, actor: Actor, customer_id: int | str, raw: Mapping[str, Raw], now: datetime, *, entrance: str
) -> Saved:
    """A new person at a customer. The same name twice is two people, unless title and telephone are the same too.

    Sheets and leads that are converted add to those who are there by rules of their own, since nobody looks at each.
    """
    customer = get_customer(s, actor, customer_id, lock=True)
    held = s.scalars(select(Contact.id).where(Contact.customer_id == customer.id).limit(MOST)).all()
    if len(held) >= MOST:
        raise Conflict(f"「{customer.name}」已经有 {MOST} 位联系人，没有添加")
    fields, stage = specs(s, FieldObject.CONTACT), CooperationStage(customer.cooperation_stage)
    guard(s, actor, FieldObject.CONTACT, fields).check(raw)
    checked = validate(fields, raw, CooperationStage.POTENTIAL, today=day_of(now))
    values = accept(fields, checked)
    _not_there_yet(s, actor, customer, fields, values)
    contact = Contact(customer_id=customer.id, name=str(values["name"]), created_at=now)
    s.add(contact)
    s.flush()
    new = [(spec, values[spec.key]) for spec in fields if spec.key in values]
    changes = put(s, FieldObject.CONTACT, contact, {}, new)
    return _kept(s, actor, customer, contact, "add_contact", changes, now, entrance, stage)


def _not_there_yet(
    s: Session, actor: Actor, customer: Customer, fields: Sequence[FieldSpec], values: Mapping[str, Value]
) -> None:
    """Only for who reads these fields whole: a refusal would tell him a number that is masked to him."""
    seen = sight(s, actor, FieldObject.CONTACT)
    asked = {spec.group for spec in fields if spec.key in ("name", "title", "phone")}
    if not all(seen.whole(customer.id, customer.owner_id, group) for group in asked):
        return
    name, title, phone = (str(values.get(key) or "") for key in ("name", "title", "phone"))
    same = (Contact.name == name, Contact.title == title, Contact.phone == phone)
    twin = select(Contact.id).where(Contact.customer_id == customer.id, Contact.retired_at.is_(None), *same)
    if s.scalar(twin.limit(1)) is not None:
        why = "已经有一位姓名、职务、电话都一样的联系人"
        raise Conflict(f"{why}，没有再添加。确实是两个人，请写上职务或电话来区分", {"name": why})


def update_contact(
    s: Session,
    actor: Actor,
    contact_id: str,
    raw: Mapping[str, Raw],
    now: datetime,
    *,
    entrance: str,
    seen: Mapping[str, str] | None = None,
) -> Saved:
    """Change the fields in `raw` and no others; `seen` as for the customer's own file."""
    customer, contact = _locked(s, actor, contact_id)
    fields, stage = specs(s, FieldObject.CONTACT), CooperationStage(customer.cooperation_stage)
    had = values_of(s, fields, FieldObject.CONTACT, contact)
    held = guard(s, actor, FieldObject.CONTACT, fields)
    raw = held.touched(customer, had, raw, seen, file_names(s, customer.id, fields))
    held.check(raw)
    checked = validate(fields, raw, stage, today=day_of(now), before=had)
    values = accept(fields, checked)
    changes = put(s, FieldObject.CONTACT, contact, had, [(f, values[f.key]) for f in fields if f.key in values])
    return _kept(s, actor, customer, contact, "update_contact", changes, now, entrance, stage)


def retire_contact(s: Session, actor: Actor, contact_id: str, now: datetime, *, entrance: str) -> Saved:
    """He has left, or was written down by mistake: off the lists, never deleted."""
    customer, contact = _locked(s, actor, contact_id)
    if contact.retired_at is None:
        contact.retired_at = now
        _book(s, actor, "retire_contact", customer, contact, now, entrance)
    return Saved(contact.id, contact.public_id, contact.name, (), ())


def restore_contact(s: Session, actor: Actor, contact_id: str, now: datetime, *, entrance: str) -> Saved:
    customer, contact = _locked(s, actor, contact_id)
    if contact.retired_at is not None:
        contact.retired_at = None
        _book(s, actor, "restore_contact", customer, contact, now, entrance)
    return Saved(contact.id, contact.public_id, contact.name, (), ())


def _locked(s: Session, actor: Actor, contact_id: str) -> tuple[Customer, Contact]:
    """The contact and its customer, whose row is the lock of the whole file; not yours is not there."""
    contact = s.scalar(select(Contact).where(Contact.public_id == contact_id))
    if contact is None:
        raise NotFound(_NOT_THERE)
    try:
        customer = get_customer(s, actor, contact.customer_id, lock=True)
    except NotFound:
        raise NotFound(_NOT_THERE) from None
    s.refresh(contact)
    return customer, contact


def _kept(
    s: Session,
    actor: Actor,
    customer: Customer,
    contact: Contact,
    verb: str,
    changes: list[Change],
    now: datetime,
    entrance: str,
    stage: CooperationStage,
) -> Saved:
    note(s, FieldObject.CONTACT, contact.id, changes, now, actor.person_id, entrance)
    changed = [change.spec.label for change in changes]
    if changed:
        _book(s, actor, verb, customer, contact, now, entrance, changed=changed)
    s.flush()
    fields = specs(s, FieldObject.CONTACT)
    lacking = missing(fields, values_of(s, fields, FieldObject.CONTACT, contact), stage)
    return Saved(contact.id, contact.public_id, contact.name, tuple(changed), tuple(one.label for one in lacking))


def _book(
    s: Session,
    actor: Actor,
    verb: str,
    customer: Customer,
    contact: Contact,
    now: datetime,
    entrance: str,
    **more: object,
) -> None:
    """The subject is the customer: whoever reads its book finds its people there."""
    audit.record(
        s, actor.person_id, verb, f"customer:{customer.id}", now, entrance=entrance, contact=contact.name, **more
    )
    s.flush()
