"""One customer's whole file: facts, 还剩几天为什么, contacts, deals, timeline, and who held it when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import (
    ChatKind,
    FieldObject,
    HolderKind,
    OwnershipReason,
    StallColour,
    TimelineKind,
    label,
)
from crm import policy as numbers
from crm.access import READ, WRITE, Actor, Eyes, eyes, get_customer, sees_customer
from crm.reads.contacts import ContactRow, contacts_at
from crm.reads.customer_form import Form, form_at
from crm.reads.deals import deal_sight
from crm.reads.digests import DigestRow, digests_of
from crm.reads.record_form import Said, added_said, with_added
from crm.reads.rungs import ladders_called
from crm.reads.visits import photos_of
from crm.rules.paces import Pace
from crm.silence import silence_of
from models.customers import Customer, OwnershipPeriod
from models.deals import Deal, Stage
from models.links import ChatLink, ExternalContact
from models.mirror import CustomerGroup
from models.people import Person, Team
from models.timeline import TimelineEntry
from models.visits import Visit

TIMELINE_LENGTH = 50
_Last = aliased(TimelineEntry)
_Happened = Select[TimelineEntry, str, int, str]


@dataclass(frozen=True, slots=True)
class LinkRow:
    """An outsider who belongs here; `external_userid` leads to what was said with him."""

    external_userid: str
    contact: str
    corp_name: str
    linked_by: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A customer group that is linked; `chat_id` leads to what was said in it."""

    chat_id: str
    name: str


@dataclass(frozen=True, slots=True)
class DealRow:
    """`amount` in yuan; None where it is not shown to the reader. `colour` is None of a deal that has ended."""

    public_id: str
    name: str
    amount: Decimal | None
    stage: str
    owner: str
    stage_since: datetime
    colour: StallColour | None
    fields: Said = ()


@dataclass(frozen=True, slots=True)
class EntryRow:
    public_id: str
    kind: TimelineKind
    kind_label: str
    author: str
    at: datetime
    text: str
    counts: bool
    visit: str = ""  # its public id, of a visit
    photos: tuple[str, ...] = ()  # the ids of its photos, in order
    fields: Said = ()
    digest: DigestRow | None = None  # of a digest: its sentences, and the messages they stand on


@dataclass(frozen=True, slots=True)
class PeriodRow:
    holder: str
    reason: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """Everything but the fields, which the form shows to each reader as he may see them."""

    id: int
    public_id: str
    name: str
    owner: str
    owner_id: int | None
    queued: bool
    created_at: datetime
    silent_days: int
    days_left: int | None
    why: str
    contacts: tuple[ContactRow, ...]
    retired: tuple[ContactRow, ...]
    links: tuple[LinkRow, ...]
    groups: tuple[GroupRow, ...]
    deals: tuple[DealRow, ...]
    timeline: tuple[EntryRow, ...]
    older: bool  # whether the timeline goes on beyond this page
    visit_fields: bool  # whether a visit has anything to fill in
    owners: tuple[PeriodRow, ...]
    writes: bool  # whether this actor may change it and write into it, or only look


def customer_page(s: Session, actor: Actor, public_id: str | int, now: datetime, page: int = 1) -> CustomerFile:
    """Everything about one customer that fits a page; NotFound also for one the actor may not see.

    `page` turns the timeline, the newest first.
    """
    customer = get_customer(s, actor, public_id, to=READ)
    return _page(s, customer, eyes(s, actor), now, page, writes=_writes(s, actor, customer))


def page_and_form(
    s: Session, actor: Actor, public_id: str | int, now: datetime, page: int = 1
) -> tuple[CustomerFile, Form]:
    """The same with every field that the customer's form has."""
    customer, seen = get_customer(s, actor, public_id, to=READ), eyes(s, actor)
    written = _writes(s, actor, customer)
    return _page(s, customer, seen, now, page, writes=written), form_at(s, actor, customer, seen)


def _writes(s: Session, actor: Actor, customer: Customer) -> bool:
    return s.scalar(select(Customer.id).where(Customer.id == customer.id, sees_customer(actor, WRITE))) is not None


def _page(s: Session, customer: Customer, seen: Eyes, now: datetime, page: int, *, writes: bool) -> CustomerFile:
    added = with_added(s)
    timeline = _timeline(s, seen, customer, page, FieldObject.VISIT in added)
    people = contacts_at(s, seen.sight(FieldObject.CONTACT), customer)
    policy, calendar = numbers.current(s), numbers.calendar(s)
    verdict = silence_of(s, customer, now, policy, calendar)
    held = customer.owner_id is not None
    owner = s.scalar(select(Person.name).where(Person.id == customer.owner_id)) or ""
    return CustomerFile(
        id=customer.id,
        public_id=customer.public_id,
        name=customer.name,
        owner=owner,
        owner_id=customer.owner_id,
        queued=customer.queue_team_id is not None,
        created_at=customer.created_at,
        silent_days=verdict.days,
        days_left=verdict.days_left if held and not verdict.paused else None,
        why=verdict.reason if held else f"等待主管分配，已等 {verdict.days} 天",
        contacts=tuple(row for row in people if not row.retired),
        retired=tuple(row for row in people if row.retired),
        links=_links(s, customer.id),
        groups=_groups(s, customer.id),
        deals=_deals(
            s, seen, customer, ladders_called(s, "").paces(policy, now, calendar), now, FieldObject.DEAL in added
        ),
        timeline=timeline[:TIMELINE_LENGTH],
        older=len(timeline) > TIMELINE_LENGTH,
        visit_fields=FieldObject.VISIT in added,
        owners=_owners(s, customer.id),
        writes=writes,
    )


