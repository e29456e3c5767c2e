"""department/* and user/*: the directory as far as the app may see it."""

from emulator.api_customers import visible_member
from emulator.call import Call
from emulator.errors import ApiError
from emulator.tenant import Json

SHOWN = ("userid", "name", "department", "position", "is_leader_in_dept", "direct_leader", "main_department", "status")


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
        return _public(visible_member(call.world, call.needed("userid")))


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
