"""Two projects that may be one: found by what they share, and told to each side without the other side's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from config.prospects import ProjectState
from crm.access import Actor, sees_project, supervisor_of
from crm.errors import UsedUp
from crm.messages import prompt
from crm.rules.projects import ProjectFacts, Sameness, judge, tender_key, user_key
from crm.usecases.looking import told_apart
from crm.usecases.project_cards import end_user_for, met_notice
from crm.usecases.radar import COLLEAGUE
from models.base import insert_once
from models.people import Person
from models.projects import Project, ProjectBlock

_NO_MORE_TOLD = "今天查重的次数已经用完，这次不提示有没有同事在跟。拿不准请问问您的主管，先报备的受保护"


@dataclass(frozen=True, slots=True)
class Rival:
    """A project that the asked one may be. `seen`: there for the actor; of any other he learns only that it is."""

    project: Project
    verdict: Sameness
    seen: bool


def rivals_of(s: Session, actor: Actor, facts: ProjectFacts) -> list[Rival]:
    """Open projects that these facts may describe, best first; looks beyond what the actor may see."""
    found = similar_projects(s, facts)
    seen = set(s.scalars(select(Project.id).where(Project.id.in_([p.id for p, _ in found]), sees_project(actor))))
    return [Rival(project, verdict, project.id in seen) for project, verdict in found]


def similar_projects(s: Session, facts: ProjectFacts) -> list[tuple[Project, Sameness]]:
    """Open projects that share a key with these facts and that the rule takes for them, whoever has them."""
    rows = s.scalars(select(Project).where(Project.state == ProjectState.OPEN, _sharing(facts)).order_by(Project.id))
    found = [(project, verdict) for project in rows if (verdict := judge(facts, facts_of(project))) is not None]
    return sorted(found, key=lambda pair: -pair[1].score)


def facts_of(project: Project) -> ProjectFacts:
    return ProjectFacts(project.name, project.end_user, project.site, project.tender_no, project.end_user_id)


def typed(facts: ProjectFacts) -> str:
    """What a look-up goes by, as the book keeps it: a tender that was tried out is to be read there."""
    return " ".join(one for one in (facts.tender_no, facts.end_user, facts.name) if one)


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


def met(s: Session, actor: Actor, project: Project, others: Sequence[Rival], now: datetime, *, entrance: str) -> str:
    """What the actor is told of projects like his, the same one first; "" where there are none.

    Trying out tenders on a project of one's own is looking them up: a colleague's counts, and once the day's number is
    used up it is not told any more whether there is one. The supervisors of two teams after one project hear in any
    case; the one whom two of his own come under hears where the actor was not told.
    """
    rivals = [one for one in others if one.verdict.same and not one.seen]
    nearest = next((one for one in others if one.verdict.same), others[0] if others else None)
    seen = nearest is not None and nearest.seen
    hidden = nearest is not None and not nearest.seen
    try:
        told_apart(s, actor, typed(facts_of(project)), int(hidden), int(seen), now, entrance=entrance)
    except UsedUp:
        _tell_supervisors(s, actor, project, rivals, now)
        return _NO_MORE_TOLD
    heard = _tell_supervisors(s, actor, project, _of_other_teams(s, project, rivals), now)
    if nearest is None:
        return ""
    reason = nearest.verdict.reason
    if nearest.seen:
        return f"和「{nearest.project.name}」有些像（{reason}），是同一个就别重复建，直接在它上面报备"
    if not nearest.verdict.same:
        return f"同事在跟进一个相像的项目（{reason}）。拿不准是不是同一个，请问问您的主管，再报备"
    return f"{COLLEAGUE}这个项目（{reason}），{heard or '请找您的主管协调'}。先报备的受保护"


def _of_other_teams(s: Session, project: Project, rivals: Sequence[Rival]) -> list[Rival]:
    teams = _makers(s, project, rivals)
    team = teams[project.created_by_id].team_id
    return [one for one in rivals if teams[one.project.created_by_id].team_id != team]


def _makers(s: Session, project: Project, rivals: Sequence[Rival]) -> dict[int, Person]:
    ids = {project.created_by_id, *(one.project.created_by_id for one in rivals)}
    return {one.id: one for one in s.scalars(select(Person).where(Person.id.in_(ids)))}


def _tell_supervisors(s: Session, actor: Actor, project: Project, rivals: Sequence[Rival], now: datetime) -> str:
    """Each of them hears once, of his own side only, and whom to speak with. What the actor is told of it; "" for none.

    An actor who is one of them gets no message: he reads the answer, which counts as a look-up.
    """
    if not rivals:
        return ""
    makers = _makers(s, project, rivals)
    theirs = [(one.project, one.verdict.reason) for one in rivals]
    sides = [(project, theirs[0][1]), *theirs]
    above = {person_id: supervisor_of(s, person_id) for person_id in makers}
    everybody = sorted({person_id for people in above.values() for person_id in people})
    names = {row.id: row.name for row in s.execute(select(Person.id, Person.name).where(Person.id.in_(everybody)))}
    said = "请找您的主管协调，两边主管都已收到消息"
    for person_id in everybody:
        own = [side for side in sides if person_id in above[side[0].created_by_id]]
        mine, reason = own[0]
        facing = [one for one, _ in theirs] if mine is project else [project]
        ask = {
            other for one in facing if person_id not in above[one.created_by_id] for other in above[one.created_by_id]
        }
        whom = "、".join(names[one] for one in sorted(ask))
        if person_id == actor.person_id:
            said = f"请和{whom}协调，对方已收到消息" if whom else "两边都归您管，请定由谁报备"
            continue
        reps = dict.fromkeys(makers[one.created_by_id].name for one, _ in own)
        two_teams = len({makers[one.created_by_id].team_id for one, _ in sides}) > 1
        notice = met_notice(
            mine, end_user_for(s, person_id, mine, now), "、".join(reps), reason, whom, two_teams=two_teams
        )
        first, second = sorted((mine.id, facing[0].id))
        prompt(s, person_id, notice, dedupe=f"projects_meet:{first}:{second}:{person_id}", now=now)
    return said
