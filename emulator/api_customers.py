"""externalcontact/*: friendships, tags, customer groups and 联系我 codes. What an app changes sends no event."""

import re

from emulator import customers
from emulator.call import Call
from emulator.company import ACTIVE
from emulator.errors import ApiError
from emulator.outside import DISSOLVED
from emulator.tenant import Json
from emulator.world import World

BATCH_DEFAULT, BATCH_MOST = 50, 100
GROUPS_MOST = 1000
UNFILTERED_MOST = 1000  # members in range up to whom groups are listed without naming their owners
LONGEST_STATE, LONGEST_TAG, LONGEST_REMARK = 30, 30, 20


def visible_member(world: World, userid: object) -> Json:
    member = world.company.member(userid)
    if member is None:
        raise ApiError(60111)
    if not world.company.sees_app(member):
        raise ApiError(60011)
    return member


def follow_users(call: Call) -> Json:
    company, serving = call.world.company, call.world.tenant.app.serving
    with call.world.state.lock:
        return {
            "follow_user": [
                member["userid"]
                for member in company.members()
                if company.reachable(member) and (serving is None or member["userid"] in serving)
            ]
        }


def external_list(call: Call) -> Json:
    world = call.world
    with world.state.lock:
        member = visible_member(world, call.needed("userid"))
        if member["status"] != ACTIVE:
            raise ApiError(84074)
        found = list(world.outside.friends_of(member["userid"]))
    if not found:
        raise ApiError(84061)
    return {"external_userid": found}


def external_get(call: Call) -> Json:
    world = call.world
    external_userid = call.query.get("external_userid")
    if not external_userid:
        raise ApiError(40058, "external_userid")
    with world.state.lock:
        person = world.outside.person(external_userid)
        if person is None:
            raise ApiError(40096)
        follows = [_follow(world, one) for one in person["friends"].values() if _may_follow(world, one["userid"])]
        if not follows:
            raise ApiError(84061)
        return {"external_contact": _outside(person), "follow_user": follows}


def external_batch(call: Call) -> Json:
    """Pages over (member, friend) pairs; the cursor is opaque to the caller."""
    world, body = call.world, call.body
    users, limit = body.get("userid_list"), _limit(body, BATCH_DEFAULT, BATCH_MOST)
    if not isinstance(users, list) or not 1 <= len(users) <= BATCH_MOST:
        raise ApiError(40058, "userid_list: 1 to 100")
    start = _cursor(body.get("cursor") or "")
    with world.state.lock:
        wanted = [visible_member(world, userid)["userid"] for userid in users]
        pairs = [(one, userid) for userid in wanted for one in world.outside.friends_of(userid)]
        if not pairs:
            raise ApiError(84061)
        rows = []
        for external_userid, userid in pairs[start : start + limit]:
            person: Json = world.state.data["people"][external_userid]
            rows.append({"external_contact": _outside(person), "follow_info": _follow_info(person["friends"][userid])})
    return {"external_contact_list": rows, "next_cursor": _next(start, limit, len(pairs))}


def _limit(body: Json, usual: int, most: int) -> int:
    limit = body.get("limit", usual)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= most:
        raise ApiError(40058, f"limit: 1 to {most}")
    return limit


def _cursor(text: object) -> int:
    if text == "":
        return 0
    if not isinstance(text, str) or not re.fullmatch(r"c[0-9]{1,9}", text):
        raise ApiError(40058, "cursor")
    return int(text[1:])


def _next(start: int, limit: int, total: int) -> str:
    return f"c{start + limit}" if start + limit < total else ""


def _may_follow(world: World, userid: str) -> bool:
    member = world.company.member(userid)
    return member is not None and world.company.sees_app(member)


def _outside(person: Json) -> Json:
    kind = person.get("type", 1)
    shown: Json = {
        "external_userid": person["external_userid"],
        "name": person["name"],
        "avatar": "",
        "type": kind,
        "gender": person.get("gender", 0),
    }
    if kind == 2:
        # A WeChat user brings neither company nor position; there only the member's remark may name the company.
        shown |= {
            "position": person.get("position", ""),
            "corp_name": person["corp_name"],
            "corp_full_name": person["corp_name"],
        }
    return shown


def _follow(world: World, friend: Json) -> Json:
    return {**_bare_follow(friend), "tags": [_worn(world, tag_id) for tag_id in friend.get("tags", [])]}


def _worn(world: World, tag_id: str) -> Json:
    for group in world.state.data["tags"].values():
        for tag in group["tag"]:
            if tag["id"] == tag_id:
                return {"group_name": group["group_name"], "tag_name": tag["name"], "tag_id": tag_id, "type": 1}
    return {"group_name": "", "tag_name": "", "tag_id": tag_id, "type": 1}


def _bare_follow(friend: Json) -> Json:
    return {
        "userid": friend["userid"],
        "remark": friend.get("remark", ""),
        "description": friend.get("description", ""),
        "createtime": friend["createtime"],
        "remark_corp_name": friend.get("remark_corp_name", ""),
        "remark_mobiles": friend.get("remark_mobiles", []),
        "oper_userid": friend["userid"],
        "add_way": friend.get("add_way", 1),
        "state": friend.get("state", ""),
    }


def _follow_info(friend: Json) -> Json:
    """The batch call names tag ids where the single call gives tags."""
    return {**_bare_follow(friend), "tag_id": list(friend.get("tags", []))}


