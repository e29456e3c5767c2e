"""The only doors to rows that belong to somebody: the statement is the permission."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, bindparam, false, or_, select, true
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Role
from crm.errors import NotAllowed, NotFound
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

# Built once: every request starts with one of them.
_PEOPLE = select(Person.id, Person.userid, Person.name, Person.role, Person.status, Person.team_id)
_WHO = _PEOPLE.where(Person.userid_key == bindparam("key"))
_WHO_BY_ID = _PEOPLE.where(Person.id == bindparam("id"))


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


def actor_by_userid(s: Session, userid: str) -> Actor:
    """The member behind a callback; refuses who is unknown, disabled or has left, each in his own words."""
    row = s.execute(_WHO, {"key": userid.casefold()}).one_or_none()
    if row is None:
        raise NotAllowed("系统里还没有您的账号，请联系管理员同步通讯录（管理后台 → 人员与角色 → 立即同步）")
    return _actor(s, row)


def known_actor(s: Session, userid: str) -> Actor | None:
    """The active member of that userid, or nobody: for telling him why something was refused."""
    try:
        return actor_by_userid(s, userid)
    except NotAllowed:
        return None


def actor_by_id(s: Session, person_id: int) -> Actor:
    row = s.execute(_WHO_BY_ID, {"id": person_id}).one_or_none()
    if row is None:
        raise NotAllowed("系统里没有您的账号，请联系管理员")
    return _actor(s, row)


def _actor(s: Session, person: Row[int, str, str, str, str, int]) -> Actor:
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
    if actor.sees_all:
        return true()
    mine = Customer.owner_id == actor.person_id
    if actor.role is Role.REP:
        return mine
    if actor.manages:
        people = select(Person.id).where(Person.team_id.in_(actor.team_ids))
        return or_(mine, Customer.owner_id.in_(people), Customer.queue_team_id.in_(actor.team_ids))
    return false()


def customers_for(actor: Actor) -> Select[Customer]:
    """Customers this actor may see, as a query to build on. Merged ones are gone for everybody."""
    return select(Customer).where(Customer.merged_into_id.is_(None), sees_customer(actor))


def get_customer(s: Session, actor: Actor, customer_id: int | str, *, lock: bool = False) -> Customer:
    """One customer by id (inside) or public id (from outside); not yours is not there."""
    column = Customer.id if isinstance(customer_id, int) else Customer.public_id
    query = customers_for(actor).where(column == customer_id)
    found = s.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(NOT_THERE)
    return found


def deals_for(actor: Actor) -> Select[Deal]:
    """Deals of the customers this actor may see."""
    mine = (Customer.merged_into_id.is_(None), sees_customer(actor))
    return select(Deal).join(Customer, Customer.id == Deal.customer_id).where(*mine)


def contacts_for(actor: Actor) -> Select[ExternalContact]:
    """Outside contacts whose friend this actor is, or somebody he answers for."""
    follows = select(ExternalFollow.external_contact_id).join(Person, Person.id == ExternalFollow.person_id)
    return select(ExternalContact).where(
        ExternalContact.id.in_(follows.where(ExternalFollow.ended_at.is_(None), sees_person(actor)))
    )


def get_contact(s: Session, actor: Actor, contact_id: int) -> ExternalContact:
    """One outside contact, locked: whoever links it waits for whoever is linking it."""
    found = s.scalar(contacts_for(actor).where(ExternalContact.id == contact_id).with_for_update())
    if found is None:
        raise NotFound("没有找到这位联系人，或者他不是您的好友")
    return found


def sees_person(actor: Actor) -> ColumnElement[bool]:
    """The people whose work this actor may look at: himself, his teams' members, or everybody."""
    if actor.sees_all:
        return true()
    return or_(Person.id == actor.person_id, Person.team_id.in_(actor.team_ids))


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


def _decides(s: Session, person_id: int, team_id: int) -> bool:
    """Whether this person is at work and sees what waits for that team's lead."""
    row = s.execute(_WHO_BY_ID, {"id": person_id}).one()
    if row.status != PersonStatus.ACTIVE:
        return False
    actor = _actor(s, row)
    return actor.sees_all or team_id in actor.team_ids
