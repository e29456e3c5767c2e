"""A project's own facts, corrected; what it is recognised by stands still while a registration holds on to it."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import audit
from crm.access import Actor, get_project
from crm.errors import Conflict
from crm.rules.projects import ProjectFacts, tender_key, user_key
from crm.usecases.project_meets import Alike, alike, facts_of, lock_keys, look_alikes, met
from crm.usecases.projects import ProjectDraft, cleaned
from crm.usecases.registrations import live
from models.projects import Project, ProjectRegistration

_SAYS = {
    "name": "项目名称",
    "end_user": "终端用户",
    "end_user_id": "终端用户",
    "site": "项目地点",
    "tender_no": "招标编号",
}


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """None stays as it is; a customer for the end user gives its name, a name lets go of the customer."""

    name: str | None = None
    end_user: str | None = None
    end_user_id: int | str | None = None
    site: str | None = None
    tender_no: str | None = None


@dataclass(frozen=True, slots=True)
class ProjectCorrected:
    """`labels` of what is another now; `said` also tells whether it has come to be a colleague's project."""

    labels: tuple[str, ...]
    said: str


def update_project(
    s: Session, actor: Actor, project_id: int | str, change: ProjectChange, now: datetime, *, entrance: str
) -> ProjectCorrected:
    """Correct a project. One that it comes to be the same as is told, and told to both supervisors, as on creation.

    Raises Conflict where it would become a project that the actor sees already, and where somebody has registered it
    and its end user or its tender were to change: his protection hangs on them.
    """
    project = get_project(s, actor, project_id)
    lock_keys(s, _corrected(s, actor, project, change))
    s.refresh(project, with_for_update=True)  # what somebody else has corrected meanwhile stays as he left it
    facts = _corrected(s, actor, project, change)
    changed = {key: value for key, value in asdict(facts).items() if getattr(project, key) != value}
    if not changed:
        return ProjectCorrected((), "没有改动")
    if changed.keys() & {"tender_no", "end_user", "end_user_id"}:
        _free_to_change(s, project, now)
    others = _newly_alike(s, actor, project, facts)
    for one in others:
        if one.verdict.same and one.seen:
            known = f"「{one.project.name}」是同一个项目（{one.verdict.reason}）"
            raise Conflict(f"改成这样就和{known}，没有保存。请直接用那一个")
    for key, value in changed.items():
        setattr(project, key, value)
    project.user_key, project.tender_key = user_key(project.end_user), tender_key(project.tender_no)
    labels = tuple(dict.fromkeys(_SAYS[key] for key in changed))
    audit.record(
        s, actor.person_id, "update_project", f"project:{project.id}", now, entrance=entrance,
        name=project.name, changed=list(labels),
    )  # fmt: skip
    s.flush()
    told = met(s, actor, project, others, now, entrance=entrance)
    return ProjectCorrected(labels, f"已更正{'、'.join(labels)}" + (f"。{told}" if told else ""))


def _newly_alike(s: Session, actor: Actor, project: Project, facts: ProjectFacts) -> list[Alike]:
    """Those that the project is like, or the same as, only by what is corrected: the others were told before."""
    before = {other.id: verdict.same for other, verdict in look_alikes(s, facts_of(project))}
    others = [one for one in alike(s, actor, facts) if one.project.id != project.id]
    return [one for one in others if before.get(one.project.id) not in (True, one.verdict.same)]


def _corrected(s: Session, actor: Actor, project: Project, change: ProjectChange) -> ProjectFacts:
    """The project as it stands, with what was sent in its place."""
    named = change.end_user is not None or change.end_user_id is not None
    facts = cleaned(
        s,
        actor,
        ProjectDraft(
            name=project.name if change.name is None else change.name,
            end_user=(change.end_user or "") if named else project.end_user,
            end_user_id=change.end_user_id,
            site=project.site if change.site is None else change.site,
            tender_no=project.tender_no if change.tender_no is None else change.tender_no,
        ),
    )
    return facts if named else replace(facts, end_user_id=project.end_user_id)


def _free_to_change(s: Session, project: Project, now: datetime) -> None:
    held = select(ProjectRegistration.id).where(ProjectRegistration.project_id == project.id, live(now)).limit(1)
    if s.scalar(held) is not None:
        raise Conflict(
            f"「{project.name}」有报备在保护期里，终端用户和招标编号不能改，没有保存。请等到期，或先放弃报备再改"
        )
