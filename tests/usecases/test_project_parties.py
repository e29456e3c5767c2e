"""Who meets in a project: its end user comes and goes under the rules of a correction, and stays hidden."""

from collections.abc import Callable

import pytest
from sqlalchemy.engine import Engine

from config.prospects import PartyRole
from crm import uow
from crm.access import actor_by_id
from crm.errors import Conflict
from crm.reads.projects import list_projects
from crm.usecases import projects
from crm.usecases.project_parties import add_party, remove_party
from models.projects import Project, ProjectParty
from tests.support.company import IDS, NOW, actor, customer, rows
from tests.usecases.project_kit import DRAFT, SECRET, TWIN, notices, project, register


def turn(
    verb: Callable[..., str], who: str, project_id: int, customer_id: int, role: PartyRole = PartyRole.END_USER
) -> str:
    asking = actor(who)
    return uow.attempt(lambda s: verb(s, asking, project_id, customer_id, role, NOW, entrance="api"))


def end_user_shown_to(who: str) -> str:
    with uow.reading() as s:
        (row,) = list_projects(s, actor_by_id(s, IDS[who], NOW), page=1, size=5, now=NOW).rows
    return row.end_user


@pytest.fixture
def shared(company: Engine) -> tuple[int, int]:
    """张三's project of a customer of his, with a dealer of 钱七 in it."""
    user, dealer = customer("Zhang", f"昆山{SECRET}水务有限公司"), customer("qian", "苏州恒力泵业有限公司")
    one = project("Zhang", projects.ProjectDraft("二期循环水泵", end_user_id=user, tender_no="SZ2026-0118"))
    turn(add_party, "wang", one, dealer, PartyRole.DEALER)
    turn(add_party, "wang", one, user)
    assert end_user_shown_to("qian") == "同事的客户"
    return one, user


def test_an_end_user_that_is_taken_out_leaves_no_name_behind(shared: tuple[int, int]) -> None:
    one, user = shared
    assert turn(remove_party, "Zhang", one, user).endswith("移出项目，已更正终端用户")
    assert end_user_shown_to("qian") == ""
    (kept,) = rows(Project)
    assert (kept.end_user_id, kept.end_user, kept.user_key) == (None, "", "")


def test_the_end_user_stays_while_the_project_is_registered(shared: tuple[int, int]) -> None:
    one, user = shared
    register("Zhang", one, customer("Zhang", "无锡太湖机电有限公司"))
    with pytest.raises(Conflict, match="有报备在保护期里"):
        turn(remove_party, "Zhang", one, user)
    assert rows(Project)[0].end_user_id == user
    assert len(rows(ProjectParty)) == 3


def test_the_only_thing_a_project_is_known_by_is_changed_for_another_not_taken_out(company: Engine) -> None:
    wrong, right = customer("Zhang", "昆山恒泽水务有限公司"), customer("Zhang", "常熟新泰纺织机械有限公司")
    one = project("Zhang", projects.ProjectDraft("二期循环水泵", end_user_id=wrong))
    turn(add_party, "Zhang", one, wrong)
    with pytest.raises(Conflict, match="请先把真正的终端用户加进来"):
        turn(remove_party, "Zhang", one, wrong)
    turn(add_party, "Zhang", one, right)
    turn(remove_party, "Zhang", one, wrong)
    (kept,) = rows(Project)
    assert (kept.end_user_id, kept.end_user) == (right, "常熟新泰纺织机械有限公司")


def test_an_end_user_that_makes_it_a_colleagues_project_is_told_like_a_correction(company: Engine) -> None:
    project("qian", projects.ProjectDraft(TWIN.name, TWIN.end_user))
    one = project("Zhang", projects.ProjectDraft(DRAFT.name, tender_no="CZ2026-0001"))
    assert notices("li") == []
    said = turn(add_party, "Zhang", one, customer("Zhang", DRAFT.end_user))
    assert "同事在跟进这个项目" in said
    assert (len(notices("li")), len(notices("wu"))) == (1, 1)


def test_a_registered_project_gets_no_other_end_user_by_way_of_a_party(company: Engine) -> None:
    one = project("Zhang")
    register("Zhang", one, customer("Zhang", "无锡太湖机电有限公司"))
    with pytest.raises(Conflict, match="有报备在保护期里"):
        turn(add_party, "Zhang", one, customer("Zhang", "昆山恒泽水务有限公司"))
    assert rows(Project)[0].end_user_id is None
