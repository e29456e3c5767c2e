"""The directory comes in as WeCom shows it: one person one row, roles untouched, nobody thrown out by an absence."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine

from config.vocabulary import LoginVia, PersonStatus, Role
from crm import uow
from crm.access import supervisor_of
from crm.flows import directory
from crm.messages import Received
from crm.usecases import slots
from gateways.wecom.client import Department, Member, WecomClient
from gateways.wecom.errors import WecomError
from jobs import runs
from models.audit import AuditEntry
from models.ops import JobSlot, LoginSession
from models.people import Person, Team, TeamLeader
from tests.jobs.company import NOW, wiring_in

DEPARTMENTS = [
    Department(3, "二组", 2, 1, ()),
    Department(1, "总公司", 0, 1, ()),
    Department(2, "华东", 1, 1, ("LiSi",)),
]


def member(userid: str, department: int, **changes: object) -> Member:
    plain = Member(userid, userid, (department,), (), department, "", 1, "销售", "")
    return replace(plain, **changes)  # type: ignore[arg-type]


@dataclass
class Company:
    """A directory that tests change; it has the shape of the real client."""

    departs: list[Department] = field(default_factory=lambda: list(DEPARTMENTS))
    people: list[Member] = field(
        default_factory=lambda: [member("zhangsan", 3, direct_leader="lisi"), member("LiSi", 2), member("new.One", 3)]
    )

    def patient(self) -> "Company":
        return self

    def departments(self) -> list[Department]:
        return self.departs

    def members(self, department_id: int) -> list[Member]:
        return [one for one in self.people if department_id in one.department_ids]

    def member(self, userid: str) -> Member:
        for one in self.people:
            if one.userid.casefold() == userid.casefold():
                return one
        raise WecomError("user/get", 60111)


def person(userid: str) -> Person:
    with uow.reading() as s:
        return s.scalars(select(Person).where(Person.userid_key == userid.casefold())).one()


def news(change: str, userid: str = "", new: str = "") -> Received:
    return Received("k", "event", "change_contact", change, userid, new, "<xml/>", NOW)


def audited() -> int:
    with uow.reading() as s:
        return s.scalar(select(func.count()).select_from(AuditEntry)) or 0


def test_teams_know_their_way_up_and_members_their_team(store: Engine) -> None:
    with uow.transaction() as s:
        s.get_one(Person, 2).role = Role.REGIONAL_MANAGER  # a team lead decides about his own team only
    counts = directory.sync(Company(), NOW)
    with uow.reading() as s:
        teams = {team.department_id: team for team in s.scalars(select(Team))}
        assert teams[3].path == f"/{teams[1].id}/{teams[2].id}/{teams[3].id}/"
        assert s.scalars(select(TeamLeader.person_id).where(TeamLeader.team_id == teams[2].id)).all() == [2]
        assert supervisor_of(s, person("new.one").id) == [2]
    assert person("NEW.ONE").team_id == teams[3].id
    assert (counts.teams, counts.people, counts.created) == (3, 3, 1)


def test_a_userid_in_another_case_is_the_same_person_and_roles_stay_as_we_gave_them(store: Engine) -> None:
    directory.sync(Company(), NOW)
    assert (person("zhangsan").id, person("zhangsan").userid) == (1, "zhangsan")
    assert person("lisi").role == Role.TEAM_LEAD
    assert person("new.one").role == Role.REP
    assert person("zhangsan").direct_leader_id == person("lisi").id


def test_a_second_sync_changes_nothing_and_writes_no_audit(store: Engine) -> None:
    directory.sync(Company(), NOW)
    before = audited()
    counts = directory.sync(Company(), NOW + timedelta(hours=1))
    assert (counts.created, counts.changed, audited()) == (0, 0, before)


def test_hundreds_of_new_members_take_the_statements_of_a_few_and_each_is_in_the_book(store: Engine) -> None:
    company, asked = Company(), list[str]()
    directory.sync(company, NOW)
    event.listen(store, "before_cursor_execute", lambda *args: asked.append(args[2]))
    company.people += [member(f"new{n}", 3, direct_leader="lisi") for n in range(250)]
    before = audited()
    counts = directory.sync(company, NOW)
    assert counts.created == 250
    assert audited() - before == 500  # each was added, and has somebody above him
    assert len(asked) < 60


def test_a_member_missing_from_the_answer_is_told_but_not_taken_for_a_leaver(store: Engine) -> None:
    counts = directory.sync(Company(), NOW)
    assert person("wangwu").status == PersonStatus.ACTIVE
    assert counts.missing == 1
    assert any("wangwu" in reason for reason in counts.reasons)


@pytest.mark.parametrize(("code", "status"), [(2, PersonStatus.DISABLED), (5, PersonStatus.LEFT)])
def test_who_is_disabled_or_has_left_is_signed_out_at_once(store: Engine, code: int, status: PersonStatus) -> None:
    with uow.transaction() as s:
        s.add(
            LoginSession(
                token_hash="x", person_id=1, via=LoginVia.CONSOLE, created_at=NOW, expires_at=NOW + timedelta(days=1)
            )
        )
    company = Company()
    company.people[0] = replace(company.people[0], status=code)
    directory.refresh(news("update_user", "zhangsan"), company, NOW)
    assert person("zhangsan").status == status
    with uow.reading() as s:
        assert s.scalars(select(LoginSession.revoked_at)).one() == NOW


def test_a_renamed_member_stays_one_row_also_when_the_event_comes_twice(store: Engine) -> None:
    company = Company()
    company.people[0] = replace(company.people[0], userid="zhang.san")
    for _ in range(2):
        directory.refresh(news("update_user", "ZhangSan", "zhang.san"), company, NOW)
    assert person("zhang.san").id == 1
    with uow.reading() as s:
        assert s.scalar(select(func.count()).select_from(Person)) == 3


def test_a_deleted_member_has_left_and_an_unknown_one_is_no_error(store: Engine) -> None:
    directory.refresh(news("delete_user", "zhangsan"), Company(), NOW)
    directory.refresh(news("delete_user", "nobody"), Company(), NOW)
    assert person("zhangsan").status == PersonStatus.LEFT


def test_a_new_member_in_a_new_department_brings_the_department_along(store: Engine) -> None:
    company = Company()
    directory.refresh(news("create_user", "new.one"), company, NOW)
    with uow.reading() as s:
        assert s.get_one(Team, person("new.one").team_id).department_id == 3


def test_moving_a_department_moves_everything_below_it(store: Engine) -> None:
    company = Company()
    directory.sync(company, NOW)
    company.departs = [Department(3, "二组", 1, 1, ()), *DEPARTMENTS[1:]]
    directory.refresh(news("update_party"), company, NOW)
    with uow.reading() as s:
        teams = {team.department_id: team for team in s.scalars(select(Team))}
        assert teams[3].path == f"/{teams[1].id}/{teams[3].id}/"


def test_departments_in_a_circle_end_as_tops_instead_of_a_loop(store: Engine) -> None:
    company = Company(departs=[Department(1, "甲", 2, 1, ()), Department(2, "乙", 1, 1, ())], people=[])
    counts = directory.sync(company, NOW)
    assert any("绕成了圈" in reason for reason in counts.reasons)


def test_a_leader_who_is_not_in_the_directory_is_named(store: Engine) -> None:
    company = Company()
    company.departs[0] = Department(3, "二组", 2, 1, ("ghost",))
    company.people[2] = member("new.one", 3, direct_leader="ghost2")
    reasons = "".join(directory.sync(company, NOW).reasons)
    assert "ghost" in reasons
    assert "ghost2" in reasons


def test_names_that_no_store_takes_are_cleaned_and_a_member_who_cannot_be_kept_is_told_and_skipped(
    store: Engine,
) -> None:
    company = Company()
    company.departs[2] = Department(2, "华\ud83d东\x00", 1, 1, ("li\ud83d",))
    company.people[0] = member("zhangsan", 3, name="张\ud83d三\x00", position="\udfff", direct_leader="x\ud800")
    company.people.insert(0, member("bad\ud83d", 3, name="坏账号"))
    company.people.insert(0, member("u" * 80, 3, name="账号太长"))
    reasons = "".join(directory.sync(company, NOW).reasons)
    assert person("zhangsan").name == "张\ufffd三"
    assert person("new.one").team_id
    with uow.reading() as s:
        assert s.scalars(select(Team.name).where(Team.department_id == 2)).one() == "华\ufffd东"
    assert "坏账号：资料存不下来，已跳过" in reasons
    reasons.encode()  # fit for the run's outcome


def test_the_lease_of_a_long_sync_is_renewed_between_departments_and_members(store: Engine, tmp_path: Path) -> None:
    clock = [NOW]

    class Slow(Company):
        def members(self, department_id: int) -> list[Member]:
            clock[0] += timedelta(seconds=40)
            return super().members(department_id)

    w = replace(wiring_in(tmp_path, lambda: clock[0]), client=cast(WecomClient, Slow()))
    with uow.transaction() as s:
        slots.make(s, "directory", NOW, NOW)
    assert runs.work_one(w)
    with uow.reading() as s:
        slot = s.scalars(select(JobSlot)).one()
    assert (slot.done_at, slot.tries) == (NOW + timedelta(seconds=120), 1)
    assert slot.outcome.startswith("部门 3 个")
