"""字段 and the forms drawn from it: what operations defines is asked for at once, and nothing typed is lost."""

import re
from html import unescape
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image

from crm import uow
from models.customers import Contact, Customer
from models.fields import FieldChange, FieldDefinition
from models.files import Attachment
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
    people = text(rep, where).split("联系人</h2>")[1].split("</section>")[0]
    listed, away = people.split("已停用的联系人 1 位")
    assert ("沈科长" in listed, "沈科长" in away) == (False, True)
    rep.post(f"/console/customers/contacts/{person.public_id}/restore")
    assert "已停用的联系人" not in text(rep, where)


def test_a_field_takes_a_file_that_the_form_brings_and_keeps_it_through_a_refusal(sign_in: SignIn) -> None:
    define(sign_in("chenyun"), label="铭牌", kind="attachment")
    define(sign_in("chenyun"), label="台数", kind="number")
    rep, public_id = sign_in("zhangwei"), first_customer()
    where = f"/console/customers/{public_id}/edit"
    assert 'name="file.mingpai"' in text(rep, where)
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    sent = {"was.mingpai": "", "mingpai": "", "taishu": "很多", "was.taishu": ""}
    refused = rep.post(where, data={**sent, "file.mingpai": (BytesIO(picture.getvalue()), "铭牌.png")})
    page = unescape(refused.get_data(as_text=True))
    held = rows(Attachment)[0].public_id
    assert refused.status_code == 422
    assert f'<option value="{held}" selected>铭牌.png</option>' in page
    assert rep.post(where, data={**sent, "mingpai": held, "taishu": "3"}).status_code == 303
    assert "铭牌.png" in text(rep, f"/console/customers/{public_id}").split('id="facts"')[1].split("</section>")[0]
    wrong = rep.post(
        where, data={"was.mingpai": held, "mingpai": held, "file.mingpai": (BytesIO(b"MZ\x90"), "铭牌.png")}
    )
    assert wrong.status_code == 422
    assert "没有保存" in unescape(wrong.get_data(as_text=True))


def test_deals_and_visits_are_written_where_the_customers_page_shows_them(sign_in: SignIn) -> None:
    for of, label in (("deal", "签约日"), ("visit", "随行")):
        define(sign_in("chenyun"), of=of, label=label, kind="date" if of == "deal" else "text", group="basic")
    rep, public_id = sign_in("zhangwei"), first_customer()
    page = text(rep, f"/console/customers/{public_id}")
    deal = re.search(r"/console/deals/\w+", page)
    assert deal is not None
    found = re.search(r"/console/customers/deals/\w+/edit", text(rep, deal.group()))
    assert found is not None
    form = text(rep, found[0])
    assert "签约日" in form
    wrong = rep.post(found[0], data={"was.qianyueri": "", "qianyueri": "某天"})
    assert (wrong.status_code, 'value="某天"' in wrong.get_data(as_text=True)) == (422, True)
    assert rep.post(found[0], data={"was.qianyueri": "", "qianyueri": "2026-12-20"}).status_code == 303
    assert "<i>签约日</i>2026-12-20" in text(rep, f"/console/customers/{public_id}")


@pytest.mark.parametrize("path", ["/console/fields", "/console/fields/new", "/console/fields/1"])
def test_fields_are_for_operations(sign_in: SignIn, path: str) -> None:
    assert sign_in("zhangwei").get(path).status_code == 404


def test_a_colleague_of_another_team_finds_no_form(sign_in: SignIn) -> None:
    customer = first_customer()
    for path in (f"/console/customers/{customer}/edit", f"/console/customers/{customer}/contacts/new"):
        assert sign_in("gaorep").get(path).status_code == 404


def test_what_a_stage_asks_for_is_ticked_with_how_many_would_lack_it(sign_in: SignIn) -> None:
    boss = sign_in("chenyun")
    define(boss, label="台数", kind="number")
    made = rows(FieldDefinition)[-1]
    page = text(boss, "/console/fields/stages")
    mine = page.split(f'name="v.{made.id}"')[1].split("</tr>")[0]
    standing = [one for one in rows(Customer) if one.merged_into_id is None]
    assert mine.count(f"已有 {len(standing)} 家缺这一项") == 1  # all are 潜在
    form = {"of": "customer", f"v.{made.id}": str(made.version), f"s.{made.id}": ["potential", "trial"]}
    rep = sign_in("zhangwei")
    where = f"/console/customers/{first_customer()}/edit"
    assert rep.post(where, data={"was.taishu": "", "taishu": "3"}).status_code == 303
    assert (
        f"已有 {len(standing) - 1} 家缺这一项" in text(boss, "/console/fields/stages").split(f'name="v.{made.id}"')[1]
    )
    assert boss.post("/console/fields/stages", data=form).status_code == 303
    assert "必填：潜在、试单" in text(boss, "/console/fields")
    stale = boss.post("/console/fields/stages", data={**form, f"s.{made.id}": []})
    assert (stale.status_code, "刚被别人改过" in stale.text) == (409, True)
    assert "必填：潜在、试单" in text(boss, "/console/fields")
    for of in ("contact", "deal", "visit"):
        assert "按阶段看必填" in text(boss, f"/console/fields/stages?of={of}")
