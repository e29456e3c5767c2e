"""`/api/docs`: the operations as one plain page of our own, since APIFlask's page loads scripts from elsewhere."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from apiflask import APIFlask
from flask import Response, render_template

from miniapp_api.errors import PREFIX
from miniapp_api.examples import CUSTOMER_ID, EXAMPLES, IDS

_STYLE = (Path(__file__).parent / "templates" / "api" / "docs.css").read_text(encoding="utf-8").strip()
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_CSP = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_UPLOAD = (
    "",
    "--x",
    'Content-Disposition: form-data; name="file"; filename="旧泵铭牌.jpg"',
    "",
    "（文件本身）",
    "--x",
)
_SAID = (
    ('Content-Disposition: form-data; name="note"', "", "泵房 2 号位", "--x--"),
    ('Content-Disposition: form-data; name="client_id"', "", "photo-20261123-1", "--x--"),
)


def serve_docs(app: APIFlask) -> None:
    """Put our page where APIFlask's would be, whether or not the application asked for one."""
    if "openapi.docs" in app.view_functions:
        app.view_functions["openapi.docs"] = lambda: _page(app)
    else:
        app.add_url_rule("/api/docs", "openapi.docs", lambda: _page(app))


def _page(app: APIFlask) -> Response:
    spec: Any = app.spec
    page = Response(render_template("api/docs.html", info=spec["info"], style=_STYLE, operations=_operations(spec)))
    page.headers["Content-Security-Policy"] = _CSP
    page.headers["X-Content-Type-Options"] = "nosniff"
    return page


# The order in which a phone comes to need them; what is not named here stands behind, as the process's health does.
_ORDER = (
    "/session",
    "/me",
    "/fields",
    "/customers",
    "/customers/{customer_id}",
    "/follow-ups",
    "/digests",
    "/uploads",
    "/visits",
    "/visit-plans",
    "/route",
    "/calls",
    "/contacts",
    "/lookups",
)
_HOLE = re.compile(r"\{(\w+)\}")
_WHERE = {"header": "请求头", "query": "地址参数", "path": "地址", "body": "JSON 字段", "form": "表单字段"}
_JSON, _FORM, _BYTES = "application/json", "multipart/form-data", "*/*"


def _operations(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Each path and method with what it takes, what it answers, and one example of both."""
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "description": operation.get("description", ""),
            "inputs": [
                {"name": one["name"], "where": _WHERE[one["in"]], "required": one.get("required", False)}
                for one in [*operation.get("parameters", []), *_body_fields(spec, operation)]
            ],
            "answers": operation["responses"],
            "asked": _asked(spec, method.upper(), path, operation),
            "told": _told(spec, operation),
        }
        for path, methods in sorted(spec["paths"].items(), key=lambda item: _rank(item[0]))
        for method, operation in methods.items()
    ]


def _rank(path: str) -> tuple[int, str]:
    return max(
        (place for place, known in enumerate(_ORDER) if path.startswith(PREFIX + known)), default=len(_ORDER)
    ), path


def _body_fields(spec: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of the body in the shape of parameters."""
    body = operation.get("requestBody", {})
    model, place = _model(spec, body), "body"
    if not model:
        model, place = _model(spec, body, _FORM), "form"
    needed = model.get("required", [])
    return [{"name": field, "in": place, "required": field in needed} for field in model.get("properties", {})]


def _model(spec: dict[str, Any], part: dict[str, Any], media: str = _JSON) -> dict[str, Any]:
    """The schema of a request's or an answer's JSON, or of a form; {} where there is none."""
    reference = part.get("content", {}).get(media, {}).get("schema", {}).get("$ref", "")
    found: dict[str, Any] = spec["components"]["schemas"].get(reference.rsplit("/", 1)[-1], {})
    return found


def _asked(spec: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    """An HTTP request as one would type it."""
    names = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
    query = {name: value for name, value in _query(path).items() if name in names}
    address = _HOLE.sub(lambda hole: IDS.get(hole[1], CUSTOMER_ID), path) + (
        f"?{urlencode(query, doseq=True)}" if query else ""
    )
    lines = [f"{method} {address}"]
    if operation.get("security"):
        lines.append("Authorization: Bearer Zk3v…")
        if method != "GET":
            lines.append("Idempotency-Key: 20261123-1")
    model = _model(spec, operation.get("requestBody", {}))
    if model:
        lines += ["Content-Type: application/json", "", _json(model["examples"][0])]
    elif _FORM in operation.get("requestBody", {}).get("content", {}):
        lines += ["Content-Type: multipart/form-data; boundary=x", *_UPLOAD, *_SAID["/uploads" in path]]
    return "\n".join(lines)


def _query(path: str) -> dict[str, Any]:
    """The example of the addresses' own model; a description of parameters does not name it."""
    own = {
        "/fields": "FieldsQuery",
        "/channels": "ChannelsQuery",
        "/projects": "ProjectsQuery",
        "/leads": "LeadsQuery",
        "/customers/{customer_id}/timeline": "TimelineQuery",
        "/visits": "VisitsQuery",
        "/visits/reviews": "ReviewsQuery",
        "/visit-plans": "DayQuery",
        "/route": "DayQuery",
    }
    return EXAMPLES[own.get(path.removeprefix(PREFIX), "CustomersQuery")]


def _told(spec: dict[str, Any], operation: dict[str, Any]) -> str:
    """The status and the JSON of success."""
    status, answer = min((status, one) for status, one in operation["responses"].items() if status.startswith("2"))
    if "201" in operation["responses"]:  # a repeated visit answers 200, the first one 201
        status, answer = "201", operation["responses"]["201"]
    if _BYTES in answer.get("content", {}):
        return f"{status}\n\n（文件本身，作为附件下载）"
    examples = _model(spec, answer).get("examples")
    return f"{status}\n\n{_json(examples[0])}" if examples else status


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
