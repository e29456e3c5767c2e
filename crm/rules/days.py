"""Days and working days as Shanghai counts them: the one place that turns instants into dates and back."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import chinese_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
WORK_START = (8, 30)
WORK_END = (20, 0)

_ONE_DAY = timedelta(days=1)


def day_of(instant: datetime) -> date:
    """The Shanghai day an aware instant falls on; ValueError for a naive one, which has no day."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(SHANGHAI).date()


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Shanghai wall time of a day as an aware UTC instant."""
    return datetime.combine(day, time(hour, minute), SHANGHAI).astimezone(UTC)


def days_between(since: datetime, now: datetime) -> int:
    """Shanghai midnights between two instants: 23:59 to 00:01 is one day. Negative when `since` is later."""
    return (day_of(now) - day_of(since)).days


@lru_cache(maxsize=64)
def _public_year(year: int) -> tuple[bool, tuple[bool, ...]]:
    """(is the year published, is each of its days working); unpublished years fall back to weekdays."""
    first = date(year, 1, 1)
    length = (date(year, 12, 31) - first).days + 1
    days = [first + timedelta(days=n) for n in range(length)]
    try:
        return True, tuple(bool(chinese_calendar.is_workday(day)) for day in days)
    except NotImplementedError:
        return False, tuple(day.weekday() < 5 for day in days)


class WorkCalendar:
    """Working days: the published calendar with 调休, under the dates an administrator set by hand.

    The published calendar ends with 2026 (decision 14); later years count Monday to Friday plus `overrides`
    (day -> is it working), and `covers` says so. Each year is laid out once as running totals, so that a sweep
    may ask any span a hundred thousand times.
    """

    def __init__(self, overrides: Mapping[date, bool]) -> None:
        self._overrides = dict(overrides)
        self._totals: dict[int, tuple[int, ...]] = {}

    def _running(self, year: int) -> tuple[int, ...]:
        """Working days of the year before its n-th day, n = 0 … length of the year."""
        totals = self._totals.get(year)
        if totals is None:
            working = list(_public_year(year)[1])
            for day, works in self._overrides.items():
                if day.year == year:
                    working[day.timetuple().tm_yday - 1] = works
            totals = self._totals[year] = tuple(accumulate(working, initial=0))
        return totals

    def is_working(self, day: date) -> bool:
        totals, number = self._running(day.year), day.timetuple().tm_yday
        return totals[number] > totals[number - 1]

    def covers(self, day: date) -> bool:
        """False when the public calendar does not know that year, so holidays may be missing."""
        return _public_year(day.year)[0]

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; 0 when `end` is not later."""
        if end <= start:
            return 0
        count = self._through(end) - self._through(start)
        return count + sum(self._running(year)[-1] for year in range(start.year, end.year))

    def _through(self, day: date) -> int:
        return self._running(day.year)[day.timetuple().tm_yday]

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after `day`; n = 0 is `day` itself, working or not."""
        if n < 0:
            raise ValueError("working days are counted forward")
        while n > 0:
            day += _ONE_DAY
            n -= self.is_working(day)
        return day

    def subtract_working_days(self, day: date, n: int) -> date:
        """The latest day from which `n` working days have passed by the end of `day`; n = 0 is `day` itself."""
        if n < 0:
            raise ValueError("working days are counted back")
        while n > 0:
            n -= self.is_working(day)
            day -= _ONE_DAY
        return day

    def next_working_moment(self, now: datetime) -> datetime:
        """`now` inside 08:30–20:00 of a working day, else the next 08:30 of one (quiet hours, decision 5)."""
        today = day_of(now)
        if self.is_working(today):
            if now < at(today, *WORK_START):
                return at(today, *WORK_START)
            if now < at(today, *WORK_END):
                return now
        return at(self.add_working_days(today, 1), *WORK_START)

    def previous_working_day(self, day: date) -> date:
        """The last working day before `day`."""
        day -= _ONE_DAY
        while not self.is_working(day):
            day -= _ONE_DAY
        return day
