"""What the administrator does with the directory: members come, change, are called otherwise and leave."""

import re

from emulator.company import ACTIVE, LEFT
from emulator.people import text
from emulator.refusal import Refusal
from emulator.tenant import Json
from emulator.world import World

USERID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}")
CHANGEABLE = {
    "name": "Name",
    "position": "Position",
    "status": "Status",
    "department": "Department",
    "main_department": "MainDepartment",
    "is_leader_in_dept": "IsLeaderInDept",
    "direct_leader": "DirectLeader",
}

# The type of each value; a tuple means a list of them.
SHAPES: dict[str, type | tuple[type]] = {
    "name": str,
    "position": str,
    "status": int,
    "department": (int,),
    "main_department": int,
    "is_leader_in_dept": (int,),
    "direct_leader": (str,),
}


def member(world: World, body: Json) -> Json:
    """Change, delete or (for an unknown userid) hire a member; the app hears of it by change_contact.

    `new_userid` renames him: the event names him as he was called, NewUserID as he is called now.
    """
    userid, new = text(body, "userid"), text(body, "new_userid", needed=False)
    changes = {name: body[name] for name in CHANGEABLE if name in body}
    for name, value in changes.items():
        if not _fits(value, SHAPES[name]):
            raise Refusal(f"{name} 的写法不对")
    with world.state.lock:
        if not set(changes.get("department", [])) <= set(world.company.departments):
            raise Refusal("没有这个部门")
        found = world.company.member(userid)
        if body.get("delete"):
            if found is None:
                raise Refusal(f"没有成员 {userid}")
            kind, userid, changes = "delete_user", found["userid"], {"status": LEFT}
        elif found is None:
            kind = "create_user"
            departments = changes.get("department")
            if not departments:
                raise Refusal("新成员要有 name 和 department（已有部门的编号列表）")
            changes = {
                "name": text(body, "name"),
                "department": departments,
                "main_department": departments[0],
                "position": "",
                "is_leader_in_dept": [0] * len(departments),
                "direct_leader": [],
                "status": ACTIVE,
                **changes,
            }
        else:
            kind, userid = "update_user", found["userid"]
            if not changes and not new:
                raise Refusal(f"没有要改的；可以改 {'、'.join(CHANGEABLE)}、new_userid，或 delete")
        if new:
            _may_be_called(world, kind, userid, new)
        world.company.change_member(userid, changes)
        if new:
            world.company.rename_member(userid, new)
    shown = {} if kind == "delete_user" else {CHANGEABLE[name]: _joined(value) for name, value in changes.items()}
    if new:
        shown = {"NewUserID": new, **shown}
    return world.post.send(
        world.post.corp_event("change_contact", {"ChangeType": kind, "UserID": userid, **shown}),
        later=bool(body.get("async")),
    )


def _may_be_called(world: World, kind: str, userid: str, new: str) -> None:
    if kind != "update_user":
        raise Refusal("只有在职的成员能换账号")
    if not USERID.fullmatch(new):
        raise Refusal("账号只能用字母、数字和 _ - @ .，以字母或数字开头，最多 64 个")
    other = world.company.member(new)
    if new == userid or (other is not None and other["userid"] != userid):
        raise Refusal(f"账号 {new} 已经有人用了")


def _fits(value: object, shape: type | tuple[type]) -> bool:
    if isinstance(shape, tuple):
        return isinstance(value, list) and all(type(part) is shape[0] for part in value)
    return type(value) is shape


def _joined(value: object) -> object:
    return ",".join(str(part) for part in value) if isinstance(value, list) else value
