"""The way in and out: a scan that only one browser can finish, once; a session that is its own and ends."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from config.vocabulary import Role
from console import console
from console.guard import COOKIE
from crm import uow
from models.ops import LoginSession
from tests.console.conftest import SignIn, World, deps, session_of
from tests.console.office import BY_ROLE

ADMIN, REP = BY_ROLE[Role.ADMIN], BY_ROLE[Role.REP]


def begin(client: FlaskClient, following: str = "/console/customers") -> str:
    """Press the button of the login page; the state that went to WeCom."""
    answer = client.get("/console/login/go", query_string={"next": following})
    assert answer.status_code == 303
    return parse_qs(urlsplit(answer.location).query)["state"][0]


def come_back(client: FlaskClient, state: str, code: str) -> TestResponse:
    return client.get("/console/login/done", query_string={"state": state, "code": code})


def test_a_stranger_is_sent_to_the_login_page_and_back_to_where_he_wanted(app: Flask, world: World) -> None:
    client = app.test_client()
    answer = client.get("/console/customers?q=恒力&page=1")
    assert answer.status_code == 303
    assert answer.location.startswith("/console/login?next=")
    wanted = parse_qs(urlsplit(answer.location).query)["next"][0]
    world.people["c1"] = ADMIN
    done = come_back(client, begin(client, wanted), "c1")
    assert done.status_code == 303
    assert done.location == wanted
    assert "%E6%81%92%E5%8A%9B" in wanted
    assert client.get(done.location).status_code == 200


def test_the_button_leads_to_the_qr_page_with_everything_it_needs(app: Flask) -> None:
    client = app.test_client()
    assert "企业微信扫码登录" in client.get("/console/login").text
    to = urlsplit(client.get("/console/login/go").location)
    query = {key: values[0] for key, values in parse_qs(to.query).items()}
    assert (to.netloc, to.path) == ("login.example", "/sso")
    assert (query["login_type"], query["appid"], query["agentid"], query["lang"]) == (
        "CorpApp",
        "wwcorp",
        "1000002",
        "zh",
    )
    assert query["redirect_uri"] == "http://localhost/console/login/done"
    assert len(query["state"]) >= 43


def test_the_session_cookie_is_the_consoles_own_and_out_of_reach_of_scripts(app: Flask, world: World) -> None:
    client = app.test_client()
    world.people["c1"] = ADMIN
    cookies = come_back(client, begin(client), "c1").headers.getlist("Set-Cookie")
    session = next(one for one in cookies if one.startswith(f"{COOKIE}="))
    for part in ("HttpOnly", "SameSite=Lax", "Path=/console", "Expires="):
        assert part in session
    assert "Secure" not in session


def test_in_production_cookies_are_secure_and_browsers_are_kept_on_https(
    world: World, app: Flask, tmp_path: Path
) -> None:
    made = Flask("production")
    made.register_blueprint(console(deps(world, tmp_path, secure=True)))
    client = made.test_client()
    world.people["c1"] = ADMIN
    go = client.get("/console/login/go", base_url="https://localhost")
    assert "Secure" in go.headers["Set-Cookie"]
    assert go.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize("state", ["", "made-up", "é", "a" * 5000])
def test_a_missing_or_made_up_state_signs_nobody_in(app: Flask, world: World, state: str) -> None:
    client = app.test_client()
    world.people["c1"] = ADMIN
    begin(client)
    answer = come_back(client, state, "c1")
    assert answer.status_code == 403
    assert "重新扫码" in answer.text
    assert client.get("/console/").status_code == 303


def test_a_state_begun_in_another_browser_signs_nobody_in(app: Flask, world: World) -> None:
    mine, thief = app.test_client(), app.test_client()
    world.people["c1"] = ADMIN
    state = begin(thief)
    begin(mine)
    assert come_back(mine, state, "c1").status_code == 403
    assert come_back(app.test_client(), state, "c1").status_code == 403


def test_a_state_works_once_and_not_after_five_minutes(app: Flask, world: World) -> None:
    client = app.test_client()
    world.people |= {"c1": ADMIN, "c2": ADMIN, "c3": ADMIN}
    state = begin(client)
    late = begin(client)
    assert come_back(client, state, "c1").status_code == 303
    assert come_back(client, state, "c2").status_code == 403
    world.now = world.now.replace(minute=6)
    assert come_back(client, late, "c3").status_code == 403


def test_a_code_that_wecom_does_not_know_is_told_in_its_words(app: Flask) -> None:
    client = app.test_client()
    answer = come_back(client, begin(client), "forged")
    assert answer.status_code == 502
    assert "40029" in answer.text
    assert come_back(client, begin(client), "").status_code == 403


@pytest.mark.parametrize("userid", ["ghost", "zhoubo"])
def test_a_stranger_or_a_leaver_scans_in_vain_and_reads_why(app: Flask, world: World, userid: str) -> None:
    client = app.test_client()
    world.people["c1"] = userid
    answer = come_back(client, begin(client), "c1")
    assert answer.status_code == 403
    assert "账号" in answer.text
    assert client.get("/console/").status_code == 303


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "/console//evil",
        "/console/..//evil",
        "javascript:x",
        "/wecom",
    ],
)
def test_nobody_is_led_away_after_login(app: Flask, world: World, evil: str) -> None:
    client = app.test_client()
    world.people["c1"] = ADMIN
    assert come_back(client, begin(client, evil), "c1").location == "/console/"


def test_login_makes_a_new_session_and_ends_the_one_before(app: Flask, world: World) -> None:
    planted = session_of(REP)
    client = app.test_client()
    client.set_cookie(COOKIE, planted, path="/console")
    world.people["c1"] = ADMIN
    come_back(client, begin(client), "c1")
    cookie = client.get_cookie(COOKIE, path="/console")
    assert cookie is not None
    assert cookie.value != planted
    old = app.test_client()
    old.set_cookie(COOKIE, planted, path="/console")
    assert old.get("/console/").status_code == 303


def test_signing_out_ends_the_session_itself(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    cookie = client.get_cookie(COOKIE, path="/console")
    assert cookie is not None
    assert client.post("/console/logout").status_code == 303
    again = app.test_client()
    again.set_cookie(COOKIE, cookie.value, path="/console")
    assert again.get("/console/").status_code == 303
    with uow.reading() as s:
        assert s.scalars(select(LoginSession.revoked_at)).all() != [None]
