"""Roles and scopes: granted here by an administrator, never taken silently from WeCom."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Role, label
from crm import audit, policy
from crm.access import SEES_SUBTREE, Actor, require
from crm.errors import Conflict, Gone, Invalid, NotFound
from models.audit import AuditEntry
from models.base import insert_once
from models.people import Person, Team, TeamScope


def grant(s: Session, actor: Actor | None, who: int | str, role: Role, now: datetime, *, entrance: str) -> str:
    """Give a person (id, or userid in any case) a role; returns his name. `actor` None is the shell.

    Scopes that the new role cannot use are withdrawn, so that they do not come back silently with a later promotion.
    Raises NotAllowed, NotFound, Invalid for somebody who has left, Conflict for the last active administrator.
    """
    return _grant(s, actor, who, role, "grant_role", now, entrance)


def _grant(s: Session, actor: Actor | None, who: int | str, role: Role, verb: str, now: datetime, entrance: str) -> str:
    _may(actor)
    admins = _active_admins(s)
    person = _person(s, who)
    if person.role == role:
        return person.name
    if person.status == PersonStatus.LEFT:
        raise Invalid(f"{person.name} 已离职，不能再授予角色", {"role": "已离职"})
    if admins == {person.id}:
        raise Conflict("这是最后一位在职的管理员，先把另一位同事设为管理员，再改这里")
    before, person.role = person.role, role
    s.flush()
    withdrawn: list[int] = []
    if role not in SEES_SUBTREE:
        gone = delete(TeamScope).where(TeamScope.person_id == person.id).returning(TeamScope.team_id)
        withdrawn = sorted(s.scalars(gone))
    _record(s, actor, verb, person, now, entrance, old=before, new=role.value, withdrawn_teams=withdrawn)
    return person.name


def take_back_grant(s: Session, actor: Actor, who: int | str, now: datetime, *, entrance: str) -> str:
    """Undo the actor's own change of a role within the undo minutes, with the scopes it withdrew. The name.

    Once: what was taken back is not given again by a second press.
    """
    _may(actor)
    person = _person(s, who)
    granted = (AuditEntry.subject == f"person:{person.id}", AuditEntry.verb.in_(("grant_role", "take_back_role")))
    last = s.scalar(select(AuditEntry).where(*granted).order_by(AuditEntry.id.desc()).limit(1))
    mine = last is not None and last.verb == "grant_role" and last.actor_id == actor.person_id
    if last is None or not mine or last.detail["new"] != person.role:
        raise Conflict(f"{person.name} 的角色之后又有变动，没有撤销。请刷新页面再看")
    minutes = policy.current(s).undo_minutes
    if now > last.at + timedelta(minutes=minutes):
        raise Gone(f"{person.name} 的角色改了超过 {minutes} 分钟，不能撤销了。请直接重新选角色")
    _grant(s, actor, person.id, Role(last.detail["old"]), "take_back_role", now, entrance)
    for team_id in last.detail["withdrawn_teams"]:
        assign_scope(s, actor, person.id, team_id, now, entrance=entrance)
    return person.name


def assign_scope(
    s: Session, actor: Actor | None, who: int | str, team_id: int, now: datetime, *, entrance: str
) -> None:
    """Let a regional manager or director see a team and everything below it. Twice is once."""
    _may(actor)
    person = _person(s, who)
    if person.status == PersonStatus.LEFT:
        raise Invalid(f"{person.name} 已离职，不能再分管部门。请选一位在职的同事", {"team": "已离职"})
    if person.role not in SEES_SUBTREE:
        raise Invalid(f"只有区域经理和总监能分管部门，{person.name} 现在是{label(Role(person.role))}。请先改角色")
    team = _team(s, team_id)
    if insert_once(s, TeamScope, team_id=team.id, person_id=person.id):
        _record(s, actor, "assign_scope", person, now, entrance, team_id=team.id, team=team.name)


def withdraw_scope(
    s: Session, actor: Actor | None, who: int | str, team_id: int, now: datetime, *, entrance: str
) -> None:
    """Take an assigned team away again; what he leads by the directory stays his."""
    _may(actor)
    person, team = _person(s, who), _team(s, team_id)
    given = (TeamScope.team_id == team.id, TeamScope.person_id == person.id)
    if s.scalar(delete(TeamScope).where(*given).returning(TeamScope.team_id)) is not None:
        _record(s, actor, "withdraw_scope", person, now, entrance, team_id=team.id, team=team.name)


def _may(actor: Actor | None) -> None:
    if actor is not None:
        require(actor, Role.ADMIN)


def _person(s: Session, who: int | str) -> Person:
    """Locked, so that two administrators change one person in turn."""
    which = Person.id == who if isinstance(who, int) else Person.userid_key == who.casefold()
    person = s.scalar(select(Person).where(which).with_for_update())
    if person is None:
        raise NotFound("没有这个成员。如果他刚加入企业微信，请先同步通讯录")
    return person


def _team(s: Session, team_id: int) -> Team:
    team = s.get(Team, team_id)
    if team is None:
        raise NotFound("没有这个部门。如果它刚建好，请先同步通讯录")
    return team


def _active_admins(s: Session) -> frozenset[int]:
    """Locked first and in one order: of two administrators demoting each other at once, one finds himself the last."""
    admins = select(Person.id).where(Person.role == Role.ADMIN, Person.status == PersonStatus.ACTIVE)
    return frozenset(s.scalars(admins.order_by(Person.id).with_for_update()))


def _record(
    s: Session, actor: Actor | None, verb: str, person: Person, now: datetime, entrance: str, **detail: object
) -> None:
    by = actor.person_id if actor is not None else None
    audit.record(s, by, verb, f"person:{person.id}", now, entrance=entrance, name=person.name, **detail)
