"""Deals that stand still: who is told, in which colour, with which advice."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.policy import Policy
from crm.rules.days import WorkCalendar, at
from crm.rules.stalled import DealFacts, Stall, judge, period_key, suggest

POLICY = Policy()
CALENDAR = WorkCalendar({})
MONDAY = date(2026, 3, 9)
BUSY = DealFacts(Decimal(100_000), 6, 1)


def after(
    stage: str, working_days: int, snoozed_until: datetime | None = None, facts: DealFacts = BUSY
) -> Stall | None:
    now = at(CALENDAR.add_working_days(MONDAY, working_days), 8, 30)
    return judge(stage, at(MONDAY, 15), now, POLICY, CALENDAR, snoozed_until, facts)


@pytest.mark.parametrize(
    ("stage", "days", "colour", "to_manager"),
    [
        ("proposal", 7, "yellow", False),
        ("proposal", 13, "yellow", False),
        ("proposal", 14, "red", True),
        ("negotiation", 15, "yellow", True),
        ("negotiation", 30, "red", True),
        ("requirement", 10, "yellow", False),
        ("contract_review", 20, "red", True),
        ("our_own_stage", 10, "yellow", False),
    ],
)
def test_each_stage_has_its_limit_its_colour_and_its_reader(
    stage: str, days: int, colour: str, to_manager: bool
) -> None:
    stall = after(stage, days)
    assert stall is not None
    assert (stall.days, stall.colour, stall.to_manager) == (days, colour, to_manager)


@pytest.mark.parametrize(("stage", "days"), [("proposal", 6), ("negotiation", 14), ("requirement", 9), ("proposal", 0)])
def test_a_stage_in_time_is_left_alone(stage: str, days: int) -> None:
    assert after(stage, days) is None


def test_national_day_is_not_held_against_a_deal() -> None:
    stall = judge("proposal", at(date(2026, 9, 28), 9), at(date(2026, 10, 10), 9), POLICY, CALENDAR, None, BUSY)
    assert stall is None  # twelve calendar days, five working days


def test_a_deal_put_off_stays_quiet_until_that_moment() -> None:
    until = at(CALENDAR.add_working_days(MONDAY, 9), 8, 30)
    assert after("proposal", 8, until) is None
    assert after("proposal", 9, until) is not None


def test_the_reason_says_how_long_and_how_long_was_allowed() -> None:
    on_time, late = after("proposal", 7), after("negotiation", 16)
    assert on_time is not None
    assert late is not None
    assert on_time.reason == "方案交出 7 个工作日没有回音，已到 7 个工作日的期限"
    assert late.reason == "价格谈判已 16 个工作日没有结果，超过 15 个工作日的期限"
    assert on_time.suggestion == ""


@pytest.mark.parametrize(
    ("facts", "advice", "director"),
    [
        (DealFacts(Decimal(100_000), 0, 15), "高层拜访", False),
        (DealFacts(Decimal(100_000), 2, 1), "高层拜访", False),
        (DealFacts(Decimal(100_000), 9, 8), "高层拜访", False),  # busy once, quiet for a week
        (DealFacts(Decimal(100_000), 6, 1), "折扣策略", False),
        (DealFacts(Decimal(500_000), 6, 1), "折扣策略", False),  # "over" is over
        (DealFacts(Decimal("500000.01"), 6, 1), "折扣策略", True),
    ],
)
def test_the_manager_is_advised_by_what_has_been_tried(facts: DealFacts, advice: str, director: bool) -> None:
    stall = after("negotiation", 15, None, facts)
    assert stall is not None
    assert advice in stall.suggestion
    assert ("总监" in stall.suggestion) is director
    assert stall.suggestion == suggest(facts, POLICY)


@given(st.sampled_from(["requirement", "proposal", "negotiation"]), st.integers(0, 80), st.integers(0, 80))
def test_a_longer_stay_is_never_judged_more_kindly(stage: str, a: int, b: int) -> None:
    grades = {"": 0, "yellow": 1, "red": 2}
    early, late = (after(stage, days) for days in sorted((a, b)))
    assert grades[early.colour if early else ""] <= grades[late.colour if late else ""]


def test_each_stay_in_a_stage_is_its_own_period() -> None:
    since = at(MONDAY, 9)
    assert period_key(since) == period_key(at(MONDAY, 9))
    assert period_key(since) != period_key(since + timedelta(seconds=1))
