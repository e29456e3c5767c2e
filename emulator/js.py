"""What the client answers a page that runs in it: signatures checked, which chat it stands beside, sending into it."""

import hashlib
from collections.abc import Callable

from emulator import people
from emulator.errors import ApiError
from emulator.refusal import Refusal
from emulator.tenant import Json
from emulator.world import World, host_of

ENTRIES = {"external_contact": "single_chat_tools", "customer_group": "group_chat_tools"}
EITHER = "chat_attachment"  # the menu beside the input box, in chats of both kinds
WITHOUT = "without context of external contact"


def bridge(world: World, body: Json) -> Json:
    """One call of `WeixinJSBridge.invoke` from `frame` at `url`, beside `chat`: `answer` is None where none comes."""
    userid, name = people.user(world, body), people.text(body, "name")
    params = body.get("params")
    with world.state.lock:
        client = world.talks.client
        if client.silent:
            return {"answer": None}
        chat = world.talks.one(userid, body["chat"]) if body.get("chat") else {}
        page = (people.text(body, "frame"), people.text(body, "url"))
        given = params if isinstance(params, dict) else {}
        said = _refused(world, name, page) or _answer(world, userid, chat, name, given, page)
        return {"answer": {**said, "err_msg": f"{name}:{said.get('err_msg', 'ok')}"}}


def _refused(world: World, name: str, page: tuple[str, str]) -> Json | None:
    if world.talks.client.refuse:
        return {"err_msg": f"fail {world.talks.client.refuse}"}
    if name != "agentConfig" and page not in world.talks.frames:
        return {"err_msg": "fail no permission"}
    return None


def _answer(world: World, userid: str, chat: Json, name: str, params: Json, page: tuple[str, str]) -> Json:
    if name == "agentConfig":
        return _agent_config(world, params, page)
    if name not in CALLS:
        return {"err_msg": "fail no such api"}
    return CALLS[name](world, userid, chat, params)


def _agent_config(world: World, params: Json, page: tuple[str, str]) -> Json:
    """The signature must be made with a ticket that lives, for the address that the page really has."""
    app, url = world.tenant.app, page[1]
    ours = params.get("corpid") == world.tenant.corpid and str(params.get("agentid")) == str(app.agentid)
    if not ours or host_of(url) not in world.trusted_hosts:
        return {"err_msg": "fail invalid corpid, agentid or domain", "errCode": 80001}
    said = f"&noncestr={params.get('nonceStr')}&timestamp={params.get('timestamp')}&url={url}"
    given = params.get("signature")
    tickets = world.tokens.living("agent")
    if all(given != hashlib.sha1(f"jsapi_ticket={one}{said}".encode()).hexdigest() for one in tickets):  # noqa: S324
        return {"err_msg": "fail invalid signature", "errCode": 80001}
    world.talks.frames.add(page)
    return {}


def _context(world: World, _userid: str, chat: Json, _params: Json) -> Json:
    return {"entry": _entry(world, chat)}


def _contact(world: World, userid: str, chat: Json, _params: Json) -> Json:
    if _entry(world, chat) != "contact_profile" and not _in_chat(world, chat, "external_contact"):
        return {"err_msg": f"fail {WITHOUT}"}
    return {"userId": chat["chat"]} if _serves(world, userid) else {"err_msg": "fail no permission"}


def _group(world: World, userid: str, chat: Json, _params: Json) -> Json:
    if not _in_chat(world, chat, "customer_group"):
        return {"err_msg": f"fail {WITHOUT}"}
    return {"chatId": chat["chat"]} if _serves(world, userid) else {"err_msg": "fail no permission"}


def _send(world: World, userid: str, chat: Json, params: Json) -> Json:
    """Text, a picture or a file goes into the chat at once; the real client shows it to its member first."""
    kind = params.get("msgtype")
    part = params.get(kind) if isinstance(kind, str) else None
    if not chat or _entry(world, chat) not in (*ENTRIES.values(), EITHER):
        return {"err_msg": f"fail {WITHOUT}"}
    if not isinstance(kind, str) or not isinstance(part, dict):
        return {"err_msg": "fail invalid msgtype"}
    if kind == "text":
        body: Json = {"content": str(part.get("content", ""))}
    else:
        try:
            medium = world.media.get(part.get("mediaid"))
        except ApiError:
            return {"err_msg": "fail invalid mediaid"}
        body = {"name": medium.name, "url": f"/emu/media/{part['mediaid']}"}
    world.talks.say(userid, chat["chat"], "member", kind, body)
    return {}


CALLS: dict[str, Callable[[World, str, Json, Json], Json]] = {
    "getContext": _context,
    "getCurExternalContact": _contact,
    "getCurExternalChat": _group,
    "sendChatMessage": _send,
}


def _entry(world: World, chat: Json) -> str:
    return world.talks.client.entry or ENTRIES.get(chat.get("kind", ""), "normal")


def _in_chat(world: World, chat: Json, kind: str) -> bool:
    """Whether the page was opened from a chat of this kind."""
    entry = _entry(world, chat)
    return entry == ENTRIES[kind] or (entry == EITHER and chat.get("kind") == kind)


def _serves(world: World, userid: str) -> bool:
    return world.tenant.app.external_contact_enabled and world.company.reachable(world.company.member(userid))


def client(world: World, body: Json) -> Json:
    """How the client behaves from now on: `{"entry", "refuse", "silent"}`; what is not named is as usual."""
    with world.state.lock:
        world.talks.client = type(world.talks.client)(
            people.text(body, "entry", needed=False),
            people.text(body, "refuse", needed=False),
            bool(body.get("silent")),
        )
        world.state.touch()
    return {"ok": True}


def talk(world: World, body: Json) -> Json:
    """Somebody says something in a chat with people outside; the product never hears of it."""
    userid, words, by = people.user(world, body), people.text(body, "text"), body.get("by", "member")
    if by not in ("member", "outside"):
        raise Refusal("by 只能是 member 或 outside")
    with world.state.lock:
        chat = world.talks.one(userid, body.get("chat"))
        return world.talks.say(userid, chat["chat"], by, "text", {"content": words})
