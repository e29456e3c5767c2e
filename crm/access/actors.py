"""Who is asking: the member behind an act, his role, the teams he answers for, and the moment he asks at."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from sqlalchemy import Row, bindparam, or_, select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Role
from crm.errors import NotAllowed
from models.base import bare
from models.people import Person, Team, TeamLeader, TeamScope

SEES_ALL = frozenset({Role.OPERATIONS, Role.ADMIN})
SEES_SUBTREE = frozenset({Role.REGIONAL_MANAGER, Role.DIRECTOR})
# Finance and service read what they need elsewhere; a customer in their hands would be seen by nobody.
HOLDERS = frozenset(Role) - {Role.FINANCE, Role.SERVICE}
MANAGERS = frozenset({Role.TEAM_LEAD, Role.REGIONAL_MANAGER, Role.DIRECTOR})
JUDGES = MANAGERS | SEES_ALL  # who gives leads out, judges a collision, and merges what is there twice
# Asking at no moment in particular: nothing that is given for a time is there.
AFTER_EVERYTHING = datetime(9999, 12, 31, tzinfo=UTC)

# Built once: every request starts with one of them.
_PERSON = bare(Person).c
WHO = (_PERSON.id, _PERSON.userid, _PERSON.name, _PERSON.role, _PERSON.status, _PERSON.team_id)
_WHO_BY_USERID = select(*WHO).where(_PERSON.userid_key == bindparam("userid_key"))
WHO_BY_ID = select(*WHO).where(_PERSON.id == bindparam("id"))


class Reach(Enum):
    """How far somebody's look goes; with whom he is (`Actor`), it says which rows are there for him."""

    NOTHING = auto()  # nothing but what was shared with him
    OWN = auto()
    TEAMS = auto()  # his own and his teams'
    ALL = auto()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking. `team_ids` are the teams he leads or was given (and, by role, everything below them).

    `at` is when he asks: what was shared with him until some day is there before that day, and not after it.
    """

    person_id: int
    userid: str
    name: str
    role: Role
    team_id: int
    team_ids: frozenset[int] = frozenset()
    at: datetime = AFTER_EVERYTHING

    @property
    def manages(self) -> bool:
        return self.role in MANAGERS

    @property
    def sees_all(self) -> bool:
        return self.role in SEES_ALL

    @property
    def reach(self) -> Reach:
        if self.sees_all:
            return Reach.ALL
        if self.manages:
            return Reach.TEAMS
        return Reach.OWN if self.role is Role.REP else Reach.NOTHING


def actor_by_userid(s: Session, userid: str, now: datetime = AFTER_EVERYTHING) -> Actor:
    """The member of that userid; refuses who is unknown, disabled or has left, each in his own words."""
    return actor_of(s, s.execute(_WHO_BY_USERID, {"userid_key": userid.casefold()}).one_or_none(), now)


def known_actor(s: Session, userid: str) -> Actor | None:
    """The active member of that userid, or nobody: for telling him why something was refused."""
    try:
        return actor_by_userid(s, userid)
    except NotAllowed:
        return None


def actor_by_id(s: Session, person_id: int, now: datetime = AFTER_EVERYTHING) -> Actor:
    return actor_of(s, s.execute(WHO_BY_ID, {"id": person_id}).one_or_none(), now)


def actor_of(s: Session, person: Row[*tuple[Any, ...]] | None, now: datetime) -> Actor:
    """The member in a row that holds the columns of `WHO`."""
    if person is None:
        raise NotAllowed("系统里还没有您的账号，请联系管理员同步通讯录（管理后台 → 人员与角色 → 立即同步）")
    if person.status == PersonStatus.DISABLED:
        raise NotAllowed("您的账号已停用，客户和记录都还在。如果是误停，请联系管理员")
    if person.status == PersonStatus.LEFT:
        raise NotAllowed("您的账号已离职，不能再操作客户")
    role = Role(person.role)
    teams = _teams_of(s, person.id, role) if role in MANAGERS else frozenset[int]()
    return Actor(person.id, person.userid, person.name, role, person.team_id, teams, now)


def _teams_of(s: Session, person_id: int, role: Role) -> frozenset[int]:
    """A lead's scope is what he leads; a regional manager's and a director's is everything below it as well."""
    led = select(TeamLeader.team_id).where(TeamLeader.person_id == person_id)
    if role not in SEES_SUBTREE:
        return frozenset(s.scalars(led))
    given = select(TeamScope.team_id).where(TeamScope.person_id == person_id)
    tops = s.scalars(select(Team.path).where(or_(Team.id.in_(led), Team.id.in_(given)))).all()
    if not tops:
        return frozenset()
    return frozenset(s.scalars(select(Team.id).where(or_(*(Team.path.startswith(path) for path in tops)))))


def require(actor: Actor, *roles: Role) -> None:
    if actor.role not in roles:
        raise NotAllowed("您没有这项权限，需要的话请联系管理员调整角色")
