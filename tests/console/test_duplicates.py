"""查重与合并 at the desk: looked up, compared, merged, taken apart; collisions decided; the radar's rules set."""

import pytest
from sqlalchemy import select

from config.collisions import Evidence, RadarEntry, Weight
from config.vocabulary import Role
from crm import uow
from crm.access import actor_by_userid
from crm.usecases import collisions, customers, radar
from models.collisions import Collision
from models.customers import Customer
from models.merges import CustomerMerge
from tests.console.conftest import SignIn
from tests.console.office import BY_ROLE, CANARY, NOW
from tests.console.test_pages import ADMIN, HTMX, LEAD, REP, customer_called

TWIN = "苏州恒力泵业集团"


def twin() -> str:
    """A second file that the rep himself has made of 苏州恒力…: its public id."""
    with uow.transaction() as s:
        draft = customers.CustomerDraft(TWIN, region="江苏苏州", address="相城大道 9 号")
        made = customers.create_customer(s, actor_by_userid(s, "zhangwei"), draft, NOW, entrance="chat", anyway=True)
        return made.public_id


def test_two_files_are_found_compared_merged_and_taken_apart(sign_in: SignIn) -> None:
    second, first, lead = twin(), customer_called("苏州恒力泵业有限公司"), sign_in(LEAD)
    page = lead.get("/console/duplicates?q=恒力泵业").text
    assert TWIN in page
    assert f'value="{second}"' in page
    assert f'value="{first}"' in page
    compared = lead.get(f"/console/duplicates/compare?one={first}&one={second}").text
    assert "工业园区 88 号" in compared
    assert "相城大道 9 号" in compared
    assert "联系人 " in compared
    assert "没有业绩分成" not in compared
    form = {"winner": first, "loser": second, "take-address": "loser"}
    answer = lead.post("/console/duplicates/merge", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/console/customers/{first}")
    with uow.reading() as s:
        kept = s.scalars(select(Customer).where(Customer.public_id == first)).one()
        merged = s.scalars(select(CustomerMerge)).one()
    assert kept.address == "相城大道 9 号"
    assert "撤销合并" in lead.get("/console/duplicates").text
    undone = lead.post(f"/console/duplicates/merges/{merged.public_id}/undo", headers=HTMX)
    assert undone.status_code == 204
    assert lead.get(f"/console/customers/{second}").status_code == 200
    assert "拆开" in lead.get("/console/duplicates").text


def test_a_name_that_is_none_is_refused_beside_the_search(sign_in: SignIn) -> None:
    answer = sign_in(LEAD).get("/console/duplicates?q=、、")
    assert answer.status_code == 422
    assert ("公司名称不能只有标点" in answer.text, "没有和「" in answer.text) == (True, False)
    assert 'value="、、"' in answer.text
    own = customer_called("苏州恒力泵业有限公司")
    with_itself = sign_in(LEAD).get(f"/console/duplicates/compare?one={own}&one={own}")
    assert (with_itself.status_code, "同一份档案" in with_itself.text) == (422, True)


@pytest.mark.parametrize("chosen", ["", "one=a", "one=a&one=b&one=c"])
def test_anything_but_two_files_is_refused_with_a_sentence(sign_in: SignIn, chosen: str) -> None:
    answer = sign_in(LEAD).get(f"/console/duplicates/compare?{chosen}")
    assert answer.status_code == 422
    assert "勾选两份档案" in answer.text


def test_another_teams_file_is_not_there_to_be_compared_or_merged(sign_in: SignIn) -> None:
    own, theirs, lead = customer_called("苏州恒力泵业有限公司"), customer_called("广州"), sign_in(LEAD)
    for other in (theirs, "0" * 20):
        assert lead.get(f"/console/duplicates/compare?one={own}&one={other}").status_code == 404
        answer = lead.post("/console/duplicates/merge", data={"winner": own, "loser": other})
        assert answer.status_code == 404
        assert CANARY not in answer.text
    found = lead.get(f"/console/duplicates?q=广州{CANARY}机电有限公司").text
    assert "同事在跟进" in found
    assert f"广州{CANARY}机电有限公司</span>" not in found


def test_a_collision_is_decided_at_the_desk(sign_in: SignIn) -> None:
    with uow.transaction() as s:
        asker = actor_by_userid(s, "gaorep")
        draft = customers.CustomerDraft("苏州恒力泵业有限公司")
        collisions.create_or_report(s, asker, draft, NOW, entrance="chat")
        case = s.scalars(select(Collision)).one()
    lead, vote = sign_in(LEAD), f"/console/duplicates/collisions/{case.public_id}"
    assert vote not in sign_in(BY_ROLE[Role.OPERATIONS]).get("/console/duplicates").text  # he is none of its judges
    assert vote in lead.get("/console/duplicates").text
    assert "归张伟" in lead.get("/console/duplicates").text
    refused = lead.post(f"/console/duplicates/collisions/{case.public_id}", data={"verdict": "mine"}, headers=HTMX)
    assert refused.status_code == 400
    answer = lead.post(f"/console/duplicates/collisions/{case.public_id}", data={"verdict": "holder"}, headers=HTMX)
    assert answer.status_code == 204
    admin = sign_in(ADMIN)
    assert admin.post(f"/console/duplicates/collisions/{case.public_id}", data={"verdict": "holder"}).status_code == 303
    assert "归现负责人" in admin.get("/console/duplicates").text
    assert lead.post("/console/duplicates/collisions/0", data={"verdict": "holder"}).status_code == 404


def test_operations_set_the_rules_and_a_lead_does_not_see_them(sign_in: SignIn) -> None:
    rule = {"entry": "link", "evidence": "phone", "weight": "same"}
    assert "查重规则" not in sign_in(LEAD).get("/console/duplicates").text
    assert sign_in(LEAD).post("/console/duplicates/rules", data=rule).status_code == 404
    admin = sign_in(ADMIN)
    assert "查重规则" in admin.get("/console/duplicates").text
    assert admin.post("/console/duplicates/rules", data=rule, headers=HTMX).status_code == 204
    with uow.reading() as s:
        assert radar.weights_at(s, RadarEntry.LINK)[Evidence.PHONE] is Weight.SAME
    assert admin.post("/console/duplicates/rules", data=rule | {"entry": "quote"}).status_code == 422
    off = {"entry": "create", "evidence": "name", "weight": "off"}
    assert "不能关掉" in admin.post("/console/duplicates/rules", data=off).text


def test_a_rep_has_no_such_page(sign_in: SignIn) -> None:
    assert sign_in(REP).get("/console/duplicates").status_code == 404
