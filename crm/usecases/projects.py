"""Write down what is built and who meets in it, and ask first whether a colleague has the project already."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from config.prospects import PartyRole, ProjectState
from config.vocabulary import label
from crm import audit
from crm.access import HOLDERS, READ, Actor, get_customer, get_project, sees_project, supervisor_of
from crm.errors import Conflict, Invalid, NotAllowed, NotFound
from crm.messages import prompt
from crm.rules.projects import (
    LONGEST_NAME,
    LONGEST_SITE,
    LONGEST_TENDER,
    ProjectFacts,
    Sameness,
    judge,
    tender_key,
    user_key,
)
from crm.rules.words import storable
from crm.usecases.project_cards import met_notice
from crm.usecases.radar import COLLEAGUE
from models.base import insert_once
from models.customers import Customer
from models.people import Person
from models.projects import Project, ProjectBlock, ProjectParty

REGISTERED = "同事已报备"
_MOST_PARTIES = 30


@dataclass(frozen=True, slots=True)
class ProjectDraft:
    """`end_user` is a name, or `end_user_id` a customer the actor may see (which then gives the name)."""

    name: str
    end_user: str = ""
    end_user_id: int | str | None = None
    site: str = ""
    tender_no: str = ""


@dataclass(frozen=True, slots=True)
class ProjectMade:
    """`said` tells, beside that it is there, whether somebody has it already, and whom to ask."""

    id: int
    public_id: str
    name: str
    said: str


@dataclass(frozen=True, slots=True)
class SameProject:
    """A project that the asked one may be. For one this actor may not see, id and name are empty: 同事已报备."""

    project_id: int | None
    public_id: str
    name: str
    same: bool
    score: int
    reason: str


def same_projects(s: Session, actor: Actor, facts: ProjectFacts) -> list[SameProject]:
    """Open projects that these facts may describe, best first; looks beyond what the actor may see, and says no more
    of it than that it is there."""
    alike = look_alikes(s, facts)
    seen = set(s.scalars(select(Project.id).where(Project.id.in_([p.id for p, _ in alike]), sees_project(actor))))
    return [
        SameProject(
            project_id=project.id if project.id in seen else None,
            public_id=project.public_id if project.id in seen else "",
            name=project.name if project.id in seen else "",
            same=verdict.same,
            score=verdict.score,
            reason=verdict.reason,
        )
        for project, verdict in alike
    ]


def look_alikes(s: Session, facts: ProjectFacts) -> list[tuple[Project, Sameness]]:
    """Open projects that share a key with these facts and that the rule takes for them, whoever has them."""
    rows = s.scalars(select(Project).where(Project.state == ProjectState.OPEN, _sharing(facts)).order_by(Project.id))
    found = [(project, verdict) for project in rows if (verdict := judge(facts, facts_of(project))) is not None]
    return sorted(found, key=lambda pair: -pair[1].score)


def facts_of(project: Project) -> ProjectFacts:
    return ProjectFacts(project.name, project.end_user, project.site, project.tender_no, project.end_user_id)


def _sharing(facts: ProjectFacts) -> ColumnElement[bool]:
    """Any of the keys in common: what shares none is another project."""
    tender, user = tender_key(facts.tender_no), user_key(facts.end_user)
    return or_(
        Project.tender_key == tender if tender else false(),
        Project.user_key == user if user else false(),
        Project.end_user_id == facts.end_user_id if facts.end_user_id is not None else false(),
    )


def lock_keys(s: Session, facts: ProjectFacts) -> None:
    """Whoever registers a project of these keys waits for whoever is at it: of two at once, one is first."""
    keys = [f"tender:{tender_key(facts.tender_no)}", f"user:{user_key(facts.end_user)}"]
    for key in sorted(key for key in keys if not key.endswith(":")):
        insert_once(s, ProjectBlock, key=key)
        s.execute(select(ProjectBlock).where(ProjectBlock.key == key).with_for_update())


def create_project(s: Session, actor: Actor, draft: ProjectDraft, now: datetime, *, entrance: str) -> ProjectMade:
    """A new project. One that the actor sees already is refused by name; a colleague's stands in nobody's way here:
    who was first is settled when it is registered. But the actor learns whom to ask, and where two teams are after the
    same project both supervisors hear of it.
    """
    if actor.role not in HOLDERS:
        raise NotAllowed(f"{label(actor.role)}不跟项目，不能新建。请让负责的销售来建")
    facts = cleaned(s, actor, draft)
    lock_keys(s, facts)
    alike = same_projects(s, actor, facts)
    for other in alike:
        if other.same and other.project_id is not None:
            raise Conflict(f"已经有这个项目「{other.name}」（{other.reason}），没有重复新建。请直接在它上面报备")
    project = Project(
        name=facts.name,
        end_user_id=facts.end_user_id,
        end_user=facts.end_user,
        user_key=user_key(facts.end_user),
        site=facts.site,
        tender_no=facts.tender_no,
        tender_key=tender_key(facts.tender_no),
        state=ProjectState.OPEN,
        created_at=now,
        created_by_id=actor.person_id,
    )
    s.add(project)
    s.flush()
    audit.record(
        s, actor.person_id, "create_project", f"project:{project.id}", now, entrance=entrance, name=project.name
    )
    said = f"项目「{project.name}」已建好。{_met(s, actor, project, alike, now)}"
    return ProjectMade(project.id, project.public_id, project.name, said)


def _met(s: Session, actor: Actor, project: Project, alike: list[SameProject], now: datetime) -> str:
    """What its maker is told of those like it, the same one first; supervisors of two teams hear of the same one."""
    if not alike:
        return "接着报备"
    nearest = next((one for one in alike if one.same), alike[0])
    if nearest.project_id is not None:
        return f"和「{nearest.name}」有些像（{nearest.reason}），是同一个就别重复建，直接在它上面报备"
    others = [other for other, verdict in look_alikes(s, facts_of(project)) if verdict.same and other.id != project.id]
    strangers = [other for other in others if s.get_one(Person, other.created_by_id).team_id != actor.team_id]
    for other in strangers:
        _tell_both_sides(s, other, project, nearest.reason, now)
    if not nearest.same:
        return f"同事在跟进一个相像的项目（{nearest.reason}）。拿不准是不是同一个，请问问您的主管，再报备"
    told = "，两边主管都已收到消息" if strangers else ""
    return f"{COLLEAGUE}这个项目（{nearest.reason}），请找您的主管协调{told}。先报备的受保护"


def _tell_both_sides(s: Session, first: Project, later: Project, reason: str, now: datetime) -> None:
    """Each supervisor reads his own side in its own words, and whom to speak with of the other one."""
    for mine, theirs in ((first, later), (later, first)):
        rep = s.get_one(Person, mine.created_by_id).name
        other = "、".join(s.get_one(Person, one).name for one in supervisor_of(s, theirs.created_by_id)) or "管理员"
        for person_id in supervisor_of(s, mine.created_by_id):
            key = f"projects_meet:{first.id}:{later.id}:{mine.id}:{person_id}"
            prompt(s, person_id, met_notice(mine, rep, reason, other), dedupe=key, now=now)


def cleaned(s: Session, actor: Actor, draft: ProjectDraft) -> ProjectFacts:
    """What was typed, cleaned and checked; the end user's name is the customer's own where he is one."""
    fields = (
        ("name", "项目名称", draft.name, LONGEST_NAME),
        ("end_user", "终端用户", draft.end_user, LONGEST_NAME),
        ("site", "项目地点", draft.site, LONGEST_SITE),
        ("tender_no", "招标编号", draft.tender_no, LONGEST_TENDER),
    )
    told: dict[str, str] = {}
    for field, word, typed, longest in fields:
        told[field] = " ".join(storable(typed).split())
        if len(told[field]) > longest:
            raise Invalid(f"{word}最多 {longest} 个字，请写短一点", {field: "太长"})
    if not any(sign.isalnum() for sign in told["name"]):
        raise Invalid("请写项目名称，比如「二期循环水泵」", {"name": "不能为空"})
    user_id = None
    if draft.end_user_id is not None:
        customer = get_customer(s, actor, draft.end_user_id, to=READ)
        user_id, told["end_user"] = customer.id, customer.name
    if not told["end_user"] and not tender_key(told["tender_no"]):
        raise Invalid("终端用户和招标编号至少写一个，不然认不出是不是同一个项目", {"end_user": "不能都为空"})
    return ProjectFacts(told["name"], told["end_user"], told["site"], told["tender_no"], user_id)


def add_party(
    s: Session,
    actor: Actor,
    project_id: int | str,
    customer_id: int | str,
    role: PartyRole,
    now: datetime,
    *,
    entrance: str,
) -> str:
    """A customer of the actor's takes a role in the project; the same again changes nothing. The customer's name."""
    project = get_project(s, actor, project_id, lock=True)
    customer = get_customer(s, actor, customer_id)
    if role is PartyRole.END_USER and project.end_user_id is None:
        project.end_user_id = customer.id
    put_party(s, actor, project, customer, role, now, entrance)
    return customer.name


def put_party(
    s: Session, actor: Actor, project: Project, customer: Customer, role: PartyRole, now: datetime, entrance: str
) -> None:
    """The caller has locked the project."""
    parties = s.scalars(select(ProjectParty).where(ProjectParty.project_id == project.id)).all()
    if any(one.customer_id == customer.id and one.role == role for one in parties):
        return
    if len(parties) >= _MOST_PARTIES:
        raise Conflict(f"一个项目最多记 {_MOST_PARTIES} 家公司，请先去掉不相干的")
    party = ProjectParty(
        project_id=project.id, customer_id=customer.id, role=role, added_at=now, added_by_id=actor.person_id
    )
    s.add(party)
    s.flush()
    subject = f"project:{project.id}"
    audit.record(
        s, actor.person_id, "add_party", subject, now, entrance=entrance, customer=customer.id, role=label(role)
    )


def remove_party(
    s: Session,
    actor: Actor,
    project_id: int | str,
    customer_id: int | str,
    role: PartyRole,
    now: datetime,
    *,
    entrance: str,
) -> str:
    """Take a customer out of a role. The customer's name."""
    project = get_project(s, actor, project_id, lock=True)
    customer = get_customer(s, actor, customer_id, to=READ)
    held = (ProjectParty.project_id == project.id, ProjectParty.customer_id == customer.id, ProjectParty.role == role)
    rows: Iterable[ProjectParty] = s.scalars(select(ProjectParty).where(*held)).all()
    if not rows:
        raise NotFound(f"「{customer.name}」在这个项目里不是{label(role)}")
    for row in rows:
        s.delete(row)
    if role is PartyRole.END_USER and project.end_user_id == customer.id:
        project.end_user_id = None
    s.flush()
    subject = f"project:{project.id}"
    audit.record(
        s, actor.person_id, "remove_party", subject, now, entrance=entrance, customer=customer.id, role=label(role)
    )
    return customer.name


def set_state(
    s: Session, actor: Actor, project_id: int | str, state: ProjectState, now: datetime, *, entrance: str
) -> tuple[str, ProjectState]:
    """中标, 未中标, 终止, or 进行中 again. The project's name and the state it had, for taking it back."""
    project = get_project(s, actor, project_id, lock=True)
    was = ProjectState(project.state)
    if was is not state:
        project.state = state
        subject = f"project:{project.id}"
        audit.record(s, actor.person_id, "project_state", subject, now, entrance=entrance, was=was, new=state)
    return project.name, was
