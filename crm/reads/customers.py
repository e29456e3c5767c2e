"""The customers one may see, as a list with 「还剩几天」, and one customer's whole file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import ChatKind, CustomerLevel, CustomerSource, HolderKind, OwnershipReason, TimelineKind, label
from crm import policy as numbers
from crm.access import Actor, get_customer, sees_customer
from crm.agenda import silence_of, silences_of
from crm.errors import Invalid
from crm.rules.days import at, day_of
from crm.rules.naming import name_key
from models.customers import Contact, Customer, OwnershipPeriod
from models.deals import Deal, Stage
from models.links import ChatLink, ExternalContact
from models.people import Person, Team
from models.timeline import TimelineEntry

T = TypeVar("T")
TIMELINE_LENGTH = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`number` counts from 1; `total` is of all pages."""

    rows: Sequence[T]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """`days_left` is None for a customer nobody holds; `why` says it in a sentence."""

    id: int
    public_id: str
    name: str
    level: str
    region: str
    owner: str
    team: str
    queued: bool
    last_activity_at: datetime | None
    silent_days: int
    days_left: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Filters:
    owner_id: int | None = None
    team_id: int | None = None
    level: CustomerLevel | None = None
    soon: bool = False  # 将回收: reminded of already
    queued: bool = False


_Owner = aliased(Person)
SORTS: Mapping[str, tuple[ColumnElement[Any], ...]] = {
    "days_left": (Customer.silent_since.asc(), Customer.id.asc()),
    "name": (Customer.pinyin.asc(), Customer.name.asc(), Customer.id.asc()),
    "last_activity": (Customer.last_activity_at.desc().nulls_last(), Customer.id.desc()),
    "newest": (Customer.created_at.desc(), Customer.id.desc()),
}


def list_customers(
    s: Session,
    actor: Actor,
    *,
    query: str,
    sort: str,
    page: int,
    size: int,
    now: datetime,
    filters: Filters = Filters(),
) -> Page[CustomerRow]:
    """One page of the customers this actor may see. `query` matches the name, its pinyin and its initials."""
    if sort not in SORTS:
        raise Invalid("没有这种排序方式", {"sort": "可选：" + "、".join(SORTS)})
    policy, calendar = numbers.current(s), numbers.calendar(s)
    wanted = [
        Customer.merged_into_id.is_(None),
        sees_customer(actor),
        *_wanted(query, filters, now, policy.remind_after_days),
    ]
    total = s.scalar(select(func.count()).select_from(Customer).where(*wanted)) or 0
    rows = s.execute(
        _with_holder(select(Customer, _Owner.name, Team.name))
        .where(*wanted)
        .order_by(*SORTS[sort])
        .limit(size)
        .offset((page - 1) * size)
    )
    shown = rows.all()
    verdicts = silences_of(s, [row[0] for row in shown], now, policy, calendar)
    found = []
    for customer, owner, team in shown:
        verdict = verdicts[customer.id]
        held = customer.owner_id is not None
        found.append(
            CustomerRow(
                id=customer.id,
                public_id=customer.public_id,
                name=customer.name,
                level=label(CustomerLevel(customer.level)),
                region=customer.region,
                owner=owner or "",
                team=team or "",
                queued=customer.queue_team_id is not None,
                last_activity_at=customer.last_activity_at,
                silent_days=verdict.days,
                days_left=verdict.days_left if held else None,
                why=verdict.reason if held else f"等待主管分配，已等 {verdict.days} 天",
            )
        )
    return Page(found, total, page, size)


def _wanted(query: str, filters: Filters, now: datetime, remind_after: int) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    typed = query.strip()
    if typed:
        like = typed.casefold()
        conditions.append(
            or_(
                Customer.name.contains(typed, autoescape=True),
                Customer.name_key.contains(name_key(typed), autoescape=True),
                Customer.pinyin.contains(like, autoescape=True),
            )
        )
    if filters.owner_id is not None:
        conditions.append(Customer.owner_id == filters.owner_id)
    if filters.team_id is not None:
        people = select(Person.id).where(Person.team_id == filters.team_id)
        conditions.append(or_(Customer.owner_id.in_(people), Customer.queue_team_id == filters.team_id))
    if filters.level is not None:
        conditions.append(Customer.level == filters.level)
    if filters.soon:
        conditions.append(Customer.owner_id.is_not(None))
        conditions.append(Customer.silent_since < at(day_of(now), 0) - timedelta(days=remind_after - 1))
    if filters.queued:
        conditions.append(Customer.queue_team_id.is_not(None))
    return conditions


def _with_holder(query: Select[Customer, str, str]) -> Select[Customer, str, str]:
    team = func.coalesce(_Owner.team_id, Customer.queue_team_id)
    return query.outerjoin(_Owner, _Owner.id == Customer.owner_id).outerjoin(Team, Team.id == team)


@dataclass(frozen=True, slots=True)
class ContactRow:
    name: str
    title: str
    phone: str


@dataclass(frozen=True, slots=True)
class LinkRow:
    contact: str
    corp_name: str
    linked_by: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class DealRow:
    public_id: str
    name: str
    amount: Decimal
    stage: str
    owner: str
    stage_since: datetime


