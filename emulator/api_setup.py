"""The app itself: menu, agent, media, JS tickets, and the calls that turn a login code into a person."""

from flask import request

from emulator.call import Binary, Call
from emulator.company import ACTIVE
from emulator.errors import ApiError
from emulator.tenant import Json
from emulator.world import World, host_of

MENU_TYPES = (
    "click",
    "view",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
    "view_miniprogram",
)
# What is wrong → error code of a button in the bar, of a button in a sub menu.
TYPE, NAME, KEY, URL, DOMAIN = (40017, 40024), (40018, 40025), (40019, 40026), (40020, 40027), (40055, 40054)


def menu_create(call: Call) -> Json:
    """Check and keep the menu; it stands under every member's chat at once."""
    call.needed("agentid")
    buttons = call.body.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise ApiError(40016)
    for button in buttons:
        below = _named(button, 16, 0).get("sub_button") or []
        if not isinstance(below, list) or len(below) > 5:
            raise ApiError(40023)
        for one in below:
            _pressable(call.world, _named(one, 40, 1), 1)
        if not below:
            _pressable(call.world, button, 0)
    with call.world.state.lock:
        call.world.state.data["menu"] = {"button": buttons}
        call.world.state.touch()
    return {}


def _named(button: object, most: int, depth: int) -> Json:
    if not isinstance(button, dict):
        raise ApiError(40058, "button")
    name = button.get("name")
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= most:
        raise ApiError(NAME[depth], f"at most {most} bytes")
    return button


def _pressable(world: World, button: Json, depth: int) -> None:
    kind = button.get("type")
    if kind not in MENU_TYPES:
        raise ApiError(TYPE[depth], str(kind))
    if kind == "view":
        url = button.get("url")
        if not isinstance(url, str) or not 1 <= len(url.encode()) <= 1024:
            raise ApiError(URL[depth])
        if host_of(url) not in world.trusted_hosts:
            raise ApiError(DOMAIN[depth], host_of(url))
    elif kind == "view_miniprogram":
        if not button.get("pagepath") or not button.get("appid"):
            raise ApiError(40063, "pagepath and appid")
    else:
        key = button.get("key")
        if not isinstance(key, str) or not 1 <= len(key.encode()) <= 128:
            raise ApiError(KEY[depth])


def menu_get(call: Call) -> Json:
    call.needed("agentid")
    menu: Json | None = call.world.state.data["menu"]
    if menu is None:
        raise ApiError(46003)
    return menu


def menu_delete(call: Call) -> Json:
    call.needed("agentid")
    with call.world.state.lock:
        call.world.state.data["menu"] = None
        call.world.state.touch()
    return {}


def agent_get(call: Call) -> Json:
    call.needed("agentid")
    app = call.world.tenant.app
    return {
        "agentid": app.agentid,
        "name": app.name,
        "square_logo_url": "",
        "description": app.description,
        "allow_userinfos": {"user": [{"userid": userid} for userid in app.visible_users]},
        "allow_partys": {"partyid": list(app.visible_departments)},
        "allow_tags": {"tagid": []},
        "close": int(app.closed),
        "redirect_domain": app.trusted_domains[0] if app.trusted_domains else "",
        "report_location_flag": 0,
        "isreportenter": int(app.isreportenter),
        "home_url": call.world.home_url if app.home_url is None else app.home_url,
    }


def ip_list(_: Call) -> Json:
    """Where callbacks come from and where the API answers: both this machine."""
    return {"ip_list": ["127.0.0.1"]}


def jsapi_ticket(call: Call) -> Json:
    return call.world.tokens.ticket("jsapi")


def agent_ticket(call: Call) -> Json:
    if call.needed("type") != "agent_config":
        raise ApiError(91040)
    return call.world.tokens.ticket("agent")


def getuserinfo(call: Call) -> Json:
    """The person behind a code of the login pages: a member's userid, or an outsider's openid."""
    who = call.world.tokens.redeem(call.query.get("code"), ("oauth", "web"))
    return _member_in_range(call.world, who) if "userid" in who else who


def jscode2session(call: Call) -> Json:
    if call.needed("grant_type") != "authorization_code":
        raise ApiError(40058, "grant_type")
    who = call.world.tokens.redeem(call.query.get("js_code"), ("mp",))
    found = _member_in_range(call.world, who)
    return {"corpid": call.world.tenant.corpid, **found, "session_key": call.world.state.opaque("session_key", 24)}


def _member_in_range(world: World, who: Json) -> Json:
    with world.state.lock:
        member = world.company.member(who["userid"])
        if member is None:
            raise ApiError(60111)
        if member["status"] != ACTIVE or not world.company.sees_app(member):
            raise ApiError(60011)
        return {"userid": member["userid"]}


def media_upload(call: Call) -> Json:
    upload = request.files.get("media")
    if upload is None:
        raise ApiError(44001)
    kind = call.needed("type")
    media_id = call.world.media.put(kind, upload.filename or "file", upload.read())
    return {"type": kind, "media_id": media_id, "created_at": str(int(call.world.clock.now()))}


def media_get(call: Call) -> Binary:
    medium = call.world.media.get(call.needed("media_id"))
    return Binary(medium.name, medium.mime, medium.data)
