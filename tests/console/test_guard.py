"""What nobody may do at the desk: forged forms, other roles' pages, other teams' data, planted scripts."""

import logging
import re
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask import Flask
from sqlalchemy import select, update

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
from tests.console.conftest import STATIC, SignIn, World, deps, session_of
from tests.console.office import BY_ROLE, CANARY

ADMIN, LEAD, REP = BY_ROLE[Role.ADMIN], BY_ROLE[Role.TEAM_LEAD], BY_ROLE[Role.REP]
HTMX = {"HX-Request": "true"}
LONG_AGO = "2026-01-05T09:00:00+08:00"
EVERYBODY = frozenset(Role)
OPERATORS = frozenset({Role.ADMIN, Role.OPERATIONS})
PRICERS = OPERATORS | {Role.FINANCE}
ASSIGNERS = OPERATORS | {Role.TEAM_LEAD, Role.REGIONAL_MANAGER, Role.DIRECTOR}
HOLDERS = frozenset(Role) - {Role.FINANCE, Role.SERVICE}
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
    "imports": HOLDERS,
    "upload_import": HOLDERS,
    "one_import": HOLDERS,
    "map_import": HOLDERS,
    "resolve_import": HOLDERS,
    "start_import": HOLDERS,
    "undo_import": HOLDERS,
    "drop_import": HOLDERS,
    "import_errors": HOLDERS,
    "exports": HOLDERS,
    "ask_export": HOLDERS,
    "decide_export": ASSIGNERS,
    "fetch_export": HOLDERS,
    **dict.fromkeys(("duplicates", "compare", "merge_customers", "undo_merge", "vote_collision"), ASSIGNERS),
    "weigh_evidence": OPERATORS,
    **dict.fromkeys(
        ("field_list", "new_field", "edit_field", "turn_field", "move_field", "new_field_group", "field_stages"),
        OPERATORS,
    ),
    **dict.fromkeys(("new_campaign", "turn_campaign"), OPERATORS),
    **dict.fromkeys(("edit_customer", "restore_change", "new_contact", "edit_contact", "retire_contact"), EVERYBODY),
    **dict.fromkeys(("restore_contact", "edit_deal", "edit_visit"), EVERYBODY),
    **dict.fromkeys(("deal", "new_deal", "move_deal", "prove_deal", "remove_evidence"), EVERYBODY),
    **dict.fromkeys(("visit_list", "visit", "visit_photo", "explain_visit"), EVERYBODY),
    **dict.fromkeys(("visit_queue", "decide_visit"), ASSIGNERS),
    **dict.fromkeys(("approval_list", "approval", "act_on_approval", "go_away", "come_back"), EVERYBODY),
    **dict.fromkeys(("approval_rules", "add_approval_rule", "change_approval_rule", "retire_approval_rule"), OPERATORS),
    **dict.fromkeys(("deal", "move_deal", "undo_move", "prove_deal", "remove_evidence"), EVERYBODY),
    **dict.fromkeys(("quote_list", "quote", "new_quote", "make_quote", "edit_quote", "revise_quote"), EVERYBODY),
    **dict.fromkeys(("act_on_quote", "vote_quote", "product_list", "product"), EVERYBODY),
    **dict.fromkeys(("add_product", "change_product", "set_price", "retire_product", "set_rate"), PRICERS),
    **dict.fromkeys(("connection", "check_connection"), frozenset({Role.ADMIN})),
    "new_customer": HOLDERS,
    "contests": ASSIGNERS,
    "decide_contest": ASSIGNERS,
    "upload_attachment": EVERYBODY,
    "attachment": EVERYBODY,
    "attachment_thumb": EVERYBODY,
    "remove_attachment": EVERYBODY,
    "restore_attachment": EVERYBODY,
    "assign_customer": ASSIGNERS,
    "return_customer": ASSIGNERS,
    "undo_assign": ASSIGNERS,
    "retract_digest": EVERYBODY,
    "finish_todo": EVERYBODY,
    "reopen_todo": EVERYBODY,
    "postpone_todo": EVERYBODY,
    "restore_todo": EVERYBODY,
    "contact": EVERYBODY,
    "link_contact": EVERYBODY,
    "unlink_contact": EVERYBODY,
    "ignore_contact": EVERYBODY,
    "coverage": ASSIGNERS,
    "put_tags": EVERYBODY,
    "unignore_contact": EVERYBODY,
    "messages": OPERATORS,
    "message_out": OPERATORS,
    "message_in": OPERATORS,
    "retry_message": OPERATORS,
    "retry_event": OPERATORS,
    "retry_all": OPERATORS,
    "resume_sending": OPERATORS,
    "archive": OPERATORS,
    "talk": EVERYBODY,
    "group_talk": EVERYBODY,
    "purge_archive": OPERATORS,
    "people": OPERATORS,
    "grant_role": frozenset({Role.ADMIN}),
    "undo_role": frozenset({Role.ADMIN}),
    "assign_scope": frozenset({Role.ADMIN}),
    "withdraw_scope": frozenset({Role.ADMIN}),
    "sync_now": OPERATORS,
    "rules": OPERATORS,
    "change_rule": OPERATORS,
    **dict.fromkeys(
        ("pipeline_list", "new_pipeline", "edit_pipeline", "publish_pipeline_again", "turn_pipeline"), OPERATORS
    ),
    **dict.fromkeys(
        ("add_milestone", "change_milestone", "finish_milestone", "remove_milestone", "restore_milestone"), EVERYBODY
    ),
    "audit_log": OPERATORS,
    "verify_audit": OPERATORS,
    "shares": ASSIGNERS,
    "share_customer": EVERYBODY,
    "end_share": EVERYBODY,
    "restore_share": EVERYBODY,
    "reveal_phone": EVERYBODY,
    "permissions": OPERATORS,
    "grant_groups": frozenset({Role.ADMIN}),
    "assign_lead": ASSIGNERS,
    **dict.fromkeys(
        (
            "leads",
            "new_lead",
            "lead",
            "claim_lead",
            "respond_lead",
            "invalid_lead",
            "convert_lead",
            "undo_lead",
            "channels",
            "channel_customers",
            "deal_board",
            "deal_funnel",
            "sales_path",
            "deal_endings",
            "ended_deals",
            "projects",
            "new_project",
            "project",
            "register_project",
            "add_party",
            "remove_party",
            "project_state",
            "extend_registration",
            "end_registration",
            "undo_extend_registration",
            "undo_end_registration",
        ),
        HOLDERS,
    ),
    **dict.fromkeys(("way_list", "make_way", "make_way_again", "show_way", "way_picture", "close_way"), HOLDERS),
    **dict.fromkeys(("lead_inlets", "open_lead_source", "close_lead_source", "reopen_lead_source"), OPERATORS),
}
NOT_ALLOWED_WORDS = "不在您的权限里"


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, a path that fits) of everything the console answers to."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console."):
            path = re.sub(r"<row:[^>]*>", "1", rule.rule)
            path = re.sub(r"<[^>]*>", "x", path)
            found += [
                (rule.endpoint.removeprefix("console."), m, path) for m in (rule.methods or set()) - {"HEAD", "OPTIONS"}
            ]
    return found


