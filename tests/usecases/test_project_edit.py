"""Corrections of a project: what a registration holds, who hears, what it costs, and what the book keeps."""

from functools import partial

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from config.prospects import ProjectState
from crm import uow
from crm.errors import Conflict, UsedUp
from crm.usecases import project_edit, projects, registrations
from models.audit import AuditEntry
from models.projects import Project, ProjectRegistration
from tests.support.company import IDS, MINUTE, NOW, actor, customer, rows, set_policy
from tests.usecases.project_kit import DRAFT, SECRET, TWIN, USER, correct, made_by, notices, project, register


def entries(verb: str) -> list[AuditEntry]:
    return [row for row in rows(AuditEntry) if row.verb == verb]


@pytest.fixture
def two(company: Engine) -> tuple[int, int]:
    """张三's project and his registration of it. 钱七 has registered another project of the same end user."""
    theirs = project("qian", projects.ProjectDraft("循环水泵改造", USER, site="常熟"))
    mine = project("Zhang", projects.ProjectDraft("污水处理站", USER, site="常熟"))
    register("qian", theirs, customer("qian", "苏州恒力泵业有限公司"))
    made = register("Zhang", mine, customer("Zhang", "无锡太湖机电有限公司"))
    assert made.protected
    return mine, made.id


def test_what_is_protected_does_not_become_what_a_colleague_has_registered(two: tuple[int, int]) -> None:
    mine, _ = two
    with pytest.raises(Conflict, match="两家受保护，没有保存"):
        correct("Zhang", mine, name="循环水泵改造")
    assert rows(Project, Project.id == mine)[0].name == "污水处理站"
    (looked,) = entries("look_alikes")
    assert "循环水泵改造" in looked.detail["typed"]
    assert correct("Zhang", mine, name="污水处理二站").labels == ("项目名称",)


def test_a_project_does_not_come_back_under_protection_beside_a_colleagues(company: Engine) -> None:
    mine = project("Zhang", projects.ProjectDraft("循环水泵改造", USER, site="常熟"))
    made = register("Zhang", mine, customer("Zhang", "无锡太湖机电有限公司"))
    state = partial(project_edit.set_state, actor=actor("Zhang"), project_id=mine, now=NOW, entrance="console")
    uow.attempt(partial(state, state=ProjectState.LOST))
    theirs = project("qian", projects.ProjectDraft("循环水泵改造", USER, site="常熟"))
    assert register("qian", theirs, customer("qian", "苏州恒力泵业有限公司")).protected
    with pytest.raises(Conflict, match="两家受保护，没有保存"):
        uow.attempt(partial(state, state=ProjectState.OPEN))
    give_up = partial(registrations.end, actor=actor("Zhang"), registration_id=made.id, why="", entrance="api")
    uow.attempt(partial(give_up, now=NOW))
    uow.attempt(partial(state, state=ProjectState.OPEN, now=NOW + 11 * MINUTE))
    assert rows(Project, Project.id == mine)[0].state == ProjectState.OPEN


def test_whose_look_ups_are_used_up_does_not_try_out_names_on_what_he_has_registered(two: tuple[int, int]) -> None:
    set_policy(lookups_per_day=1)
    mine, _ = two
    project("qian", projects.ProjectDraft("鼓风机房", "某水务", tender_no="CZ2026-0001"))
    project("Zhang", projects.ProjectDraft("鼓风机", "某水务", tender_no="CZ2026-0001"))
    for name in ("循环水泵改造", "加药间"):  # there is one, there is none
        with pytest.raises(UsedUp, match="次数已经用完，没有保存"):
            correct("Zhang", mine, name=name)


