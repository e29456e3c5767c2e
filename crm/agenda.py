"""What a person has to do today and what is lost otherwise: read by the 08:30 list and the chat alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from config.policy import Policy
from config.prospects import LeadState, ProjectState
from config.vocabulary import ContactState, HolderKind, OwnershipReason, Role, label
from crm.access import Actor, leaders_of, supervisors_of
from crm.milestones import coming
from crm.rules import recycling
from crm.rules.days import SHANGHAI, WorkCalendar, at, day_of, days_between
from crm.rules.milestones import LISTED_DAYS, LISTED_LATE_DAYS, LOSS, say_left
from crm.rules.stalled import Step
from crm.silence import silences_of
from crm.stalls import stuck_deals
from models.customers import Customer, OwnershipPeriod
from models.deals import Deal, Milestone
from models.leads import Lead
from models.links import ExternalContact, ExternalFollow
from models.people import Person
from models.projects import Project, ProjectRegistration
from models.timeline import Todo

_LAST_DAYS = 3  # a customer with fewer days left comes before everything else
_MOST_MILESTONES = 50
LOST_DAYS = 3  # a weekend may lie between a release and the next list


class ItemKind(StrEnum):
    TODO = "todo"
    SILENT = "silent"
    STALL = "stall"
    CONTACT = "contact"
    QUEUE = "queue"
    LOST = "lost"
    LEAD = "lead"
    REGISTRATION = "registration"
    MILESTONE = "milestone"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do: what it is about, why today, and what is lost if not."""

    kind: ItemKind
    object_id: int
    public_id: str  # of the customer, deal or to-do; empty for a contact
    title: str
    why: str
    loss: str
    sort: int  # smaller is more urgent


