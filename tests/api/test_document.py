"""The OpenAPI document says what the server does, and its page needs nobody else's server."""

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask import Flask

from config.clock import machine_time
from gateways.files import FileStore
from miniapp_api import (
    ApiDeps,
    answers,
    api,
    approval_answers,
    approval_payloads,
    customer_answers,
    deal_answers,
    deal_payloads,
    digest_answers,
    form_answers,
    form_payloads,
    payloads,
    quote_answers,
    quote_payloads,
    sales_answers,
    sales_payloads,
    sidebar_answers,
    sidebar_payloads,
    today_answers,
    visit_answers,
    visit_payloads,
    work_answers,
    work_payloads,
)
from miniapp_api.examples import CUSTOMER_ID, EXAMPLES
from tests.support.outside import TinyOutside


@pytest.fixture
def document(app: APIFlask) -> dict[str, Any]:
    answer = app.test_client().get("/api/openapi.json")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.get_json()
    return body


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(m, path, op) for path, methods in document["paths"].items() for m, op in methods.items()]


def test_every_route_is_described_and_nothing_else_is(app: APIFlask, document: dict[str, Any]) -> None:
    routes = {
        (method.lower(), re.sub(r"<([^>]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(method, path) for method, path, _ in operations(document)}
    assert document["openapi"].startswith("3.1")


def test_every_operation_but_signing_in_asks_for_the_bearer_token(document: dict[str, Any]) -> None:
    open_to_all = {(m, path) for m, path, op in operations(document) if op.get("security") != [{"bearer": []}]}
    assert open_to_all == {("post", "/api/v1/session"), ("post", "/api/v1/leads/inlet/{token}")}
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_every_unsafe_operation_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    for method, path, op in operations(document):
        named = {parameter["name"] for parameter in op["parameters"]}
        assert ("Idempotency-Key" in named) == (method != "get"), path


def test_every_body_refuses_what_it_does_not_name(document: dict[str, Any]) -> None:
    models = document["components"]["schemas"]
    assert all(model.get("additionalProperties") is False for model in models.values() if model["type"] == "object")


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for name in re.findall(r"#/components/schemas/([\w.]+)", str(document)):
        assert name in document["components"]["schemas"]


def test_every_error_has_the_one_shape(document: dict[str, Any]) -> None:
    for _, path, op in operations(document):
        for status, answer in op["responses"].items():
            if status == "default" or int(status) >= 400:
                ref = answer["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
                assert document["components"]["schemas"][ref]["required"] == ["code", "message"], (path, status)


def test_the_page_lists_every_operation_and_loads_nothing(app: APIFlask, document: dict[str, Any]) -> None:
    answer = app.test_client().get("/api/docs")
    page = html.unescape(answer.get_data(as_text=True))
    for method, path, op in operations(document):
        assert f"{method.upper()}</span>{path}</code>" in page
        assert op["summary"] in page
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="([^"]*)"', page) == ["/api/openapi.json"]
    # As the browser reads it: nothing in a style is unescaped there.
    style = answer.get_data(as_text=True).split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert answer.headers["Content-Security-Policy"].startswith(f"default-src 'none'; style-src 'sha256-{digest}'")


def test_the_page_is_in_the_order_of_use_and_has_its_title_once(app: APIFlask) -> None:
    app.add_url_rule("/healthz", "healthz", lambda: {"status": "ok"})
    page = html.unescape(app.test_client().get("/api/docs").get_data(as_text=True))
    listed = re.findall(r"<h2><code><span class=\"method\">(\w+)</span>(\S+)</code></h2>", page)
    assert listed[0] == ("POST", "/api/v1/session")
    assert listed[-1] == ("GET", "/healthz")
    assert (page.count("<h1>"), page.count("CRM")) == (1, 2)  # beside the heading only the window's title


def test_the_page_shows_an_example_of_every_request_and_answer(app: APIFlask) -> None:
    page = html.unescape(app.test_client().get("/api/docs").get_data(as_text=True))
    shown = re.findall(r"<pre tabindex=\"0\">(.*?)</pre>", page, re.S)
    assert len(shown) == 2 * page.count("<h2>")
    assert f"GET /api/v1/customers/{CUSTOMER_ID}\nAuthorization: Bearer" in page
    assert "POST /api/v1/session\nContent-Type: application/json\n\n{" in page
    for told in shown[1::2]:
        status, _, body = told.partition("\n\n")
        assert status in ("200", "201", "202", "204")
        assert (status == "204") == (body == "")


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_what_its_model_takes(name: str) -> None:
    rooms = (
        payloads, answers, form_payloads, form_answers, work_payloads, work_answers, deal_payloads, deal_answers,
        approval_payloads, approval_answers, customer_answers,
        sales_payloads, sales_answers, quote_payloads, quote_answers, digest_answers,
        sidebar_payloads, sidebar_answers, visit_payloads, visit_answers, today_answers,
    )  # fmt: skip
    model = next(getattr(room, name) for room in rooms if hasattr(room, name))
    read = model.model_validate_json(json.dumps(EXAMPLES[name]))
    assert set(EXAMPLES[name]) <= set(read.model_dump())


def test_every_body_and_every_answer_has_its_example(document: dict[str, Any]) -> None:
    models = document["components"]["schemas"]
    for _, path, op in operations(document):
        parts = [op.get("requestBody"), *(answer for status, answer in op["responses"].items() if status[0] == "2")]
        for part in parts:
            if part and "application/json" in part.get("content", {}):
                name = part["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
                assert models[name]["examples"] == [EXAMPLES[name]], path


def test_the_page_is_there_also_where_the_application_asked_for_none() -> None:
    app = APIFlask(__name__, spec_path="/api/openapi.json", docs_path=None)
    app.register_blueprint(api(ApiDeps(machine_time, {}, (), FileStore(Path("nowhere")), TinyOutside().wecom())))
    assert app.test_client().get("/api/docs").status_code == 200


def test_a_plain_flask_application_is_refused_at_the_start() -> None:
    with pytest.raises(TypeError, match="APIFlask"):
        Flask(__name__).register_blueprint(
            api(ApiDeps(machine_time, {}, (), FileStore(Path("nowhere")), TinyOutside().wecom()))
        )
