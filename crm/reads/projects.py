"""Projects as lists and pages: who meets in one, who registered it, and what of it is a colleague's."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from config.prospects import PartyRole, ProjectState
from config.vocabulary import label
from crm.access import (
    READ,
    Actor,
    Reach,
    end_user_known_to,
    get_project,
    sees_customer,
    sees_person,
    sees_project,
)
from crm.reads.customers import Page
from crm.reads.paging import cut
from crm.rules.days import days_between
from models.customers import Customer
from models.people import Person
from models.projects import Project, ProjectParty, ProjectRegistration

_SOON = 7  # days before its end in which a registration is painted amber


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """`registered_until` (exclusive) : until when an own dealer is protected; `contested`: somebody was first."""

    id: int
    public_id: str
    name: str
    end_user: str
    site: str
    tender_no: str
    state: ProjectState
    created_by: str
    created_at: datetime
    registered_until: datetime | None
    days_left: int | None
    contested: bool


@dataclass(frozen=True, slots=True)
class PartyRow:
    """`name` and `public_id` are empty for a customer this actor may not see."""

    role: PartyRole
    role_label: str
    name: str
    public_id: str


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """`dealer`, `rep` and `reason` are empty where it is a colleague's: 同事已报备.

    `standing`: protected, behind (somebody else was first), ended.
    """

    id: int
    public_id: str
    dealer: str
    rep: str
    reason: str
    registered_at: datetime
    expires_at: datetime
    extensions: int
    standing: str
    days_left: int
    own: bool


@dataclass(frozen=True, slots=True)
class ProjectFile:
    row: ProjectRow
    end_user_public_id: str
    parties: tuple[PartyRow, ...]
    registrations: tuple[RegistrationRow, ...]


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One project of a customer, and what the customer is in it."""

    public_id: str
    name: str
    role: str
    state: ProjectState


def list_projects(
    s: Session,
    actor: Actor,
    *,
    query: str = "",
    state: ProjectState | None = None,
    soon: bool = False,
    contested: bool = False,
    page: int,
    size: int,
    now: datetime,
) -> Page[ProjectRow]:
    """One page of the projects this actor may see, the newest first."""
    wanted: list[ColumnElement[bool]] = [sees_project(actor)]
    typed = query.strip()
    if typed:
        fields = (Project.name, end_user_known_to(actor), Project.tender_no, Project.site)
        wanted.append(or_(*(field.contains(typed, autoescape=True) for field in fields)))
    if state is not None:
        wanted.append(Project.state == state)
    live = (ProjectRegistration.project_id == Project.id, *_live(actor, now))
    if soon:
        ends = now + timedelta(days=_SOON + 1)
        wanted.append(exists().where(*live, ProjectRegistration.expires_at < ends))
    if contested:
        wanted.append(exists().where(*live, ProjectRegistration.behind_id.is_not(None)))
    rows = _projects(actor, now).where(*wanted).order_by(Project.id.desc())
    return cut(s, rows, page, size, lambda *columns: _row(now, *columns))


