"""Who gets in, how, and what nobody may do: login, forged forms, roles, other teams' data, planted scripts."""

import logging
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from config.vocabulary import Role
from console import console
from console.guard import COOKIE, csrf_of
from crm import uow
from models.audit import AuditEntry
from models.customers import Contact, Customer
from models.deals import Deal
from models.links import ExternalContact
from models.ops import LoginSession
from models.people import Person, Team
from models.timeline import TimelineEntry, Todo
from tests.console.conftest import SignIn, World, deps, session_of
from tests.console.office import BY_ROLE, CANARY

ADMIN, LEAD, REP = BY_ROLE[Role.ADMIN], BY_ROLE[Role.TEAM_LEAD], BY_ROLE[Role.REP]
HTMX = {"HX-Request": "true"}
EVERYBODY = frozenset(Role)
OPERATORS = frozenset({Role.ADMIN, Role.OPERATIONS})
ASSIGNERS = OPERATORS | {Role.TEAM_LEAD, Role.REGIONAL_MANAGER, Role.DIRECTOR}
STRANGERS = frozenset[Role]()

# Every endpoint and whom it lets in, written down a second time: a new one fails until somebody has decided.
DOORS = {
    "login": STRANGERS,
    "login_go": STRANGERS,
    "login_done": STRANGERS,
    "static_file": STRANGERS,
    "logout": EVERYBODY,
    "nowhere": EVERYBODY,
    "home": EVERYBODY,
    "customers": EVERYBODY,
    "customer": EVERYBODY,
    "assign_customer": ASSIGNERS,
    "return_customer": ASSIGNERS,
    "messages": OPERATORS,
    "message_out": OPERATORS,
    "message_in": OPERATORS,
    "retry_message": OPERATORS,
    "retry_event": OPERATORS,
    "retry_all": OPERATORS,
    "people": OPERATORS,
    "grant_role": frozenset({Role.ADMIN}),
    "assign_scope": frozenset({Role.ADMIN}),
    "withdraw_scope": frozenset({Role.ADMIN}),
    "sync_now": OPERATORS,
    "rules": OPERATORS,
    "change_rule": OPERATORS,
    "audit_log": OPERATORS,
    "verify_audit": OPERATORS,
}
NOT_ALLOWED_WORDS = "不在您的权限里"


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, a path that fits) of everything the console answers to."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console."):
            path = re.sub(r"<[^>]*int[^>]*>", "1", rule.rule)
            path = re.sub(r"<[^>]*>", "x", path)
            found += [
                (rule.endpoint.removeprefix("console."), m, path) for m in (rule.methods or set()) - {"HEAD", "OPTIONS"}
            ]
    return found


def unsafe(app: Flask) -> list[str]:
    return [path for _, method, path in routes(app) if method != "GET"]


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


def test_htmx_is_told_to_go_to_the_login_page(app: Flask) -> None:
    answer = app.test_client().get("/console/audit/verify", headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"].partition("?")[0]) == (401, "/console/login")


def test_every_form_needs_the_token_of_its_own_session(app: Flask) -> None:
    token, foreign = session_of(ADMIN), csrf_of(session_of(REP))
    before = audit_rows()
    for path in unsafe(app):
        for given in ("", "0" * 64, foreign, "é"):
            client = app.test_client()
            client.set_cookie(COOKIE, token, path="/console")
            answer = client.post(path, data={"csrf": given, "value": "20", "role": "admin", "userid": REP})
            assert answer.status_code == 403, (path, given)
            assert "刷新页面" in answer.text
    assert audit_rows() == before


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_a_form_sent_from_another_page_is_refused_even_with_the_token(app: Flask, sign_in: SignIn, origin: str) -> None:
    for path in unsafe(app):
        assert sign_in(ADMIN).post(path, headers={"Origin": origin}).status_code == 403, path


def test_a_form_of_our_own_page_passes(sign_in: SignIn) -> None:
    headers = {"Origin": "http://localhost", **HTMX}
    assert sign_in(ADMIN).post("/console/rules/card_days", data={"value": "20"}, headers=headers).status_code == 200


def test_a_session_of_a_phone_opens_no_desk(app: Flask) -> None:
    client = app.test_client()
    with uow.transaction() as s:
        s.execute(update(LoginSession).values(via="miniapp"))
    client.set_cookie(COOKIE, session_of(ADMIN), path="/console")
    with uow.transaction() as s:
        s.execute(update(LoginSession).values(via="sidebar"))
    assert client.get("/console/").status_code == 303


def test_every_endpoint_is_declared(app: Flask) -> None:
    assert {endpoint for endpoint, _, _ in routes(app)} == set(DOORS)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_enters_its_own_pages_and_finds_no_others(app: Flask, sign_in: SignIn, role: Role) -> None:
    for endpoint, method, path in routes(app):
        if endpoint in ("nowhere", "logout") or DOORS[endpoint] == STRANGERS:
            continue
        answer = sign_in(BY_ROLE[role]).open(path, method=method)
        shut = answer.status_code == 404 and NOT_ALLOWED_WORDS in answer.text
        assert shut == (role not in DOORS[endpoint]), (endpoint, role, answer.status_code)


@pytest.mark.parametrize("role", list(Role))
def test_the_menu_offers_only_what_opens(sign_in: SignIn, role: Role) -> None:
    client = sign_in(BY_ROLE[role])
    offered = re.findall(r'<nav class="menu".*?</nav>', client.get("/console/").text, re.S)[0]
    assert ("审计" in offered) == (role in OPERATORS)
    for address in re.findall(r'href="([^"]+)"', offered):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    "role", [Role.REP, Role.TEAM_LEAD, Role.REGIONAL_MANAGER, Role.DIRECTOR, Role.FINANCE, Role.SERVICE]
)
def test_nothing_of_another_team_is_in_any_answer(app: Flask, sign_in: SignIn, role: Role) -> None:
    client = sign_in(BY_ROLE[role])
    with uow.reading() as s:
        theirs = s.scalars(select(Customer.public_id).where(Customer.name.contains(CANARY))).all()
        teams = s.scalars(select(Team.id)).all()
        people = s.scalars(select(Person.id)).all()
    paths = [path for _, method, path in routes(app) if method == "GET" and "login" not in path]
    paths += [f"/console/customers/{public_id}" for public_id in theirs]
    paths += [f"/console/customers?team={team}" for team in teams] + [
        f"/console/customers?owner={one}" for one in people
    ]
    paths += ["/console/customers?state=queued", "/console/customers?q=jinsique"]
    for path in paths:
        assert CANARY not in client.get(path).text, path
    for public_id in theirs:
        for verb in ("assign", "return"):
            answer = client.post(f"/console/queue/{public_id}/{verb}", data={"to": "1"})
            assert answer.status_code == 404
            assert CANARY not in answer.text


