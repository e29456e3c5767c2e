"""What people do around customer contact: strangers add members, reps write remarks and tags, groups come and go."""

from emulator.errors import ApiError
from emulator.outside import DISSOLVED
from emulator.people import text, user
from emulator.refusal import Refusal
from emulator.tenant import Json
from emulator.world import World

_SHOWN_BY = {"remark", "description", "tags", "remark_corp_name"}  # a change of the telephone alone tells nobody
_CHANGES = {
    "add": "add_member",
    "remove": "del_member",
    "owner": "change_owner",
    "name": "change_name",
}


def _told(world: World, body: Json, event: str, fields: Json) -> Json:
    return world.post.send(world.post.corp_event(event, fields), later=bool(body.get("async")))


def stranger(world: World, body: Json) -> Json:
    """Somebody outside adds this member: person and friendship come to be, add_external_contact goes out."""
    userid, name = user(world, body), text(body, "name")
    return _added(world, body, userid, name, text(body, "state", needed=False))


def scan(world: World, body: Json) -> Json:
    """Somebody outside scans a 联系我 code (`config_id` or `state`): its member gets him, its state comes back."""
    name, code = text(body, "name"), body.get("config_id") or body.get("state")
    with world.state.lock:
        ways = world.state.data["ways"].values()
        way = next((way for way in ways if code in (way["config_id"], way["state"])), None)
    if way is None:
        raise Refusal("没有这个「联系我」，或已经停用")
    return _added(world, body, user(world, {"userid": way["user"][0]}), name, way["state"])


def _added(world: World, body: Json, userid: str, name: str, state: str) -> Json:
    company = text(body, "corp_name", needed=False)
    with world.state.lock:
        known = world.outside.called(name, company)
        external = text(body, "external_userid", needed=False) or (known["external_userid"] if known else "")
        if not external:
            external = f"{'wo' if company else 'wm'}Emu{world.state.opaque('person', 27)}"
        world.outside.meet(
            {
                "external_userid": external,
                "name": name,
                "corp_name": company,
                "position": text(body, "position", needed=False),
                "type": 2 if company else 1,
                "gender": 0,
                "friends": {},
            }
        )
        world.outside.befriend(
            external,
            {"userid": userid, "remark": "", "createtime": int(world.clock.now()), "add_way": 1, "state": state},
        )
        fields = {
            "ChangeType": "add_external_contact",
            "UserID": userid,
            "ExternalUserID": external,
            "State": state,
            "WelcomeCode": world.state.opaque("welcome", 43),
        }
    return {**_told(world, body, "change_external_contact", fields), "external_userid": external}


def unfriend(world: World, body: Json) -> Json:
    """`by`: the customer deletes the member (del_follow_user), the rep the customer (del_external_contact), or a
    `transfer` takes him away (the same, with its source)."""
    userid, external, by = user(world, body), text(body, "external_userid"), body.get("by", "customer")
    if by not in ("customer", "rep", "transfer"):
        raise Refusal("by 只能是 customer、rep 或 transfer")
    with world.state.lock:
        _friend(world, userid, external)
        world.outside.part(external, userid)
    change = "del_follow_user" if by == "customer" else "del_external_contact"
    source = {"Source": "DELETE_BY_TRANSFER"} if by == "transfer" else {}
    fields = {"ChangeType": change, "UserID": userid, "ExternalUserID": external, **source}
    return _told(world, body, "change_external_contact", fields)


def remark(world: World, body: Json) -> Json:
    """A member writes down who his customer is, or puts tags on him: `remark description tags remark_corp_name
    remark_mobiles`; edit_external_contact goes out unless it was the telephone alone."""
    userid, external = user(world, body), text(body, "external_userid")
    written = {key: body[key] for key in (*_SHOWN_BY, "remark_mobiles") if key in body}
    if not written:
        raise Refusal("没有要改的：remark、description、tags、remark_corp_name 或 remark_mobiles")
    with world.state.lock:
        friend = _friend(world, userid, external)
        if any(world.outside.tag(tag_id) is None for tag_id in written.get("tags", [])):
            raise Refusal("没有这个企业标签")
        friend.update(written)
        world.outside.changed(external)
        state = {"State": friend["state"]} if friend.get("state") else {}
    if not _SHOWN_BY & set(written):
        return {"attempts": [], "reply": None, "note": "只改手机号不产生事件"}
    fields = {"ChangeType": "edit_external_contact", "UserID": userid, "ExternalUserID": external, **state}
    return _told(world, body, "change_external_contact", fields)


def _friend(world: World, userid: str, external: str) -> Json:
    person = world.outside.person(external)
    if person is None or userid not in person["friends"]:
        raise Refusal("他们不是好友")
    found: Json = person["friends"][userid]
    return found


