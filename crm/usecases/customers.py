"""Make a customer once, and ask first whether somebody has it already."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from config.vocabulary import ChatKind, CustomerLevel, CustomerSource, FieldObject, OwnershipReason, TimelineKind, label
from crm import audit, name_index
from crm import policy as numbers
from crm.access import DECIDE, HOLDERS, Actor, get_customer
from crm.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from crm.field_store import note, put
from crm.forms import specs
from crm.holding import Holder
from crm.rules.checkin import Point, to_gcj02
from crm.rules.fields import Value
from crm.rules.naming import clean_name, name_key, pinyin_of
from crm.rules.regions import short_region
from crm.usecases.customer_identity import claim_company
from crm.usecases.ownership import begin
from crm.usecases.radar import Question
from models.customers import Contact, Customer
from models.deals import Deal
from models.links import ChatLink
from models.quotes import Quote
from models.timeline import TODO_IS_OPEN, TimelineEntry, Todo
from models.visits import Visit


@dataclass(frozen=True, slots=True)
class CustomerDraft:
    """`values` are fields that the rules have read already, by key; what they say goes before the rest."""

    name: str
    level: CustomerLevel = CustomerLevel.NORMAL
    source: CustomerSource = CustomerSource.OUTREACH
    region: str = ""
    address: str = ""
    industry: str = ""
    place: Point | None = None
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerMade:
    id: int
    public_id: str
    name: str


def create_customer(
    s: Session, actor: Actor, draft: CustomerDraft, now: datetime, *, entrance: str, anyway: bool = False
) -> CustomerMade:
    """A new customer, held by the actor. The same company twice is refused (Taken), also when both are made in the same
    moment. `anyway`: he has seen those that are alike, and they are others.
    """
    if actor.role not in HOLDERS:
        raise NotAllowed(f"{label(actor.role)}不负责客户，不能新建。请让负责的销售来建")
    try:
        name = clean_name(draft.name)
    except ValueError as error:
        raise Invalid(str(error), {"name": str(error)}) from None
    claim_company(s, actor, _asked(name, draft), anyway=anyway)
    place = None if draft.place is None else to_gcj02(draft.place)
    customer = Customer(
        name=name,
        name_key=name_key(name),
        pinyin=pinyin_of(name)[:255],
        level=draft.level,
        source=draft.source,
        region=draft.region or short_region(str(draft.values.get("address") or draft.address)),
        address=draft.address,
        industry=draft.industry,
        latitude=place and place.latitude,
        longitude=place and place.longitude,
        owner_id=actor.person_id,
        silent_since=now,
        created_at=now,
        created_by_id=actor.person_id,
    )
    s.add(customer)
    s.flush()
    _fill_in(s, customer, draft, now, actor, entrance)
    name_index.put(s, customer.id, [name])
    begin(s, customer, Holder.person(actor.person_id), OwnershipReason.CREATED, actor.person_id, now)
    audit.record(s, actor.person_id, "create_customer", f"customer:{customer.id}", now, entrance=entrance, name=name)
    return CustomerMade(customer.id, customer.public_id, customer.name)


def _asked(name: str, draft: CustomerDraft) -> Question:
    """What the radar may compare of a draft."""
    uscc, phone, website = (str(draft.values.get(key) or "") for key in ("uscc", "phone", "website"))
    return Question(name, uscc, (phone,), website)


def withdraw_customer(s: Session, actor: Actor, customer_id: int, now: datetime, *, entrance: str) -> str:
    """Take a customer back that should not have been made, while nothing else hangs on it. Its name.

    It is gone for everybody and its name is free again. The row stays, merged into itself: an old card that speaks of
    its id must never meet another customer.
    """
    customer = get_customer(s, actor, customer_id, to=DECIDE, lock=True)
    if customer.id != customer_id:
        raise Conflict(f"您刚建的客户已经合并到「{customer.name}」，没有撤销新建。合错了请撤销合并")
    if customer.created_by_id != actor.person_id or customer.owner_id != actor.person_id:
        raise NotFound("没有找到您刚建的这个客户")
    minutes = numbers.current(s).undo_minutes
    if now > customer.created_at + timedelta(minutes=minutes):
        raise Gone(f"「{customer.name}」建了超过 {minutes} 分钟，不能撤销了。建错了请主管处理")
    if any(s.scalar(others.limit(1)) is not None for others in _hanging_on(customer)):
        raise Conflict(f"「{customer.name}」已经有跟进、打卡、商机、报价、待办或联系人，客户保留着，没有撤销新建")
    customer.merged_into_id = customer.id
    customer.uscc = None  # a constraint holds it: it is free again, like the name
    name_index.drop(s, customer.id)
    audit.record(
        s,
        actor.person_id,
        "withdraw_customer",
        f"customer:{customer.id}",
        now,
        entrance=entrance,
        name=customer.name,
    )
    return customer.name


def _hanging_on(customer: Customer) -> Iterator[Select[int]]:
    """What would be lost with the customer: not the talk about it, what was taken back, or who was noted with it."""
    customer_id = customer.id
    entries = select(TimelineEntry.id).where(
        TimelineEntry.kind.not_in((TimelineKind.LINK, TimelineKind.OWNERSHIP)), TimelineEntry.retracted_at.is_(None)
    )
    yield entries.where(TimelineEntry.customer_id == customer_id)
    yield select(ChatLink.customer_id).where(ChatLink.customer_id == customer_id, ChatLink.kind != ChatKind.APP_USER)
    yield select(Deal.id).where(Deal.customer_id == customer_id)
    yield select(Quote.id).where(Quote.customer_id == customer_id)
    yield select(Todo.id).where(Todo.customer_id == customer_id, TODO_IS_OPEN)
    yield select(Visit.id).where(Visit.customer_id == customer_id, Visit.retracted_at.is_(None))
    yield select(Contact.id).where(Contact.customer_id == customer_id, Contact.created_at != customer.created_at)


def _fill_in(s: Session, customer: Customer, draft: CustomerDraft, now: datetime, actor: Actor, entrance: str) -> None:
    if not draft.values:
        return
    fields = [(spec, draft.values[spec.key]) for spec in specs(s, FieldObject.CUSTOMER) if spec.key in draft.values]
    changes = put(s, FieldObject.CUSTOMER, customer, {}, fields)
    note(s, FieldObject.CUSTOMER, customer.id, changes, now, actor.person_id, entrance)
    s.flush()


def any_customer(s: Session) -> bool:
    """Whether the store holds any customer yet."""
    return s.scalar(select(Customer.id).limit(1)) is not None
