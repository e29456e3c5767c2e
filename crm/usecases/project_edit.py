"""A project's own facts, corrected; what it is recognised by stands still while a registration holds on to it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.prospects import ProjectState
from crm import audit
from crm import policy as numbers
from crm.access import Actor, get_project
from crm.errors import Conflict, UsedUp
from crm.rules.projects import ProjectFacts, tender_key, user_key
from crm.usecases.looking import count_twins, may_look_up
from crm.usecases.project_meets import Rival, facts_of, lock_keys, met, rivals_of, similar_projects, typed
from crm.usecases.projects import REGISTERED, ProjectDraft, cleaned
from crm.usecases.registrations import holds
from models.projects import Project, ProjectRegistration

_SAYS = {
    "name": "项目名称",
    "end_user": "终端用户",
    "end_user_id": "终端用户",
    "site": "项目地点",
    "tender_no": "招标编号",
}
_SHOWN = {"end_user_id": "end_user"}


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
    and its end user or its tender were to change, or it were to become another registered one: his protection hangs on
    that. A colleague's that is met in this way is counted like any other, and none is any more once the day's number
    is used up (UsedUp).
    """
    project = get_project(s, actor, project_id)
    lock_keys(s, _corrected(s, actor, project, change))
    s.refresh(project, with_for_update=True)  # what somebody else has corrected meanwhile stays as he left it
    facts = _corrected(s, actor, project, change)
    changed = {key: value for key, value in asdict(facts).items() if getattr(project, key) != value}
    if not changed:
        return ProjectCorrected((), "没有改动")
    registered = _any_registered(s, [project.id], now)
    if registered and changed.keys() & {"tender_no", "end_user", "end_user_id"}:
        raise Conflict(f"「{project.name}」有报备在保护期里，终端用户和招标编号不能改，没有保存。{_instead(s)}")
    others = _newly_alike(s, actor, project, facts)
    for one in others:
        if one.verdict.same and one.seen:
            known = f"「{one.project.name}」是同一个项目（{one.verdict.reason}）"
            raise Conflict(f"改成这样就和{known}，没有保存。请直接用那一个")
    if registered:
        _stays_apart(s, actor, project, facts, others, now, entrance)
    was = {_SAYS[key]: getattr(project, _SHOWN.get(key, key)) for key in changed}
    for key, value in changed.items():
        setattr(project, key, value)
    project.user_key, project.tender_key = user_key(project.end_user), tender_key(project.tender_no)
    new = {_SAYS[key]: getattr(project, _SHOWN.get(key, key)) for key in changed}
    audit.record(
        s, actor.person_id, "update_project", f"project:{project.id}", now, entrance=entrance,
        name=project.name, was=_listed(was), new=_listed(new),
    )  # fmt: skip
    s.flush()
    told = met(s, actor, project, others, now, entrance=entrance)
    return ProjectCorrected(tuple(new), f"已更正{'、'.join(new)}" + (f"。{told}" if told else ""))


def set_state(
    s: Session, actor: Actor, project_id: int | str, state: ProjectState, now: datetime, *, entrance: str
) -> tuple[str, ProjectState]:
    """中标, 未中标, 终止, or 进行中 again. The project's name and the state it had, for taking it back.

    Raises Conflict (and UsedUp) as a correction does where it comes back under protection beside a colleague's.
    """
    project = get_project(s, actor, project_id)
    lock_keys(s, facts_of(project))
    s.refresh(project, with_for_update=True)
    was = ProjectState(project.state)
    if was is state:
        return project.name, was
    if state is ProjectState.OPEN and _any_registered(s, [project.id], now):
        facts = facts_of(project)
        _stays_apart(s, actor, project, facts, rivals_of(s, actor, facts), now, entrance)
    project.state = state
    audit.record(
        s, actor.person_id, "project_state", f"project:{project.id}", now, entrance=entrance, was=was, new=state
    )
    return project.name, was


def _newly_alike(s: Session, actor: Actor, project: Project, facts: ProjectFacts) -> list[Rival]:
    """Those that the project is like, or the same as, only by what is corrected: the others were told before."""
    before = {other.id: verdict.same for other, verdict in similar_projects(s, facts_of(project))}
    others = [one for one in rivals_of(s, actor, facts) if one.project.id != project.id]
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


def _any_registered(s: Session, project_ids: Sequence[int], now: datetime) -> bool:
    held = holds(now, numbers.current(s).undo_minutes)
    one = select(ProjectRegistration.id).where(ProjectRegistration.project_id.in_(project_ids), held).limit(1)
    return s.scalar(one) is not None


def _stays_apart(
    s: Session,
    actor: Actor,
    project: Project,
    facts: ProjectFacts,
    others: Sequence[Rival],
    now: datetime,
    entrance: str,
) -> None:
    """What is protected does not turn into what a colleague has registered: two dealers would be protected on it."""
    try:
        may_look_up(s, actor, now)
    except UsedUp:
        raise UsedUp(
            f"「{project.name}」有报备在保护期里，改动前要查重，今天查重的次数已经用完，没有保存。请明天再改，或请您的主管改"
        ) from None
    if _any_registered(s, [one.project.id for one in others if one.verdict.same], now):
        refusal = Conflict(
            f"{REGISTERED}这样的项目，「{project.name}」也有报备在保护期里，这样一改就有两家受保护，没有保存。"
            f"请找您的主管协调。{_instead(s)}"
        )
        refusal.leaves = lambda own: count_twins(own, actor, typed(facts), 1, now, entrance=entrance)
        raise refusal


def _instead(s: Session) -> str:
    return f"请等到期，或先放弃报备，{numbers.current(s).undo_minutes} 分钟以后再改"


def _listed(values: Mapping[str, str]) -> list[str]:
    return [f"{label}：{value or '空'}" for label, value in values.items()]
