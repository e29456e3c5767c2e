"""A lead of Friday evening is not late on Saturday; what is due and what has passed agree to the minute."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.days import WorkCalendar, at
from crm.rules.response_clock import due_after, say_worked, working_minutes

CALENDAR = WorkCalendar({})


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        (at(date(2026, 11, 23), 10), 120, at(date(2026, 11, 23), 12)),
        (at(date(2026, 11, 23), 19, 30), 120, at(date(2026, 11, 24), 10)),
        (at(date(2026, 11, 23), 3), 120, at(date(2026, 11, 23), 10, 30)),
        (at(date(2026, 11, 27), 20), 120, at(date(2026, 11, 30), 10, 30)),
        (at(date(2026, 11, 28), 12), 30, at(date(2026, 11, 30), 9)),
        (at(date(2026, 11, 23), 18), 120, at(date(2026, 11, 23), 20)),
        (at(date(2026, 9, 30), 19), 120, at(date(2026, 10, 8), 9, 30)),
    ],
)
def test_an_answer_is_due_in_working_time(start: datetime, minutes: int, due: datetime) -> None:
    assert due_after(start, minutes, CALENDAR) == due


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)).map(
    lambda moment: at(moment.date(), moment.hour, moment.minute)
)


@pytest.mark.slow
@given(MOMENTS, st.integers(1, 5000))
def test_by_the_time_it_is_due_exactly_that_much_work_has_passed(start: datetime, minutes: int) -> None:
    due = due_after(start, minutes, CALENDAR)
    assert working_minutes(start, due, CALENDAR) == minutes
    assert working_minutes(start, due - timedelta(minutes=1), CALENDAR) == minutes - 1


@given(MOMENTS, MOMENTS, MOMENTS)
def test_time_adds_up(a: datetime, b: datetime, c: datetime) -> None:
    first, second, third = sorted((a, b, c))
    parts = working_minutes(first, second, CALENDAR) + working_minutes(second, third, CALENDAR)
    assert parts == working_minutes(first, third, CALENDAR)
    assert working_minutes(third, first, CALENDAR) == 0 or first == third


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0 分钟"), (59, "59 分钟"), (60, "1 个工作小时"), (719, "11 个工作小时")]
)
def test_how_long_somebody_waits_is_said_in_working_hours(minutes: int, said: str) -> None:
    assert say_worked(minutes) == said
