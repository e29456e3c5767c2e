"""Deals made and changed over the API: on the first rung whatever is sent, once per key, and nobody else's."""

from dataclasses import replace
from decimal import Decimal

from config.vocabulary import FieldKind, FieldObject, Role
from crm import uow
from crm.access import actor_by_userid
from crm.usecases.fields import FieldDraft, add_field
from models.deals import Deal, StagePeriod
from tests.api.conftest import MINE, NOW, OTHERS, TEAMMATES, Phone
from tests.support.company import rows

ASKED = {"name": "二期循环泵", "amount": "80万"}


def test_a_new_deal_stands_on_the_first_rung_and_nothing_moves_it_up(phone: Phone) -> None:
    made = phone.post(f"/customers/{MINE}/deals", ASKED, key="d1")
    assert (made.status_code, made.get_json()["stage"]) == (201, "需求确认")
    assert phone.post(f"/customers/{MINE}/deals", ASKED, key="d1").get_json() == made.get_json()
    assert len(rows(Deal)) == 1
    for more in ({"stage": "won"}, {"stage_id": 4}, {"stage_key": "contract_review"}):
        assert phone.post(f"/customers/{MINE}/deals", ASKED | more).status_code == 422
        assert phone.patch(f"/deals/{made.get_json()['id']}", {"fields": more}).status_code == 422
    assert (len(rows(Deal)), len(rows(StagePeriod))) == (1, 1)


def test_the_other_fields_of_its_form_come_with_it_or_nothing_comes(phone: Phone) -> None:
    with uow.transaction() as s:
        admin = replace(actor_by_userid(s, "li"), role=Role.ADMIN)
        add_field(s, admin, FieldObject.DEAL, FieldKind.DATE, FieldDraft("签约日", "basic"), NOW, entrance="console")
    fields = [one for group in phone.get("/fields?of=deal").get_json()["groups"] for one in group["fields"]]
    (key,) = (one["key"] for one in fields if one["label"] == "签约日")
    wrong = phone.post(f"/customers/{MINE}/deals", ASKED | {"fields": {key: "改天"}})
    assert (wrong.status_code, list(wrong.get_json()["fields"]), rows(Deal)) == (422, [key], [])
    made = phone.post(f"/customers/{MINE}/deals", ASKED | {"fields": {key: "2026-12-24"}}).get_json()["id"]
    told = {one["key"]: one["shown"] for one in phone.get(f"/deals/{made}").get_json()["fields"]}
    assert (told[key], told["name"]) == ("2026-12-24", ASKED["name"])


def test_what_is_wrong_is_said_and_what_is_not_yours_is_not_there(phone: Phone) -> None:
    for wrong in ({"amount": "很多"}, {"amount": "-1"}, {"name": ""}, {"name": "长" * 61}):
        assert phone.post(f"/customers/{MINE}/deals", ASKED | wrong).status_code == 422
    for place in (OTHERS, TEAMMATES, "0" * 20, "x"):
        assert phone.post(f"/customers/{place}/deals", ASKED).status_code == 404
    assert rows(Deal) == []


def test_its_amount_is_changed(phone: Phone) -> None:
    made = phone.post(f"/customers/{MINE}/deals", ASKED).get_json()["id"]
    assert phone.patch(f"/deals/{made}", {"fields": {"amount": "120万"}}).status_code == 204
    assert rows(Deal)[0].amount == Decimal(1_200_000)
    assert phone.patch(f"/deals/{'0' * 20}", {"fields": {"amount": "1万"}}).status_code == 404
