"""Two teams after one project: who hears of it, what each is told, and that nobody feels his way to what is hidden."""

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine

from config.vocabulary import Role, ShareAccess
from crm import uow
from crm.errors import Conflict, CrmError, NotAllowed, NotFound
from crm.usecases import project_edit, projects, sharing
from crm.usecases.people import grant
from models.audit import AuditEntry
from models.customers import Customer
from models.people import Person
from models.projects import Project
from tests.support.company import DAY, IDS, MINUTE, NOW, TWO, actor, at_once, customer, rows, set_policy
from tests.usecases.project_kit import DRAFT, SECRET, TWIN, USER, correct, made_by, notices, project, register


def facts(notice: dict[str, object]) -> dict[str, str]:
    return {fact["name"]: fact["value"] for fact in notice["facts"]}  # type: ignore[attr-defined]


def test_what_a_colleague_has_is_there_but_has_no_name(company: Engine) -> None:
    project("qian", TWIN)
    assert SECRET not in made_by("Zhang", DRAFT)
    with pytest.raises(Conflict, match=SECRET):
        project("wu", DRAFT)


def test_two_teams_after_one_project_are_told_whom_to_ask_and_neither_reads_the_others_words(company: Engine) -> None:
    assert made_by("qian", TWIN).endswith("接着报备")
    said = made_by("Zhang", DRAFT)
    assert "同事在跟进这个项目（招标编号相同），请找您的主管协调，两边主管都已收到消息" in said
    (mine,), (theirs,) = notices("li"), notices("wu")
    assert ("吴主管" in str(mine), "李主管" in str(theirs)) == (True, True)
    assert SECRET not in said + str(mine)
    assert DRAFT.name not in str(theirs)
    assert notices("zhou") == []


def test_a_name_that_is_only_alike_is_called_so_and_he_is_told_how_to_go_on(company: Engine) -> None:
    project("Zhang", projects.ProjectDraft("昆山泵站扩建", USER))
    with pytest.raises(Conflict, match=r"项目名称相近.*写进名称再建"):
        project("Zhang", projects.ProjectDraft("昆山泵站扩建工程", USER))
    project("Zhang", projects.ProjectDraft("昆山泵站扩建工程二期", USER))


def test_a_mate_of_the_same_team_is_a_matter_for_its_one_supervisor(company: Engine) -> None:
    made_by("sun", TWIN)
    said = made_by("Zhang", DRAFT)
    assert "同事在跟进这个项目" in said
    assert "两边主管" not in said
    assert notices("li") == []


def test_what_is_only_alike_is_a_hint_to_its_maker_alone(company: Engine) -> None:
    made_by("qian", projects.ProjectDraft("循环水泵改造", USER))
    said = made_by("Zhang", projects.ProjectDraft("循环水站改造", USER))
    assert "相像的项目" in said
    assert notices("li") + notices("wu") == []


def test_whoever_tries_out_projects_is_counted_and_in_the_end_not_told_any_more(company: Engine) -> None:
    set_policy(lookups_per_day=2)
    project("qian", TWIN)
    project("qian", projects.ProjectDraft("循环水泵改造", "无锡蓝天水务"))
    assert "同事在跟进这个项目" in made_by("Zhang", DRAFT)
    assert "相像的项目" in made_by("Zhang", projects.ProjectDraft("循环水站改造", "无锡蓝天水务"))
    looked = [row for row in rows(AuditEntry) if row.verb == "look_alikes"]
    assert [row.actor_id for row in looked] == [IDS["zhang"]] * 2
    project("qian", projects.ProjectDraft("污水站", "常州东方水务", tender_no="CZ2026-0001"))
    told = [
        made_by("Zhang", projects.ProjectDraft("污水泵", "某水务", tender_no=number)).removeprefix("项目「污水泵」")
        for number in ("CZ2026-0001", "CZ2026-0002")  # there is one, there is none
    ]
    assert told[0] == told[1]
    assert "已建好" in told[0]
    assert "次数已经用完" in told[0]
    assert len(notices("wu")) == 2  # both supervisors hear all the same


def test_of_ones_own_nothing_is_counted(company: Engine) -> None:
    set_policy(lookups_per_day=1)
    project("Zhang", projects.ProjectDraft("循环水泵改造", USER))
    assert "有些像" in made_by("Zhang", projects.ProjectDraft("循环水站改造", USER))
    assert made_by("Zhang", projects.ProjectDraft("锅炉房", "某厂")).endswith("接着报备")


