"""A customer's file and its people written from a phone: by the fields there are, judged once, never twice the same."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import Engine, func, select
from werkzeug.test import TestResponse

from config.grants import Grant
from config.vocabulary import FieldKind, FieldObject, LoginVia, Role
from crm import name_index, uow
from crm.access import actor_by_userid
from crm.usecases.fields import FieldDraft, add_field
from crm.usecases.grants import grant_fields
from crm.usecases.sessions import open_session
from models.collisions import Collision
from models.customers import Customer
from tests.api.conftest import CANARY, MINE, NOW, OTHERS, TEAMMATES, Phone
from tests.api.test_attachments import send


@pytest.fixture
def engine(both_stores: Engine) -> Engine:
    return both_stores


def test_the_form_says_what_is_asked_for_and_its_version_stays_while_it_does(phone: Phone) -> None:
    body = phone.get("/fields?of=customer").get_json()
    fields = {field["key"]: field for group in body["groups"] for field in group["fields"]}
    assert fields["name"]["always"]
    assert fields["name"]["may_edit"]
    assert {"key", "normal"} <= {option["key"] for option in fields["level"]["options"]}
    assert phone.get("/fields?of=customer").get_json()["version"] == body["version"]
    assert phone.get("/fields?of=contact").get_json()["version"] != body["version"]
    assert phone.get("/fields?of=quote").status_code == 422


def test_a_customer_is_made_with_its_fields_once_however_often_it_is_sent(phone: Phone) -> None:
    made = {"fields": {"name": "无锡蓝天泵业有限公司", "industry": "水处理"}}
    first, again = (phone.post("/customers", made, key="k1") for _ in range(2))
    assert (first.status_code, again.get_json()) == (201, first.get_json())
    body = first.get_json()
    assert {field["key"]: field["shown"] for field in body["fields"]}["industry"] == "水处理"
    assert body["mine"]
    twin = phone.post("/customers", {"fields": {"name": "无锡蓝天泵业有限公司"}})
    assert twin.status_code == 409
    assert "已经在您名下" in twin.get_json()["message"]
    assert twin.get_json()["customer_id"] == body["id"]
    other = phone.post("/customers", {"fields": {"name": "常州明月电机厂"}}).get_json()["id"]
    renamed = phone.patch(f"/customers/{other}", {"fields": {"name": "无锡蓝天泵业有限公司"}})
    assert (renamed.status_code, renamed.get_json()["customer_id"]) == (409, body["id"])


def test_a_field_that_is_not_there_is_refused_by_name_and_nothing_is_made(phone: Phone) -> None:
    answer = phone.post("/customers", {"fields": {"name": "无锡蓝天泵业有限公司", "no_such_field": "x"}})
    assert (answer.status_code, list(answer.get_json()["fields"])) == (422, ["no_such_field"])
    assert phone.post("/customers", {"fields": {"industry": "水处理"}}).get_json()["fields"].keys() == {"name"}
    with uow.reading() as s:
        assert s.scalar(select(func.count()).select_from(Customer)) == 4


def test_a_colleagues_customer_is_not_named_and_both_supervisors_are_asked_once(phone: Phone) -> None:
    with uow.transaction() as s:
        other = s.scalars(select(Customer).where(Customer.public_id == OTHERS)).one()
        other.name = other.name_key = "无锡蓝天泵业"
        name_index.put(s, other.id, [other.name])
    for _ in range(2):
        answer = phone.post("/customers", {"fields": {"name": "无锡蓝天泵业"}})
        assert answer.status_code == 409
        assert "同事在跟进" in answer.get_json()["message"]
        assert CANARY not in answer.get_data(as_text=True)
        assert "customer_id" not in answer.get_json()
    with uow.reading() as s:
        assert s.scalar(select(func.count()).select_from(Collision)) == 1


def test_a_change_touches_its_fields_alone_and_does_not_overwrite_what_it_has_not_seen(phone: Phone) -> None:
    first = phone.patch(f"/customers/{MINE}", {"fields": {"industry": "水处理"}, "seen": {"industry": ""}})
    assert first.status_code == 200
    assert first.get_json()["industry"] == "水处理"
    late = phone.patch(f"/customers/{MINE}", {"fields": {"industry": "化工"}, "seen": {"industry": ""}})
    assert (late.status_code, list(late.get_json()["fields"])) == (409, ["industry"])
    assert phone.get(f"/customers/{MINE}").get_json()["industry"] == "水处理"
    assert phone.patch(f"/customers/{OTHERS}", {"fields": {"industry": "x"}}).status_code == 404


def test_a_file_in_a_field_is_shown_by_its_name_and_changed_by_its_id(
    phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    with uow.transaction() as s:
        draft = FieldDraft("图纸", "more", "", frozenset())
        admin = replace(actor_by_userid(s, "li", NOW), role=Role.ADMIN)
        add_field(s, admin, FieldObject.CUSTOMER, FieldKind.ATTACHMENT, draft, NOW, entrance="console")
    # The last two are named alike, as telephones name their photographs.
    named = ((b"DN80", "一号.txt"), (b"DN80", "二号.txt"), (b"DN100", "二号.txt"))
    first, second, third = (send(phone, data, name).get_json()["id"] for data, name in named)

    def drawing() -> tuple[str, list[str]]:
        fields = {field["key"]: field for field in phone.get(f"/customers/{MINE}").get_json()["fields"]}
        return fields["tuzhi"]["shown"], fields["tuzhi"]["keys"]

    def write(file: str, seen: str) -> TestResponse:
        return phone.patch(f"/customers/{MINE}", {"fields": {"tuzhi": file}, "seen": {"tuzhi": seen}})

    assert write(first, "").status_code == 200
    assert drawing() == ("一号.txt", [first])
    assert write(second, first).status_code == 200
    late = write(third, first)
    assert (late.status_code, "二号.txt" in late.get_json()["fields"]["tuzhi"]) == (409, True)
    assert second not in late.get_data(as_text=True)
    assert write("二号.txt", "二号.txt").status_code == 200  # as it was read: not touched
    assert drawing() == ("二号.txt", [second])
    assert write(third, second).status_code == 200
    assert (write(first, second).status_code, write(first, "二号.txt").status_code) == (409, 409)
    assert drawing() == ("二号.txt", [third])
    assert write("", third).status_code == 200
    assert drawing() == ("", [])


def test_contacts_come_change_go_and_come_back(phone: Phone) -> None:
    made = phone.post(f"/customers/{MINE}/contacts", {"fields": {"name": "沈科长", "title": "科长"}})
    assert made.status_code == 201
    number = made.get_json()["id"]
    changed = phone.patch(f"/contacts/{number}", {"fields": {"title": "处长"}, "seen": {"title": "科长"}})
    assert {field["key"]: field["shown"] for field in changed.get_json()["fields"]}["title"] == "处长"
    assert phone.post(f"/contacts/{number}/retire", None).get_json()["retired"]
    assert [row["retired"] for row in phone.get(f"/customers/{MINE}/contacts").get_json()["contacts"]] == [False, True]
    assert number not in phone.get(f"/customers/{MINE}").get_data(as_text=True)
    assert not phone.post(f"/contacts/{number}/restore", None).get_json()["retired"]
    assert phone.get(f"/contacts/{number}").get_json()["customer_id"] == MINE
    assert phone.get(f"/customers/{OTHERS}/contacts").status_code == 404


def test_the_list_is_narrowed_and_sorted_by_any_field(phone_of: Callable[[str], Phone]) -> None:
    lead = phone_of("li")
    assert lead.patch(f"/customers/{TEAMMATES}", {"fields": {"industry": "化工"}}).status_code == 200

    def found(query: str) -> list[str]:
        answer = lead.get(f"/customers?{query}")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return [row["id"] for row in answer.get_json()["customers"]]

    assert found("where=industry:化工") == [TEAMMATES]
    assert found("where=industry:化工&where=level:重点客户") == []
    assert found("where=industry:未填") == [MINE]
    assert found("sort=field:industry") == [TEAMMATES, MINE]
    assert found("level=key") == []
    assert lead.get("/customers?where=nothing:x").status_code == 422
    assert lead.get("/customers").get_json()["total_at_least"] is False


def test_a_rep_looks_for_customers_by_region_and_a_far_colleague_does_not_see_the_address(
    phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    written = {"region": "江苏 苏州", "address": "工业园区 188 号", "website": "example.com", "phone": "13812345678"}
    assert phone.patch(f"/customers/{MINE}", {"fields": written}).get_json()["address"] == "工业园区 188 号"
    found = phone.get("/customers?where=region:江苏").get_json()["customers"]
    assert [row["id"] for row in found] == [MINE]
    assert phone.get("/customers?where=address:工业").status_code == 422
    share = {"userid": "sun", "access": "read"}
    assert phone.post(f"/customers/{MINE}/shares", share).status_code == 201
    told = phone_of("sun").get(f"/customers/{MINE}").get_json()
    assert (told["region"], told["address"]) == ("江苏苏州", "＊＊＊")
    assert shown(told, "website", "phone") == ["＊＊＊", "138****5678"]


def shown(file: dict[str, Any], *keys: str) -> list[str]:
    by_key = {field["key"]: field["shown"] for field in file["fields"]}
    return [by_key[key] for key in keys]


def test_the_head_and_the_list_follow_the_readers_groups(phone_of: Callable[[str], Phone]) -> None:
    lead = phone_of("li")
    written = {"industry": "化工", "region": "江苏苏州", "uscc": "91350100M000100Y43"}
    file = lead.patch(f"/customers/{MINE}", {"fields": written}).get_json()
    head = {key: file[key] for key in ("level", "source", *written)}
    assert "＊＊＊" not in head.values()
    assert {key: head[key] for key in written} == written

    def grant(read: bool) -> None:
        wanted = {(Role.TEAM_LEAD, "basic"): Grant(read, read)}
        with uow.transaction() as s:
            admin = replace(actor_by_userid(s, "li", NOW), role=Role.ADMIN)
            grant_fields(s, admin, FieldObject.CUSTOMER, wanted, NOW, entrance="console")

    grant(read=False)
    told = lead.get(f"/customers/{MINE}").get_json()
    assert {key: told[key] for key in head} == dict.fromkeys(head, "＊＊＊")
    (line,) = (row for row in lead.get("/customers").get_json()["customers"] if row["id"] == MINE)
    assert (line["level"], line["region"]) == ("＊＊＊", "＊＊＊")
    for felt_out in ("level=normal", "where=region:江苏", "sort=field:industry"):
        assert lead.get(f"/customers?{felt_out}").status_code == 422
    grant(read=True)
    assert lead.get(f"/customers/{MINE}").get_json()["region"] == "江苏苏州"
    assert len(lead.get("/customers?level=normal").get_json()["customers"]) == 2


def test_what_a_colleagues_name_tells_is_counted(app: APIFlask, phone: Phone) -> None:
    with uow.transaction() as s:
        other = s.scalars(select(Customer).where(Customer.public_id == OTHERS)).one()
        name_index.put(s, other.id, [other.name])
        token, _ = open_session(s, "sun", LoginVia.MINIAPP, NOW)
    body = phone.post("/lookups", {"name": f"{CANARY}阀门"}).get_json()
    assert [(hit["id"], hit["name"], hit["owner"]) for hit in body["hits"]] == [(None, "", "同事在跟进")]
    statuses = {phone.post("/lookups", {"name": f"{CANARY}阀门"}).status_code for _ in range(200)}
    assert statuses == {200, 429}
    fresh = Phone(app.test_client(), token)
    assert fresh.post("/lookups", {"name": "世上没有的公司"}).get_json()["hits"] == []
