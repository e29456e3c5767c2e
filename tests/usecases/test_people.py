"""Roles: given by an administrator or the shell, never so that nobody is left to give them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Role
from crm import uow
from crm.access import Actor, actor_by_id
from crm.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from crm.usecases import people
from models import Base
from models.audit import AuditEntry
from models.people import Person, Team, TeamScope

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BOSS, OTHER, DIRECTOR, REP, LEFT = 1, 2, 3, 4, 5


@pytest.fixture
def s(tmp_path: Path) -> Iterator[Session]:
    engine = uow.connect(f"sqlite:///{tmp_path}/crm.db")
    Base.metadata.create_all(engine)
    with uow.transaction() as session:
        session.add(Team(id=1, department_id=1, name="总公司", path="/1/"))
        session.flush()
        session.add(Team(id=2, department_id=2, name="华东", parent_id=1, path="/1/2/"))
        session.add(Team(id=3, department_id=3, name="苏州", parent_id=2, path="/1/2/3/"))
        session.flush()
        roles = {BOSS: Role.ADMIN, OTHER: Role.OPERATIONS, DIRECTOR: Role.DIRECTOR, REP: Role.REP, LEFT: Role.REP}
        for number, role in roles.items():
            status = PersonStatus.LEFT if number == LEFT else PersonStatus.ACTIVE
            session.add(
                Person(
                    id=number, userid=f"User{number}", userid_key=f"user{number}", name=f"同事{number}", role=role,
                    status=status, team_id=1, changed_at=NOW,
                )
            )  # fmt: skip
        session.flush()
        yield session
    uow.dispose()


def boss(s: Session) -> Actor:
    return actor_by_id(s, BOSS)


def role_of(s: Session, person_id: int) -> str:
    s.flush()
    return s.scalars(select(Person.role).where(Person.id == person_id)).one()


def test_the_shell_makes_the_first_administrator_by_userid_in_any_case(s: Session) -> None:
    assert people.grant(s, None, "USER4", Role.ADMIN, NOW, entrance="cli") == "同事4"
    assert role_of(s, REP) == Role.ADMIN
    entry = s.scalars(select(AuditEntry)).one()
    assert (entry.verb, entry.actor_id, entry.subject) == ("grant_role", None, "person:4")
    assert (entry.detail["old"], entry.detail["new"]) == ("rep", "admin")


@pytest.mark.parametrize("person_id", [OTHER, DIRECTOR, REP])
def test_only_an_administrator_gives_roles_and_scopes(s: Session, person_id: int) -> None:
    actor = actor_by_id(s, person_id)
    with pytest.raises(NotAllowed):
        people.grant(s, actor, person_id, Role.ADMIN, NOW, entrance="console")
    with pytest.raises(NotAllowed):
        people.assign_scope(s, actor, DIRECTOR, 2, NOW, entrance="console")
    with pytest.raises(NotAllowed):
        people.withdraw_scope(s, actor, DIRECTOR, 2, NOW, entrance="console")
    assert role_of(s, person_id) != Role.ADMIN


def test_the_last_active_administrator_stays_one(s: Session) -> None:
    with pytest.raises(Conflict, match="最后一位"):
        people.grant(s, boss(s), BOSS, Role.REP, NOW, entrance="console")
    assert role_of(s, BOSS) == Role.ADMIN
    people.grant(s, boss(s), REP, Role.ADMIN, NOW, entrance="console")
    s.flush()
    people.grant(s, boss(s), BOSS, Role.REP, NOW, entrance="console")
    assert role_of(s, BOSS) == Role.REP


def test_an_administrator_who_is_disabled_does_not_count_as_the_last_one(s: Session) -> None:
    people.grant(s, boss(s), REP, Role.ADMIN, NOW, entrance="console")
    s.get_one(Person, REP).status = PersonStatus.DISABLED
    s.flush()
    with pytest.raises(Conflict):
        people.grant(s, boss(s), BOSS, Role.REP, NOW, entrance="console")
    people.grant(s, boss(s), REP, Role.REP, NOW, entrance="console")
    assert role_of(s, REP) == Role.REP


def test_the_same_role_again_changes_and_records_nothing(s: Session) -> None:
    people.grant(s, boss(s), REP, Role.REP, NOW, entrance="console")
    assert s.scalars(select(AuditEntry)).all() == []


def test_who_has_left_or_was_never_here_gets_no_role(s: Session) -> None:
    with pytest.raises(Invalid, match="已离职"):
        people.grant(s, boss(s), LEFT, Role.ADMIN, NOW, entrance="console")
    with pytest.raises(NotFound, match="同步通讯录"):
        people.grant(s, boss(s), "nobody", Role.ADMIN, NOW, entrance="console")


def test_an_assigned_scope_opens_the_subtree_and_closes_again(s: Session) -> None:
    for _ in range(2):
        people.assign_scope(s, boss(s), DIRECTOR, 2, NOW, entrance="console")
    assert actor_by_id(s, DIRECTOR).team_ids == {2, 3}
    for _ in range(2):
        people.withdraw_scope(s, boss(s), DIRECTOR, 2, NOW, entrance="console")
    s.flush()
    assert actor_by_id(s, DIRECTOR).team_ids == frozenset()
    assert [entry.verb for entry in s.scalars(select(AuditEntry))] == ["assign_scope", "withdraw_scope"]


def test_a_rep_is_given_no_scope_and_no_scope_lies_on_an_unknown_team(s: Session) -> None:
    with pytest.raises(Invalid, match="先改角色"):
        people.assign_scope(s, boss(s), REP, 2, NOW, entrance="console")
    with pytest.raises(NotFound, match="部门"):
        people.assign_scope(s, boss(s), DIRECTOR, 99, NOW, entrance="console")


def test_a_scope_does_not_come_back_with_a_later_promotion(s: Session) -> None:
    people.assign_scope(s, boss(s), DIRECTOR, 2, NOW, entrance="console")
    people.grant(s, boss(s), DIRECTOR, Role.REP, NOW, entrance="console")
    people.grant(s, boss(s), DIRECTOR, Role.DIRECTOR, NOW, entrance="console")
    s.flush()
    assert s.scalars(select(TeamScope)).all() == []
    assert actor_by_id(s, DIRECTOR).team_ids == frozenset()


def test_a_role_is_taken_back_once_and_in_time(s: Session) -> None:
    people.grant(s, boss(s), REP, Role.TEAM_LEAD, NOW, entrance="console")
    late = NOW + timedelta(minutes=11)
    with pytest.raises(Gone, match="不能撤销"):
        people.take_back_grant(s, boss(s), REP, late, entrance="console")
    people.take_back_grant(s, boss(s), REP, NOW, entrance="console")
    assert actor_by_id(s, REP).role is Role.REP
    with pytest.raises(Conflict, match="没有撤销"):
        people.take_back_grant(s, boss(s), REP, NOW, entrance="console")
    assert actor_by_id(s, REP).role is Role.REP
