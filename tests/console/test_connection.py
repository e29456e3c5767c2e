"""企微接入体检 at the desk: nothing is tried before the page is there, and each item says how it stands."""

import pytest

from config.vocabulary import Role
from crm import uow
from crm.access import actor_by_userid
from crm.errors import NotAllowed
from crm.reads.connection import Finding, Grade, examine
from tests.console.conftest import SignIn, World
from tests.console.office import BY_ROLE

ADMIN = BY_ROLE[Role.ADMIN]
FINDINGS = [
    Finding("企业可信 IP", Grade.WRONG, "服务器的出口 IP 10.0.0.9 不在里面", "请加入服务器的出口 IP。"),
    Finding("应用菜单", Grade.UNSEEN, "没有检查：先处理「企业可信 IP」"),
    Finding("服务器时间", Grade.OK, "和企业微信的时间一致"),
]


def test_the_page_is_there_before_anything_is_tried(sign_in: SignIn, world: World) -> None:
    page = sign_in(ADMIN).get("/console/connection").text
    assert "重新检查" in page
    assert 'hx-trigger="load, submit"' in page
    assert world.checks == 0


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_each_item_says_how_it_stands_and_how_to_mend_it(
    sign_in: SignIn, world: World, headers: dict[str, str]
) -> None:
    world.findings = FINDINGS
    page = sign_in(ADMIN).post("/console/connection/check", headers=headers).text
    assert "1 项需要处理" in page
    assert "服务器的出口 IP 10.0.0.9 不在里面" in page
    assert "怎么改：请加入服务器的出口 IP。" in page
    for word in ("要处理", "没查", "正常"):
        assert f">{word}<" in page
    assert ("<html" in page) == (not headers)


def test_nothing_wrong_is_said_to_be_right(sign_in: SignIn, world: World) -> None:
    world.findings = FINDINGS[2:]
    assert "全部正常" in sign_in(ADMIN).post("/console/connection/check").text


def test_whoever_is_no_administrator_makes_no_call(sign_in: SignIn, world: World) -> None:
    for role in set(Role) - {Role.ADMIN}:
        assert sign_in(BY_ROLE[role]).post("/console/connection/check").status_code in (403, 404)
        with uow.reading() as s, pytest.raises(NotAllowed):
            examine(actor_by_userid(s, BY_ROLE[role]), world.check())
    assert world.checks == 0
