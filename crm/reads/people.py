"""Departments, their members, and what each may see."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Role
from crm.access import Actor, require, sees_person
from crm.errors import NotFound
from crm.reads.customers import Page
from crm.reads.paging import cut
from crm.rules.mirrored import say
from models.audit import AuditEntry
from models.mirror import MirrorPull
from models.ops import JobSlot
from models.people import Person, Team, TeamLeader, TeamScope

DIRECTORY_JOB, PULL_JOB = "directory", "contacts"
_REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class TeamNode:
    """One department of the tree, in reading order; `members` counts its own active people, not those below."""

    id: int
    name: str
    depth: int
    members: int
    leaders: str


@dataclass(frozen=True, slots=True)
class Member:
    """`leads` are departments by the directory, `scopes` (id, name) those that an administrator assigned."""

    userid: str
    name: str
    position: str
    role: Role
    status: PersonStatus
    team: str
    leads: tuple[str, ...]
    scopes: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """The departments (id, name) and the people (id, name) whose customers an actor may look at."""

    teams: tuple[tuple[int, str], ...]
    people: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class SyncRun:
    done_at: datetime
    outcome: str


_SORTS = {
    "name": (Person.name, Person.id),
    "team": (Team.path, Person.name, Person.id),
    "role": (Person.role, Person.name, Person.id),
    "status": (Person.status, Person.name, Person.id),
}
SORTS = tuple(_SORTS)


def departments(s: Session, actor: Actor) -> list[TeamNode]:
    """The whole tree: a department comes after the one above it and before its sisters."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    teams = s.execute(select(Team.id, Team.name, Team.path, Team.parent_id)).all()
    active = select(Person.team_id, func.count()).where(Person.status == PersonStatus.ACTIVE).group_by(Person.team_id)
    members = dict(s.execute(active).all())
    leaders: dict[int, list[str]] = defaultdict(list)
    led = select(TeamLeader.team_id, Person.name).join(Person, Person.id == TeamLeader.person_id)
    for team, name in s.execute(led.order_by(Person.name)):
        leaders[team].append(name)
    names = {team.id: team.name for team in teams}

    def by_names(path: str) -> list[str]:
        return [names.get(int(part), "") for part in path.strip("/").split("/")]

    return [
        TeamNode(team.id, team.name, team.path.count("/") - 2, members.get(team.id, 0), "、".join(leaders[team.id]))
        for team in sorted(teams, key=lambda team: by_names(team.path))
    ]


def members(
    s: Session,
    actor: Actor,
    *,
    query: str = "",
    team_id: int | None = None,
    role: Role | None = None,
    status: PersonStatus | None = None,
    sort: str = "team",
    page: int = 1,
    size: int = 50,
) -> Page[Member]:
    """People by name or userid, of a department and everything below it, with a role, in a state."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    wanted = select(Person, Team.name).join(Team, Team.id == Person.team_id)
    if query:
        by_name = Person.name.contains(query, autoescape=True)
        wanted = wanted.where(or_(by_name, Person.userid_key.contains(query.casefold(), autoescape=True)))
    if team_id is not None:
        top = s.scalar(select(Team.path).where(Team.id == team_id)) or "-"
        wanted = wanted.where(Team.path.startswith(top, autoescape=True))
    if role is not None:
        wanted = wanted.where(Person.role == role)
    if status is not None:
        wanted = wanted.where(Person.status == status)
    found = cut(s, wanted.order_by(*_SORTS.get(sort, _SORTS["team"])), page, size, lambda person, team: (person, team))
    return Page(_members(s, found.rows), found.total, found.number, size)


def member(s: Session, actor: Actor, userid: str) -> Member:
    require(actor, Role.ADMIN, Role.OPERATIONS)
    wanted = select(Person, Team.name).join(Team, Team.id == Person.team_id)
    row = s.execute(wanted.where(Person.userid_key == userid.casefold())).one_or_none()
    if row is None:
        raise NotFound("没有这个成员。如果他刚加入企业微信，请先同步通讯录")
    return _members(s, [(row[0], row[1])])[0]


def _members(s: Session, rows: Sequence[tuple[Person, str]]) -> tuple[Member, ...]:
    """The rows of one page with what each leads and was assigned: two more queries, however many rows."""
    ids = [person.id for person, _ in rows]
    leads: dict[int, list[str]] = defaultdict(list)
    led = select(TeamLeader.person_id, Team.name).join(Team, Team.id == TeamLeader.team_id)
    for person_id, name in s.execute(led.where(TeamLeader.person_id.in_(ids)).order_by(Team.path)):
        leads[person_id].append(name)
    scopes: dict[int, list[tuple[int, str]]] = defaultdict(list)
    given = select(TeamScope.person_id, Team.id, Team.name).join(Team, Team.id == TeamScope.team_id)
    for person_id, team_id, name in s.execute(given.where(TeamScope.person_id.in_(ids)).order_by(Team.path)):
        scopes[person_id].append((team_id, name))
    return tuple(
        Member(
            userid=person.userid,
            name=person.name,
            position=person.position,
            role=Role(person.role),
            status=PersonStatus(person.status),
            team=team,
            leads=tuple(leads[person.id]),
            scopes=tuple(scopes[person.id]),
        )
        for person, team in rows
    )


def in_sight(s: Session, actor: Actor) -> Sight:
    """What a list of customers may be narrowed to: only what this actor sees anyway."""
    seen = sees_person(actor)
    people = s.execute(select(Person.id, Person.name).where(seen).order_by(Person.name, Person.id)).all()
    teams = select(Team.id, Team.name).where(Team.id.in_(select(Person.team_id).where(seen))).order_by(Team.path)
    return Sight(tuple(s.execute(teams).all()), tuple(people))


def last_sync(s: Session, actor: Actor) -> SyncRun | None:
    """When the directory was last pulled, by the timed job or by hand, and what came of it."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    timed = select(JobSlot.done_at, JobSlot.outcome).where(JobSlot.job == DIRECTORY_JOB, JobSlot.done_at.is_not(None))
    last = s.execute(timed.order_by(JobSlot.done_at.desc()).limit(1))
    runs = [SyncRun(done_at, said) for done_at, said in last if done_at is not None]
    by_hand = (AuditEntry.subject == "directory:all", AuditEntry.verb == "sync_directory")
    noted = s.scalar(select(AuditEntry).where(*by_hand).order_by(AuditEntry.id.desc()).limit(1))
    if noted is not None:
        runs.append(SyncRun(noted.at, noted.detail["outcome"]))
    return max(runs, key=lambda run: run.done_at, default=None)


def is_pulling(s: Session, actor: Actor) -> bool:
    """Whether everybody's customers are being pulled, or soon will be."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    unfinished = select(JobSlot.id).where(JobSlot.job == PULL_JOB, JobSlot.done_at.is_(None))
    return s.scalar(unfinished.limit(1)) is not None


def last_pull(s: Session, actor: Actor) -> SyncRun | None:
    """When everybody's customers were last pulled to the end, by the timed job or the shell, and what came of it."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    ended = select(MirrorPull).where(MirrorPull.done_at.is_not(None)).order_by(MirrorPull.done_at.desc())
    pull = s.scalar(ended.limit(1))
    if pull is None or pull.done_at is None:
        return None
    return SyncRun(pull.done_at, "；".join([say(pull.counts), *pull.reasons[:_REASONS_SHOWN]]))
