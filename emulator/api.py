"""The server API under /cgi-bin/: every call is checked for token, address and rights, then handed to its handler."""

import json
import socket
import time
from email.utils import formatdate
from urllib.parse import quote

from flask import Blueprint, Response, request

from emulator import api_archive, api_checkin, api_contacts, api_customers, api_messages, api_setup, bodies
from emulator.call import Binary, Call, Handler
from emulator.errors import ApiError, answer
from emulator.tenant import Json
from emulator.tokens import ARCHIVE
from emulator.world import World

# path → (HTTP method or "" for both, handler, needs the customer-contact right)
ROUTES: dict[str, tuple[str, Handler, bool]] = {
    "message/send": ("POST", api_messages.send, False),
    "message/recall": ("POST", api_messages.recall, False),
    "message/update_template_card": ("POST", api_messages.update_template_card, False),
    "media/upload": ("POST", api_setup.media_upload, False),
    "media/get": ("GET", api_setup.media_get, False),
    "menu/create": ("POST", api_setup.menu_create, False),
    "menu/get": ("GET", api_setup.menu_get, False),
    "menu/delete": ("GET", api_setup.menu_delete, False),
    "agent/get": ("GET", api_setup.agent_get, False),
    "getcallbackip": ("GET", api_setup.ip_list, False),
    "get_api_domain_ip": ("GET", api_setup.ip_list, False),
    "get_jsapi_ticket": ("GET", api_setup.jsapi_ticket, False),
    "ticket/get": ("GET", api_setup.agent_ticket, False),
    "auth/getuserinfo": ("GET", api_setup.getuserinfo, False),
    "miniprogram/jscode2session": ("GET", api_setup.jscode2session, False),
    "department/list": ("GET", api_contacts.department_list, False),
    "department/simplelist": ("GET", api_contacts.department_simplelist, False),
    "user/get": ("GET", api_contacts.user_get, False),
    "user/list": ("GET", api_contacts.user_list, False),
    "user/simplelist": ("GET", api_contacts.user_simplelist, False),
    "msgaudit/get_permit_user_list": ("POST", api_archive.permit_users, False),
    "msgaudit/check_single_agree": ("POST", api_archive.single_agree, False),
    "msgaudit/check_room_agree": ("POST", api_archive.room_agree, False),
    "checkin/getcheckindata": ("POST", api_checkin.rows, False),
    "externalcontact/get_follow_user_list": ("GET", api_customers.follow_users, True),
    "externalcontact/list": ("GET", api_customers.external_list, True),
    "externalcontact/get": ("GET", api_customers.external_get, True),
    "externalcontact/batch/get_by_user": ("POST", api_customers.external_batch, True),
    "externalcontact/mark_tag": ("POST", api_customers.mark_tag, True),
    "externalcontact/get_corp_tag_list": ("POST", api_customers.tag_list, True),
    "externalcontact/add_corp_tag": ("POST", api_customers.tag_add, True),
    "externalcontact/edit_corp_tag": ("POST", api_customers.tag_edit, True),
    "externalcontact/del_corp_tag": ("POST", api_customers.tag_delete, True),
    "externalcontact/groupchat/list": ("POST", api_customers.group_list, True),
    "externalcontact/groupchat/get": ("POST", api_customers.group_get, True),
    "externalcontact/add_contact_way": ("POST", api_customers.way_add, True),
    "externalcontact/del_contact_way": ("POST", api_customers.way_delete, True),
}
# Fault switch → the refusal it produces.
REFUSALS = {"busy": -1, "rate_limited": 45009, "concurrent": 45033, "untrusted_ip": 60020, "forbidden": 48002}
HANG_SECONDS = 30.0