PAYLOADS = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg/onload=alert(1)>", "{{7*7}}",
    "</textarea><script>x</script>", "<iframe srcdoc=x>", "javascript:alert(1)",
)  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_people_write_is_shown_as_text_on_every_page(app: Flask, sign_in: SignIn, payload: str) -> None:
    with uow.transaction() as s:
        for column in (
            Customer.name, Customer.region, Customer.address, Contact.name, Contact.title, Deal.name, Todo.text,
            TimelineEntry.text, ExternalContact.name, Person.name, Person.position, Team.name,
        ):  # fmt: skip
            s.execute(update(column.class_).values({column: payload}))
        public_id = s.scalars(select(Customer.public_id).where(Customer.owner_id.is_not(None))).first()
    client = sign_in(ADMIN)
    paths = [path for _, method, path in routes(app) if method == "GET" and "login" not in path]
    paths += [f"/console/customers/{public_id}", f"/console/login?next={payload}"]
    paths += [
        f"/console/{page}?q={payload}&who={payload}&about={payload}"
        for page in ("customers", "messages", "people", "audit")
    ]
    for path in paths:
        body = client.get(path).text
        assert payload not in body or "<" not in payload, path
        assert "49" not in re.sub(r"\d{3,}", "", body) or payload != "{{7*7}}" or "{{7*7}}" in body, path
        assert 'href="javascript:' not in body, path


def test_every_answer_carries_the_policy_and_no_page_has_inline_script_or_style(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(ADMIN)
    for _, method, path in routes(app):
        answer = client.open(path, method=method)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "no-store" in answer.headers["Cache-Control"], path
        assert not re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son[a-z]+=|hx-on", answer.text), path
        client = sign_in(ADMIN)  # the way out was among them


def test_a_missing_build_leaves_pages_working_and_one_clear_line_in_the_log(
    world: World, app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        made = Flask("bare")
        made.register_blueprint(console(deps(world, tmp_path / "nothing")))
    assert len([line for line in caplog.messages if "node build.mjs" in line]) == 1
    client = made.test_client()
    client.set_cookie(COOKIE, session_of(ADMIN), path="/console")
    assert client.get("/console/").status_code == 200


@pytest.mark.parametrize(
    "path", ["../../../wsgi.py", "..%2f..%2fpackage.json", "%2e%2e/manifest.json", "nothing.css", "x\x00y"]
)
def test_only_built_files_are_served(app: Flask, path: str) -> None:
    assert app.test_client().get(f"/console/static/{path}").status_code == 404


def test_a_huge_form_is_refused(sign_in: SignIn) -> None:
    answer = sign_in(ADMIN).post("/console/rules/card_days", data={"value": "9" * 200_000}, headers=HTMX)
    assert answer.status_code == 413


def test_a_zero_byte_in_the_address_is_not_there(sign_in: SignIn) -> None:
    for path in ("/console/customers/a%00b", "/console/queue/a%00b/return", "/console/%00"):
        assert sign_in(ADMIN).open(path, method="POST" if "queue" in path else "GET").status_code == 404


def audit_rows() -> int:
    with uow.reading() as s:
        return len(s.scalars(select(AuditEntry.id)).all())
