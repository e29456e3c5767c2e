"""WeCom's own 外出打卡: where members signed in with it, and what it found strange about that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateways.wecom import people
from gateways.wecom.errors import Kind, WecomError
from gateways.wecom.people import Malformed
from gateways.wecom.wire import Wire, answer_of, as_json

_PATH = "checkin/getcheckindata"
_OUTDOOR = 2
_MOST = 100  # members of one call
_LONGEST = timedelta(days=30)  # of one call
_DEGREE = 1_000_000  # WeCom tells millionths of a degree, in GCJ-02


@dataclass(frozen=True, slots=True)
class OutdoorCheckIn:
    """Degrees in GCJ-02, aware UTC; `exception` is WeCom's word, like 「地点异常」, empty for an ordinary one."""

    userid: str
    at: datetime
    latitude: float
    longitude: float
    exception: str
    device: str


class CheckIns:
    """Readable once 打卡 names the app among those that may call it; else WecomError 48002."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def outdoor(self, userids: Sequence[str], since: datetime, until: datetime) -> list[OutdoorCheckIn]:
        """What these members signed in with from `since` to `until`, however many they are and however long it is; of
        whom the app does not see, nothing."""
        found: list[OutdoorCheckIn] = []
        while userids and since <= until:
            end = min(until, since + _LONGEST)
            for first in range(0, len(userids), _MOST):
                found += self._page(userids[first : first + _MOST], since, end)
            since = end + timedelta(seconds=1)
        return found

    def _page(self, userids: Sequence[str], since: datetime, until: datetime) -> list[OutdoorCheckIn]:
        asked = {
            "opencheckindatatype": _OUTDOOR,
            "starttime": int(since.timestamp()),
            "endtime": int(until.timestamp()),
            "useridlist": list(userids),
        }
        try:
            with answer_of(_PATH):
                rows = people.objects(self._wire.post(_PATH, as_json(asked)), "checkindata")
                return [one for row in rows if (one := _outdoor(row)) is not None]
        except WecomError as error:  # for one who has left, or whom the app does not see, all are refused
            if error.kind is not Kind.RECEIVER:
                raise
        if len(userids) == 1:
            return []
        half = len(userids) // 2
        return self._page(userids[:half], since, until) + self._page(userids[half:], since, until)


def _outdoor(row: Mapping[str, Any]) -> OutdoorCheckIn | None:
    """None for a row without a place: 未打卡 is told as one."""
    latitude, longitude = people.must_number(row, "lat") / _DEGREE, people.must_number(row, "lng") / _DEGREE
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Malformed("lat")
    if (latitude, longitude) == (0, 0):
        return None
    return OutdoorCheckIn(
        userid=people.must_text(row, "userid"),
        at=people.instant(row, "checkin_time"),
        latitude=latitude,
        longitude=longitude,
        exception=people.text(row, "exception_type"),
        device=people.text(row, "deviceid"),
    )