def _friend(call: Call) -> tuple[str, Json]:
    world, external_userid = call.world, call.body.get("external_userid")
    userid = visible_member(world, call.body.get("userid"))["userid"]
    person = world.outside.person(external_userid)
    if person is None:
        raise ApiError(40096)
    if userid not in person["friends"]:
        raise ApiError(84061)
    return person["external_userid"], person["friends"][userid]


def mark_tag(call: Call) -> Json:
    world, body = call.world, call.body
    add, remove = _ids(body.get("add_tag")), _ids(body.get("remove_tag"))
    if not add and not remove:
        raise ApiError(40063, "add_tag, remove_tag")
    with world.state.lock:
        external_userid, friend = _friend(call)
        if any(world.outside.tag(tag_id) is None for tag_id in [*add, *remove]):
            raise ApiError(40068)
        worn = [one for one in friend.get("tags", []) if one not in remove]
        friend["tags"] = [*worn, *(one for one in add if one not in worn)]
        world.outside.changed(external_userid)
    return {}


def _ids(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ApiError(40058)
    return value


def tag_list(call: Call) -> Json:
    tags, groups = set(_ids(call.body.get("tag_id"))), set(_ids(call.body.get("group_id")))
    with call.world.state.lock:
        found = []
        for group in call.world.state.data["tags"].values():
            whole = group["group_id"] in groups or not (tags or groups)
            shown = [tag for tag in group["tag"] if whole or tag["id"] in tags]
            if shown:
                found.append({**group, "tag": shown})
        return {"tag_group": found}


def tag_add(call: Call) -> Json:
    world, body = call.world, call.body
    names = _ids([tag.get("name") for tag in body.get("tag") or [] if isinstance(tag, dict)])
    if not names or not all(1 <= len(name) <= LONGEST_TAG for name in names):
        raise ApiError(40058, "tag")
    with world.state.lock:
        group = world.state.data["tags"].get(body.get("group_id"))
        name = body.get("group_name") if group is None else group["group_name"]
        if not isinstance(name, str) or not name:
            raise ApiError(40063, "group_name")
        made = customers.new_tags(world, name, names)
        return {"tag_group": {**made, "tag": [tag for tag in made["tag"] if tag["name"] in names]}}


def tag_edit(call: Call) -> Json:
    name = call.body.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_TAG:
        raise ApiError(40058, "name")
    with call.world.state.lock:
        customers.rename_tag(call.world, str(call.body.get("id")), name)
    return {}


def tag_delete(call: Call) -> Json:
    with call.world.state.lock:
        for tag_id in _ids(call.body.get("tag_id")):
            if call.world.outside.tag(tag_id) is None:
                raise ApiError(40068)
            customers.drop_tag(call.world, tag_id)
    return {}


def group_list(call: Call) -> Json:
    """Of the owners named, else of everybody in range: of too many of those it is refused (81017)."""
    limit, start = _limit(call.body, GROUPS_MOST, GROUPS_MOST), _cursor(call.body.get("cursor") or "")
    named = call.body.get("owner_filter")
    if named is not None:
        named = _ids(named.get("userid_list") if isinstance(named, dict) else None)
        if not 1 <= len(named) <= BATCH_MOST:
            raise ApiError(40058, "owner_filter.userid_list: 1 to 100")
    with call.world.state.lock:
        company = call.world.company
        if named is None:
            if sum(map(company.sees_app, company.members())) > UNFILTERED_MOST:
                raise ApiError(81017)
            standing = [one for one in call.world.outside.standing() if _may_follow(call.world, one["owner"])]
        else:
            owners = {visible_member(call.world, userid)["userid"] for userid in named}
            standing = [one for one in call.world.outside.standing() if one["owner"] in owners]
    rows = [{"chat_id": one["chat_id"], "status": 0} for one in standing[start : start + limit]]
    return {"group_chat_list": rows, "next_cursor": _next(start, limit, len(standing))}


def group_get(call: Call) -> Json:
    with call.world.state.lock:
        group = call.world.outside.group(call.body.get("chat_id"))
        if group is None:
            raise ApiError(86003)
        if group.get(DISSOLVED):
            raise ApiError(49008)
        shown = {key: group[key] for key in ("chat_id", "name", "owner", "create_time")}
        members = [dict(member) for member in group["members"]]
    return {"group_chat": {**shown, "notice": "", "member_list": members, "admin_list": []}}


def way_add(call: Call) -> Json:
    """One member, one QR code; several members share none here."""
    body, world = call.body, call.world
    users, state = _ids(body.get("user")), body.get("state", "")
    if body.get("type") != 1 or body.get("scene") != 2 or len(users) != 1:
        raise ApiError(40058, "type 1, scene 2 and one user")
    if not isinstance(state, str) or len(state) > LONGEST_STATE:
        raise ApiError(40058, "state")
    with world.state.lock:
        userid = visible_member(world, users[0])["userid"]
        config_id = world.state.opaque("contact_way", 32)
        world.state.data["ways"][config_id] = {"config_id": config_id, "user": [userid], "state": state}
        world.state.touch()
    return {"config_id": config_id, "qr_code": f"{call.base}/emu/qr/{config_id}"}


def way_delete(call: Call) -> Json:
    with call.world.state.lock:
        if call.world.state.data["ways"].pop(call.body.get("config_id"), None) is None:
            raise ApiError(41044)
        call.world.state.touch()
    return {}
