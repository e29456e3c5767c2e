"""字段 and the forms drawn from it: what operations defines is asked for at once, and nothing typed is lost."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from crm import uow
from models.customers import Contact, Customer
from models.fields import FieldChange, FieldDefinition
from tests.console.conftest import SignIn
from tests.support.company import rows


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.get_data(as_text=True))


def first_customer() -> str:
    with uow.reading():
        return rows(Customer)[0].public_id


def define(client: FlaskClient, **form: object) -> None:
    answer = client.post("/console/fields/new", data={"of": "customer", "group": "more", "help": "", **form})
    assert answer.status_code == 303, answer.text


def test_a_field_is_defined_ordered_retired_and_brought_back(sign_in: SignIn) -> None:
    boss = sign_in("chenyun")
    define(boss, label="主力泵型", kind="select", added="离心泵\n螺杆泵", stage=["trial"])
    define(boss, label="装机台数", kind="number")
    pump, count = rows(FieldDefinition)[-2:]
    page = text(boss, "/console/fields?of=customer")
    assert page.index("主力泵型") < page.index("装机台数")
    assert "必填：试单" in page
    boss.post(f"/console/fields/{count.id}/move", data={"to": "up"})
    page = text(boss, "/console/fields")
    assert page.index("装机台数") < page.index("主力泵型")
    boss.post(f"/console/fields/{pump.id}/turn", data={"version": pump.version, "to": "away"})
    assert "已停用" in text(boss, "/console/fields")
    stale = boss.post(f"/console/fields/{pump.id}/turn", data={"version": pump.version, "to": "back"})
    assert (stale.status_code, "刚被别人改过" in stale.text) == (409, True)
    boss.post(f"/console/fields/{pump.id}/turn", data={"version": pump.version + 1, "to": "back"})
    assert "第 3 版" in text(boss, f"/console/fields/{pump.id}")


def test_a_definition_that_is_refused_keeps_what_was_typed(sign_in: SignIn) -> None:
    form = {"of": "customer", "group": "more", "label": "行业", "kind": "select", "added": "甲\n乙"}
    answer = sign_in("chenyun").post("/console/fields/new", data=form)
    assert answer.status_code == 409
    page = unescape(answer.get_data(as_text=True))
    assert "已经有叫「行业」的字段" in page
    assert ">甲\n乙</textarea>" in page


def test_the_file_is_written_through_its_form_and_a_problem_stands_at_its_field(sign_in: SignIn) -> None:
    define(sign_in("chenyun"), label="装机台数", kind="number", stage=["potential"])
    rep, customer = sign_in("zhangwei"), first_customer()
    assert "还缺 1 项" in text(rep, f"/console/customers/{customer}")
    address = f"/console/customers/{customer}/edit"
    page = text(rep, address)
    shown = dict(re.findall(r'name="was\.([a-z_]+)" value="([^"]*)"', page))
    form = {f"was.{key}": value for key, value in shown.items()} | shown
    wrong = rep.post(address, data=form | {"zhuangjitaishu": "很多", "annual_estimate": "80万"})
    told = unescape(wrong.get_data(as_text=True))
    assert wrong.status_code == 422
    assert 'value="很多"' in told
    assert 'value="80万"' in told
    assert re.search(r'id="note-zhuangjitaishu" role="alert">「很多」不是数字', told)
    good = rep.post(address, data=form | {"zhuangjitaishu": "１２", "annual_estimate": "80万"})
    assert good.status_code == 303
    page = text(rep, f"/console/customers/{customer}")
    assert "还缺" not in page
    assert "装机台数：空 → 12" in page
    change = rows(FieldChange)[0]
    rep.post(f"/console/customers/{customer}/changes/{change.id}/restore")
    assert len(rows(FieldChange)) == 3


def test_a_customer_and_its_people_are_added_in_the_console(sign_in: SignIn) -> None:
    rep = sign_in("zhangwei")
    empty = rep.post("/console/customers/new", data={"name": "", "was.name": ""})
    assert (empty.status_code, "必填" in empty.text) == (422, True)
    made = rep.post("/console/customers/new", data={"name": "太仓海泽流体设备有限公司", "phone": "0512-65880000"})
    assert made.status_code == 303
    where = made.headers["Location"]
    added = rep.post(
        f"{where}/contacts/new", data={"name": "沈科长", "decision_role": "decider", "phone": "13800138000"}
    )
    assert added.status_code == 303
    person = rows(Contact)[-1]
    assert (person.name, person.decision_role) == ("沈科长", "decider")
    rep.post(f"/console/customers/contacts/{person.public_id}/edit", data={"title": "设备科长"})
    assert rows(Contact)[-1].title == "设备科长"
    rep.post(f"/console/customers/contacts/{person.public_id}/retire")
    assert "沈科长" not in text(rep, where).split("资料修改记录")[0].split("联系人</h2>")[1].split("</section>")[0]


@pytest.mark.parametrize("path", ["/console/fields", "/console/fields/new", "/console/fields/1"])
def test_fields_are_for_operations(sign_in: SignIn, path: str) -> None:
    assert sign_in("zhangwei").get(path).status_code == 404


def test_a_colleague_of_another_team_finds_no_form(sign_in: SignIn) -> None:
    customer = first_customer()
    for path in (f"/console/customers/{customer}/edit", f"/console/customers/{customer}/contacts/new"):
        assert sign_in("gaorep").get(path).status_code == 404
