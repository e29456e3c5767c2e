"""`/api/docs`: the operations as one plain page of our own, since APIFlask's page loads scripts from elsewhere."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from flask import Response, render_template

_STYLE = (Path(__file__).parent / "templates" / "api" / "docs.css").read_text(encoding="utf-8").strip()
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_CSP = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


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


def _operations(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Each path and method with what it takes and what it answers; the API's own before the process's health."""
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "description": operation.get("description", ""),
            "inputs": [*operation.get("parameters", []), *_body_fields(spec, operation)],
            "answers": operation["responses"],
        }
        for path, methods in sorted(spec["paths"].items(), key=lambda item: not item[0].startswith("/api/"))
        for method, operation in methods.items()
    ]


def _body_fields(spec: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of the JSON body in the shape of parameters."""
    if "requestBody" not in operation:
        return []
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    model = spec["components"]["schemas"][name]
    needed = model.get("required", [])
    return [{"name": field, "in": "body", "required": field in needed} for field in model["properties"]]
