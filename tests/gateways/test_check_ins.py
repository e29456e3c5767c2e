"""What 外出打卡 says of members, however many are asked about and whoever among them cannot be seen."""

import json
from datetime import UTC, datetime, timedelta

from gateways.wecom.check_ins import OutdoorCheckIn
from gateways.wecom.client import WecomClient
from gateways.wecom.errors import Kind
from tests.gateways.tiny_wecom import OK, Answer, Call, TinyWecom, always, failing

PATH = "checkin/getcheckindata"
SINCE = datetime(2026, 3, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def row(userid: str, **changed: object) -> dict[str, object]:
    return {
        "userid": userid, "checkin_type": "外出打卡", "exception_type": "地点异常", "checkin_time": 1772420400,
        "lat": 31384620, "lng": 120980650, "deviceid": "d1", **changed,
    }  # fmt: skip


def test_a_row_is_read_in_degrees_and_utc_and_one_without_a_place_is_none(
    wecom: TinyWecom, client: WecomClient
) -> None:
    wecom.answers[PATH] = always(OK | {"checkindata": [row("Li"), row("Li", lat=0, lng=0, exception_type="未打卡")]})
    assert client.check_ins.outdoor(["Li"], SINCE, SINCE + DAY) == [
        OutdoorCheckIn("Li", datetime(2026, 3, 2, 3, tzinfo=UTC), 31.38462, 120.98065, "地点异常", "d1")
    ]
    asked = json.loads(wecom.calls[-1].body)
    assert (asked["opencheckindatatype"], asked["useridlist"]) == (2, ["Li"])
    assert asked["endtime"] - asked["starttime"] == DAY.total_seconds()


def test_many_members_and_a_long_time_are_asked_about_in_pieces_wecom_takes(
    wecom: TinyWecom, client: WecomClient
) -> None:
    wecom.answers[PATH] = always(OK | {"checkindata": []})
    client.check_ins.outdoor([f"u{n}" for n in range(250)], SINCE, SINCE + 40 * DAY)
    asked = [json.loads(call.body) for call in wecom.calls if call.path == PATH]
    assert [len(one["useridlist"]) for one in asked] == [100, 100, 50, 100, 100, 50]
    assert all(one["endtime"] - one["starttime"] <= 30 * DAY.total_seconds() for one in asked)
    assert asked[3]["starttime"] == asked[0]["endtime"] + 1
    assert asked[-1]["endtime"] == int((SINCE + 40 * DAY).timestamp())


def test_who_cannot_be_seen_hides_nobody_else(wecom: TinyWecom, client: WecomClient) -> None:
    def answer(call: Call) -> Answer:
        userids = json.loads(call.body)["useridlist"]
        if "gone" in userids:
            return {"errcode": 301021, "errmsg": "invalid userid"}
        return OK | {"checkindata": [row(userid) for userid in userids]}

    wecom.answers[PATH] = answer
    found = client.check_ins.outdoor(["a", "b", "gone", "c", "d"], SINCE, SINCE + DAY)
    assert sorted(one.userid for one in found) == ["a", "b", "c", "d"]


def test_an_app_that_may_not_read_it_is_told_where_to_allow_it(wecom: TinyWecom, client: WecomClient) -> None:
    wecom.answers[PATH] = always({"errcode": 48002, "errmsg": "no"})
    error = failing(lambda: client.check_ins.outdoor(["Li"], SINCE, SINCE + DAY))
    assert error.kind is Kind.CONFIG
    assert "打卡 › 可调用接口的应用" in str(error)
    wecom.answers[PATH] = always(OK | {"checkindata": [row("Li", lat="x")]})
    assert failing(lambda: client.check_ins.outdoor(["Li"], SINCE, SINCE + DAY)).kind is Kind.RETRY