def test_each_supervisor_reads_why_his_own_project_was_met(company: Engine) -> None:
    with uow.transaction() as s:  # 孙六 goes to a third team of his own supervisor
        s.execute(update(Person).where(Person.id == IDS["sun"]).values(team_id=1, direct_leader_id=IDS["zhou"]))
    project("sun", projects.ProjectDraft("二期循环水泵", USER))
    project("qian", projects.ProjectDraft("污水处理", "某设计院", tender_no=DRAFT.tender_no))
    for userid in ("wu", "zhou"):
        assert notices(userid) == []
    made_by("Zhang", DRAFT)
    (first,), (second,), (mine,) = notices("wu"), notices("zhou"), notices("li")
    assert facts(first)["依据"] == "招标编号相同"
    assert facts(second)["依据"] == "同一终端用户，项目名称相同"
    assert facts(first)["找谁商量"] == facts(second)["找谁商量"] == "李主管"
    assert facts(mine)["找谁商量"] == "吴主管、周总监"


def test_who_answers_for_both_sides_hears_once(company: Engine) -> None:
    with uow.transaction() as s:
        s.execute(update(Person).where(Person.id.in_((IDS["zhang"], IDS["qian"]))).values(direct_leader_id=IDS["zhou"]))
    project("qian", TWIN)
    made_by("Zhang", DRAFT)
    (both,) = notices("zhou")
    assert facts(both)["跟进人"] == "张三、钱七"
    assert "找谁商量" not in facts(both)
    assert "两边都归您管" in str(both["body"])


def test_a_supervisor_of_two_who_have_it_hears_once(company: Engine) -> None:
    project("sun", TWIN)
    with uow.transaction() as s:
        s.execute(update(Person).where(Person.id == IDS["sun"]).values(team_id=TWO))
    project("qian", TWIN)
    made_by("Zhang", DRAFT)
    (notice,) = notices("wu")
    assert facts(notice)["跟进人"] == "孙六、钱七"
    assert len(notices("li")) == 1


def test_a_card_names_no_end_user_that_its_reader_may_not_see(company: Engine) -> None:
    """The project is his rep's, its end user has gone to another team and goes by its own name there."""
    user = customer("Zhang", f"{SECRET}纺织机械有限公司")
    one = project("Zhang", projects.ProjectDraft("二期循环水泵", end_user_id=user, tender_no=DRAFT.tender_no))
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == user).values(owner_id=IDS["zhou"]))
    made_by("qian", TWIN)
    (mine,), (theirs,) = notices("li"), notices("wu")
    assert facts(mine)["终端用户"] == "同事的客户"
    assert SECRET not in str(mine)
    assert facts(theirs)["终端用户"] == TWIN.end_user
    register("Zhang", one, customer("Zhang", "苏州甲泵阀经销有限公司"))
    later = [row.id for row in rows(Project, Project.created_by_id == IDS["qian"])]
    register("qian", later[0], customer("qian", "广州乙机电有限公司"), NOW + MINUTE)
    assert all(SECRET not in str(notice) for notice in notices("li"))


def test_a_correction_that_meets_a_colleagues_project_is_told_as_on_creation_and_once(company: Engine) -> None:
    project("qian", TWIN)
    one = project("Zhang", projects.ProjectDraft("污水泵", "某水务"))
    assert (notices("li"), notices("wu")) == ([], [])
    told = correct("Zhang", one, tender_no=DRAFT.tender_no)
    assert told.labels == ("招标编号",)
    assert "同事在跟进这个项目（招标编号相同），请找您的主管协调，两边主管都已收到消息" in told.said
    (mine,), (theirs,) = notices("li"), notices("wu")
    assert (facts(mine)["跟进人"], facts(theirs)["跟进人"]) == ("张三", "钱七")
    assert SECRET not in told.said + str(mine)
    assert correct("Zhang", one, site="江苏常熟").said == "已更正项目地点"  # that one was told already
    assert correct("Zhang", one, site="江苏常熟").said == "没有改动"
    correct("Zhang", one, tender_no="")
    correct("Zhang", one, tender_no=DRAFT.tender_no)
    assert (len(notices("li")), len(notices("wu"))) == (1, 1)
    assert len([row for row in rows(AuditEntry) if row.verb == "look_alikes"]) == 2


def test_tenders_are_not_tried_out_on_a_project_of_ones_own(company: Engine) -> None:
    set_policy(lookups_per_day=1)
    project("qian", TWIN)
    one = project("Zhang", projects.ProjectDraft("污水泵", "某水务"))
    correct("Zhang", one, tender_no=DRAFT.tender_no)
    none = correct("Zhang", one, tender_no="CZ2026-0002")
    again = correct("Zhang", one, tender_no=DRAFT.tender_no)
    assert none.said == again.said
    assert "次数已经用完" in none.said


def test_a_correction_to_what_he_sees_already_is_refused_by_name(company: Engine) -> None:
    project("Zhang")
    one = project("Zhang", projects.ProjectDraft("三期循环水泵", USER))
    with pytest.raises(Conflict, match="「二期循环水泵」是同一个项目"):
        correct("Zhang", one, name="循环水泵二期")
    assert rows(Project, Project.id == one)[0].name == "三期循环水泵"


