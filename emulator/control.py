"""The control API /emu/api/: what the page and tests use to act as people and to look behind the scenes."""

from collections.abc import Callable
from dataclasses import asdict

from flask import Blueprint, Response, request

from emulator import api_archive, api_checkin, bodies, customers, js, members, people, qr
from emulator.errors import ApiError
from emulator.faults import FaultError
from emulator.media import code_picture
from emulator.refusal import Refusal
from emulator.robot import chat_of
from emulator.setup_faults import restore, set_up
from emulator.tenant import Json
from emulator.world import World

ACTIONS: dict[str, Callable[[World, Json], Json]] = {
    "say": people.say,
    "location": people.location,
    "check-in": api_checkin.check_in,
    "media": people.media,
    "enter": people.enter,
    "menu": people.menu,
    "click": people.click,
    "resend": people.resend,
    "stranger": customers.stranger,
    "scan": customers.scan,
    "unfriend": customers.unfriend,
    "remark": customers.remark,
    "tag": customers.tag,
    "group": customers.group,
    "member": members.member,
    "event": people.event,
    "robot-say": people.robot_say,
    "robot-enter": people.robot_enter,
    "archive-say": api_archive.talk,
    "agree": api_archive.agree,
    "bridge": js.bridge,
    "talk": js.talk,
    "client": js.client,
}
WAIT_MOST = 25.0  # seconds a /changes call waits


def blueprint(world: World) -> Blueprint:
    """The control routes of one world. Posts must be JSON by content type, so that foreign pages cannot send them."""
    control = Blueprint("control", __name__, url_prefix="/emu/api")

    @control.post("/<action>")
    def act(action: str) -> tuple[Json, int]:
        try:
            body = _body()
            if action in ACTIONS:
                return ACTIONS[action](world, {**body, "base": request.host_url.rstrip("/")}), 200
            if action in SETTERS:
                return SETTERS[action](world, body), 200
        except Refusal as refusal:
            return {"message": str(refusal)}, 400
        return {"message": f"没有 {action} 这个操作"}, 404

    @control.get("/<what>")
    def look(what: str) -> tuple[Json, int]:
        if what not in VIEWS:
            return {"message": f"没有 {what}"}, 404
        try:
            return VIEWS[what](world), 200
        except Refusal as refusal:
            return {"message": str(refusal)}, 400

    return control


def media_blueprint(world: World) -> Blueprint:
    """Pictures for the phones and for PicUrl."""
    pictures = Blueprint("media", __name__)

    @pictures.get("/emu/media/<media_id>")
    def picture(media_id: str) -> Response:
        try:
            medium = world.media.get(media_id)
        except ApiError:
            return Response("", 404)
        # Pictures are shown in place; anything else is only ever downloaded, never run as a page.
        safe = medium.mime in ("image/png", "image/jpeg", "image/gif", "image/webp")
        headers = {"X-Content-Type-Options": "nosniff"} | ({} if safe else {"Content-Disposition": "attachment"})
        return Response(medium.data, mimetype=medium.mime if safe else "application/octet-stream", headers=headers)

    @pictures.get("/emu/qr/<config_id>")
    def code(config_id: str) -> Response:
        """The picture of a 联系我 code, which says its own address; who comes by it, the control API says."""
        with world.state.lock:
            known = config_id in world.state.data["ways"]
        return Response(code_picture(qr.encode(request.base_url)), mimetype="image/png") if known else Response("", 404)

    return pictures


def _body() -> Json:
    if request.mimetype != "application/json":
        raise Refusal("Content-Type 要是 application/json")
    try:
        return bodies.read(request.get_data() or b"{}")
    except ValueError as error:
        raise Refusal("要一个 JSON 对象") from error


def _since() -> int:
    return request.args.get("since", 0, type=int)