def tag(world: World, body: Json) -> Json:
    """The administrator makes, renames (`id`) or deletes (`id` with `delete`) a tag of the company."""
    with world.state.lock:
        if not body.get("id"):
            made = new_tags(world, text(body, "group"), [text(body, "name")])
            change, tag_id = "create", next(one["id"] for one in made["tag"] if one["name"] == body["name"])
        else:
            tag_id = text(body, "id")
            if world.outside.tag(tag_id) is None:
                raise Refusal("没有这个企业标签")
            change = "delete" if body.get("delete") else "update"
            if change == "delete":
                drop_tag(world, tag_id)
            else:
                rename_tag(world, tag_id, text(body, "name"))
    return {
        **_told(world, body, "change_external_tag", {"Id": tag_id, "TagType": "tag", "ChangeType": change}),
        "id": tag_id,
    }


def new_tags(world: World, group: str, names: list[str]) -> Json:
    """The group of this name with the new tags in it; 40071 when it holds one already. The lock is held."""
    groups: dict[str, Json] = world.state.data["tags"]
    found = next((one for one in groups.values() if one["group_name"] == group), None)
    now = int(world.clock.now())
    if found is None:
        group_id = f"etGroup{world.state.opaque('tag_group', 25)}"
        found = groups[group_id] = {
            "group_id": group_id, "group_name": group, "create_time": now, "order": 0, "deleted": False, "tag": [],
        }  # fmt: skip
    if {one["name"] for one in found["tag"]} & set(names):
        raise ApiError(40071)
    for name in names:
        found["tag"].append(
            {"id": f"etTag{world.state.opaque('tag', 27)}", "name": name, "create_time": now, "order": 0}
        )
    world.state.touch()
    held: Json = found
    return held


def rename_tag(world: World, tag_id: str, name: str) -> None:
    found = world.outside.tag(tag_id)
    if found is None:
        raise ApiError(40068)
    found["name"] = name
    world.state.touch()


def drop_tag(world: World, tag_id: str) -> None:
    """Nobody wears it any more; a group without tags is gone."""
    for group in list(world.state.data["tags"].values()):
        group["tag"] = [one for one in group["tag"] if one["id"] != tag_id]
        if not group["tag"]:
            del world.state.data["tags"][group["group_id"]]
    for person in world.outside.people():
        for friend in person["friends"].values():
            if tag_id in friend.get("tags", ()):
                friend["tags"] = [one for one in friend["tags"] if one != tag_id]
                world.outside.changed(person["external_userid"])
    world.state.touch()


def group(world: World, body: Json) -> Json:
    """A member opens a customer group (without `chat_id`), or it is changed (`add remove owner name`) or dissolved."""
    userid, chat_id = user(world, body), text(body, "chat_id", needed=False)
    with world.state.lock:
        now = int(world.clock.now())
        if not chat_id:
            chat_id, change = f"wrEmu{world.state.opaque('group', 27)}", "create"
            world.state.data["groups"][chat_id] = {
                "chat_id": chat_id,
                "name": text(body, "name", needed=False),
                "owner": userid,
                "create_time": now,
                "members": [_joins(world, one, now) for one in [userid, *body.get("add", [])]],
            }
            details = [""]
        else:
            found = world.outside.group(chat_id)
            if found is None or found.get(DISSOLVED):
                raise Refusal("没有这个客户群，或已经解散")
            change = "dismiss" if body.get("dissolve") else "update"
            details = [_CHANGES[key] for key in _CHANGES if key in body] if change == "update" else [""]
            if not details:
                raise Refusal("没有要改的：add、remove、owner、name 或 dissolve")
            _regroup(world, found, body, now)
        world.state.touch()
    fields = [
        {"ChatId": chat_id, "ChangeType": change, **({"UpdateDetail": detail} if detail else {})} for detail in details
    ]
    told = [_told(world, body, "change_external_chat", one) for one in fields]
    return {**told[-1], "chat_id": chat_id}


def _regroup(world: World, group: Json, body: Json, now: int) -> None:
    if body.get("dissolve"):
        group[DISSOLVED] = now
    group["name"] = text(body, "name", needed=False) or group["name"]
    group["owner"] = text(body, "owner", needed=False) or group["owner"]
    gone = set(body.get("remove", []))
    there = {one["userid"] for one in group["members"]}
    group["members"] = [one for one in group["members"] if one["userid"] not in gone]
    group["members"] += [_joins(world, one, now) for one in body.get("add", []) if one not in there]


def _joins(world: World, key: str, now: int) -> Json:
    """A member or a person outside as the group knows him."""
    person, member = world.outside.person(key), world.company.member(key)
    if person is None and member is None:
        raise Refusal(f"没有 {key} 这个人")
    name = person["name"] if person is not None else member["name"] if member is not None else ""
    return {"userid": key, "type": 1 if person is None else 2, "join_time": now, "join_scene": 1, "name": name}
