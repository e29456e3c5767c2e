"""Mirror the company's teams and members from WeCom: one person stays one row, and roles stay ours."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Role, label
from crm import audit
from crm.access import Actor
from crm.ports import Department, Member
from crm.rules.words import storable
from crm.usecases import sessions
from crm.usecases.same_person import absorb
from models.base import insert_each_once, insert_once, new_public_id, one_of
from models.people import Person, Team, TeamLeader

_ENTRANCE = "sync"
_STATUS = {1: PersonStatus.ACTIVE, 2: PersonStatus.DISABLED, 4: PersonStatus.INACTIVE, 5: PersonStatus.LEFT}
_OUTCOME_KEPT = 500  # characters: the counts and the first reasons, which is what a page can show
_SHUT_OUT = (PersonStatus.DISABLED, PersonStatus.LEFT)


@dataclass(slots=True)
class Counts:
    """What a sync saw and did. `missing` were not in the answer and are left as they are; `reasons` are for people."""

    teams: int = 0
    people: int = 0
    created: int = 0
    changed: int = 0
    missing: int = 0
    reasons: list[str] = field(default_factory=list)

    def add(self, more: "Counts") -> None:
        """What one more transaction has brought, once it has."""
        self.people, self.created, self.changed = (
            self.people + more.people, self.created + more.created, self.changed + more.changed,
        )  # fmt: skip
        self.reasons += more.reasons


def mirror_teams(s: Session, departments: Sequence[Department], now: datetime, counts: Counts) -> None:
    """Departments become teams. A department that is gone keeps its team: people and customers still hang on it."""
    names = {department.id: storable(department.name)[:128] for department in departments}
    for number, name in names.items():
        insert_once(s, Team, department_id=number, name=name, parent_id=None, path="/")
    teams = {team.department_id: team for team in s.scalars(select(Team).order_by(Team.id).with_for_update())}
    parents = {department.id: department.parent_id for department in departments}
    for department in departments:
        team, name = teams[department.id], names[department.id]
        line = _line_of_descent(department.id, parents, counts)
        parent = teams[line[-2]].id if len(line) > 1 else None
        path = "/" + "".join(f"{teams[step].id}/" for step in line)
        if (team.name, team.parent_id, team.path) != (name, parent, path):
            subject = f"team:{team.id}"
            audit.record(s, None, "mirror_team", subject, now, entrance=_ENTRANCE, name=name, path=path)
            team.name, team.parent_id, team.path = name, parent, path
            counts.changed += 1
    counts.teams += len(departments)
    gone = [team.name for number, team in teams.items() if number not in parents]
    if gone:
        counts.reasons.append(f"{len(gone)} 个部门不在本次同步里，保留原样：{_some(gone)}")
    s.flush()


def note_sync(s: Session, actor: Actor, outcome: str, now: datetime, *, entrance: str) -> None:
    """Somebody pulled the directory by hand: who, when, and what came of it, for the book and for the page."""
    told = storable(outcome)
    told = told if len(told) <= _OUTCOME_KEPT else told[:_OUTCOME_KEPT] + "……"
    audit.record(s, actor.person_id, "sync_directory", "directory:all", now, entrance=entrance, outcome=told)


def knows_team(s: Session, department_id: int) -> bool:
    return s.scalar(select(Team.id).where(Team.department_id == department_id)) is not None


def rename(s: Session, old: str, new: str, now: datetime) -> None:
    """The member's userid was changed: the row stays, so everything he did and owns stays his.

    Where a sync has met the new name first, that row is the same man, and what names it names him; if it is somebody's
    who has left, he only gives up the name.
    """
    person = s.scalar(select(Person).where(Person.userid_key == old.casefold()).with_for_update())
    if person is None or person.userid == new:
        return
    twin = s.scalar(select(Person).where(Person.userid_key == new.casefold(), Person.id != person.id).with_for_update())
    if twin is not None:
        if twin.status != PersonStatus.LEFT:
            absorb(s, person.id, twin.id)
            twin.status = PersonStatus.LEFT
        twin.userid = twin.userid_key = f"~{twin.id}"
        s.flush()
        s.refresh(person)
    subject = f"person:{person.id}"
    twins = {} if twin is None else {"twin": twin.id}
    audit.record(s, None, "rename_person", subject, now, entrance=_ENTRANCE, old=person.userid, new=new, **twins)
    person.userid, person.userid_key, person.changed_at = new[:64], new.casefold()[:64], now


def mirror_members(s: Session, members: Sequence[Member], now: datetime, counts: Counts) -> None:
    """Some members as they are now; a new one is a sales rep until an administrator says otherwise.

    As many statements for hundreds as for one, but for those that changed. Nothing is counted before all is written.
    """
    teams = _team_ids(s)
    told = {member.userid.casefold(): member for member in members}
    known = _held(s, told)
    fresh = Counts()
    seen = {key: one for key, member in told.items() if (one := _seen(member, teams, fresh)) is not None}
    fresh.people = len(seen)
    new = {key: one for key, one in seen.items() if key not in known}
    ours = {"role": Role.REP, "changed_at": now}
    made = insert_each_once(
        s, Person, [{**one, **ours, "userid_key": key, "public_id": new_public_id()} for key, one in new.items()]
    )
    fresh.created = len(made)
    known |= _held(s, new)
    added = {f"person:{known[key].id}": one for key, one in new.items() if known[key].id in made}
    audit.record_each(s, "add_person", added, now, entrance=_ENTRANCE)
    for key, one in seen.items():
        _bring_up(s, known[key], one, now, fresh)
    s.flush()
    counts.add(fresh)


def _held(s: Session, keys: Collection[str]) -> dict[str, Person]:
    rows = s.scalars(select(Person).where(one_of(s, Person.userid_key, keys)).order_by(Person.id).with_for_update())
    return {person.userid_key: person for person in rows}


def _seen(member: Member, teams: Mapping[int, int], counts: Counts) -> dict[str, Any] | None:
    """What his row should say; None when he is in none of our teams: his main department, else the first we know."""
    name = storable(member.name)[:128] or member.userid
    wanted = [number for number in (member.main_department, *member.department_ids) if number in teams]
    if not wanted:
        counts.reasons.append(f"{name}：不在任何可见部门里，没有同步")
        return None
    status = _STATUS.get(member.status)
    if status is None:
        counts.reasons.append(f"{name}：状态 {member.status} 没见过，按未激活处理")
        status = PersonStatus.INACTIVE
    return {
        "userid": member.userid,
        "name": name,
        "position": storable(member.position)[:128],
        "status": status,
        "team_id": teams[wanted[0]],
    }


def _bring_up(s: Session, person: Person, seen: Mapping[str, Any], now: datetime, counts: Counts) -> None:
    before = {name: getattr(person, name) for name in seen if getattr(person, name) != seen[name]}
    if not before:
        return
    for name in before:
        setattr(person, name, seen[name])
    person.changed_at = now
    counts.changed += 1
    after = {name: seen[name] for name in before}
    audit.record(s, None, "mirror_person", f"person:{person.id}", now, entrance=_ENTRANCE, old=before, new=after)
    if "status" in before and seen["status"] in _SHUT_OUT:
        sessions.revoke_all(s, person.id, now)
        counts.reasons.append(f"{person.name}：{label(seen['status'])}，已退出所有登录")


def mark_left(s: Session, userid: str, now: datetime) -> None:
    """WeCom says he was deleted: he can do nothing any more, and everything he did stays."""
    person = s.scalar(select(Person).where(Person.userid_key == userid.casefold()).with_for_update())
    if person is None or person.status == PersonStatus.LEFT:
        return
    subject = f"person:{person.id}"
    audit.record(s, None, "person_left", subject, now, entrance=_ENTRANCE, old=person.status)
    person.status, person.changed_at = PersonStatus.LEFT, now
    sessions.revoke_all(s, person.id, now)


def mirror_leaders(
    s: Session, departments: Sequence[Department], members: Iterable[Member], now: datetime, counts: Counts
) -> None:
    """Who leads which team, as departments and members say. After the people."""
    wanted = [(department.id, userid) for department in departments for userid in department.leaders]
    wanted += [(number, member.userid) for member in members for number in member.leader_in]
    teams = _team_ids(s)
    listed = [teams[department.id] for department in departments]
    _set_leaders(s, one_of(s, TeamLeader.team_id, listed), wanted, now, counts)


def mirror_own_leading(s: Session, member: Member, now: datetime, counts: Counts) -> None:
    """After news of one member only: which teams he leads now, and who leads him."""
    person = s.scalar(select(Person.id).where(Person.userid_key == member.userid.casefold()))
    if person is not None:
        wanted = [(number, member.userid) for number in member.leader_in]
        _set_leaders(s, TeamLeader.person_id == person, wanted, now, counts)
        set_direct_leaders(s, [member], now, counts)


def note_missing(s: Session, seen: Iterable[str], counts: Counts) -> None:
    """Members that the answer did not hold: perhaps out of the app's range, so only told, never taken as leavers."""
    keys = {userid.casefold() for userid in seen}
    rows = s.execute(select(Person.userid_key, Person.name).where(Person.status != PersonStatus.LEFT))
    missing = [name for key, name in rows if key not in keys]
    counts.missing = len(missing)
    if missing:
        counts.reasons.append(f"{len(missing)} 位成员不在本次同步里，保留原样，请核对应用的可见范围：{_some(missing)}")