@pytest.mark.parametrize(
    ("who", "answer"),
    [
        ("Zhang", None),  # wrote it down
        ("li", None),  # answers for him
        ("zhou", None),
        ("wang", None),
        ("sun", NotFound),  # his mate
        ("qian", NotFound),
        ("wu", NotFound),
    ],
)
def test_who_may_correct_a_project(company: Engine, who: str, answer: type[CrmError] | None) -> None:
    user = customer("Zhang", USER)
    one = project("Zhang", projects.ProjectDraft("二期循环水泵", end_user_id=user))
    _answers(who, one, answer)


@pytest.mark.parametrize(("access", "answer"), [(ShareAccess.READ, NotAllowed), (ShareAccess.TOGETHER, None)])
@pytest.mark.parametrize("over", [False, True])
def test_who_works_on_its_end_user_corrects_the_project_while_that_is_shared(
    company: Engine, access: ShareAccess, answer: type[CrmError] | None, over: bool
) -> None:
    user = customer("Zhang", USER)
    one = project("Zhang", projects.ProjectDraft("二期循环水泵", end_user_id=user))
    wish = sharing.Wish("qian", access, (NOW + 2 * DAY).date(), 0)
    uow.attempt(lambda s: sharing.share_customer(s, actor("Zhang"), user, wish, NOW, entrance="console"))
    qian = replace(actor("qian"), at=NOW + (4 * DAY if over else DAY))
    change = project_edit.ProjectChange(name="别的名字")
    work = partial(project_edit.update_project, actor=qian, project_id=one, change=change, now=NOW, entrance="api")
    expected = NotFound if over else answer
    if expected is None:
        assert uow.attempt(work).labels == ("项目名称",)
        return
    with pytest.raises(expected):
        uow.attempt(work)
    assert rows(Project)[0].name == "二期循环水泵"


def test_who_follows_no_projects_corrects_none(company: Engine) -> None:
    one = project("Zhang")
    uow.attempt(lambda s: grant(s, None, "sun", Role.FINANCE, NOW, entrance="shell"))
    _answers("sun", one, NotFound)


def _answers(who: str, project_id: int, answer: type[CrmError] | None) -> None:
    if answer is None:
        assert correct(who, project_id, name="别的名字").labels == ("项目名称",)
        return
    with pytest.raises(answer):
        correct(who, project_id, name="别的名字")
    assert rows(Project)[0].name == "二期循环水泵"


def test_two_who_correct_one_project_at_once_both_have_their_way(company: Engine) -> None:
    one = project("Zhang")
    results = at_once([
        partial(correct, "Zhang", one, site="江苏常熟"),
        partial(correct, "li", one, name="二期循环泵房"),
    ])  # fmt: skip
    assert not [one for one in results if isinstance(one, Exception)]
    (kept,) = rows(Project)
    assert (kept.site, kept.name, kept.tender_no) == ("江苏常熟", "二期循环泵房", DRAFT.tender_no)


def test_two_corrections_at_once_do_not_make_together_what_neither_might_alone(company: Engine) -> None:
    project("Zhang")
    one = project("Zhang", projects.ProjectDraft("污水泵", "某水务"))
    results = at_once([
        partial(correct, "Zhang", one, name="循环水泵二期"),
        partial(correct, "li", one, end_user="新泰纺织机械"),
    ])  # fmt: skip
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "ProjectCorrected"]


def test_of_two_corrections_at_once_to_one_tender_the_second_meets_the_first(company: Engine) -> None:
    ours = [project("Zhang", projects.ProjectDraft(name, "某水务")) for name in ("污水泵", "鼓风机")]
    works = [
        partial(correct, who, one, tender_no="CZ2026-0001") for who, one in zip(("Zhang", "li"), ours, strict=True)
    ]
    results = at_once(works)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "ProjectCorrected"]
    assert sorted(one.tender_no for one in rows(Project)) == ["", "CZ2026-0001"]


def test_of_two_teams_that_come_to_one_tender_at_once_each_supervisor_hears_once(company: Engine) -> None:
    pairs = [
        (who, project(who, projects.ProjectDraft(name, user)))
        for who, name, user in (("Zhang", "污水泵", "某水务"), ("qian", "鼓风机", "别的水务"))
    ]
    results = at_once([partial(correct, who, one, tender_no="CZ2026-0001") for who, one in pairs])
    said = [result.said for result in results if isinstance(result, project_edit.ProjectCorrected)]
    assert sorted("同事在跟进这个项目" in words for words in said) == [False, True]
    assert (len(notices("li")), len(notices("wu"))) == (1, 1)
