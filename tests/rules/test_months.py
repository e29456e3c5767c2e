"""Months in Shanghai: the year turns, and midnight there is the day before in UTC."""

from datetime import UTC, date, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from crm.rules.days import SHANGHAI, at
from crm.rules.months import month_starts


def test_this_month_is_shanghais_and_the_year_turns() -> None:
    now = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)  # already December in Shanghai
    assert month_starts(now, 2) == [
        ("2026-12", at(date(2026, 12, 1), 0)),
        ("2027-01", at(date(2027, 1, 1), 0)),
        ("2027-02", at(date(2027, 2, 1), 0)),
    ]


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)), st.integers(1, 30))
def test_months_follow_each_other_and_now_is_in_the_first(now: datetime, many: int) -> None:
    starts = month_starts(now, many)
    assert len(starts) == many + 1
    assert all(f"{begins.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" == f"{name}-01 00:00" for name, begins in starts)
    assert starts[0][1] <= now < starts[1][1]
    assert all(27 < (after - before).days < 32 for (_, before), (_, after) in pairwise(starts))