def agenda(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> list[Item]:
    """Everything that needs this person today, most urgent first."""
    items = [
        *_todos(s, actor, now),
        *_silent(s, actor, now, policy, calendar),
        *_last_days(s, actor, now, policy, calendar),
        *_stalls(s, actor, now, policy, calendar),
        *_milestones(s, actor, now),
        *_contacts(s, actor),
        *_queue(s, actor, now),
        *_lost(s, actor, now),
        *_leads(s, actor, now),
        *_registrations(s, actor, now, policy),
    ]
    return sorted(items, key=lambda item: (item.sort, item.title))


def _todos(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
    tomorrow = at(day_of(now), 0) + timedelta(days=1)
    due = select(Todo).where(Todo.person_id == actor.person_id, Todo.done_at.is_(None), Todo.due_at < tomorrow)
    return [
        Item(
            ItemKind.TODO,
            todo.id,
            todo.public_id,
            todo.text,
            "今天到期" if late == 0 else f"已过期 {late} 天",
            "答应客户的事会落空",
            0,
        )
        for todo in s.scalars(due)
        for late in (max(0, days_between(todo.due_at, now)),)
    ]


def _silent(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
    long_ago = at(day_of(now), 0) - timedelta(days=policy.remind_after_days - 1)
    mine = select(Customer).where(
        Customer.owner_id == actor.person_id, Customer.merged_into_id.is_(None), Customer.silent_since < long_ago
    )
    held = s.scalars(mine).all()
    verdicts = silences_of(s, held, now, policy, calendar)
    return [
        _silent_item(customer, customer.name, verdicts[customer.id], policy)
        for customer in held
        if verdicts[customer.id].step is not recycling.Step.KEEP
    ]


def _silent_item(customer: Customer, title: str, verdict: recycling.Verdict, policy: Policy) -> Item:
    loss = "满期会释放给主管重新分配" if policy.recycling_live else "满期会被回收（现在是试运行，只提醒）"
    urgency = verdict.days_left - _LAST_DAYS
    return Item(ItemKind.SILENT, customer.id, customer.public_id, title, verdict.reason, loss, urgency)


def _last_days(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
    """What a supervisor's people are about to lose: the owner has been told often enough, and has not moved.

    Behind what is his own to do; and nothing while recycling is on trial, when nobody loses anything.
    """
    if not actor.manages or not policy.recycling_live:
        return []
    long_ago = at(day_of(now), 0) - timedelta(days=policy.last_reminder_days - 1)
    rows = s.execute(
        select(Customer, Person)
        .join(Person, Person.id == Customer.owner_id)
        .where(
            Person.team_id.in_(actor.team_ids),
            Person.id != actor.person_id,
            Customer.merged_into_id.is_(None),
            Customer.silent_since < long_ago,
        )
    ).all()
    verdicts = silences_of(s, [customer for customer, _ in rows], now, policy, calendar)
    losing = [row for row in rows if verdicts[row.Customer.id].step is not recycling.Step.KEEP]
    above = supervisors_of(s, {row.Person.id for row in losing})
    return [
        replace(_silent_item(customer, f"{customer.name}（{owner.name}）", verdicts[customer.id], policy), sort=1)
        for customer, owner in losing
        if actor.person_id in above[owner.id]
    ]


def _stalls(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
    """One's own deals that stand still; a manager's also those of his people that have come to concern him."""
    in_sight = or_(Deal.owner_id == actor.person_id, Person.team_id.in_(actor.team_ids))
    of_holder = and_(in_sight, Customer.owner_id == Deal.owner_id)
    found = [
        one
        for one in stuck_deals(s, of_holder, now, policy, calendar)
        if one.owner_id == actor.person_id or one.stall.to_manager
    ]
    above = supervisors_of(s, {one.owner_id for one in found})
    return [
        Item(
            ItemKind.STALL,
            one.deal_id,
            one.public_id,
            one.name if one.owner_id == actor.person_id else f"{one.name}（{one.owner}）",
            one.stall.reason.replace("当前阶段", f"「{one.stage}」"),  # a list has no column for the stage
            "越拖越难成交",
            -1 if one.stall.colour == "red" else 1,
        )
        for one in found
        if one.owner_id == actor.person_id
        or actor.person_id in above[one.owner_id]
        or (actor.role is Role.DIRECTOR and one.stall.step is Step.DIRECTOR)
    ]


def _milestones(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
    """The moments of one's own deals that come within three days, and those that passed without a word."""
    ends = at(day_of(now), 0) + timedelta(days=LISTED_DAYS + 1)
    near = and_(Milestone.due_at < ends, Milestone.due_at > now - timedelta(days=LISTED_LATE_DAYS))
    return [
        Item(
            ItemKind.MILESTONE,
            one.id,
            one.public_id,
            f"{label(one.kind)}：{one.deal}",
            f"{one.due_at.astimezone(SHANGHAI):%m-%d %H:%M}，{say_left(one.due_at, now)}",
            LOSS[one.kind],
            days_between(now, one.due_at) - LISTED_DAYS - 1,
        )
        for one in coming(s, and_(Deal.owner_id == actor.person_id, near), _MOST_MILESTONES)
    ]


def _lost(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
    """What silence took from this person in the last days: a single message may have been folded into this list."""
    before = aliased(OwnershipPeriod)
    rows = s.execute(
        select(Customer, OwnershipPeriod.started_at)
        .join(OwnershipPeriod, OwnershipPeriod.customer_id == Customer.id)
        .join(before, and_(before.customer_id == Customer.id, before.ended_at == OwnershipPeriod.started_at))
        .where(
            OwnershipPeriod.reason == OwnershipReason.RECYCLED,
            OwnershipPeriod.ended_at.is_(None),
            OwnershipPeriod.started_at > now - timedelta(days=LOST_DAYS),
            before.holder_kind == HolderKind.PERSON,
            before.holder_id == actor.person_id,
        )
    ).all()
    loss = "其实有跟进的话，请主管退还"
    return [
        Item(ItemKind.LOST, c.id, c.public_id, c.name, f"{at.astimezone(SHANGHAI):%m-%d} 已释放给主管", loss, -1)
        for c, at in rows
    ]


def _contacts(s: Session, actor: Actor) -> Sequence[Item]:
    rows = s.scalars(
        select(ExternalContact)
        .join(ExternalFollow, ExternalFollow.external_contact_id == ExternalContact.id)
        .where(
            ExternalFollow.person_id == actor.person_id,
            ExternalFollow.ended_at.is_(None),
            ExternalContact.state == ContactState.UNLINKED,
        )
    )
    loss = "没建档的客户，换人就丢了"
    return [Item(ItemKind.CONTACT, c.id, "", c.name, "新联系人还没关联客户", loss, 5) for c in rows]


def _queue(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
    if not actor.manages:
        return []
    waiting = select(Customer).where(Customer.queue_team_id.in_(actor.team_ids), Customer.merged_into_id.is_(None))
    queued = s.scalars(waiting).all()
    teams = {customer.queue_team_id for customer in queued}
    own = {team for team in teams if team is not None and actor.person_id in leaders_of(s, team)}
    return [
        Item(
            ItemKind.QUEUE,
            customer.id,
            customer.public_id,
            customer.name,
            _waited(days_between(customer.silent_since, now)),
            "没人跟的客户会被同行抢走",
            0,
        )
        for customer in queued
        if customer.queue_team_id in own
    ]


def _waited(days: int) -> str:
    return f"等您分配 {days} 天" if days else "今天刚到，等您分配"


def _leads(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
    """One's own leads that nobody has answered yet; a leader's also those that wait for somebody to take them."""
    queued = and_(Lead.owner_id.is_(None), Lead.team_id.in_(actor.team_ids))
    mine = or_(Lead.owner_id == actor.person_id, queued)
    rows = s.scalars(select(Lead).where(Lead.state == LeadState.NEW, mine).order_by(Lead.due_at)).all()
    own = {team for team in {lead.team_id for lead in rows} if actor.manages and actor.person_id in leaders_of(s, team)}
    return [
        Item(
            ItemKind.LEAD,
            lead.id,
            lead.public_id,
            lead.company or lead.contact_name or "未留名称",
            _lead_why(lead, now),
            "回得晚的线索，多半已经问了别家",
            -1 if now >= lead.due_at else 0,
        )
        for lead in rows
        if lead.owner_id is not None or lead.team_id in own
    ]


def _lead_why(lead: Lead, now: datetime) -> str:
    if lead.owner_id is None:
        return "新线索没人领，等您分配"
    due = f"{lead.due_at.astimezone(SHANGHAI):%m-%d %H:%M}"
    return f"应在 {due} 前第一次联系，已经晚了" if now >= lead.due_at else f"{due} 前第一次联系"


def _registrations(s: Session, actor: Actor, now: datetime, policy: Policy) -> Sequence[Item]:
    """One's own 项目报备 that run out within the days of the first reminder."""
    soon = now + timedelta(days=policy.registration_remind_days + 1)
    rows = s.execute(
        select(ProjectRegistration, Project)
        .join(Project, Project.id == ProjectRegistration.project_id)
        .where(
            ProjectRegistration.rep_id == actor.person_id,
            ProjectRegistration.ended_at.is_(None),
            ProjectRegistration.behind_id.is_(None),
            ProjectRegistration.expires_at > now,
            ProjectRegistration.expires_at < soon,
            Project.state == ProjectState.OPEN,
        )
    ).all()
    left = {one.id: days_between(now, one.expires_at - timedelta(seconds=1)) for one, _ in rows}
    title, why, loss = "报备：{}", "还有 {} 天到期", "到期后别家就能报备"
    return [
        Item(
            ItemKind.REGISTRATION, r.id, r.public_id, title.format(p.name), why.format(left[r.id]), loss, left[r.id] - 2
        )
        for r, p in rows
    ]
