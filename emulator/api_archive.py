"""The archive from outside: the library's two calls over HTTP, msgaudit/*, and what people do that ends up in it."""

import base64
import binascii
import json
from typing import Any

from flask import Blueprint, Response, request

from emulator import bodies
from emulator.archive import UNKNOWN_VERSION, ArchiveRefusal
from emulator.call import Call
from emulator.errors import ApiError
from emulator.people import text, user
from emulator.refusal import Refusal
from emulator.tenant import Json
from emulator.world import World

PULL, OPEN = "archive/getchatdata", "archive/decryptdata"
ASKED_MOST = 100
SKIPPED = 3  # the fault `skip` leaves out every number that this divides
CODES = {"busy": -1, "network": 10001, "untrusted_ip": 301042}
KINDS = ("text", "markdown", "image", "voice", "video", "file", "location", "link", "mixed", "revoke", "meeting")


def blueprint(world: World) -> Blueprint:
    """`/archive/getchatdata` and `/archive/decryptdata`; WECOM_ARCHIVE_URL names the folder."""
    archive = Blueprint("archive", __name__)

    @archive.post("/archive/getchatdata")
    def pull() -> Response:
        return _answer(world, PULL, lambda asked, switches: {"chatdata": _page(world, asked, switches)})

    @archive.post("/archive/decryptdata")
    def open_one() -> Response:
        return _answer(world, OPEN, lambda asked, _: {"message": _opened(world, asked)})

    return archive


def _answer(world: World, path: str, work: Any) -> Response:
    switches = world.faults.for_call(path)
    if "http_500" in switches:
        return Response("", 500)
    try:
        for name, code in CODES.items():
            if name in switches:
                raise ArchiveRefusal(code)
        answer: Json = {"errcode": 0, "errmsg": "ok", **work(bodies.read(request.get_data()), switches)}
    except ArchiveRefusal as refusal:
        answer = {"errcode": refusal.code, "errmsg": "refused"}
    except (ValueError, KeyError, TypeError):
        answer = {"errcode": 10000, "errmsg": "parameters"}
    content = json.dumps(answer, ensure_ascii=False)
    if "cut" in switches:
        content = content[: len(content) // 2]
    return Response(content, mimetype="application/json")


def _page(world: World, asked: Json, switches: Json) -> list[Json]:
    page = world.archive.page(asked["corpid"], asked["secret"], int(asked["seq"]), int(asked["limit"]))
    if "skip" in switches:
        page = [one for one in page if one["seq"] % SKIPPED]
    if "strange_key" in switches:
        page = [{**one, "publickey_ver": UNKNOWN_VERSION} for one in page]
    return page


def _opened(world: World, asked: Json) -> str:
    try:
        key = base64.b64decode(asked["encrypt_key"], validate=True)
    except binascii.Error:
        raise ArchiveRefusal(10008) from None
    return world.archive.decrypt(key, asked["encrypt_chat_msg"])


def permit_users(call: Call) -> Json:
    company = call.world.company
    with call.world.state.lock:
        return {"ids": [member["userid"] for member in company.members() if company.reachable(member)]}


def single_agree(call: Call) -> Json:
    """Who was never asked has not agreed."""
    info = call.body.get("info")
    if not isinstance(info, list) or not 1 <= len(info) <= ASKED_MOST:
        raise ApiError(40058, "info: 1 to 100")
    pairs = [(str(one.get("userid", "")), str(one.get("exteranalopenid", ""))) for one in info if isinstance(one, dict)]
    return {
        "agreeinfo": [
            {"userid": userid, **_agreed(external, call.world.archive.said(_place(call.world, userid)).get(external))}
            for userid, external in pairs
        ]
    }


def room_agree(call: Call) -> Json:
    room = call.body.get("roomid")
    if not isinstance(room, str) or not room:
        raise ApiError(40058, "roomid")
    return {"agreeinfo": [_agreed(external, said) for external, said in call.world.archive.said(room).items()]}


def _agreed(external: str, said: Json | None) -> Json:
    return {
        "exteranalopenid": external,
        "agree_status": "Agree" if said and said["agreed"] else "Disagree",
        "status_change_time": said["at"] if said else 0,
    }


def _place(world: World, userid: str) -> str:
    """A member's userid in the spelling of the directory, whatever case it was asked in."""
    with world.state.lock:
        member = world.company.member(userid)
    return str(member["userid"]) if member else userid


def talk(world: World, body: Json) -> Json:
    """Member and outsider talk to each other: {"userid", "external_userid", "by": "customer" | "rep", "text"}.

    Other kinds: "msgtype" and "body". In a group: "room" and "others", more external_userids who hear it.
    """
    userid, external = _pair(world, body)
    by, kind = body.get("by", "customer"), body.get("msgtype", "text")
    if by not in ("customer", "rep"):
        raise Refusal("by 只能是 customer 或 rep")
    if kind not in KINDS:
        raise Refusal(f"msgtype 只能是 {'、'.join(KINDS)}")
    content = {"content": text(body, "text")} if kind in ("text", "markdown") else body.get("body") or {}
    others, room = body.get("others") or [], text(body, "room", needed=False)
    if not isinstance(content, dict) or not isinstance(others, list):
        raise Refusal("body 要是对象，others 要是列表")
    sender, receiver = (external, userid) if by == "customer" else (userid, external)
    seq = world.archive.add(sender, [receiver, *map(str, others)], kind, content, room)
    return {"seq": seq, "msgid": world.archive.msgid(seq)}


def agree(world: World, body: Json) -> Json:
    """The customer taps 同意 (or takes it back): {"userid", "external_userid", "agreed", "room"?}."""
    userid, external = _pair(world, body)
    agreed, room = bool(body.get("agreed", True)), text(body, "room", needed=False)
    world.archive.agree(room or userid, external, agreed)
    kind, now = ("agree" if agreed else "disagree"), int(world.clock.now() * 1000)
    world.archive.add(external, [userid], kind, {"userid": external, f"{kind}_time": now}, room)
    if not agreed or room:
        return {"agreed": agreed}
    fields = {
        "ChangeType": "msg_audit_approved",
        "UserID": userid,
        "ExternalUserID": external,
        "WelcomeCode": world.state.opaque("welcome", 43),
    }
    event = world.post.corp_event("change_external_contact", fields)
    return {"agreed": agreed, **world.post.send(event, later=bool(body.get("async")))}


def upload_key(world: World, body: Json) -> Json:
    """The administrator uploads a public key: {"version", "pem"}; 聊天内容存档 › 消息加密公钥."""
    try:
        world.archive.upload(int(body.get("version", 0)), text(body, "pem"))
    except (ValueError, IndexError, TypeError) as error:
        raise Refusal("pem 要是公钥，version 要是数字") from error
    return {"version": world.archive.version()}


def _pair(world: World, body: Json) -> tuple[str, str]:
    userid, external = user(world, body), text(body, "external_userid")
    with world.state.lock:
        if world.outside.person(external) is None:
            raise Refusal("没有这位外部联系人")
    return userid, external
