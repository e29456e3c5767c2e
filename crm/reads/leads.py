"""Leads as lists and pages: how urgent each is, in a word as well as a colour, and everything done about one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, or_, select, true
from sqlalchemy.orm import Session, aliased

from config.grants import REACH
from config.prospects import InvalidReason, LeadInlet, LeadState, LeadStep, ResponseKind
from config.vocabulary import CustomerSource, FieldObject, label
from crm import policy as numbers
from crm.access import Actor, Sight, get_lead, sees_customer, sees_lead, sight, supervisor_of
from crm.reads.customers import Page
from crm.reads.paging import cut
from crm.rules.days import SHANGHAI, WorkCalendar
from crm.rules.response_clock import working_minutes
from models.customers import Campaign, Customer
from models.leads import Lead, LeadEvent
from models.people import Person, Team

Urgency = Literal["settled", "answered", "fine", "due", "late"]
OPEN = (LeadState.NEW, LeadState.CONTACTED)
_Owner = aliased(Person)
_COLUMNS = (Lead, _Owner.name, Team.name, Campaign.name)


@dataclass(frozen=True, slots=True)
class LeadRow:
    """`why` says in a sentence what `urgency` paints; `owner` is empty in a queue. `phone` is shown in part to who
    would see a contact's in part."""

    id: int
    public_id: str
    name: str
    contact_name: str
    phone: str
    need: str
    inlet: str
    source: str
    campaign: str
    owner: str
    owner_id: int | None
    team: str
    state: LeadState
    known: bool
    contested: bool
    created_at: datetime
    due_at: datetime
    first_response_at: datetime | None
    urgency: Urgency
    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of leads is narrowed by; `since` and `until` (exclusive) go by when they came in."""

    query: str = ""
    state: LeadState | None = None
    open_only: bool = False
    late_only: bool = False
    queued: bool = False
    inlet: LeadInlet | None = None
    owner_id: int | None = None
    source: CustomerSource | None = None
    campaign_id: int | None = None
    no_campaign: bool = False
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepRow:
    """`mine`: the newest step, and the asker's own, so that he may take it back while there is time."""

    id: int
    mine: bool
    at: datetime
    who: str
    step: str
    words: str
    undone: bool


@dataclass(frozen=True, slots=True)
class LeadFile:
    """`rival` says whom to ask where a colleague has the company. The customer is named to those who may see it."""

    row: LeadRow
    email: str
    remark: str
    consent: bool
    response: str
    invalid_reason: str
    rival: str
    customer: str
    customer_public_id: str
    mine: bool
    steps: tuple[StepRow, ...]


def open_leads(s: Session, actor: Actor, now: datetime, limit: int, query: str = "") -> tuple[Sequence[LeadRow], int]:
    """Those that still want something done (and that `query` names), the most urgent first; and how many there are."""
    found = list_leads(s, actor, Asked(query=query, open_only=True), page=1, size=limit, now=now)
    return found.rows, found.total


def list_leads(s: Session, actor: Actor, asked: Asked, *, page: int, size: int, now: datetime) -> Page[LeadRow]:
    """One page of the leads this actor may see: unanswered ones first, by when they are due; then the newest."""
    calendar, eyes = numbers.calendar(s), sight(s, actor, FieldObject.CONTACT)
    unanswered = case((Lead.state == LeadState.NEW, 0), else_=1)
    due = case((Lead.state == LeadState.NEW, Lead.due_at), else_=None)
    query = (
        _rows(actor)
        .where(*_wanted(actor, eyes, asked, now))
        .order_by(unanswered, due, Lead.created_at.desc(), Lead.id.desc())
    )
    return cut(s, query, page, size, lambda *columns: _row(now, calendar, eyes, *columns))


def _rows(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(*_COLUMNS)
        .outerjoin(_Owner, _Owner.id == Lead.owner_id)
        .join(Team, Team.id == Lead.team_id)
        .outerjoin(Campaign, Campaign.id == Lead.campaign_id)
        .where(sees_lead(actor))
    )


