"""How often one may ask: by person, by address, with numbers that a day without a network fits in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from config.policy import Policy
from config.settings import Settings
from config.vocabulary import LoginVia
from crm import uow
from crm.usecases.sessions import open_session, revoke
from gateways.buckets import Buckets
from gateways.files import FileStore
from miniapp_api import ApiDeps, Limits, api
from tests.api.conftest import CodeRefused, Phone, Shifting, who
from tests.support.outside import TinyOutside

ASKED = 5  # calls a minute, in most of these tests
pytestmark = pytest.mark.redis
Opened = Callable[..., APIFlask]


@pytest.fixture
def opened(engine: Engine, clock: Shifting, tmp_path: Path, redis_url: str) -> Opened:
    def with_limits(by_person: int = ASKED, by_address: int = ASKED) -> APIFlask:
        app = APIFlask(__name__, spec_path="/api/openapi.json")
        limits = Limits(Buckets(redis_url).wait, by_person, by_address)
        logins = {LoginVia.MINIAPP: who, LoginVia.SIDEBAR: who}
        files = FileStore(tmp_path / "files")
        app.register_blueprint(api(ApiDeps(clock, logins, (CodeRefused,), files, TinyOutside().wecom(), limits=limits)))
        return app

    return with_limits


def sign_in(app: APIFlask, userid: str, clock: Shifting) -> Phone:
    with uow.transaction() as s:
        token, _ = open_session(s, userid, LoginVia.MINIAPP, clock())
    return Phone(app.test_client(), token)


def test_one_call_too_many_hears_when_to_come_again_and_does_nothing(opened: Opened, clock: Shifting) -> None:
    phone = sign_in(opened(), "zhang", clock)
    assert [phone.get("/me").status_code for _ in range(ASKED)] == [200] * ASKED
    lead = {"company": "甲机电", "need": "询价", "inlet": "exhibition"}
    refused = phone.post("/leads", lead, key="k1")
    assert (refused.status_code, refused.get_json()["code"]) == (429, "too_many")
    wait = int(refused.headers["Retry-After"])
    assert 1 <= wait <= 60 // ASKED
    assert refused.get_json()["message"] == f"请求太频繁，这次没有处理。请 {wait} 秒后再试"
    assert refused.headers["Cache-Control"] == "no-store"


def test_it_is_the_person_who_is_counted_not_the_phone(opened: Opened, clock: Shifting) -> None:
    app = opened()
    first, second, colleague = (sign_in(app, userid, clock) for userid in ("zhang", "zhang", "li"))
    assert [phone.get("/me").status_code for phone in (first, second) * 3] == [200] * ASKED + [429]
    assert colleague.get("/me").status_code == 200


def test_another_web_process_counts_the_same_person(opened: Opened, clock: Shifting) -> None:
    one, other = opened(), opened()
    phone = sign_in(one, "zhang", clock)
    there = Phone(other.test_client(), phone.token)
    assert [each.get("/me").status_code for each in (phone, there) * 3] == [200] * ASKED + [429]


def test_a_token_taken_back_still_counts_for_its_person(opened: Opened, clock: Shifting) -> None:
    phone = sign_in(opened(), "zhang", clock)
    with uow.transaction() as s:
        revoke(s, phone.token, clock())
    assert [phone.get("/me").status_code for _ in range(ASKED + 1)] == [401] * ASKED + [429]


def signing_in(client: FlaskClient, address: str) -> int:
    body = {"code": "code-zhang", "via": "miniapp"}
    return client.post("/api/v1/session", json=body, environ_base={"REMOTE_ADDR": address}).status_code


def test_sign_ins_and_guessed_tokens_are_counted_by_address(opened: Opened) -> None:
    client = opened().test_client()
    guess = {"headers": {"Authorization": "Bearer guessed"}, "environ_base": {"REMOTE_ADDR": "203.0.113.5"}}
    assert [client.get("/api/v1/me", **guess).status_code for _ in range(3)] == [401] * 3
    assert [signing_in(client, "203.0.113.5") for _ in range(3)] == [201, 201, 429]
    assert client.get("/api/v1/me", **guess).status_code == 429
    assert signing_in(client, "203.0.113.6") == 201


def test_who_is_given_a_whole_network_of_addresses_is_one(opened: Opened) -> None:
    client = opened().test_client()
    assert [signing_in(client, f"2001:db8:1:2::{n}") for n in range(ASKED + 1)] == [201] * ASKED + [429]
    assert signing_in(client, "2001:db8:1:3::1") == 201


def test_without_a_token_nothing_is_counted(opened: Opened, clock: Shifting) -> None:
    app = opened()
    assert [app.test_client().get("/api/v1/me").status_code for _ in range(ASKED * 3)] == [401] * ASKED * 3
    assert sign_in(app, "zhang", clock).get("/me").status_code == 200


def test_whose_a_token_is_is_looked_up_once(opened: Opened, clock: Shifting, statements: list[str]) -> None:
    phone = sign_in(opened(100), "zhang", clock)
    asked = []
    for _ in range(3):
        statements.clear()
        phone.get("/me")
        asked.append(sum("login_session" in one for one in statements))
    assert asked[0] == asked[1] + 1 == asked[2] + 1


def test_a_day_without_a_network_fits_in_at_once(opened: Opened, clock: Shifting) -> None:
    """As many photos as a day may bring, and more visits, plans, calls and notes than anybody does in one."""
    shipped = Settings.model_fields["api_calls_per_minute"].default
    least = next(each.ge for each in Settings.model_fields["api_calls_per_minute"].metadata if hasattr(each, "ge"))
    day = Policy().attachments_per_day + 30 * 4 + 40  # and the pages that are opened meanwhile
    assert day <= least <= shipped
    phone = sign_in(opened(least), "zhang", clock)
    assert {phone.get("/me").status_code for _ in range(day)} == {200}


def test_every_operation_that_is_counted_says_so(opened: Opened) -> None:
    document: dict[str, Any] = opened().test_client().get("/api/openapi.json").get_json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            answer = operation["responses"]["429"]
            assert ("Retry-After" in answer.get("headers", {})) == ("leads/inlet" not in path)
            assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/HTTPError")
    said = document["paths"]["/api/v1/uploads"]["post"]["responses"]["429"]["description"]
    assert "Retry-After" in said
    assert "今天上传的张数到上限了" in said
