"""What people do with their phones: they type, send places and pictures, press buttons, add contacts."""

import base64
import binascii

from emulator import presses, robot
from emulator.errors import ApiError
from emulator.events import Follower
from emulator.media import sample_picture
from emulator.refusal import Refusal
from emulator.tenant import Json
from emulator.world import World

DEFAULT_NAMES = {"image": "照片.png", "voice": "语音.amr", "video": "视频.mp4", "file": "文件.pdf"}


def user(world: World, body: Json) -> str:
    """The acting member's userid; refused unless he can open the app."""
    with world.state.lock:
        member = world.company.member(body.get("userid"))
        if member is None:
            raise Refusal(f"没有成员 {body.get('userid')}")
        if not world.company.reachable(member):
            raise Refusal(f"{member['name']} 看不到这个应用（不在可见范围，或账号未启用）")
        return str(member["userid"])


def text(body: Json, name: str, *, needed: bool = True) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or (needed and not value):
        raise Refusal(f"{name} 要填文字")
    return value


def number(body: Json, name: str) -> float:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(f"{name} 要填数字")
    return float(value)


def _later(body: Json) -> bool:
    return bool(body.get("async"))


def say(world: World, body: Json) -> Json:
    userid, content = user(world, body), text(body, "text")
    xml = world.post.message(userid, "text", {"Content": content})
    return world.post.send(xml, world.chats.add(userid, "member", "text", {"content": content}), later=_later(body))


def location(world: World, body: Json) -> Json:
    return world.post.send(*_place(world, user(world, body), body), later=_later(body))


def _place(world: World, userid: str, body: Json) -> Follower:
    """A location message and its bubble."""
    lat, lng, label = number(body, "lat"), number(body, "lng"), text(body, "label", needed=False)
    if not (-90 <= lat <= 90 and -180 <= lng <= 180):
        raise Refusal("纬度在 -90 到 90 之间，经度在 -180 到 180 之间")
    fields: Json = {"Location_X": lat, "Location_Y": lng, "Scale": 16, "Label": label}
    xml = world.post.message(userid, "location", fields, mini=True)
    return xml, world.chats.add(userid, "member", "location", {"lat": lat, "lng": lng, "label": label})


def media(world: World, body: Json) -> Json:
    """`data` is base64; without it a sample picture is sent. The platform does not hand files on to apps."""
    userid, kind = user(world, body), text(body, "msgtype")
    if kind == "link":
        return _link(world, userid, body)
    if kind not in DEFAULT_NAMES:
        raise Refusal("msgtype 只能是 image、voice、video、file、link")
    name = text(body, "name", needed=False) or DEFAULT_NAMES[kind]
    try:
        given = body.get("data")
        data = base64.b64decode(given, validate=True) if given else sample_picture(world.state.next_id("sample"))
        media_id = world.media.put(kind, name, data)
    except (binascii.Error, ValueError, TypeError) as error:
        raise Refusal("data 不是 base64") from error
    except ApiError as error:
        raise Refusal(f"文件发不出去：{error}") from error
    address = f"{body['base']}/emu/media/{media_id}"
    entry = world.chats.add(
        userid, "member", kind, {"media_id": media_id, "name": name, "url": f"/emu/media/{media_id}"}
    )
    if kind == "file":
        world.chats.change(entry, status="ok")
        return {"attempts": [], "reply": None, "note": "企业微信不会把文件消息交给应用"}
    fields: Json = {
        "image": {"PicUrl": address, "MediaId": media_id},
        "voice": {"MediaId": media_id, "Format": "amr"},
        "video": {"MediaId": media_id, "ThumbMediaId": media_id},
    }[kind]
    return world.post.send(world.post.message(userid, kind, fields), entry, later=_later(body))


def _link(world: World, userid: str, body: Json) -> Json:
    title, url = text(body, "title"), text(body, "url")
    description = text(body, "description", needed=False)
    fields: Json = {
        "Title": title,
        "Description": description,
        "Url": url,
        "PicUrl": text(body, "picurl", needed=False),
    }
    entry = world.chats.add(userid, "member", "link", {"title": title, "description": description, "url": url})
    return world.post.send(world.post.message(userid, "link", fields), entry, later=_later(body))


def enter(world: World, body: Json) -> Json:
    """Opening the chat reports itself only if the app has asked for it."""
    userid, app = user(world, body), world.tenant.app
    if not app.isreportenter:
        return {"attempts": [], "reply": None, "note": "应用没有打开「进入应用」事件"}
    return world.post.send(world.post.event(userid, "enter_agent", {"EventKey": ""}), later=_later(body))


def menu(world: World, body: Json) -> Json:
    userid = user(world, body)
    name, fields, url = presses.menu(world, body)
    # The place picked from the menu is also sent as the message it is: the event first, the message after it.
    then = _place(world, userid, body) if name == "location_select" else None
    return {
        **world.post.send(world.post.event(userid, name, fields), later=_later(body), then=then),
        **({"url": url} if url else {}),
    }


def click(world: World, body: Json) -> Json:
    userid = user(world, body)
    name, fields = presses.card(world, userid, body)
    return world.post.send(world.post.event(userid, name, fields), later=_later(body))


def resend(world: World, body: Json) -> Json:
    """Once more the very event of a bubble that did not arrive: the same XML, the same MsgId."""
    userid = user(world, body)
    entry = world.chats.entry(userid, body.get("id"))
    if entry is None or "xml" not in entry:
        raise Refusal("没有这条消息，或它不能重发")
    return world.post.send(entry["xml"], entry, later=_later(body))


def robot_say(world: World, body: Json) -> Json:
    return robot.say(world.robot, world.chats, user(world, body), body)


def robot_enter(world: World, body: Json) -> Json:
    return robot.enter(world.robot, user(world, body))


def event(world: World, body: Json) -> Json:
    """Any event: {"xml": plaintext} goes as it stands; other fields become elements, with the common ones filled in."""
    fields = {key: value for key, value in body.items() if key not in ("async", "xml", "base")}
    xml = body["xml"] if isinstance(body.get("xml"), str) else world.post.free(fields)
    return world.post.send(xml, later=_later(body))
