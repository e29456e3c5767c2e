"""department/*, user/* and externalcontact/*: the directory as far as the app may see it."""

import re

from emulator.call import Call
from emulator.company import ACTIVE
from emulator.errors import ApiError
from emulator.tenant import Json
from emulator.world import World

SHOWN = ("userid", "name", "department", "position", "is_leader_in_dept", "direct_leader", "main_department", "status")
BATCH_DEFAULT, BATCH_MOST = 50, 100


def department_list(call: Call) -> Json:
    return {"department": _departments(call)}


def department_simplelist(call: Call) -> Json:
    return {"department_id": [{key: row[key] for key in ("id", "parentid", "order")} for row in _departments(call)]}


def _departments(call: Call) -> list[Json]:
    """Visible departments; with `id` that one and what is below it."""
    company = call.world.company
    visible = company.visible_departments()
    with call.world.state.lock:
        rows = [row for row in company.listed_departments() if row["id"] in visible]
    if "id" not in call.query:
        return rows
    wanted = company.subtree({_department(call, "id")})
    return [row for row in rows if row["id"] in wanted]


def _department(call: Call, name: str) -> int:
    number = call.number(name)
    if number not in call.world.company.departments:
        raise ApiError(60003)
    if number not in call.world.company.visible_departments():
        raise ApiError(60011)
    return number


def _public(member: Json) -> Json:
    """The fields an app made after June 2022 is given (wecom.md §0.6, §3.6)."""
    return {
        **{key: member[key] for key in SHOWN},
        "order": [0] * len(member["department"]),
        "open_userid": f"wo{member['userid']}",
        "alias": "",
        "telephone": "",
        "extattr": {"attrs": []},
        "external_position": "",
    }


def user_get(call: Call) -> Json:
    with call.world.state.lock:
        return _public(_visible_member(call.world, call.needed("userid")))


def _visible_member(world: World, userid: object) -> Json:
    member = world.company.member(userid)
    if member is None:
        raise ApiError(60111)
    if not world.company.sees_app(member):
        raise ApiError(60011)
    return member


def user_list(call: Call) -> Json:
    return {"userlist": [_public(member) for member in _direct_members(call)]}


def user_simplelist(call: Call) -> Json:
    keys = ("userid", "name", "department", "open_userid")
    return {"userlist": [{key: _public(member)[key] for key in keys} for member in _direct_members(call)]}


def _direct_members(call: Call) -> list[Json]:
    """Members of the department itself: fetch_child has no effect for new apps."""
    number = _department(call, "department_id")
    with call.world.state.lock:
        return call.world.company.in_department(number)


def follow_users(call: Call) -> Json:
    serving = call.world.tenant.app.serving
    with call.world.state.lock:
        return {
            "follow_user": [
                member["userid"]
                for member in call.world.company.members()
                if call.world.company.reachable(member) and (serving is None or member["userid"] in serving)
            ]
        }


def external_list(call: Call) -> Json:
    world = call.world
    with world.state.lock:
        member = _visible_member(world, call.needed("userid"))
        if member["status"] != ACTIVE:
            raise ApiError(84074)
        found = [
            person["external_userid"] for person in world.company.people() if member["userid"] in person["friends"]
        ]
    if not found:
        raise ApiError(84061)
    return {"external_userid": found}


def external_get(call: Call) -> Json:
    world = call.world
    external_userid = call.query.get("external_userid")
    if not external_userid:
        raise ApiError(40058, "external_userid")
    with world.state.lock:
        person = world.company.person(external_userid)
        if person is None:
            raise ApiError(40096)
        follows = [_follow(friend) for friend in person["friends"].values() if _may_follow(world, friend["userid"])]
        if not follows:
            raise ApiError(84061)
        return {"external_contact": _outside(person), "follow_user": follows}


def external_batch(call: Call) -> Json:
    """Pages over (member, friend) pairs; the cursor is opaque to the caller."""
    world, body = call.world, call.body
    users, limit = body.get("userid_list"), body.get("limit", BATCH_DEFAULT)
    if not isinstance(users, list) or not 1 <= len(users) <= BATCH_MOST:
        raise ApiError(40058, "userid_list: 1 to 100")
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= BATCH_MOST:
        raise ApiError(40058, "limit: 1 to 100")
    start = _cursor(body.get("cursor") or "")
    with world.state.lock:
        wanted = [_visible_member(world, userid)["userid"] for userid in users]
        pairs = [
            (person, person["friends"][userid])
            for userid in wanted
            for person in world.company.people()
            if userid in person["friends"]
        ]
        if not pairs:
            raise ApiError(84061)
        page = pairs[start : start + limit]
        rows = [{"external_contact": _outside(person), "follow_info": _follow_info(friend)} for person, friend in page]
    return {"external_contact_list": rows, "next_cursor": f"c{start + limit}" if start + limit < len(pairs) else ""}


def _cursor(text: object) -> int:
    if text == "":
        return 0
    if not isinstance(text, str) or not re.fullmatch(r"c[0-9]{1,9}", text):
        raise ApiError(40058, "cursor")
    return int(text[1:])


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


def _follow(friend: Json) -> Json:
    return {
        "userid": friend["userid"],
        "remark": friend.get("remark", ""),
        "description": friend.get("description", ""),
        "createtime": friend["createtime"],
        "tags": [],
        "remark_corp_name": friend.get("remark_corp_name", ""),
        "remark_mobiles": friend.get("remark_mobiles", []),
        "oper_userid": friend["userid"],
        "add_way": friend.get("add_way", 1),
        "state": friend.get("state", ""),
    }


def _follow_info(friend: Json) -> Json:
    """The batch call names tag ids where the single call gives tags."""
    info = _follow(friend)
    del info["tags"]
    return {**info, "tag_id": []}