def set_direct_leaders(s: Session, members: Sequence[Member], now: datetime, counts: Counts) -> None:
    """An unknown leader is told and taken as none, rather than keeping yesterday's."""
    above = {member.userid.casefold(): storable(member.direct_leader) for member in members}
    keys = {*above, *(leader.casefold() for leader in above.values())}
    ids = {row.userid_key: row.id for row in s.execute(_keys(s, keys))}
    changed = {}
    for person in s.scalars(select(Person).where(one_of(s, Person.userid_key, above)).order_by(Person.id)):
        named = above[person.userid_key]
        leader = ids.get(named.casefold()) if named else None
        if named and leader is None:
            counts.reasons.append(f"{person.name}的直属上级 {named} 不在通讯录里，先按部门负责人处理")
        if person.direct_leader_id != leader:
            changed[f"person:{person.id}"] = {"old": person.direct_leader_id, "new": leader}
            person.direct_leader_id = leader
    audit.record_each(s, "direct_leader", changed, now, entrance=_ENTRANCE)
    s.flush()


def _keys(s: Session, keys: Collection[str]) -> Select[str, int]:
    return select(Person.userid_key, Person.id).where(one_of(s, Person.userid_key, keys))


def _set_leaders(
    s: Session, which: ColumnElement[bool], wanted: Iterable[tuple[int, str]], now: datetime, counts: Counts
) -> None:
    """Make the leading rows under `which` those of `wanted` (department id, userid)."""
    teams = _team_ids(s)
    wanted = list(wanted)
    people = dict(s.execute(_keys(s, {storable(userid).casefold() for _, userid in wanted})).all())
    pairs = set()
    for department_id, userid in wanted:
        leader = people.get(userid.casefold())
        if leader is None:
            counts.reasons.append(f"部门 {department_id} 的负责人 {storable(userid)} 不在通讯录里")
        elif department_id in teams:
            pairs.add((teams[department_id], leader))
    rows = s.execute(select(TeamLeader.team_id, TeamLeader.person_id).where(which))
    before = {(team, person) for team, person in rows}
    for team, person in sorted(before - pairs):
        s.execute(delete(TeamLeader).where(TeamLeader.team_id == team, TeamLeader.person_id == person))
        audit.record(s, None, "unset_leader", f"team:{team}", now, entrance=_ENTRANCE, person=person)
    for team, person in sorted(pairs - before):
        if insert_once(s, TeamLeader, team_id=team, person_id=person):
            audit.record(s, None, "set_leader", f"team:{team}", now, entrance=_ENTRANCE, person=person)
    counts.changed += len(before ^ pairs)


def _team_ids(s: Session) -> dict[int, int]:
    return {team.department_id: team.id for team in s.scalars(select(Team))}


def _line_of_descent(department_id: int, parents: Mapping[int, int], counts: Counts) -> list[int]:
    """The departments from the highest visible one down to this one."""
    line = [department_id]
    while (parent := parents[line[0]]) in parents:
        if parent in line:
            counts.reasons.append(f"部门 {department_id} 的上级绕成了圈，按顶级部门处理")
            return [department_id]
        line.insert(0, parent)
    return line


def _some(names: Sequence[str]) -> str:
    return "、".join(names[:10]) + ("……" if len(names) > 10 else "")
