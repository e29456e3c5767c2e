"""What runs when, in Shanghai time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.rules.days import WorkCalendar, at, day_of

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day at a wall-clock time. After `useful_for` a missed run is not made up any more."""

    job: str
    hour: int
    minute: int
    working_days_only: bool = False
    useful_for: timedelta = timedelta(days=7)

    def latest(self, now: datetime, calendar: WorkCalendar) -> datetime | None:
        """The last moment at or before `now` that this job should have run; None if it is too late for that."""
        day = day_of(now)
        if at(day, self.hour, self.minute) > now:
            day -= _DAY
        if self.working_days_only and not calendar.is_working(day):
            day = calendar.previous_working_day(day)
        slot = at(day, self.hour, self.minute)
        return slot if now - slot <= self.useful_for else None


@dataclass(frozen=True, slots=True)
class EveryMinute:
    job: str

    def latest(self, now: datetime, calendar: WorkCalendar) -> datetime | None:
        return now.replace(second=0, microsecond=0)


SCHEDULE: Sequence[Daily | EveryMinute] = (
    EveryMinute("seal-audit"),
    EveryMinute("leads"),
    EveryMinute("milestones"),
    EveryMinute("collisions"),
    EveryMinute("approvals"),
    EveryMinute("quotes"),
    EveryMinute("stray-rows"),
    EveryMinute("evidence"),
    EveryMinute("archive"),
    EveryMinute("talks"),
    EveryMinute("tags"),
    EveryMinute("outdoor"),
    Daily("silent-customers", 2, 0),
    Daily("stale-deals", 2, 10),
    Daily("registrations", 2, 20),
    Daily("name-index", 3, 0),
    Daily("places", 3, 10),
    Daily("directory", 3, 30),
    Daily("contacts", 3, 40),  # behind the directory: whoever came yesterday has his customers in it
    Daily("purge", 4, 0),
    Daily("files", 4, 20),
    Daily("contests", 7, 50),
    # Ten minutes before the list is due; after 20:00 nobody reads today's list any more.
    Daily("daily-list", 8, 20, working_days_only=True, useful_for=timedelta(hours=11, minutes=40)),
)


def due(now: datetime, calendar: WorkCalendar) -> list[tuple[str, datetime]]:
    """The latest run of every job that should exist by `now`. Older ones that were missed are never made:
    sweeps judge what is, so the latest sees everything."""
    runs = ((entry.job, entry.latest(now, calendar)) for entry in SCHEDULE)
    return [(job, slot) for job, slot in runs if slot is not None]