def _links(s: Session, customer_id: int) -> tuple[LinkRow, ...]:
    rows = s.execute(
        select(ExternalContact, Person.name, ChatLink.linked_at)
        .join(ExternalContact, ExternalContact.external_userid == ChatLink.key)
        .join(Person, Person.id == ChatLink.linked_by_id)
        .where(ChatLink.customer_id == customer_id, ChatLink.kind == ChatKind.EXTERNAL_CONTACT)
        .order_by(ChatLink.linked_at)
    )
    return tuple(LinkRow(one.external_userid, one.name, one.corp_name, by, at) for one, by, at in rows)


def _groups(s: Session, customer_id: int) -> tuple[GroupRow, ...]:
    rows = s.execute(
        select(CustomerGroup.chat_id, CustomerGroup.name)
        .join(ChatLink, ChatLink.key == CustomerGroup.chat_id)
        .where(ChatLink.customer_id == customer_id, ChatLink.kind == ChatKind.CUSTOMER_GROUP)
        .order_by(ChatLink.linked_at)
    )
    return tuple(GroupRow(chat_id, name) for chat_id, name in rows)


def _deals(
    s: Session, seen: Eyes, customer: Customer, paces: Mapping[int, Pace], now: datetime, fields: bool
) -> tuple[DealRow, ...]:
    rows = s.execute(
        select(Deal, Stage.label, Person.name)
        .join(Stage, Stage.id == Deal.stage_id)
        .join(Person, Person.id == Deal.owner_id)
        .where(Deal.customer_id == customer.id)
        .order_by(Deal.created_at.desc())
    ).all()
    said = added_said(s, seen, FieldObject.DEAL, customer, [d.id for d, *_ in rows] if fields else [])
    held_by, shown = customer.owner_id, deal_sight(s, seen)
    return tuple(
        DealRow(
            d.public_id, shown.name(d, held_by), shown.amount(d, held_by), stage, owner, d.stage_since,
            paces[d.stage_id].colour(d.stage_since, d.snoozed_until, now) if d.stage_id in paces else None,
            said.get(d.id, ()),
        )
        for d, stage, owner in rows
    )  # fmt: skip


def timeline_of(
    s: Session, actor: Actor, public_id: str, kind: TimelineKind | None, after: tuple[datetime, str] | None, limit: int
) -> tuple[EntryRow, ...]:
    """What happened, the newest first, of one kind or of all, from behind an entry's moment and public id on."""
    customer, seen = get_customer(s, actor, public_id, to=READ), eyes(s, actor)
    wanted = _happened(customer)
    if kind is not None:
        wanted = wanted.where(TimelineEntry.kind == kind)
    if after is not None:
        moment, entry_id = after
        last = select(_Last.id).where(_Last.public_id == entry_id).scalar_subquery()
        earlier = and_(TimelineEntry.at == moment, TimelineEntry.id < last)
        wanted = wanted.where(or_(TimelineEntry.at < moment, earlier))
    return _entries(s, seen, customer, wanted.limit(limit), FieldObject.VISIT in with_added(s))


def _timeline(s: Session, seen: Eyes, customer: Customer, page: int, fields: bool) -> tuple[EntryRow, ...]:
    """A page of it and one entry more, which tells that there are older ones."""
    wanted = _happened(customer).limit(TIMELINE_LENGTH + 1).offset((page - 1) * TIMELINE_LENGTH)
    return _entries(s, seen, customer, wanted, fields)


def _happened(customer: Customer) -> _Happened:
    return (
        select(TimelineEntry, Person.name, Visit.id, Visit.public_id)
        .outerjoin(Person, Person.id == TimelineEntry.author_id)
        .outerjoin(Visit, Visit.entry_id == TimelineEntry.id)
        .where(TimelineEntry.customer_id == customer.id, TimelineEntry.retracted_at.is_(None))
        .order_by(TimelineEntry.at.desc(), TimelineEntry.id.desc())
    )


def _entries(s: Session, seen: Eyes, customer: Customer, wanted: _Happened, fields: bool) -> tuple[EntryRow, ...]:
    rows = s.execute(wanted).all()
    said = added_said(s, seen, FieldObject.VISIT, customer, [number for *_, number, _ in rows if number and fields])
    photos = photos_of(s, [number for *_, number, _ in rows if number])
    digests = digests_of(s, [e.id for e, *_ in rows if e.kind == TimelineKind.DIGEST])
    return tuple(
        EntryRow(
            e.public_id, TimelineKind(e.kind), label(TimelineKind(e.kind)), who or "系统", e.at, e.text, e.counts,
            visit or "", photos.get(number or 0, ()), said.get(number or 0, ()), digests.get(e.id),
        )
        for e, who, number, visit in rows
    )  # fmt: skip


def _owners(s: Session, customer_id: int) -> tuple[PeriodRow, ...]:
    rows = s.execute(
        select(OwnershipPeriod, Person.name, Team.name)
        .outerjoin(
            Person, (Person.id == OwnershipPeriod.holder_id) & (OwnershipPeriod.holder_kind == HolderKind.PERSON)
        )
        .outerjoin(Team, (Team.id == OwnershipPeriod.holder_id) & (OwnershipPeriod.holder_kind == HolderKind.QUEUE))
        .where(OwnershipPeriod.customer_id == customer_id)
        .order_by(OwnershipPeriod.id.desc())
    )
    return tuple(
        PeriodRow(
            person or (f"{team} · 待分配" if team else "公海"),
            label(OwnershipReason(p.reason)),
            p.started_at,
            p.ended_at,
        )
        for p, person, team in rows
    )
