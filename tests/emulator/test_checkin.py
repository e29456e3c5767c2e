"""打卡 at the emulator: members sign in outside, and an app that may read it is told in what the platform takes."""

from tests.emulator.conftest import Emulator, Json

PATH = "checkin/getcheckindata"
PLACE = {"lat": 31.384621, "lng": 120.980652, "label": "恒泽水务"}
DAY = 24 * 3600


def asked(emulator: Emulator, *userids: str, kind: int = 2, seconds: int = DAY) -> Json:
    until = int(emulator.look("state")["clock"]["now"]) + 60
    stretch = {"starttime": until - seconds, "endtime": until}
    return emulator.api(PATH, {"opencheckindatatype": kind, "useridlist": list(userids), **stretch})


def test_who_signs_in_outside_can_be_read_by_the_app_and_nobody_is_called(emulator: Emulator) -> None:
    emulator.act("check-in", userid="liqiang", exception="地点异常;非常用设备", **PLACE)
    emulator.act("check-in", userid="zhangmin", **PLACE)
    (row,) = asked(emulator, "LiQiang")["checkindata"]
    assert (row["userid"], row["lat"], row["lng"]) == ("liqiang", 31_384_621, 120_980_652)
    assert (row["checkin_type"], row["exception_type"]) == ("外出打卡", "地点异常;非常用设备")
    assert len(asked(emulator, "liqiang", "zhangmin", kind=3)["checkindata"]) == 2
    assert asked(emulator, "liqiang", kind=1)["checkindata"] == []  # it was no 上班打卡
    emulator.act("clock", advance=2 * DAY)
    assert asked(emulator, "liqiang")["checkindata"] == []


def test_what_the_platform_does_not_take_is_refused_as_there(emulator: Emulator) -> None:
    assert asked(emulator, "liqiang", "nobody")["errcode"] == 301021
    assert asked(emulator)["errcode"] == 301023
    assert asked(emulator, *["liqiang"] * 101)["errcode"] == 301023
    assert asked(emulator, "liqiang", seconds=31 * DAY)["errcode"] == 301024
    assert asked(emulator, "liqiang", kind=7)["errcode"] == 40058
    emulator.act("setup", reads_check_ins=False)
    assert asked(emulator, "liqiang")["errcode"] == 48002
    emulator.act("check-in", 400, userid="liqiang", **{**PLACE, "lat": 91})
    emulator.act("check-in", 400, userid="liqiang", exception="心情异常", **PLACE)
