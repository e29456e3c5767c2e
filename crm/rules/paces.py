"""The colour of a deal without counting its days: from which moment on a stay on a rung is too long."""

from dataclasses import dataclass
from datetime import date, datetime

from config.vocabulary import StallColour
from crm.rules.days import WorkCalendar, at, day_of


@dataclass(frozen=True, slots=True)
class Pace:
    """Of one stage: whoever has stood there since before `yellow_before` has reached the limit (working days), since
    before `red_before` twice the limit.

    A list compares two moments where it would have to count the working days of every row.
    """

    limit: int
    yellow_before: datetime
    red_before: datetime

    def colour(self, since: datetime, snoozed_until: datetime | None, now: datetime) -> StallColour:
        """The same as `stalled.judge` says of an open deal: green in time, and while it has been put off."""
        if snoozed_until is not None and now < snoozed_until:
            return StallColour.GREEN
        if since < self.red_before:
            return StallColour.RED
        return StallColour.YELLOW if since < self.yellow_before else StallColour.GREEN


def pace(limit: int, now: datetime, calendar: WorkCalendar) -> Pace:
    """What `limit` working days (at least one) mean for those who stand on a rung now."""
    today = day_of(now)
    return Pace(limit, _began(limit, today, calendar), _began(2 * limit, today, calendar))


def _began(days: int, today: date, calendar: WorkCalendar) -> datetime:
    """The midnight before which a stay must have begun to be so many working days long today."""
    day = today if calendar.is_working(today) else calendar.previous_working_day(today)
    for _ in range(days - 1):
        day = calendar.previous_working_day(day)
    return at(day, 0)