def unsafe(app: Flask) -> list[str]:
    return [path for _, method, path in routes(app) if method != "GET"]


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
        for verb in ("assign", "return", "undo"):
            answer = client.post(f"/console/queue/{public_id}/{verb}", data={"to": "1", "period": "1"})
            assert answer.status_code == 404
            assert CANARY not in answer.text
    with uow.reading() as s:
        contacts = s.scalars(select(ExternalContact.id).where(ExternalContact.name.contains(CANARY))).all()
        todos = s.scalars(select(Todo.id)).all() if role is not Role.REP else []
    for number in contacts:
        assert client.get(f"/console/contacts/{number}").status_code == 404
        for verb, form in (
            ("link", {"customer": "1"}),
            ("unlink", {"since": LONG_AGO}),
            ("ignore", {"reason": "supplier"}),
            ("unignore", {}),
        ):
            answer = client.post(f"/console/contacts/{number}/{verb}", data=form)
            assert answer.status_code == 404, verb
            assert CANARY not in answer.text
    for number in todos:
        for verb in ("finish", "reopen", "postpone", "restore"):
            answer = client.post(f"/console/todos/{number}/{verb}", data={"was": LONG_AGO})
            assert answer.status_code == 404, verb


PAYLOADS = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg/onload=alert(1)>", "{{73*91747}}",
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
        assert str(73 * 91747) not in body, path
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


def test_the_api_document_beside_the_console_is_still_written_and_leaves_it_out(world: World, app: Flask) -> None:
    host = APIFlask("host")
    host.register_blueprint(console(deps(world, STATIC)))
    document = host.test_client().get("/openapi.json")
    assert document.status_code == 200
    assert "console" not in document.text


def test_a_huge_form_is_refused(sign_in: SignIn) -> None:
    answer = sign_in(ADMIN).post("/console/rules/card_days", data={"value": "9" * 200_000}, headers=HTMX)
    assert answer.status_code == 413


def test_a_zero_byte_in_the_address_is_not_there(sign_in: SignIn) -> None:
    for path in ("/console/customers/a%00b", "/console/queue/a%00b/return", "/console/%00"):
        answer = sign_in(ADMIN).open(path, method="POST" if "queue" in path else "GET")
        assert (answer.status_code, "去登录" in answer.text) == (404, False)


@pytest.mark.parametrize("page", ["fields", "contacts", "messages/out"])
def test_a_number_that_no_row_can_have_is_a_page_that_is_not_there(sign_in: SignIn, page: str) -> None:
    answer = sign_in(ADMIN).get(f"/console/{page}/{'9' * 30}")
    assert (answer.status_code, "没有这个页面" in answer.text) == (404, True)


def test_a_refusal_leads_back_to_the_page_it_came_from(sign_in: SignIn) -> None:
    client, page = sign_in(ADMIN), "http://localhost/console/duplicates?q=a"
    refused = client.post("/console/duplicates/merge", data={}, headers={"Referer": page}).text
    assert 'href="/console/duplicates?q=a">返回刚才的页面' in refused
    plain = client.post("/console/duplicates/merge", headers={"Referer": "http://localhost/console/fields"}).text
    assert 'href="/console/fields">返回刚才的页面' in plain
    login, nonsense = "http://localhost/console/login", "http://["
    for foreign in ("https://elsewhere.example/console/x", "http://localhost/api/v1/me", login, nonsense):
        assert "返回刚才的页面" not in client.post("/console/duplicates/merge", headers={"Referer": foreign}).text


def audit_rows() -> int:
    with uow.reading() as s:
        return len(s.scalars(select(AuditEntry.id)).all())


def test_a_list_whose_conditions_are_refused_leads_back_to_the_list(sign_in: SignIn) -> None:
    backwards = "/console/funnel?since=2026-12-01&until=2026-01-01"
    refused = sign_in(ADMIN).get(backwards, headers={"Referer": "http://localhost/console/funnel"})
    assert (refused.status_code, 'href="/console/funnel">返回刚才的页面' in refused.text) == (422, True)
    missing = sign_in(ADMIN).get("/console/deals/zz", headers={"Referer": "http://localhost/console/deals/zz"})
    assert "返回刚才的页面" not in missing.text  # it would only lead to the same answer