def _wanted(actor: Actor, eyes: Sight, asked: Asked, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    typed = asked.query.strip()
    if typed:
        fields = (Lead.company, Lead.contact_name, Lead.need)
        said = [field.contains(typed, autoescape=True) for field in fields]
        # A number that is shown in part cannot be felt out digit by digit either.
        whole = true() if REACH in eyes.groups else Lead.owner_id == actor.person_id
        conditions.append(or_(*said, and_(whole, Lead.phone.contains(typed, autoescape=True))))
    if asked.state is not None:
        conditions.append(Lead.state == asked.state)
    if asked.open_only:
        conditions.append(Lead.state.in_(OPEN))
    if asked.late_only:
        conditions += [Lead.state == LeadState.NEW, Lead.due_at <= now]
    if asked.queued:
        conditions += [Lead.owner_id.is_(None), Lead.state.in_(OPEN)]
    if asked.no_campaign:
        conditions.append(Lead.campaign_id.is_(None))
    for column, value in (
        (Lead.inlet, asked.inlet),
        (Lead.owner_id, asked.owner_id),
        (Lead.source, asked.source),
        (Lead.campaign_id, asked.campaign_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if asked.since is not None:
        conditions.append(Lead.created_at >= asked.since)
    if asked.until is not None:
        conditions.append(Lead.created_at < asked.until)
    return conditions


def _row(
    now: datetime, calendar: WorkCalendar, eyes: Sight, lead: Lead, owner: str | None, team: str, campaign: str | None
) -> LeadRow:
    urgency, why = _urgency(lead, now, calendar)
    return LeadRow(
        id=lead.id,
        public_id=lead.public_id,
        name=lead.company or lead.contact_name or "未留名称",
        contact_name=lead.contact_name,
        phone=_reach(eyes, lead, lead.phone),
        need=lead.need,
        inlet=label(LeadInlet(lead.inlet)),
        source=label(CustomerSource(lead.source)),
        campaign=campaign or "",
        owner=owner or "",
        owner_id=lead.owner_id,
        team=team,
        state=LeadState(lead.state),
        known=lead.known,
        contested=lead.rival_id is not None,
        created_at=lead.created_at,
        due_at=lead.due_at,
        first_response_at=lead.first_response_at,
        urgency=urgency,
        why=why,
    )


def _reach(eyes: Sight, lead: Lead, value: str) -> str:
    """A telephone or a mail address, as one of a customer that nobody works on together."""
    return eyes.shown(0, lead.owner_id, REACH, value)


def _urgency(lead: Lead, now: datetime, calendar: WorkCalendar) -> tuple[Urgency, str]:
    state = LeadState(lead.state)
    if state is LeadState.INVALID:
        return "settled", f"无效：{label(InvalidReason(lead.invalid_reason))}"
    if lead.first_response_at is not None:
        took = working_minutes(lead.created_at, lead.first_response_at, calendar)
        late = "，晚了" if lead.first_response_at > lead.due_at else ""
        word: Urgency = "settled" if state is LeadState.CONVERTED else "answered"
        return word, f"{_spoken(took)}后第一次联系{late}"
    if now < lead.due_at:
        return "fine", f"{lead.due_at.astimezone(SHANGHAI):%m-%d %H:%M} 前要联系"
    over = f"超时 {_spoken(working_minutes(lead.due_at, now, calendar))}还没联系"
    return ("late" if now >= lead.late_at else "due"), over


def _spoken(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if hours >= 1:
        return f"{hours} 小时{f' {rest} 分' if rest else ''}"
    return f"{rest} 分钟"


def lead_page(s: Session, actor: Actor, public_id: str, now: datetime) -> LeadFile:
    """Everything about one lead; NotFound also for one that this actor may not see."""
    lead = get_lead(s, actor, public_id)
    found = s.execute(_rows(actor).where(Lead.id == lead.id)).one()
    visible = select(Customer.name, Customer.public_id).where(Customer.id == lead.customer_id, sees_customer(actor))
    customer = s.execute(visible).one_or_none()
    eyes = sight(s, actor, FieldObject.CONTACT)
    return LeadFile(
        row=_row(now, numbers.calendar(s), eyes, *found),
        email=_reach(eyes, lead, lead.email),
        remark=lead.remark,
        consent=lead.consent,
        response=label(ResponseKind(lead.response_kind)) if lead.response_kind else "",
        invalid_reason=label(InvalidReason(lead.invalid_reason)) if lead.invalid_reason else "",
        rival=_rival(s, lead.rival_id),
        customer=customer.name if customer else "",
        customer_public_id=customer.public_id if customer else "",
        mine=lead.owner_id == actor.person_id,
        steps=_steps(s, actor, lead.id),
    )


def _rival(s: Session, customer_id: int | None) -> str:
    """Whom to speak with, and nothing of the customer."""
    owner = s.scalar(select(Customer.owner_id).where(Customer.id == customer_id))
    if customer_id is None:
        return ""
    names = select(Person.name).where(Person.id.in_(supervisor_of(s, owner) if owner is not None else []))
    asked = "、".join(s.scalars(names))
    return "同事在跟进这家公司" + (f"，可找 {asked} 商量" if asked else "")


def _steps(s: Session, actor: Actor, lead_id: int) -> tuple[StepRow, ...]:
    rows = s.execute(
        select(LeadEvent, Person.name)
        .outerjoin(Person, Person.id == LeadEvent.actor_id)
        .where(LeadEvent.lead_id == lead_id)
        .order_by(LeadEvent.id.desc())
    ).all()
    fixed = (LeadStep.CAPTURED, LeadStep.UNDONE)
    standing = [event for event, _ in rows if event.undone_at is None and event.step not in fixed]
    last = standing[0].id if standing and standing[0].actor_id == actor.person_id else None
    return tuple(
        StepRow(
            event.id,
            event.id == last,
            event.at,
            who or "系统",
            label(LeadStep(event.step)),
            event.words,
            event.undone_at is not None,
        )
        for event, who in rows
    )
