"""A project's page: what is done to a registration stays in sight, with the head that says who is protected."""

import re
from datetime import timedelta

import pytest

from crm import uow
from crm.access import actor_by_userid
from crm.usecases import projects, registrations
from tests.console.conftest import SignIn
from tests.console.office import NOW
from tests.console.test_pages import ADMIN, HTMX, REP, customer_called

DEALER = "苏州恒力泵业有限公司"


def registered() -> tuple[str, str]:
    """A project of the rep's, and his registration in it: their public ids."""
    with uow.transaction() as s:
        me = actor_by_userid(s, REP)
        draft = projects.ProjectDraft("二期循环泵站", "常熟新泰纺织机械有限公司")
        before = NOW - timedelta(days=80)  # it ends soon, and may be extended
        made = projects.create_project(s, me, draft, before, entrance="console")
        done = registrations.register(s, me, made.public_id, customer_called(DEALER), "", before, entrance="console")
        return made.public_id, done.public_id


@pytest.mark.parametrize(("what", "standing"), [("extend", "报备有效"), ("end", "还没有有效报备")])
def test_a_registration_keeps_its_row_and_the_head_says_how_it_stands(
    sign_in: SignIn, what: str, standing: str
) -> None:
    project, registration = registered()
    client = sign_in(REP)
    page = client.get(f"/console/projects/{project}").text
    assert 'hx-select-oob="#standing"' in page
    assert "报备有效" in page
    answer = client.post(
        f"/console/registrations/{registration}/{what}",
        data={"project": project, "reason": "已约设计院"},
        headers=HTMX,
    ).text
    assert DEALER in answer
    assert "撤销</button>" in answer
    assert ("放弃</button>" in answer) == (what == "extend")
    head = re.search(r'id="standing" hx-swap-oob="true".*?</div>', answer, re.S)
    assert head is not None
    assert standing in head[0]


def test_nobody_tells_the_administrator_that_he_is_not_protected(sign_in: SignIn) -> None:
    project, _ = registered()
    with uow.transaction() as s:
        other = actor_by_userid(s, "gaorep")
        twin = projects.ProjectDraft("循环泵站二期", "新泰纺织机械")
        made = projects.create_project(s, other, twin, NOW, entrance="console")
        registrations.register(s, other, made.public_id, customer_called("广州"), "", NOW, entrance="console")
    pages = [sign_in(ADMIN).get(f"/console/projects/{one}").text for one in (project, made.public_id)]
    assert any("后报备的一方暂不受保护" in page for page in pages)
    assert not any("您这边" in page for page in pages)