def test_a_registration_that_can_still_be_taken_back_holds_its_project_as_it_was(two: tuple[int, int]) -> None:
    """Else it would come back as one of another project, before whoever is protected there."""
    mine, registration = two
    give_up = partial(
        registrations.end, actor=actor("Zhang"), registration_id=registration, why="", now=NOW, entrance="api"
    )
    uow.attempt(give_up)
    with pytest.raises(Conflict, match="没有保存"):
        correct("Zhang", mine, NOW + 9 * MINUTE, name="循环水泵改造")
    back = partial(registrations.take_back_end, actor=actor("Zhang"), registration_id=registration, entrance="api")
    uow.attempt(partial(back, now=NOW + 10 * MINUTE))
    assert [one.behind_id for one in rows(ProjectRegistration)] == [None, None]
    uow.attempt(partial(give_up, now=NOW + 11 * MINUTE))
    assert "同事在跟进" in correct("Zhang", mine, NOW + 22 * MINUTE, name="循环水泵改造").said


def test_the_book_says_what_was_tried_and_what_it_was_before(company: Engine) -> None:
    project("qian", projects.ProjectDraft("鼓风机房", "别的水务", tender_no="CZ2026-0002"))
    mine = project("Zhang", projects.ProjectDraft("污水泵", "某水务", tender_no="CZ2026-0001"))
    correct("Zhang", mine, tender_no="CZ2026-0002", site="常州")
    (kept,), (looked,) = entries("update_project"), entries("look_alikes")
    assert kept.detail["was"] == ["项目地点：空", "招标编号：CZ2026-0001"]
    assert kept.detail["new"] == ["项目地点：常州", "招标编号：CZ2026-0002"]
    assert "CZ2026-0002" in looked.detail["typed"]


def test_a_lead_who_tries_out_tenders_reads_the_answer_and_no_card(company: Engine) -> None:
    set_policy(lookups_per_day=1)
    for number in (1, 2):
        draft = projects.ProjectDraft(f"{number}号泵站", f"第{number}水务有限公司", tender_no=f"SZ2026-990{number}")
        project("qian", draft)
    mine = project("Zhang", projects.ProjectDraft("普通改造", "常熟某厂纺织公司", tender_no="AA2026-0001"))
    told = correct("li", mine, tender_no="SZ2026-9901")
    assert "同事在跟进这个项目（招标编号相同），请和吴主管协调，对方已收到消息" in told.said
    assert "次数已经用完" in correct("li", mine, tender_no="SZ2026-9902").said
    assert notices("li") == []
    assert len(notices("wu")) == 2


def test_where_a_maker_was_not_told_of_his_mates_project_their_supervisor_is(company: Engine) -> None:
    set_policy(lookups_per_day=1)
    project("sun", TWIN)
    project("sun", projects.ProjectDraft("鼓风机房", "某水务", tender_no="CZ2026-0001"))
    made_by("Zhang", projects.ProjectDraft("鼓风机", "某水务", tender_no="CZ2026-0001"))
    assert notices("li") == []
    assert "次数已经用完" in made_by("Zhang", DRAFT)
    (notice,) = notices("li")
    assert "同一个团队的两个人在跟同一个项目" in str(notice)
    assert "张三、孙六" in str(notice)
    assert SECRET not in str(notice)


def test_how_many_a_colleague_has_of_it_does_not_lengthen_the_correction(company: Engine) -> None:
    asked: list[str] = []
    event.listen(company, "before_cursor_execute", lambda *args: asked.append(args[2]))
    mine = project("Zhang", projects.ProjectDraft("普通改造", USER))
    counts = []
    for more in (2, 20):
        with uow.transaction() as s:
            s.add_all([
                Project(
                    name=f"{number}号车间循环水泵改造", end_user=f"第{number}厂", tender_no="SZ2026-7777",
                    tender_key="sz20267777", state="open", created_at=NOW, created_by_id=IDS["qian"],
                )
                for number in range(more)
            ])  # fmt: skip
        asked.clear()
        assert "同事在跟进" in correct("Zhang", mine, tender_no="SZ2026-7777").said
        counts.append(len(asked))
        correct("Zhang", mine, tender_no="")
    assert counts[1] <= counts[0]
