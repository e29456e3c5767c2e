"""The first-response clock of a lead: it runs in working hours, and says when an answer is due."""

from datetime import datetime, timedelta

from crm.rules.days import WORK_END, WORK_START, WorkCalendar, at, day_of

_ZERO = timedelta(0)


def due_after(start: datetime, minutes: int, calendar: WorkCalendar) -> datetime:
    """The moment by which so many working minutes (08:30–20:00 of working days) have passed since `start`."""
    left, moment = timedelta(minutes=minutes), calendar.next_working_moment(start)
    while True:
        closing = at(day_of(moment), *WORK_END)
        if moment + left <= closing:
            return moment + left
        left -= closing - moment
        moment = calendar.next_working_moment(closing)


def working_minutes(start: datetime, end: datetime, calendar: WorkCalendar) -> int:
    """Whole working minutes between two moments; 0 when `end` is not later."""
    if end <= start:
        return 0
    first, last = day_of(start), day_of(end)
    if first == last:
        return int(_open_on(start, end, calendar) / timedelta(minutes=1))
    between = calendar.working_days_between(first, last) - calendar.is_working(last)
    whole = between * (at(first, *WORK_END) - at(first, *WORK_START))
    open_for = _open_on(start, at(first, *WORK_END), calendar) + whole + _open_on(at(last, 0), end, calendar)
    return int(open_for / timedelta(minutes=1))


def say_worked(minutes: int) -> str:
    """「3 个工作小时」「20 分钟」."""
    return f"{minutes // 60} 个工作小时" if minutes >= 60 else f"{minutes} 分钟"


def _open_on(start: datetime, end: datetime, calendar: WorkCalendar) -> timedelta:
    """How long work lasted between two moments of one day."""
    day = day_of(end)
    if not calendar.is_working(day):
        return _ZERO
    return max(_ZERO, min(end, at(day, *WORK_END)) - max(start, at(day, *WORK_START)))
