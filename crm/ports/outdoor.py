"""WeCom's own 外出打卡, as it tells it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class OutdoorCheckIn(Protocol):
    @property
    def userid(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def latitude(self) -> float: ...
    @property
    def longitude(self) -> float: ...
    @property
    def exception(self) -> str: ...
    @property
    def device(self) -> str: ...


class OutdoorCheckIns(Protocol):
    def outdoor(self, userids: Sequence[str], since: datetime, until: datetime) -> Sequence[OutdoorCheckIn]:
        """Degrees in GCJ-02; what these members signed in with in that time."""
        ...
