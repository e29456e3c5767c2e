"""共享 and 权限 at the desk: given, ended, refused beside the form; granted by administrators alone."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from config.vocabulary import Role
from crm import uow
from crm.rules.days import day_of
from models.customers import Contact, Customer
from models.sharing import CustomerShare, FieldGrant, LookCount
from tests.console.conftest import SignIn
from tests.console.office import BY_ROLE, NOW
from tests.support.company import rows

ADMIN, DIRECTOR, LEAD, REP = (BY_ROLE[role] for role in (Role.ADMIN, Role.DIRECTOR, Role.TEAM_LEAD, Role.REP))
HTMX = {"HX-Request": "true"}
MATE = 7  # Li.Na


def held() -> Customer:
    with uow.reading() as s:
        return s.scalars(select(Customer).where(Customer.name.contains("苏州恒力"))).one()


def test_a_customer_is_shared_on_its_page_and_taken_back_there(sign_in: SignIn) -> None:
    until = day_of(NOW) + timedelta(days=10)
    answer = sign_in(REP).post(
        f"/console/customers/{held().public_id}/shares",
        data={"person": MATE, "access": "together", "until": f"{until:%Y-%m-%d}", "credit": "30"},
        headers=HTMX,
    )
    assert answer.status_code == 200
    assert f"到 {until:%Y-%m-%d} · 分成 30%" in answer.text
    assert "负责人业绩 70%" in answer.text
    page = sign_in("Li.Na").get(f"/console/customers/{held().public_id}").text
    assert "一起跟进" in page
    assert "收回" not in page
    listed = sign_in(LEAD).get("/console/shares").text
    assert "苏州恒力泵业有限公司" in listed
    share = rows(CustomerShare)[0].public_id
    assert sign_in("Li.Na").post(f"/console/shares/{share}/end").status_code == 404
    ended = sign_in(REP).post(f"/console/shares/{share}/end", headers=HTMX).text
    assert "还没有共享给别人" in ended
    assert f"/console/shares/{share}/restore" in ended
    assert sign_in("Li.Na").get(f"/console/customers/{held().public_id}").status_code == 404
    assert "分成 30%" in sign_in(REP).post(f"/console/shares/{share}/restore", headers=HTMX).text
    assert sign_in("Li.Na").get(f"/console/customers/{held().public_id}").status_code == 200


def test_who_may_only_look_is_not_offered_to_change_anything(sign_in: SignIn) -> None:
    path = f"/console/customers/{held().public_id}"
    own = sign_in(REP).get(path).text
    shared = {"person": MATE, "access": "read", "until": "", "credit": "0"}
    sign_in(REP).post(f"{path}/shares", data=shared, headers=HTMX)
    seen = sign_in("Li.Na").get(path).text
    for offer in ("修改资料", "新增联系人", "/edit"):
        assert (offer in own, offer in seen) == (True, False), offer


def test_a_share_is_ended_and_brought_back_in_the_list_of_all(sign_in: SignIn) -> None:
    shared = {"person": MATE, "access": "together", "until": "", "credit": "30"}
    sign_in(REP).post(f"/console/customers/{held().public_id}/shares", data=shared, headers=HTMX)
    share, lead = rows(CustomerShare)[0].public_id, sign_in(LEAD)
    end, restore = (f"/console/shares/{share}/{verb}?page=1" for verb in ("end", "restore"))
    assert f'action="{end}"' in lead.get("/console/shares").text
    ended = lead.post(end, headers=HTMX).text
    assert 'hx-get="/console/shares?page=1"' in ended
    assert "现在没有共享中的客户" in ended
    assert f'action="{restore}"' in ended
    assert f'action="{end}"' in lead.post(restore, headers=HTMX).text
    assert lead.post(end).headers["Location"] == "/console/shares"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"person": ""}, "请先选一位同事"),
        ({"access": "own"}, "请选只读，还是一起跟进"),
        ({"until": "明年"}, "没看懂结束日期"),
        ({"until": "2020-01-01"}, "从今天起"),
        ({"credit": "一半"}, "0 到 100"),
        ({"access": "read", "credit": "10"}, "只读的同事不分业绩"),
    ],
)
def test_what_cannot_be_shared_is_told_beside_the_form(sign_in: SignIn, form: dict[str, str], said: str) -> None:
    values = {"person": str(MATE), "access": "together", **form}
    answer = sign_in(REP).post(f"/console/customers/{held().public_id}/shares", data=values, headers=HTMX)
    assert answer.status_code == 422
    assert said in answer.text
    assert rows(CustomerShare) == []


def test_a_whole_number_is_asked_for_with_a_button_that_counts(sign_in: SignIn) -> None:
    with uow.reading() as s:
        contact = s.scalars(select(Contact.public_id).where(Contact.customer_id == held().id)).one()
    page = sign_in(DIRECTOR).get(f"/console/customers/{held().public_id}").text
    assert "0512-8888" not in page
    assert "看完整" in page
    answer = sign_in(DIRECTOR).post(f"/console/customers/contacts/{contact}/phone", headers=HTMX)
    assert "0512-8888" in answer.text
    assert "今天还能看 19 次" in answer.text
    assert "看完整" not in sign_in(REP).get(f"/console/customers/{held().public_id}").text
    assert [row.count for row in rows(LookCount)] == [1]


def test_an_administrator_sets_what_a_role_reads_and_edits(sign_in: SignIn) -> None:
    page = sign_in(ADMIN).get("/console/permissions?of=contact").text
    assert 'aria-label="总监对联系方式"' in page
    assert re.search(r'id="fields" hx-get="/console/permissions\?of=contact" hx-trigger="changed from:body"', page)
    assert sign_in(ADMIN).get("/console/permissions?of=nonsense").status_code == 404
    form = {"director:reach": "read", "rep:reach": "fill", "nobody:reach": "none", "rep:unknown": "none"}
    answer = sign_in(ADMIN).post("/console/permissions/contact", data=form, headers=HTMX)
    assert answer.status_code == 204
    assert [(row.role, row.may_read, row.may_edit) for row in rows(FieldGrant) if row.may_read] == [
        ("director", True, False)
    ]
    older = {"was.director:reach": "none", "director:reach": "none", "was.rep:reach": "edit", "rep:reach": "read"}
    assert sign_in(ADMIN).post("/console/permissions/contact", data=older, headers=HTMX).status_code == 204
    granted = {row.role: (row.may_read, row.may_edit) for row in rows(FieldGrant)}
    assert (granted["director"], granted["rep"]) == ((True, False), (True, False))  # an older page undoes nothing
    phone = sign_in(DIRECTOR).get(f"/console/customers/{held().public_id}").text
    assert "0512-8888" in phone
    assert sign_in(ADMIN).post("/console/permissions/contact", data={"rep:reach": "all"}).status_code == 422
    operations = sign_in(BY_ROLE[Role.OPERATIONS])
    assert "<select" not in operations.get("/console/permissions?of=contact").text
    assert operations.post("/console/permissions/contact", data=form).status_code == 404