def _live(actor: Actor, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Registrations of this actor and his people that hold."""
    return (ProjectRegistration.ended_at.is_(None), ProjectRegistration.expires_at > now, _own(actor))


def _own(actor: Actor) -> ColumnElement[bool]:
    return ProjectRegistration.rep_id.in_(select(Person.id).where(sees_person(actor)))


def _projects(actor: Actor, now: datetime) -> Select[*tuple[Any, ...]]:
    mine = (ProjectRegistration.project_id == Project.id, *_live(actor, now))
    first = ProjectRegistration.behind_id.is_(None)
    until = select(func.max(ProjectRegistration.expires_at)).where(*mine, first).scalar_subquery()
    behind = exists().where(*mine, ProjectRegistration.behind_id.is_not(None))
    return select(Project, end_user_known_to(actor), Person.name, until, behind).join(
        Person, Person.id == Project.created_by_id
    )


def _row(
    now: datetime, project: Project, end_user: str, created_by: str, until: datetime | None, contested: bool
) -> ProjectRow:
    return ProjectRow(
        id=project.id,
        public_id=project.public_id,
        name=project.name,
        end_user=end_user,
        site=project.site,
        tender_no=project.tender_no,
        state=ProjectState(project.state),
        created_by=created_by,
        created_at=project.created_at,
        registered_until=until,
        days_left=None if until is None else _left(until, now),
        contested=contested,
    )


def _left(until: datetime, now: datetime) -> int:
    """Whole days that a registration still holds; its end is a midnight."""
    return max(0, days_between(now, until - timedelta(seconds=1)))


def project_page(s: Session, actor: Actor, public_id: str, now: datetime) -> ProjectFile:
    """Everything of one project that this actor may know; NotFound also for one he may not see."""
    project = get_project(s, actor, public_id, to=READ)
    row = _row(now, *s.execute(_projects(actor, now).where(Project.id == project.id)).one())
    user = select(Customer.public_id).where(Customer.id == project.end_user_id, sees_customer(actor))
    return ProjectFile(
        row=row,
        end_user_public_id=s.scalar(user) or "",
        parties=_parties(s, actor, project.id),
        registrations=_registrations(s, actor, project.id, now),
    )


def _parties(s: Session, actor: Actor, project_id: int) -> tuple[PartyRow, ...]:
    seen = select(Customer.id).where(Customer.merged_into_id.is_(None), sees_customer(actor))
    rows = s.execute(
        select(ProjectParty.role, Customer.name, Customer.public_id, ProjectParty.customer_id.in_(seen).label("seen"))
        .join(Customer, Customer.id == ProjectParty.customer_id)
        .where(ProjectParty.project_id == project_id)
        .order_by(ProjectParty.id)
    ).all()
    return tuple(
        PartyRow(
            role=PartyRole(one.role),
            role_label=label(PartyRole(one.role)),
            name=one.name if one.seen else "",
            public_id=one.public_id if one.seen else "",
        )
        for one in rows
    )


def _registrations(s: Session, actor: Actor, project_id: int, now: datetime) -> tuple[RegistrationRow, ...]:
    rows = s.execute(
        select(ProjectRegistration, Customer.name, Person.name, _own(actor).label("own"))
        .join(Customer, Customer.id == ProjectRegistration.dealer_id)
        .join(Person, Person.id == ProjectRegistration.rep_id)
        .where(ProjectRegistration.project_id == project_id)
        .order_by(ProjectRegistration.ended_at.is_not(None), ProjectRegistration.id)
    )
    found = []
    for one, dealer, rep, own in rows:
        over = one.ended_at is not None or one.expires_at <= now
        found.append(
            RegistrationRow(
                id=one.id,
                public_id=one.public_id if own else "",
                dealer=dealer if own else "",
                rep=rep if own else "",
                reason=one.reason if own else "",
                registered_at=one.registered_at,
                expires_at=one.expires_at,
                extensions=one.extensions,
                standing="ended" if over else "behind" if one.behind_id is not None else "protected",
                days_left=0 if over else _left(one.expires_at, now),
                own=own,
            )
        )
    return tuple(found)


def projects_of(s: Session, actor: Actor, customer_id: int) -> tuple[RoleRow, ...]:
    """The projects a customer stands in, for its own page; the caller has asked whether the customer is seen."""
    if actor.reach is Reach.NOTHING:
        return ()
    rows = s.execute(
        select(Project, ProjectParty.role)
        .join(ProjectParty, ProjectParty.project_id == Project.id)
        .where(ProjectParty.customer_id == customer_id, sees_project(actor))
        .order_by(Project.id.desc())
    ).all()
    used = select(Project).where(Project.end_user_id == customer_id, sees_project(actor)).order_by(Project.id.desc())
    told = [(project, PartyRole(role)) for project, role in rows]
    named = {project.id for project, role in told if role is PartyRole.END_USER}
    told += [(project, PartyRole.END_USER) for project in s.scalars(used) if project.id not in named]
    return tuple(RoleRow(p.public_id, p.name, label(role), ProjectState(p.state)) for p, role in told)
