"""Days and working days: the published holidays of 2026, the make-up days, and a year nobody has published."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.days import WORK_END, WORK_START, WorkCalendar, at, day_of, days_between

PLAIN = WorkCalendar({})
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))


def test_a_day_begins_at_midnight_in_shanghai_not_in_london() -> None:
    assert day_of(datetime(2026, 3, 1, 15, 59, tzinfo=UTC)) == date(2026, 3, 1)
    assert day_of(datetime(2026, 3, 1, 16, 0, tzinfo=UTC)) == date(2026, 3, 2)


def test_wall_time_becomes_an_aware_utc_instant() -> None:
    assert at(date(2026, 3, 2), 8, 30) == datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
    assert at(date(2026, 3, 2), 8, 30).tzinfo is UTC


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError):
        day_of(datetime(2026, 3, 1))


def test_two_minutes_over_midnight_are_one_day_apart() -> None:
    assert days_between(at(date(2026, 3, 1), 23, 59), at(date(2026, 3, 2), 0, 1)) == 1
    assert days_between(at(date(2026, 3, 2), 0, 1), at(date(2026, 3, 2), 23, 59)) == 0


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 1, 1), False),  # 元旦
        (date(2026, 1, 4), True),  # Sunday made up for 元旦
        (date(2026, 2, 14), True),  # Saturday before 春节
        (date(2026, 2, 15), False),
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 2, 28), True),  # Saturday after 春节
        (date(2026, 9, 20), True),  # Sunday made up for 国庆
        (date(2026, 9, 25), False),  # 中秋
        (date(2026, 10, 1), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # Saturday made up for 国庆
        (date(2026, 10, 11), False),
    ],
)
def test_2026_follows_the_published_holidays_and_make_up_days(day: date, working: bool) -> None:
    assert PLAIN.is_working(day) is working
    assert PLAIN.covers(day)


def test_2027_is_not_published_so_weekdays_count_and_the_calendar_says_so() -> None:
    assert not PLAIN.covers(date(2027, 1, 1))
    assert PLAIN.is_working(date(2027, 1, 1))  # a Friday; the administrator has not said 元旦 yet
    assert not PLAIN.is_working(date(2027, 1, 2))


def test_what_the_administrator_set_wins_over_any_calendar() -> None:
    calendar = WorkCalendar({date(2027, 1, 1): False, date(2027, 1, 2): True, date(2026, 10, 1): True})
    assert not calendar.is_working(date(2027, 1, 1))
    assert calendar.is_working(date(2027, 1, 2))
    assert calendar.is_working(date(2026, 10, 1))
    assert calendar.next_working_moment(at(date(2026, 12, 31), 21)) == at(date(2027, 1, 2), 8, 30)


def test_spans_over_national_day_count_only_working_days() -> None:
    assert PLAIN.working_days_between(date(2026, 9, 30), date(2026, 10, 7)) == 0
    assert PLAIN.working_days_between(date(2026, 9, 30), date(2026, 10, 10)) == 3
    assert PLAIN.add_working_days(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert PLAIN.previous_working_day(date(2026, 10, 8)) == date(2026, 9, 30)
    assert PLAIN.working_days_between(date(2026, 10, 8), date(2026, 9, 30)) == 0


def test_a_negative_number_of_working_days_is_refused() -> None:
    with pytest.raises(ValueError):
        PLAIN.add_working_days(date(2026, 10, 8), -1)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (at(date(2026, 3, 2), 8, 29), at(date(2026, 3, 2), 8, 30)),
        (at(date(2026, 3, 2), 8, 30), at(date(2026, 3, 2), 8, 30)),
        (at(date(2026, 3, 2), 19, 59), at(date(2026, 3, 2), 19, 59)),
        (at(date(2026, 3, 2), 20, 0), at(date(2026, 3, 3), 8, 30)),
        (at(date(2026, 3, 6), 20, 30), at(date(2026, 3, 9), 8, 30)),  # Friday evening
        (at(date(2026, 3, 8), 3, 0), at(date(2026, 3, 9), 8, 30)),  # never at three on a Sunday
        (at(date(2026, 9, 30), 20, 0), at(date(2026, 10, 8), 8, 30)),
        (at(date(2026, 2, 14), 10, 0), at(date(2026, 2, 14), 10, 0)),  # a working Saturday
    ],
)
def test_reminders_wait_for_the_next_working_moment(now: datetime, due: datetime) -> None:
    assert PLAIN.next_working_moment(now) == due


@given(INSTANTS)
def test_the_next_working_moment_is_working_never_earlier_and_settled(now: datetime) -> None:
    due = PLAIN.next_working_moment(now)
    day = day_of(due)
    assert due >= now
    assert PLAIN.is_working(day)
    assert at(day, *WORK_START) <= due < at(day, *WORK_END)
    assert PLAIN.next_working_moment(due) == due


@given(DAYS, st.integers(0, 400), st.dictionaries(DAYS, st.booleans(), max_size=5))
def test_spans_agree_with_counting_day_by_day(start: date, length: int, overrides: dict[date, bool]) -> None:
    calendar = WorkCalendar(overrides)
    end = start + timedelta(days=length)
    counted = sum(calendar.is_working(start + timedelta(days=n)) for n in range(1, length + 1))
    assert calendar.working_days_between(start, end) == counted


@given(DAYS, st.integers(1, 60))
def test_adding_working_days_and_counting_them_are_inverse(day: date, n: int) -> None:
    reached = PLAIN.add_working_days(day, n)
    assert PLAIN.is_working(reached)
    assert PLAIN.working_days_between(day, reached) == n


def test_a_sweep_may_ask_a_hundred_thousand_times() -> None:
    calendar = WorkCalendar({})
    began = time.perf_counter()
    for n in range(100_000):
        calendar.working_days_between(date(2024, 1, 1) + timedelta(days=n % 700), date(2026, 11, 23))
    assert time.perf_counter() - began < 3