def blueprint(world: World) -> Blueprint:
    """The routes of the server API for one world."""
    api = Blueprint("cgi-bin", __name__)

    @api.route("/cgi-bin/<path:path>", methods=["GET", "POST"])
    def call(path: str) -> Response:
        began = time.monotonic()
        switches = world.faults.for_call(path)
        if "hang" in switches:
            time.sleep(HANG_SECONDS if switches["hang"] is True else float(switches["hang"]))
            return _cut(world, path, began, "hung")
        response = Response("", 500) if "http_500" in switches else _answered(world, path, switches)
        response.headers["Date"] = formatdate(world.clock.now(), usegmt=True)
        if "reset_after" in switches:
            return _cut(world, path, began, response.get_data(as_text=True))
        _log(world, path, response, began)
        return response

    return api


def _answered(world: World, path: str, switches: Json) -> Response:
    ip = request.remote_addr or "127.0.0.1"
    try:
        result = _handled(world, path, switches, ip)
        if isinstance(result, Binary):
            headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(result.name)}"}
            return Response(result.data, mimetype=result.mime, headers=headers)
        body = {"errcode": 0, "errmsg": "ok", **result}
    except ApiError as error:
        hint = f"{int(world.clock.now() * 1e6)}{world.state.next_id('hint') % 1_000_000:06d}"
        body = answer(error, hint, ip)
    return Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")


def _handled(world: World, path: str, switches: Json, ip: str) -> Json | Binary:
    for name, code in REFUSALS.items():
        if name in switches:
            raise ApiError(code)
    if (trouble := world.faults.trouble(switches)) is not None:
        raise ApiError(trouble)
    if world.tenant.app.trusted_ips and ip not in world.tenant.app.trusted_ips:
        raise ApiError(60020)
    query = request.args.to_dict()
    if path == "gettoken":
        return world.tokens.issue(query.get("corpid", ""), query.get("corpsecret", ""))
    for name, code in (("token_expired", 42001), ("token_invalid", 40014)):
        if name in switches:
            world.tokens.end(code)
    kind = world.tokens.check(query.get("access_token"))
    if (kind == ARCHIVE) != path.startswith("msgaudit/"):  # each secret opens its own calls
        raise ApiError(48002)
    if path not in ROUTES:
        raise ApiError(40058, f"no such api: {path}")
    if world.tenant.app.closed and path != "agent/get":
        raise ApiError(50003)
    method, handler, customers = ROUTES[path]
    if method != request.method:
        raise ApiError(43001 if method == "GET" else 43002)
    if customers and not world.tenant.app.external_contact_enabled:
        raise ApiError(48002)
    call = Call(world, query, _body(path), request.host_url.rstrip("/"))
    _own_agent(call)
    return handler(call)


def _body(path: str) -> Json:
    if request.method == "GET" or path == "media/upload":
        return {}
    try:
        return bodies.read(request.get_data())
    except ValueError:
        raise ApiError(47001) from None


def _own_agent(call: Call) -> None:
    """A token serves its own app only: 301002 for another agent id, 40056 for none at all."""
    named = call.query.get("agentid", call.body.get("agentid"))
    if named is None:
        return
    try:
        number = int(named)
    except (TypeError, ValueError, OverflowError):
        raise ApiError(40056) from None
    if number != call.world.tenant.app.agentid:
        raise ApiError(301002)


def _cut(world: World, path: str, began: float, note: str) -> Response:
    """Close the connection without an answer, as a broken network would."""
    world.wire.add("in", path, "no answer", (time.monotonic() - began) * 1000, _request_text(), note)
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
    return Response("", 500)


def _log(world: World, path: str, response: Response, began: float) -> None:
    shown = response.get_data(as_text=True) if response.is_json else f"({response.content_length} bytes)"
    world.wire.add("in", path, response.status_code, (time.monotonic() - began) * 1000, _request_text(), shown)


def _request_text() -> str:
    if request.method == "GET":
        return f"GET ?{request.query_string.decode('ascii', 'replace')}"
    if (request.content_type or "").startswith("multipart/"):
        return f"({request.content_length} bytes)"
    return request.get_data(as_text=True)
