"""Signing in and out from a phone."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from config.vocabulary import LoginVia, PersonStatus
from crm import uow
from crm.usecases.sessions import open_session
from models.audit import AuditEntry
from models.people import Person
from tests.api.conftest import MINE, NOW, Phone, Shifting

LOGIN = "/api/v1/session"


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize("via", ["miniapp", "sidebar"])
def test_a_good_code_buys_a_token_that_says_who_holds_it(client: FlaskClient, via: str) -> None:
    answer = client.post(LOGIN, json={"code": "code-zhang", "via": via})
    assert answer.status_code == 201
    body = answer.get_json()
    assert body["person"] == {"userid": "zhang", "name": "zhang名", "role": "rep", "role_label": "销售"}
    assert datetime.fromisoformat(body["expires_at"]) > NOW
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {body['token']}"})
    assert me.get_json() == body["person"]


@pytest.mark.parametrize("via", ["miniapp", "sidebar"])
def test_the_audit_names_the_entrance_by_which_one_signed_in(client: FlaskClient, via: str) -> None:
    token = client.post(LOGIN, json={"code": "code-zhang", "via": via}).get_json()["token"]
    phone = Phone(client, token)
    later = (NOW + timedelta(days=1)).isoformat()
    body = {"text": "和王总谈妥了二期的交货时间", "next_follow_up_at": later}
    entry = phone.post(f"/customers/{MINE}/follow-ups", body).get_json()["id"]
    assert phone.delete(f"/follow-ups/{entry}").status_code == 204
    visit = {"client_id": "v", "customer_id": MINE, "latitude": 31.23, "longitude": 121.47, "datum": "gcj02"}
    assert (
        phone.post("/visits", visit | {"at": NOW.isoformat(), "sent_at": NOW.isoformat(), "device": "p"}).status_code
        == 201
    )
    with uow.reading() as s:
        entries = {(entry.verb, entry.entrance) for entry in s.scalars(select(AuditEntry))}
    assert len(entries) >= 4
    assert {entrance for _, entrance in entries} == {via}


def test_a_code_that_wecom_refuses_is_not_signed_in_and_is_not_repeated(client: FlaskClient) -> None:
    answer = client.post(LOGIN, json={"code": "stolen-code", "via": "miniapp"})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "not_signed_in")
    assert "stolen-code" not in answer.text


def test_wecom_out_of_reach_is_said_as_such_and_not_blamed_on_the_person(client: FlaskClient) -> None:
    answer = client.post(LOGIN, json={"code": "down", "via": "sidebar"})
    assert (answer.status_code, answer.get_json()["code"]) == (502, "wecom_unavailable")


@pytest.mark.parametrize("userid", ["off", "left", "nobody"])
def test_who_has_no_working_account_is_told_so_and_gets_no_token(client: FlaskClient, userid: str) -> None:
    answer = client.post(LOGIN, json={"code": f"code-{userid}", "via": "miniapp"})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not_allowed")


def test_the_console_is_no_way_in(client: FlaskClient) -> None:
    answer = client.post(LOGIN, json={"code": "code-zhang", "via": "console"})
    assert answer.status_code == 422
    assert answer.get_json()["fields"] == {"via": "不在可选的值里"}


def test_a_token_of_the_console_opens_nothing_here(client: FlaskClient, clock: Shifting) -> None:
    with uow.transaction() as s:
        token, _ = open_session(s, "zhang", LoginVia.CONSOLE, clock())
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_signing_out_ends_the_token_and_may_be_repeated(phone: Phone) -> None:
    assert phone.get("/me").status_code == 200
    assert phone.delete("/session").status_code == 204
    assert phone.get("/me").status_code == 401
    assert phone.delete("/session").status_code == 204


def test_a_token_ends_by_itself(phone: Phone, clock: Shifting) -> None:
    clock.now += timedelta(days=8)
    assert phone.get("/me").status_code == 401


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer " + "x" * 500, "Bearer é\xff", "Bearer x y"]
)
def test_anything_but_a_token_of_ours_is_not_signed_in(client: FlaskClient, header: str | None) -> None:
    answer = client.get("/api/v1/me", headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_in_a_cookie_or_an_address_is_no_token(phone: Phone) -> None:
    phone.client.set_cookie("token", phone.token)
    phone.client.set_cookie("session", phone.token)
    assert phone.client.get("/api/v1/me").status_code == 401
    assert phone.client.get(f"/api/v1/me?token={phone.token}&access_token={phone.token}").status_code == 401


def test_who_is_disabled_while_signed_in_is_out_at_the_next_request(phone_of: Callable[[str], Phone]) -> None:
    phone = phone_of("zhang")
    with uow.transaction() as s:
        s.execute(update(Person).where(Person.userid == "zhang").values(status=PersonStatus.LEFT))
    answer = phone.get("/customers")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not_allowed")
