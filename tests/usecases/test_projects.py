"""项目报备: the first protects its dealer, the later one is told politely, and nobody reads the other side's words."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Thread
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from config.prospects import PartyRole, ProjectState
from config.vocabulary import Role, ShareAccess
from crm import uow
from crm.access import READ, get_project
from crm.errors import Conflict, CrmError, Gone, Invalid, NotAllowed, NotFound
from crm.usecases import project_edit, projects, registrations, sharing
from crm.usecases import project_parties as parties
from crm.usecases.people import grant
from crm.usecases.registration_sweep import judge_registration, registration_candidates
from models.projects import Project, ProjectParty, ProjectRegistration
from tests.support.company import DAY, MINUTE, NOW, actor, at_once, customer, rows, set_policy
from tests.usecases.project_kit import DRAFT, SECRET, TWIN, USER, notices, project, register


def test_the_first_registration_protects_its_dealer_until_a_day(company: Engine) -> None:
    dealer = customer("Zhang", "苏州甲泵阀经销有限公司")
    made = register("Zhang", project("Zhang"), dealer)
    assert made.protected
    assert "受保护到 2027-02-21" in made.said
    (party,) = rows(ProjectParty)
    assert (party.customer_id, party.role) == (dealer, PartyRole.DEALER)
    assert notices("li") == []


def test_the_later_one_is_told_politely_and_each_supervisor_reads_his_own_side(company: Engine) -> None:
    dealer, rival = customer("Zhang", "苏州甲泵阀经销有限公司"), customer("qian", f"广州{SECRET}机电有限公司")
    register("Zhang", project("Zhang"), dealer)
    later = register("qian", project("qian", TWIN, NOW + MINUTE), rival, NOW + MINUTE)
    assert not later.protected
    assert "同事已报备" in later.said
    assert "甲泵阀" not in later.said
    (_, first_side), (_, later_side) = notices("li"), notices("wu")  # told already that two teams are at it
    assert all("重复报备" in str(side["title"]) for side in (first_side, later_side))
    assert SECRET not in str(first_side)
    assert "甲泵阀" not in str(later_side)
    assert "张三" not in str(later_side)
    assert ("吴主管" in str(first_side), "李主管" in str(later_side)) == (True, True)


def test_a_project_one_sees_is_not_made_twice(company: Engine) -> None:
    project("Zhang")
    with pytest.raises(Conflict, match="二期循环水泵"):
        project("li", projects.ProjectDraft("循环水泵二期", USER))
    assert project("Zhang", projects.ProjectDraft("三期循环水泵", USER))


def test_another_teams_project_answers_like_one_that_never_was(company: Engine) -> None:
    secret, mine = project("qian", TWIN), customer("Zhang", "苏州甲泵阀经销有限公司")
    made = register("qian", secret, customer("qian", "广州乙机电有限公司"))
    verbs: tuple[Callable[..., object], ...] = (
        lambda s, of: parties.add_party(s, actor("Zhang"), of, mine, PartyRole.DEALER, NOW, entrance="api"),
        lambda s, of: project_edit.set_state(s, actor("Zhang"), of, ProjectState.WON, NOW, entrance="api"),
        lambda s, of: registrations.register(s, actor("Zhang"), of, mine, "", NOW, entrance="api"),
    )
    for verb in verbs:
        told = []
        for of in (secret, 999_999):
            with pytest.raises(NotFound) as refused:
                uow.attempt(partial(verb, of=of))
            told.append(str(refused.value))
        assert told[0] == told[1]
    with pytest.raises(NotFound):
        uow.attempt(lambda s: registrations.end(s, actor("Zhang"), made.id, "", NOW, entrance="api"))


def test_a_moment_that_no_registration_ended_at_takes_no_extension_back(company: Engine) -> None:
    made = register("Zhang", project("Zhang"), customer("Zhang", "苏州甲泵阀经销有限公司"))
    near = made.expires_at - 5 * DAY
    uow.attempt(lambda s: registrations.extend(s, actor("Zhang"), made.id, "投标推迟", near, entrance="card"))
    for was in (datetime.max.replace(tzinfo=NOW.tzinfo), NOW.replace(tzinfo=None)):
        with uow.transaction() as s, pytest.raises(Conflict):
            registrations.shorten(s, actor("Zhang"), made.id, was, near, entrance="api")


def test_whoever_sees_one_of_its_companies_sees_the_project(company: Engine) -> None:
    one = project("Zhang")
    dealer = customer("Zhang", "苏州甲泵阀经销有限公司")
    with uow.reading() as s, pytest.raises(NotFound):
        get_project(s, actor("sun"), one)
    with pytest.raises(NotFound):  # 孙六 sees the project only with a company of his own in it
        uow.attempt(lambda s: parties.add_party(s, actor("sun"), one, dealer, PartyRole.DEALER, NOW, entrance="api"))
    house = customer("sun", "华东设计院有限公司")
    uow.attempt(lambda s: parties.add_party(s, actor("wang"), one, house, PartyRole.DESIGNER, NOW, entrance="api"))
    with uow.reading() as s:
        assert get_project(s, actor("sun"), one).id == one


def test_whoever_may_only_look_at_its_company_does_not_change_the_project(company: Engine) -> None:
    user = customer("Zhang", USER)
    one = project("Zhang", projects.ProjectDraft("二期循环水泵", end_user_id=user))
    until = NOW.date() + timedelta(days=30)
    wish = sharing.Wish("qian", ShareAccess.READ, until, 0)
    uow.attempt(lambda s: sharing.share_customer(s, actor("Zhang"), user, wish, NOW, entrance="console"))
    with uow.reading() as s:
        assert get_project(s, replace(actor("qian"), at=NOW), one, to=READ).id == one
    change, looker = project_edit.ProjectChange(name="别的名字"), replace(actor("qian"), at=NOW)
    for verb in (
        lambda s: project_edit.update_project(s, looker, one, change, NOW, entrance="api"),
        lambda s: project_edit.set_state(s, looker, one, ProjectState.LOST, NOW, entrance="api"),
    ):
        with pytest.raises(NotAllowed):
            uow.attempt(verb)
    corrected = uow.attempt(lambda s: project_edit.update_project(s, actor("Zhang"), one, change, NOW, entrance="api"))
    assert corrected.labels == ("项目名称",)


def test_the_same_dealer_does_not_register_twice(company: Engine) -> None:
    dealer, one = customer("Zhang", "苏州甲泵阀经销有限公司"), project("Zhang")
    register("Zhang", one, dealer)
    with pytest.raises(Conflict, match="已经报备过"):
        register("Zhang", one, dealer, NOW + DAY)


def test_of_many_at_once_one_is_first(company: Engine) -> None:
    pairs = [
        (who, project(who, DRAFT if who == "Zhang" else TWIN), customer(who, name))
        for who, name in (("Zhang", "苏州甲泵阀经销有限公司"), ("qian", "广州乙机电有限公司"))
    ]
    results = at_once([partial(register, *pair) for pair in pairs])
    assert sorted(one.protected for one in results if isinstance(one, registrations.Registered)) == [False, True]


def test_ending_the_first_lets_the_later_one_move_up_and_can_be_taken_back(company: Engine) -> None:
    dealer, rival = customer("Zhang", "苏州甲泵阀经销有限公司"), customer("qian", "广州乙机电有限公司")
    first = register("Zhang", project("Zhang"), dealer)
    later = register("qian", project("qian", TWIN, NOW + MINUTE), rival, NOW + MINUTE)
    uow.attempt(lambda s: registrations.end(s, actor("li"), first.id, "", NOW + 2 * MINUTE, entrance="card"))
    assert behind(later.id) is None
    assert "报备生效" in str(notices("qian"))
    uow.attempt(lambda s: registrations.take_back_end(s, actor("li"), first.id, NOW + 3 * MINUTE, entrance="card"))
    assert behind(later.id) == first.id
    with pytest.raises(Conflict):
        uow.attempt(lambda s: registrations.take_back_end(s, actor("li"), first.id, NOW + 4 * MINUTE, entrance="card"))


def behind(registration_id: int) -> int | None:
    return rows(ProjectRegistration, ProjectRegistration.id == registration_id)[0].behind_id


def test_an_extension_is_counted_not_hoarded_and_can_be_taken_back(company: Engine) -> None:
    set_policy(registration_extensions=1)
    made = register("Zhang", project("Zhang"), customer("Zhang", "苏州甲泵阀经销有限公司"))
    near = made.expires_at - 5 * DAY

    def extend(now: datetime) -> tuple[str, datetime, datetime]:
        return uow.attempt(lambda s: registrations.extend(s, actor("Zhang"), made.id, "投标推迟", now, entrance="card"))

    with pytest.raises(Conflict, match="离到期还早"):
        extend(NOW + DAY)
    _, was, until = extend(near)
    assert until - was == timedelta(days=90)
    with pytest.raises(Conflict, match="不能再延"):
        extend(near)
    uow.attempt(lambda s: registrations.shorten(s, actor("Zhang"), made.id, was, near, entrance="card"))
    assert rows(ProjectRegistration)[0].expires_at == made.expires_at
    with pytest.raises(Conflict):
        uow.attempt(lambda s: registrations.shorten(s, actor("Zhang"), made.id, was, near, entrance="card"))


def test_an_extension_is_taken_back_by_whoever_made_it_and_soon(company: Engine) -> None:
    made = register("Zhang", project("Zhang"), customer("Zhang", "苏州甲泵阀经销有限公司"))
    near = made.expires_at - 5 * DAY
    _, was, until = uow.attempt(
        lambda s: registrations.extend(s, actor("li"), made.id, "投标推迟", near, entrance="console")
    )

    def shorten(who: str, now: datetime) -> str:
        return uow.attempt(lambda s: registrations.shorten(s, actor(who), made.id, was, now, entrance="console"))

    with pytest.raises(Conflict, match="不是您延期的"):
        shorten("Zhang", near + MINUTE)
    with pytest.raises(Gone, match="超过 10 分钟"):
        shorten("li", near + 11 * MINUTE)
    assert rows(ProjectRegistration)[0].expires_at == until
    shorten("li", near + 10 * MINUTE)
    assert rows(ProjectRegistration)[0].expires_at == was


def sweep(now: datetime) -> list[str]:
    with uow.reading() as s:
        found = registration_candidates(s, now)
    lines = [uow.attempt(partial(judge_registration, registration_id=one, now=now, dry_run=False)) for one in found]
    return [line for line in lines if line]


def test_the_rep_is_warned_a_week_and_a_day_before_and_hears_the_end(company: Engine) -> None:
    made = register("Zhang", project("Zhang"), customer("Zhang", "苏州甲泵阀经销有限公司"))
    assert sweep(made.expires_at - 9 * DAY) == []
    assert "还有 6 天" in sweep(made.expires_at - 6 * DAY - MINUTE)[0]
    assert sweep(made.expires_at - 5 * DAY) == []
    assert "还有 1 天" in sweep(made.expires_at - DAY - MINUTE)[0]
    assert sweep(made.expires_at) == ["报备到期：二期循环水泵（苏州甲泵阀经销有限公司）"]
    assert sweep(made.expires_at + DAY) == []
    assert rows(ProjectRegistration)[0].ended_at == made.expires_at
    assert len(notices("zhang")) == 3
    with pytest.raises(Gone):
        uow.attempt(lambda s: registrations.extend(s, actor("Zhang"), made.id, "", made.expires_at, entrance="card"))


def test_when_the_first_runs_out_the_one_behind_it_is_protected(company: Engine) -> None:
    first = register("Zhang", project("Zhang"), customer("Zhang", "苏州甲泵阀经销有限公司"))
    later = register("qian", project("qian", TWIN, NOW + DAY), customer("qian", "广州乙机电有限公司"), NOW + DAY)
    assert sweep(first.expires_at)
    assert behind(later.id) is None


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (projects.ProjectDraft("  ", USER), Invalid),
        (projects.ProjectDraft("二期"), Invalid),
        (projects.ProjectDraft("二" * 61, USER), Invalid),
        (projects.ProjectDraft("二期", "用" * 61), Invalid),
        (projects.ProjectDraft("二期", end_user_id=999_999), NotFound),
    ],
)
def test_what_cannot_be_a_project_is_refused_in_words(
    company: Engine, draft: projects.ProjectDraft, refusal: type[CrmError]
) -> None:
    with pytest.raises(refusal) as refused:
        project("Zhang", draft)
    assert str(refused.value)
    assert rows(Project) == []


def test_who_holds_no_customers_has_no_projects(company: Engine) -> None:
    uow.attempt(lambda s: grant(s, None, "sun", Role.FINANCE, NOW, entrance="shell"))
    with pytest.raises(NotAllowed):
        project("sun")


@pytest.mark.parametrize("way", ["given up", "run out"])
def test_whoever_registers_while_the_first_ends_stands_behind_none_that_is_over(
    company: Engine, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    first = register("Zhang", project("Zhang"), customer("Zhang", "苏州甲泵阀经销有限公司"))
    second, rival = project("qian", TWIN), customer("qian", "广州乙机电有限公司")
    if way == "given up":
        over = partial(registrations.end, actor=actor("Zhang"), registration_id=first.id, why="", now=NOW, entrance="x")
        ending = Thread(target=uow.attempt, args=(over,))
    else:
        ending = Thread(target=sweep, args=(first.expires_at,))
    look = registrations._live_on

    def look_and_dawdle(*asked: Any) -> list[ProjectRegistration]:
        found = look(*asked)
        ending.start()
        ending.join(1)
        return found

    monkeypatch.setattr(registrations, "_live_on", look_and_dawdle)
    later = register("qian", second, rival, NOW + DAY)
    ending.join()
    assert not later.protected
    assert rows(ProjectRegistration, ProjectRegistration.id == first.id)[0].ended_at is not None
    assert behind(later.id) is None
    assert "报备生效" in str(notices("qian"))
