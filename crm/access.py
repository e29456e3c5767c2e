"""The only doors to rows that belong to somebody: the statement is the permission."""

from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Row, Select, and_, bindparam, false, or_, select, true
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Role
from crm.errors import NotAllowed, NotFound
from models.base import bare
from models.customers import Customer
from models.deals import Deal
from models.links import ExternalContact, ExternalFollow
from models.people import Person, Team, TeamLeader, TeamScope

NOT_THERE = "没有找到这个客户，或者不在您名下。发 /客户 看看您的客户，也可以 /查重 后问问主管"
SEES_ALL = frozenset({Role.OPERATIONS, Role.ADMIN})
SEES_SUBTREE = frozenset({Role.REGIONAL_MANAGER, Role.DIRECTOR})
# Finance and service read what they need elsewhere; a customer in their hands would be seen by nobody.
HOLDERS = frozenset(Role) - {Role.FINANCE, Role.SERVICE}
MANAGERS = frozenset({Role.TEAM_LEAD, Role.REGIONAL_MANAGER, Role.DIRECTOR})

ME: BindParameter[int] = bindparam("me")
TEAMS: BindParameter[int] = bindparam("teams", expanding=True)

# Built once: every request starts with one of them.
_PERSON = bare(Person).c
WHO = (_PERSON.id, _PERSON.userid, _PERSON.name, _PERSON.role, _PERSON.status, _PERSON.team_id)
_WHO_BY_USERID = select(*WHO).where(_PERSON.userid_key == bindparam("userid_key"))
_WHO_BY_ID = select(*WHO).where(_PERSON.id == bindparam("id"))


class Reach(Enum):
    """How far somebody's look goes; with whom he is (`Actor`), it says which rows are there for him."""

    NOTHING = auto()
    OWN = auto()
    TEAMS = auto()  # his own and his teams'
    ALL = auto()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking. `team_ids` are the teams he leads or was given (and, by role, everything below them)."""

    person_id: int
    userid: str
    name: str
    role: Role
    team_id: int
    team_ids: frozenset[int] = frozenset()

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


def actor_by_userid(s: Session, userid: str) -> Actor:
    """The member of that userid; refuses who is unknown, disabled or has left, each in his own words."""
    return actor_of(s, s.execute(_WHO_BY_USERID, {"userid_key": userid.casefold()}).one_or_none())


def known_actor(s: Session, userid: str) -> Actor | None:
    """The active member of that userid, or nobody: for telling him why something was refused."""
    try:
        return actor_by_userid(s, userid)
    except NotAllowed:
        return None


def actor_by_id(s: Session, person_id: int) -> Actor:
    return actor_of(s, s.execute(_WHO_BY_ID, {"id": person_id}).one_or_none())


def actor_of(s: Session, person: Row[*tuple[Any, ...]] | None) -> Actor:
    """The member in a row that holds the columns of `WHO`."""
    if person is None:
        raise NotAllowed("系统里还没有您的账号，请联系管理员同步通讯录（管理后台 → 人员与角色 → 立即同步）")
    if person.status == PersonStatus.DISABLED:
        raise NotAllowed("您的账号已停用，客户和记录都还在。如果是误停，请联系管理员")
    if person.status == PersonStatus.LEFT:
        raise NotAllowed("您的账号已离职，不能再操作客户")
    role = Role(person.role)
    teams = _teams_of(s, person.id, role) if role in MANAGERS else frozenset[int]()
    return Actor(person.id, person.userid, person.name, role, person.team_id, teams)


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


def sees_customer(actor: Actor) -> ColumnElement[bool]:
    """The condition that makes a customer visible to this actor."""
    return customer_in(actor.reach, actor.person_id, actor.team_ids)


def customer_in(reach: Reach, me: Any = ME, teams: Any = TEAMS) -> ColumnElement[bool]:
    """The rule itself: for one actor's values, or for a statement built once and run with `within(actor)`."""
    if reach is Reach.ALL:
        return true()
    if reach is Reach.NOTHING:
        return false()
    mine: ColumnElement[bool] = Customer.owner_id == me
    if reach is Reach.OWN:
        return mine
    people = select(Person.id).where(Person.team_id.in_(teams))
    return or_(mine, Customer.owner_id.in_(people), Customer.queue_team_id.in_(teams))


def customer_there(reach: Reach, by_id: bool) -> ColumnElement[bool]:
    """One customer by its id, inside or from outside, if whoever runs the statement (`within` his reach) may see it."""
    wanted = (Customer.id if by_id else Customer.public_id) == bindparam("id")
    return and_(Customer.merged_into_id.is_(None), customer_in(reach), wanted)


def within(actor: Actor) -> dict[str, Any]:
    """The values of `ME` and `TEAMS` in a statement built once."""
    return {"me": actor.person_id, "teams": list(actor.team_ids)}


