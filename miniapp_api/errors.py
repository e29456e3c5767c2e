"""Every refusal as `{"code", "message", "fields"?}` with its status, in words for the person who holds the phone."""

import logging
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from werkzeug.exceptions import HTTPException

from crm.errors import Conflict, CrmError, NotSignedIn, TooMany
from crm.uow import StoreDown

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
_BUSY_READING = "系统正忙，这次没有查到。请过一会儿再试"
_BUSY_WRITING = "系统正忙，这次没有保存。请过一会儿再试"
_BROKEN = "系统出了点问题，已记录。请稍后再试，仍不行请联系管理员"
_WORDS = {
    400: ("bad_request", "这次请求的格式不对，没有处理。请刷新后再试"),
    404: ("not_found", "没有这个地址。请更新小程序或刷新页面后再试"),
    405: ("method_not_allowed", "这个地址不支持这种操作。请更新小程序或刷新页面后再试"),
    413: ("too_large", "提交的内容太长了（一次最多约 2 万字），没有保存。请分几次提交"),
    415: ("unsupported_media_type", "只接受 JSON（Content-Type: application/json）"),
}


def handle_errors(bp: APIBlueprint) -> None:
    """Everything that goes wrong below `/api/v1` is answered here, addresses that do not exist included."""
    bp.register_error_handler(CrmError, _refused)
    bp.register_error_handler(HTTPException, _http)
    bp.register_error_handler(StoreDown, _busy)
    bp.register_error_handler(Exception, _unexpected)
    bp.before_app_request(_no_such_route)
    bp.after_request(sealed)


def sealed(response: Response) -> Response:
    """Answers hold personal data: no cache keeps them, no browser takes them for a page."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response


def _answer(
    status: int, code: str, message: str, fields: dict[str, str] | None = None, customer_id: str | None = None
) -> Response:
    body: dict[str, Any] = {"code": code, "message": message}
    if fields:
        body["fields"] = fields
    if customer_id:
        body["customer_id"] = customer_id
    response = jsonify(body)
    response.status_code = status
    return response


def _refused(error: CrmError) -> Response:
    there = error.customer_id if isinstance(error, Conflict) else None
    response = _answer(error.http_status, error.code, str(error), error.fields, there)
    if isinstance(error, NotSignedIn):
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooMany) and error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    code, message = _WORDS.get(status, _WORDS[400] if status < 500 else ("error", _BROKEN))
    response = _answer(status, code, message)
    allow = dict(error.get_headers()).get("Allow")
    if allow:
        response.headers["Allow"] = allow
    return response


def _busy(error: StoreDown) -> Response:
    log.warning("store down: %s", error)
    response = _answer(503, "busy", _BUSY_READING if request.method in ("GET", "HEAD") else _BUSY_WRITING)
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url_rule, exc_info=error)
    return _answer(500, "error", _BROKEN)


def _no_such_route() -> Response | None:
    """Flask asks only the application's own handlers about an unknown address; below our prefix the answer is ours."""
    error = request.routing_exception
    if error is None or not (request.path + "/").startswith(PREFIX + "/"):
        return None
    if error.code == 405:
        return sealed(_http(error))
    code, message = _WORDS[404]  # also for a path that would redirect: an API moves nobody
    return sealed(_answer(404, code, message))
