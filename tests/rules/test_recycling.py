"""Thirty days remind, forty-five release: the edges in a table, the shape as properties."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.policy import Policy
from crm.rules.days import WorkCalendar, at, day_of
from crm.rules.recycling import Silence, Step, Verdict, judge

POLICY = Policy()
CALENDAR = WorkCalendar({})
BEGAN = date(2026, 3, 2)  # a Monday; day 45 is Thursday 16 April, and 清明 lies between
SINCE = at(BEGAN, 15)
ORDER = [Step.KEEP, Step.REMIND, Step.RELEASE]


def on_day(days: int, reminded: int | None = None, paused: str = "") -> Verdict:
    reminded_on = None if reminded is None else BEGAN + timedelta(days=reminded)
    return judge(SINCE, at(BEGAN + timedelta(days=days), 2), POLICY, CALENDAR, reminded_on, paused)


@pytest.mark.parametrize(
    ("days", "reminded", "step", "reminder_day"),
    [
        (0, None, Step.KEEP, None),
        (29, None, Step.KEEP, None),
        (30, None, Step.REMIND, 30),
        (39, 30, Step.REMIND, 30),
        (40, 30, Step.REMIND, 40),
        (43, None, Step.REMIND, 40),  # a worker down for two weeks names only the highest step
        (44, 30, Step.REMIND, 44),
        (45, 30, Step.RELEASE, None),
        (45, 44, Step.RELEASE, None),
        (45, 45, Step.REMIND, 44),  # reminded this morning: tomorrow at the earliest
        (45, None, Step.REMIND, 44),  # never reminded: reminded first
        (300, None, Step.REMIND, 44),
        (302, 301, Step.RELEASE, None),
        (45, -3, Step.REMIND, 44),  # that reminder belonged to an earlier silence
    ],
)
def test_each_day_of_silence_has_its_step(
    days: int, reminded: int | None, step: Step, reminder_day: int | None
) -> None:
    verdict = on_day(days, reminded)
    assert (verdict.step, verdict.reminder_day, verdict.days) == (step, reminder_day, days)


def test_a_reminder_on_friday_gives_until_monday() -> None:
    since = at(date(2026, 3, 6) - timedelta(days=44), 10)
    verdicts = {
        day: judge(since, at(date(2026, 3, day), 2), POLICY, CALENDAR, date(2026, 3, 6)).step for day in (7, 8, 9)
    }
    assert verdicts == {7: Step.REMIND, 8: Step.REMIND, 9: Step.RELEASE}


def test_nobody_loses_a_customer_over_national_day_for_a_reminder_of_the_eve() -> None:
    since = at(date(2026, 8, 10), 10)
    eve = date(2026, 9, 30)
    during = judge(since, at(date(2026, 10, 7), 2), POLICY, CALENDAR, eve)
    after = judge(since, at(date(2026, 10, 8), 2), POLICY, CALENDAR, eve)
    assert (during.step, during.release_on) == (Step.REMIND, date(2026, 10, 8))
    assert after.step is Step.RELEASE


def test_a_reminder_still_waiting_for_the_morning_releases_nothing() -> None:
    verdict = judge(at(date(2026, 1, 5), 10), at(date(2026, 3, 7), 2), POLICY, CALENDAR, date(2026, 3, 9))
    assert verdict.step is Step.REMIND
    assert verdict.release_on == date(2026, 3, 10)


def test_the_rep_reads_how_long_and_how_much_is_left() -> None:
    assert on_day(31, 30).reason == "已 31 天没有跟进，还剩 14 天"
    assert on_day(0).reason == "计时从今天开始，还剩 45 天"
    assert on_day(45, 30).reason == "已 45 天没有跟进，满 45 天，释放给主管重新分配"


@pytest.mark.parametrize("why", ["已赢单", "合同审批中"])
def test_a_paused_clock_takes_nothing_and_says_why(why: str) -> None:
    verdict = on_day(300, 30, why)
    assert verdict.step is Step.KEEP
    assert why in verdict.reason


def test_a_silence_that_begins_after_now_counts_as_none() -> None:
    silence = Silence(at(date(2026, 3, 9), 10))
    assert judge(silence.since, at(date(2026, 3, 2), 10), POLICY, CALENDAR, None).days == 0


SINCES = st.datetimes(datetime(2025, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC))
SPANS = st.integers(0, 200)


@given(SINCES, SPANS, SPANS, st.none() | st.integers(-5, 200))
def test_longer_silence_is_never_judged_more_kindly(since: datetime, a: int, b: int, reminded: int | None) -> None:
    reminded_on = None if reminded is None else day_of(since) + timedelta(days=reminded)
    early, late = (judge(since, since + timedelta(days=days), POLICY, CALENDAR, reminded_on) for days in sorted((a, b)))
    assert ORDER.index(early.step) <= ORDER.index(late.step)
    if early.step is late.step is Step.REMIND:
        assert (early.reminder_day or 0) <= (late.reminder_day or 0)


@given(SINCES, st.integers(0, 2000), st.none() | st.integers(-400, 0))
def test_nobody_loses_a_customer_without_a_reminder_of_this_silence(
    since: datetime, days: int, before: int | None
) -> None:
    reminded_on = None if before is None else day_of(since) + timedelta(days=before - 1)
    verdict = judge(since, since + timedelta(days=days), POLICY, CALENDAR, reminded_on)
    assert verdict.step is not Step.RELEASE
    assert verdict.days_left > 0


@given(SINCES, st.integers(0, 300), st.none() | st.integers(0, 300))
def test_the_promised_day_is_kept(since: datetime, days: int, reminded: int | None) -> None:
    """If reminded as told, the customer stays until the promised day and goes on it."""
    now = since + timedelta(days=days)
    today = day_of(now)
    reminded_on = None if reminded is None else day_of(since) + timedelta(days=reminded)
    verdict = judge(since, now, POLICY, CALENDAR, reminded_on)
    assert (verdict.days_left == 0) == (verdict.step is Step.RELEASE)
    assert verdict == judge(since, now, POLICY, CALENDAR, reminded_on)
    if verdict.step is Step.RELEASE:
        return
    told = reminded_on or max(today, day_of(since) + timedelta(days=POLICY.remind_after_days))
    assert judge(since, at(verdict.release_on, 1), POLICY, CALENDAR, told).step is Step.RELEASE
    eve = verdict.release_on - timedelta(days=1)
    assert judge(since, at(eve, 23), POLICY, CALENDAR, told).step is not Step.RELEASE
