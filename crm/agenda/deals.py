"""What is being sold, on a person's list: deals that stand still, their dates, leads to answer, 报备 that run out."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from config.policy import Policy
from config.prospects import LeadState, ProjectState
from config.vocabulary import Role, label
from crm.access import Actor, leaders_of, sees_customer, supervisors_of
from crm.agenda.items import Item, ItemKind, urgency
from crm.milestones import coming
from crm.rules.days import SHANGHAI, WorkCalendar, at, day_of, days_between
from crm.rules.milestones import LISTED_DAYS, LISTED_LATE_DAYS, LOSS, say_left
from crm.rules.stalled import Step
from crm.stalls import stuck_deals
from models.customers import Customer
from models.deals import Deal, Milestone
from models.leads import Lead
from models.people import Person
from models.projects import Project, ProjectRegistration

_MOST_MILESTONES = 50
_FEW_DAYS = 2  # a 报备 with less left comes before what is merely due


def stalls(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
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


def milestones(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
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
            urgency(days_between(now, one.due_at), LISTED_DAYS + 1),
        )
        for one in coming(s, and_(Deal.owner_id == actor.person_id, sees_customer(actor), near), _MOST_MILESTONES)
    ]


def leads(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
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


def registrations(s: Session, actor: Actor, now: datetime, policy: Policy) -> Sequence[Item]:
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
            ItemKind.REGISTRATION, r.id, r.public_id, title.format(p.name), why.format(left[r.id]), loss,
            urgency(left[r.id], _FEW_DAYS),
        )
        for r, p in rows
    ]  # fmt: skip
