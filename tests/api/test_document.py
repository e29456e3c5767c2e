"""The OpenAPI document says what the server does, and its page needs nobody else's server."""

import base64
import hashlib
import html
import re
from typing import Any

import pytest
from apiflask import APIFlask
from flask import Flask

from config.clock import machine_time
from miniapp_api import ApiDeps, api


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
    assert open_to_all == {("post", "/api/v1/session")}
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
    style = page.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert answer.headers["Content-Security-Policy"].startswith(f"default-src 'none'; style-src 'sha256-{digest}'")


def test_the_page_is_there_also_where_the_application_asked_for_none() -> None:
    app = APIFlask(__name__, spec_path="/api/openapi.json", docs_path=None)
    app.register_blueprint(api(ApiDeps(machine_time, {}, ())))
    assert app.test_client().get("/api/docs").status_code == 200


def test_a_plain_flask_application_is_refused_at_the_start() -> None:
    with pytest.raises(TypeError, match="APIFlask"):
        Flask(__name__).register_blueprint(api(ApiDeps(machine_time, {}, ())))