def customers_for(actor: Actor) -> Select[Customer]:
    """Customers this actor may see, as a query to build on. Merged ones are gone for everybody."""
    return select(Customer).where(Customer.merged_into_id.is_(None), sees_customer(actor))


def get_customer(s: Session, actor: Actor, customer_id: int | str, *, lock: bool = False) -> Customer:
    """One customer by id (inside) or public id (from outside); not yours is not there."""
    query = _one_customer(actor.reach, isinstance(customer_id, int), lock)
    found = s.scalar(query, {**within(actor), "id": customer_id})
    if found is None:
        raise NotFound(NOT_THERE)
    return found


@cache
def _one_customer(reach: Reach, by_id: bool, lock: bool) -> Select[Customer]:
    """Built once for each way of asking: drawing up the statement costs as much as running it."""
    query = select(Customer).where(customer_there(reach, by_id))
    return query.with_for_update() if lock else query


def deals_for(actor: Actor) -> Select[Deal]:
    """Deals of the customers this actor may see."""
    mine = (Customer.merged_into_id.is_(None), sees_customer(actor))
    return select(Deal).join(Customer, Customer.id == Deal.customer_id).where(*mine)


def get_contact(s: Session, actor: Actor, contact_id: int) -> ExternalContact:
    """One outside contact whose friend this actor is, or somebody he answers for.

    Locked: whoever links it waits for whoever is linking it.
    """
    found = s.scalar(_one_contact(actor.sees_all), {**within(actor), "id": contact_id})
    if found is None:
        raise NotFound("没有找到这位联系人，或者他不是您的好友")
    return found


@cache
def _one_contact(everybodys: bool) -> Select[ExternalContact]:
    """Built once, like `_one_customer`."""
    friends = select(ExternalFollow.external_contact_id).join(Person, Person.id == ExternalFollow.person_id)
    followed = friends.where(ExternalFollow.ended_at.is_(None), _person_in(everybodys, ME, TEAMS))
    wanted = (ExternalContact.id == bindparam("id"), ExternalContact.id.in_(followed))
    return select(ExternalContact).where(*wanted).with_for_update()


def sees_person(actor: Actor) -> ColumnElement[bool]:
    """The people whose work this actor may look at: himself, his teams' members, or everybody."""
    return _person_in(actor.sees_all, actor.person_id, actor.team_ids)


def _person_in(everybody: bool, me: Any, teams: Any) -> ColumnElement[bool]:
    return true() if everybody else or_(Person.id == me, Person.team_id.in_(teams))


def supervisor_of(s: Session, person_id: int) -> list[int]:
    """Who answers for this person: the direct leader, else the nearest leader upward, else the admins.

    A leader counts only if active, not the person himself, and if his role lets him see and decide about this team:
    a card that its reader cannot act on is worse than none. One person, or every admin.
    """
    person = s.get_one(Person, person_id)
    direct = person.direct_leader_id
    if direct is not None and direct != person_id and _decides(s, direct, person.team_id):
        return [direct]
    return leaders_of(s, person.team_id, but=person_id)


def leaders_of(s: Session, team_id: int, *, but: int = 0) -> list[int]:
    """The nearest leader of a team, or of a team above it, who may decide about it; else the admins."""
    path = s.get_one(Team, team_id).path
    upward = [int(part) for part in path.strip("/").split("/")]
    rows = s.execute(
        select(TeamLeader.team_id, Person.id)
        .join(Person, Person.id == TeamLeader.person_id)
        .where(TeamLeader.team_id.in_(upward), Person.status == PersonStatus.ACTIVE, Person.id != but)
        .order_by(Person.id)
    ).all()
    for team in reversed(upward):
        for led, leader in rows:
            if led == team and _decides(s, leader, team_id):
                return [leader]
    admins = select(Person.id).where(Person.role == Role.ADMIN, Person.status == PersonStatus.ACTIVE, Person.id != but)
    return list(s.scalars(admins.order_by(Person.id)))


def directors_over(s: Session, team_id: int) -> list[int]:
    """The active directors in whose realm this team lies."""
    directors = select(Person.id).where(Person.role == Role.DIRECTOR, Person.status == PersonStatus.ACTIVE)
    return [director for director in s.scalars(directors.order_by(Person.id)) if _decides(s, director, team_id)]


def _decides(s: Session, person_id: int, team_id: int) -> bool:
    """Whether this person is at work and sees what waits for that team's lead."""
    row = s.execute(_WHO_BY_ID, {"id": person_id}).one()
    if row.status != PersonStatus.ACTIVE:
        return False
    actor = actor_of(s, row)
    return actor.sees_all or team_id in actor.team_ids