@dataclass(frozen=True, slots=True)
class EntryRow:
    public_id: str
    kind: TimelineKind
    kind_label: str
    author: str
    at: datetime
    text: str
    counts: bool


@dataclass(frozen=True, slots=True)
class PeriodRow:
    holder: str
    reason: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerFile:
    id: int
    public_id: str
    name: str
    level: str
    source: str
    industry: str
    region: str
    address: str
    uscc: str
    owner: str
    owner_id: int | None
    queued: bool
    created_at: datetime
    silent_days: int
    days_left: int | None
    why: str
    contacts: tuple[ContactRow, ...]
    links: tuple[LinkRow, ...]
    deals: tuple[DealRow, ...]
    timeline: tuple[EntryRow, ...]
    owners: tuple[PeriodRow, ...]


def customer_page(s: Session, actor: Actor, public_id: str | int, now: datetime) -> CustomerFile:
    """Everything about one customer that fits a page; NotFound also for one the actor may not see."""
    customer = get_customer(s, actor, public_id)
    policy, calendar = numbers.current(s), numbers.calendar(s)
    verdict = silence_of(s, customer, now, policy, calendar)
    held = customer.owner_id is not None
    owner = s.scalar(select(Person.name).where(Person.id == customer.owner_id)) or ""
    return CustomerFile(
        id=customer.id,
        public_id=customer.public_id,
        name=customer.name,
        level=label(CustomerLevel(customer.level)),
        source=label(CustomerSource(customer.source)),
        industry=customer.industry,
        region=customer.region,
        address=customer.address,
        uscc=customer.uscc or "",
        owner=owner,
        owner_id=customer.owner_id,
        queued=customer.queue_team_id is not None,
        created_at=customer.created_at,
        silent_days=verdict.days,
        days_left=verdict.days_left if held else None,
        why=verdict.reason if held else f"等待主管分配，已等 {verdict.days} 天",
        contacts=_contacts(s, customer.id),
        links=_links(s, customer.id),
        deals=_deals(s, customer.id),
        timeline=_timeline(s, customer.id),
        owners=_owners(s, customer.id),
    )


def _contacts(s: Session, customer_id: int) -> tuple[ContactRow, ...]:
    rows = s.scalars(select(Contact).where(Contact.customer_id == customer_id).order_by(Contact.id))
    return tuple(ContactRow(c.name, c.title, c.phone) for c in rows)


def _links(s: Session, customer_id: int) -> tuple[LinkRow, ...]:
    rows = s.execute(
        select(ExternalContact.name, ExternalContact.corp_name, Person.name.label("by"), ChatLink.linked_at)
        .join(ExternalContact, ExternalContact.external_userid == ChatLink.key)
        .join(Person, Person.id == ChatLink.linked_by_id)
        .where(ChatLink.customer_id == customer_id, ChatLink.kind == ChatKind.EXTERNAL_CONTACT)
        .order_by(ChatLink.linked_at)
    )
    return tuple(LinkRow(r.name, r.corp_name, r.by, r.linked_at) for r in rows)


def _deals(s: Session, customer_id: int) -> tuple[DealRow, ...]:
    rows = s.execute(
        select(Deal, Stage.label, Person.name)
        .join(Stage, Stage.id == Deal.stage_id)
        .join(Person, Person.id == Deal.owner_id)
        .where(Deal.customer_id == customer_id)
        .order_by(Deal.created_at.desc())
    )
    return tuple(DealRow(d.public_id, d.name, d.amount, stage, owner, d.stage_since) for d, stage, owner in rows)


def _timeline(s: Session, customer_id: int) -> tuple[EntryRow, ...]:
    rows = s.execute(
        select(TimelineEntry, Person.name)
        .outerjoin(Person, Person.id == TimelineEntry.author_id)
        .where(TimelineEntry.customer_id == customer_id, TimelineEntry.retracted_at.is_(None))
        .order_by(TimelineEntry.at.desc(), TimelineEntry.id.desc())
        .limit(TIMELINE_LENGTH)
    )
    return tuple(
        EntryRow(e.public_id, TimelineKind(e.kind), label(TimelineKind(e.kind)), who or "系统", e.at, e.text, e.counts)
        for e, who in rows
    )


def _owners(s: Session, customer_id: int) -> tuple[PeriodRow, ...]:
    periods = s.scalars(
        select(OwnershipPeriod).where(OwnershipPeriod.customer_id == customer_id).order_by(OwnershipPeriod.id.desc())
    ).all()
    people = dict(s.execute(select(Person.id, Person.name).where(Person.id.in_([p.holder_id for p in periods]))).all())
    teams = dict(s.execute(select(Team.id, Team.name).where(Team.id.in_([p.holder_id for p in periods]))).all())

    def holder(period: OwnershipPeriod) -> str:
        match HolderKind(period.holder_kind):
            case HolderKind.PERSON:
                return people[period.holder_id or 0]
            case HolderKind.QUEUE:
                return f"{teams[period.holder_id or 0]} · 待分配"
            case HolderKind.POOL:
                return "公海"

    return tuple(PeriodRow(holder(p), label(OwnershipReason(p.reason)), p.started_at, p.ended_at) for p in periods)
