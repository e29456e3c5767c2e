"""message/send, message/recall and message/update_template_card."""

import hashlib
import json

from emulator import cards, contents
from emulator.call import Call
from emulator.company import ACTIVE
from emulator.errors import ApiError
from emulator.tenant import Json
from emulator.world import World

RECALL_SECONDS = 24 * 3600
DUPLICATE_DEFAULT, DUPLICATE_MOST = 1800, 14_400  # seconds
MOST_USERS, MOST_PARTS = 1000, 100


def send(call: Call) -> Json:
    """Check everything, deliver to whom it reaches, name whom it does not (wecom.md §3.2)."""
    world, body = call.world, call.body
    if body.get("agentid") is None:
        raise ApiError(40056)
    kind = body.get("msgtype")
    content = contents.check(world, kind, body)
    _flags(body, str(kind))
    named = {name: _names(body.get(name), name) for name in ("touser", "toparty", "totag")}
    if not any(named.values()):
        raise ApiError(82001)
    with world.state.lock:
        reached, missed = _receivers(world, named["touser"], named["toparty"], named["totag"])
        if not reached:
            raise ApiError(81013, **missed)
        wanted = body.get("enable_duplicate_check") in (1, True)
        key = _fingerprint(named, str(kind), content)
        if wanted and (known := _recently(world, key, body)):
            return {**known, **missed}
        answer: Json = {"msgid": world.state.opaque("msg", 64)}
        if kind == "template_card":
            answer |= _claim_card(world, content)
        for userid in reached:
            if world.limits.admit(userid):
                world.chats.show(userid, str(kind), content, answer["msgid"])
            else:
                world.dropped.append(userid)
        world.state.data["recent"].pop(key, None)
        world.state.data["recent"][key] = {"at": world.clock.now(), "answer": answer}
        world.state.touch()
        return {**answer, **missed}


def _claim_card(world: World, card: Json) -> Json:
    """A task id serves once per app; cards that answer back get a response code."""
    task_id = card.get("task_id")
    if task_id:
        if task_id in world.state.data["task_ids"]:
            raise ApiError(42014, f"task_id {task_id} has been used")
        world.state.data["task_ids"][task_id] = world.clock.now()
    return {"response_code": world.chats.response_code(task_id)} if task_id and cards.answers_back(card) else {}


def _flags(body: Json, kind: str) -> None:
    safe = body.get("safe", 0)
    if safe not in (0, 1) or (safe and kind in ("markdown", "news", "textcard", "template_card")):
        raise ApiError(40058, "safe")


def _names(value: object, name: str) -> list[str]:
    """ "a|b|c" as a list; the platform's limits on how many."""
    if value is None or value == "":
        return []
    if not isinstance(value, str):
        raise ApiError(40058, name)
    found = [part.strip() for part in value.split("|") if part.strip()]
    if len(found) > (MOST_USERS if name == "touser" else MOST_PARTS):
        raise ApiError(81017, name)
    return found


def _receivers(world: World, users: list[str], parties: list[str], tags: list[str]) -> tuple[list[str], Json]:
    """Userids that get the message, in order, and the invalid* strings of the answer (userids in lower case)."""
    company = world.company
    reached: dict[str, None] = {}
    bad_users, bad_parties = [], []
    if users == ["@all"]:
        reached |= {member["userid"]: None for member in company.members() if company.reachable(member)}
    else:
        for userid in users:
            member = company.member(userid)
            if member is not None and company.reachable(member):
                reached[member["userid"]] = None
            else:
                bad_users.append(userid.lower())
    visible = company.visible_departments()
    for party in parties:
        number = int(party) if party.isascii() and party.isdigit() and len(party) < 10 else -1
        if number not in visible:
            bad_parties.append(party)
            continue
        inside = (member for member in company.in_department(number, below=True) if member["status"] == ACTIVE)
        reached |= {member["userid"]: None for member in inside if company.sees_app(member)}
    lists = {"invaliduser": bad_users, "invalidparty": bad_parties, "invalidtag": tags}
    return list(reached), {name: "|".join(values) for name, values in lists.items() if values}


def _fingerprint(named: dict[str, list[str]], kind: str, content: Json) -> str:
    receivers = {name: sorted(part.casefold() for part in parts) for name, parts in named.items()}
    return hashlib.sha256(json.dumps([receivers, kind, content], sort_keys=True).encode()).hexdigest()


def _recently(world: World, key: str, body: Json) -> Json | None:
    """The answer given to the same message within the interval, if there was one: it is not sent again."""
    interval = body.get("duplicate_check_interval", DUPLICATE_DEFAULT)
    if isinstance(interval, bool) or not isinstance(interval, int) or interval < 0:
        raise ApiError(40058, "duplicate_check_interval")
    known = world.state.data["recent"].get(key)
    if known is None or not 0 <= world.clock.now() - known["at"] < min(interval, DUPLICATE_MOST):
        return None
    answer: Json = known["answer"]
    return answer


def recall(call: Call) -> Json:
    """Within 24 hours, the sender's own message only; it disappears from every phone."""
    world, msgid = call.world, call.body.get("msgid")
    if not isinstance(msgid, str) or not msgid:
        raise ApiError(40058, "msgid")
    with world.state.lock:
        found = [entry for _, entry in world.chats.with_msgid(msgid)]
        if not found:
            raise ApiError(40058, "msgid")
        if any(world.clock.now() - entry["at"] > RECALL_SECONDS for entry in found):
            raise ApiError(42052)
        for entry in found:
            world.chats.change(entry, recalled=True)
    return {}


def update_template_card(call: Call) -> Json:
    """Redeem a response code: grey the buttons or exchange the card for the named receivers (wecom.md §3.3)."""
    world, body = call.world, call.body
    if body.get("agentid") is None:
        raise ApiError(40056)
    drawn = body.get("template_card")
    label = "" if drawn else _grey_label(body.get("button"))
    if drawn:
        cards.check_update(drawn)
    lists = {name: body.get(name) or [] for name in ("userids", "partyids", "tagids")}
    if not all(isinstance(value, list) for value in lists.values()):
        raise ApiError(40058, "userids, partyids and tagids are lists")
    if any(len(value) > (MOST_USERS if name == "userids" else MOST_PARTS) for name, value in lists.items()):
        raise ApiError(81017)
    if not any(lists.values()) and body.get("atall") != 1:
        raise ApiError(82001)
    with world.state.lock:
        users = ["@all"] if body.get("atall") == 1 else [str(userid) for userid in lists["userids"]]
        reached, missed = _receivers(world, users, [str(party) for party in lists["partyids"]], [])
        code = body.get("response_code")
        task_id = world.chats.stands_for(code)
        if task_id is None:
            raise ApiError(60140)
        card = cards.check_update(drawn, task_id) if drawn else None
        world.chats.use_up(code)
        invalid = missed["invaliduser"].split("|") if "invaliduser" in missed else []
        for userid in reached:
            entry = world.chats.card(userid, task_id)
            if entry is None:
                invalid.append(userid.lower())
            elif card is not None:
                world.chats.replace_card(entry, card)
            else:
                world.chats.grey(entry, label)
    return {"invaliduser": invalid}


def _grey_label(button: object) -> str:
    label = button.get("replace_name") if isinstance(button, dict) else None
    if not isinstance(label, str) or not label:
        raise ApiError(40063, "button.replace_name or template_card")
    return label
