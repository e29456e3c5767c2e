"""The colour by two moments is the colour by counted working days, whatever the calendar."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from config.policy import Policy
from config.vocabulary import StallColour
from crm.rules.days import WorkCalendar, at, day_of
from crm.rules.paces import pace
from crm.rules.stalled import Stay, judge, limit_of

POLICY = Policy()
NOW = at(date(2026, 10, 12), 11)
CALENDARS = st.dictionaries(st.dates(date(2026, 8, 1), date(2026, 10, 12)), st.booleans(), max_size=20)


@given(
    st.sampled_from(["requirement", "proposal", "negotiation", "contract_review"]),
    st.integers(0, 90 * 24),
    st.none() | st.integers(-48, 48),
    CALENDARS,
)
def test_it_is_the_colour_of_the_alert(stage: str, hours: int, snoozed: int | None, days: dict[date, bool]) -> None:
    since, calendar = NOW - timedelta(hours=hours), WorkCalendar(days)
    until = None if snoozed is None else NOW + timedelta(hours=snoozed)
    stall = judge(Stay(stage, None, since, until, Decimal(0)), NOW, POLICY, calendar)
    mine = pace(limit_of(stage, None, POLICY), NOW, calendar)
    assert mine.colour(since, until, NOW) == (stall.colour if stall else StallColour.GREEN)


@given(st.integers(1, 60), st.integers(0, 200 * 24), CALENDARS)
def test_the_moment_is_the_first_at_which_a_stay_is_in_time(limit: int, hours: int, days: dict[date, bool]) -> None:
    since, calendar = NOW - timedelta(hours=hours), WorkCalendar(days)
    mine = pace(limit, NOW, calendar)
    counted = calendar.working_days_between(day_of(since), day_of(NOW))
    assert (since < mine.yellow_before) == (counted >= limit)
    assert (since < mine.red_before) == (counted >= 2 * limit)
    assert mine.red_before <= mine.yellow_before


def test_on_a_day_off_the_last_working_day_counts() -> None:
    sunday = datetime.combine(date(2026, 3, 15), datetime.min.time()).astimezone() + timedelta(hours=12)
    assert pace(1, sunday, WorkCalendar({})).yellow_before == at(date(2026, 3, 13), 0)
