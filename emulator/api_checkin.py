"""打卡: what members sign in with from the app of that name, and how another app may read it (wecom.md §3.14)."""

from emulator.call import Call
from emulator.errors import ApiError
from emulator.people import number, text, user
from emulator.refusal import Refusal
from emulator.tenant import Json
from emulator.world import World

WORK, OUTDOOR, ALL = 1, 2, 3
LONGEST = 30 * 24 * 3600  # seconds of one question
MOST = 100  # members of one question
KEPT = 2_000  # sign-ins; the oldest go first
OUTSIDE = "外出打卡"
EXCEPTIONS = ("", "时间异常", "地点异常", "未打卡", "wifi异常", "非常用设备")


def check_in(world: World, body: Json) -> Json:
    """A member signs in outside: where he stands, and what 打卡 finds strange about it."""
    userid = user(world, body)
    lat, lng, exception = number(body, "lat"), number(body, "lng"), text(body, "exception", needed=False)
    if not (-90 <= lat <= 90 and -180 <= lng <= 180):
        raise Refusal("纬度在 -90 到 90 之间，经度在 -180 到 180 之间")
    if set(exception.split(";")) - set(EXCEPTIONS):
        raise Refusal(f"exception 只能是 {'、'.join(EXCEPTIONS[1:])}，多个用 ; 隔开")
    with world.state.lock:
        row = {
            "userid": userid,
            "groupname": "外勤",
            "checkin_type": OUTSIDE,
            "exception_type": exception,
            "checkin_time": int(number(body, "at") if "at" in body else world.clock.now()),
            "location_title": text(body, "label", needed=False),
            "location_detail": text(body, "label", needed=False),
            "wifiname": "",
            "wifimac": "",
            "notes": text(body, "notes", needed=False),
            "mediaids": [],
            "lat": round(lat * 1_000_000),
            "lng": round(lng * 1_000_000),
            "deviceid": text(body, "device", needed=False) or f"device-{userid}",
            "groupid": 1,
            "timeline_id": 0,
        }
        kept = world.state.data["check_ins"]
        kept.append(row)
        del kept[:-KEPT]
        world.state.touch()
    return row


def rows(call: Call) -> Json:
    """checkin/getcheckindata: a stretch of at most thirty days of at most a hundred members the app may see."""
    kind, since, until = (call.body.get(name) for name in ("opencheckindatatype", "starttime", "endtime"))
    userids = call.body.get("useridlist")
    if kind not in (WORK, OUTDOOR, ALL) or not isinstance(since, int) or not isinstance(until, int):
        raise ApiError(40058, "opencheckindatatype, starttime, endtime")
    if not call.world.tenant.app.reads_check_ins:
        raise ApiError(48002)
    if not isinstance(userids, list) or not 1 <= len(userids) <= MOST:
        raise ApiError(301023)
    if until < since or until - since > LONGEST:
        raise ApiError(301024)
    with call.world.state.lock:
        asked = set()
        for userid in userids:
            member = call.world.company.member(userid)
            if member is None or not call.world.company.sees_app(member):
                raise ApiError(301021, str(userid))
            asked.add(member["userid"])
        found = [
            row
            for row in call.world.state.data["check_ins"]
            if row["userid"] in asked and since <= row["checkin_time"] <= until and kind != WORK
        ]
    return {"checkindata": found}