def _state(world: World) -> Json:
    company = world.company
    with world.state.lock:
        everybody = [
            {
                **member,
                "sees_app": company.sees_app(member),
                "reachable": company.reachable(member),
                "seen": world.state.data["eyes"].get(member["userid"], 0),
            }
            for member in company.members()
        ]
        people_outside = [{**person, "friends": list(person["friends"].values())} for person in world.outside.people()]
        return {
            "corpid": world.tenant.corpid,
            "corp_name": world.tenant.corp_name,
            "robot": world.tenant.robot.name if world.tenant.robot else "",
            "app": {
                "agentid": world.tenant.app.agentid,
                "name": world.tenant.app.name,
                "description": world.tenant.app.description,
            },
            "departments": company.listed_departments(),
            "members": everybody,
            "outside": people_outside,
            "tags": list(world.state.data["tags"].values()),
            "groups": world.outside.standing(),
            "ways": list(world.state.data["ways"].values()),
            "menu": world.state.data["menu"],
            "clock": _clock(world),
            "faults": world.faults.show(),
            "client": asdict(world.talks.client),
            "callback_url": world.callback_url,
            "home_url": world.home_url,
            "dropped": list(world.dropped),
            "life": world.state.life(),
            "rev": world.state.data["rev"],
        }


def _clock(world: World) -> Json:
    return {"now": round(world.clock.now(), 3), "offset": world.clock.offset()}


def _set_clock(world: World, body: Json) -> Json:
    if body.get("reset"):
        offset = 0.0
    elif "set" in body:
        offset = people.number(body, "set")
    else:
        offset = world.clock.offset() + people.number(body, "advance")
    try:
        world.clock.set_offset(offset)
    except ValueError as error:
        raise Refusal("advance 要填秒数") from error
    world.state.touch()
    return _clock(world)


def _set_faults(world: World, body: Json) -> Json:
    try:
        world.faults.set(body)
    except FaultError as error:
        raise Refusal(str(error)) from error
    world.state.touch()
    return world.faults.show()


def _reset(world: World, _: Json) -> Json:
    with world.state.lock:
        world.faults.set({})
        restore(world)
        world.limits.clear()
        world.dropped.clear()
        world.chats.eye.clear()
        world.talks.clear()
        world.wire.clear()
        world.state.reset()
    return {"ok": True}


def _inbox(world: World) -> Json:
    with world.state.lock:
        member = world.company.member(request.args.get("userid"))
        if member is None:
            raise Refusal("没有这个成员")
        whose = chat_of(member["userid"]) if request.args.get("of") == "robot" else member["userid"]
        entries = world.chats.inbox(whose, _since())
        return {
            "life": world.state.life(),
            "rev": world.state.data["rev"],
            "seen": world.state.data["eyes"].get(member["userid"], 0),
            "messages": [{key: value for key, value in entry.items() if key != "xml"} for entry in entries],
        }


def _talks(world: World) -> Json:
    """A member's chats with people outside; with `chat` what was said in that one."""
    with world.state.lock:
        member = world.company.member(request.args.get("userid"))
        if member is None:
            raise Refusal("没有这个成员")
        chat = request.args.get("chat")
        said = world.talks.said(member["userid"], chat) if chat else []
        return {"chats": world.talks.of(member["userid"]), "said": said}


def _eye(world: World) -> Json:
    with world.state.lock:
        return {"next": len(world.chats.eye), "items": world.chats.eye[max(0, _since()) :]}


def _wire(world: World) -> Json:
    entries = world.wire.since(_since())
    return {"next": entries[-1]["seq"] if entries else _since(), "entries": entries}


def _changes(world: World) -> Json:
    """Waits until something changes after revision `since`; then says what the phones should fetch."""
    since = _since()
    with world.state.changed:
        world.state.changed.wait_for(lambda: world.state.data["rev"] > since, timeout=WAIT_MOST)
        chats = world.state.data["chats"]
        moved = [userid for userid, chat in chats.items() if any(entry["rev"] > since for entry in chat)]
        return {"rev": world.state.data["rev"], "moved": moved, "clock": _clock(world)}


def _mp_code(world: World, body: Json) -> Json:
    """What wx.qy.login would give the mini-program."""
    with world.state.lock:
        member = world.company.member(body.get("userid"))
        if member is None:
            raise Refusal("没有这个成员")
        return {"code": world.tokens.code("mp", {"userid": member["userid"]})}


SETTERS: dict[str, Callable[[World, Json], Json]] = {
    "clock": _set_clock,
    "faults": _set_faults,
    "reset": _reset,
    "setup": set_up,
    "mp-code": _mp_code,
    "archive-key": api_archive.upload_key,
    "verify-callback": lambda world, _: world.courier.verify(),
}
VIEWS: dict[str, Callable[[World], Json]] = {
    "state": _state,
    "clock": _clock,
    "faults": lambda world: world.faults.show(),
    "inbox": _inbox,
    "eye": _eye,
    "talks": _talks,
    "wire": _wire,
    "changes": _changes,
}
