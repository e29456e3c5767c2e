"""Deals that stand still: in which colour, who is told at which step, with which advice."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.policy import Policy
from crm.rules.days import WorkCalendar, at
from crm.rules.stalled import Facts, Stall, Stay, Step, alert_topic, judge, limit_of, say_stay, suggest

POLICY = Policy()
CALENDAR = WorkCalendar({})
MONDAY = date(2026, 3, 9)
STAY = Stay("proposal", None, at(MONDAY, 15), None, Decimal(100_000))


def after(stage: str, working_days: int, policy: Policy = POLICY, **changed: object) -> Stall | None:
    now = at(CALENDAR.add_working_days(MONDAY, working_days), 8, 30)
    return judge(replace(STAY, stage_key=stage, **changed), now, policy, CALENDAR)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stage", "days", "colour", "step", "next_in"),
    [
        ("proposal", 7, "yellow", Step.OWNER, 4),
        ("proposal", 10, "yellow", Step.OWNER, 1),
        ("proposal", 11, "yellow", Step.LEAD, 6),  # one and a half times the limit, rounded up
        ("proposal", 13, "yellow", Step.LEAD, 4),
        ("proposal", 14, "red", Step.LEAD, 3),
        ("proposal", 17, "red", Step.DIRECTOR, None),
        ("negotiation", 15, "yellow", Step.LEAD, 18),  # a price is not the owner's to decide
        ("negotiation", 30, "red", Step.LEAD, 3),
        ("negotiation", 33, "red", Step.DIRECTOR, None),
        ("requirement", 10, "yellow", Step.OWNER, 5),
        ("contract_review", 20, "red", Step.LEAD, 3),
        ("our_own_stage", 10, "yellow", Step.OWNER, 5),
    ],
)
def test_each_stage_has_its_limit_its_colour_and_its_reader(
    stage: str, days: int, colour: str, step: Step, next_in: int | None
) -> None:
    stall = after(stage, days)
    assert stall is not None
    assert (stall.days, stall.colour, stall.step, stall.next_in) == (days, colour, step, next_in)
    assert stall.to_manager is (step is not Step.OWNER)


@pytest.mark.parametrize(("stage", "days"), [("proposal", 6), ("negotiation", 14), ("requirement", 9), ("proposal", 0)])
def test_a_stage_in_time_is_left_alone(stage: str, days: int) -> None:
    assert after(stage, days) is None


@pytest.mark.parametrize(
    ("stage", "days", "amount", "step"),
    [
        ("negotiation", 15, "500000.01", Step.DIRECTOR),
        ("negotiation", 15, "500000", Step.LEAD),  # "over" is over
        ("proposal", 7, "500000.01", Step.OWNER),
        ("proposal", 11, "500000.01", Step.DIRECTOR),
    ],
)
def test_a_large_amount_reaches_the_director_together_with_the_lead(
    stage: str, days: int, amount: str, step: Step
) -> None:
    stall = after(stage, days, amount=Decimal(amount))
    assert stall is not None
    assert stall.step is step


def test_what_the_pipeline_says_of_a_stage_counts_before_the_policy_number() -> None:
    assert [limit_of(key, None, POLICY) for key in ("proposal", "negotiation", "ours")] == [7, 15, 10]
    assert [limit_of(key, 2, POLICY) for key in ("proposal", "negotiation", "ours")] == [2, 2, 2]
    stall = after("proposal", 4, days=2)
    assert stall is not None
    assert (stall.limit, stall.colour) == (2, "red")


def test_the_steps_are_numbers_of_the_business() -> None:
    at_once = Policy(stall_lead_percent=100, stall_director_days=0)
    seven, fourteen = after("proposal", 7, at_once), after("proposal", 14, at_once)
    assert seven is not None
    assert fourteen is not None
    assert (seven.step, fourteen.step) == (Step.LEAD, Step.DIRECTOR)
    late = after("proposal", 20, Policy(stall_lead_percent=500))  # the director never hears before the lead
    assert late is not None
    assert (late.step, late.next_in) == (Step.OWNER, 15)


def test_national_day_is_not_held_against_a_deal() -> None:
    stay = replace(STAY, since=at(date(2026, 9, 28), 9))
    assert judge(stay, at(date(2026, 10, 10), 9), POLICY, CALENDAR) is None  # twelve calendar days, five working days


def test_a_deal_put_off_stays_quiet_until_that_moment_and_then_has_the_colour_of_its_days() -> None:
    until = at(CALENDAR.add_working_days(MONDAY, 14), 8, 30)
    assert after("proposal", 13, snoozed_until=until) is None
    woken = after("proposal", 14, snoozed_until=until)
    assert woken == after("proposal", 14)
    assert woken is not None
    assert woken.colour == "red"


def test_the_reason_says_how_long_and_how_long_was_allowed() -> None:
    on_time, late = after("proposal", 7), after("negotiation", 16)
    assert on_time is not None
    assert late is not None
    assert on_time.reason == "方案交出 7 个工作日没有回音，已到 7 个工作日的期限"
    assert late.reason == "价格谈判已 16 个工作日没有结果，超过 15 个工作日的期限"


@pytest.mark.parametrize(
    ("amount", "facts", "advice", "director"),
    [
        ("100000", Facts(0, 15), "高层拜访", False),
        ("100000", Facts(2, 1), "高层拜访", False),
        ("100000", Facts(9, 8), "高层拜访", False),  # busy once, quiet for a week
        ("100000", Facts(6, 1), "折扣策略", False),
        ("500000", Facts(6, 1), "折扣策略", False),  # "over" is over
        ("500000.01", Facts(6, 1), "折扣策略", True),
    ],
)
def test_the_manager_is_advised_by_what_has_been_tried(amount: str, facts: Facts, advice: str, director: bool) -> None:
    said = suggest(replace(STAY, stage_key="negotiation", amount=Decimal(amount)), facts, POLICY)
    assert advice in said
    assert ("总监" in said) is director


def test_elsewhere_the_owner_knows_best() -> None:
    assert suggest(STAY, Facts(0, 30), POLICY) == ""


@given(st.sampled_from(["requirement", "proposal", "negotiation"]), st.integers(0, 80), st.integers(0, 80))
def test_a_longer_stay_is_never_judged_more_kindly(stage: str, a: int, b: int) -> None:
    grades: dict[object, int] = {None: 0, "yellow": 1, "red": 2}
    steps = [None, *Step]
    early, late = (after(stage, days) for days in sorted((a, b)))
    assert grades[early and early.colour] <= grades[late and late.colour]
    assert steps.index(early and early.step) <= steps.index(late and late.step)


@given(st.dates(date(2025, 1, 1), date(2026, 12, 31)), st.integers(0, 60))
def test_the_days_of_a_limit_counted_back_are_those_counted_forward(day: date, limit: int) -> None:
    last = CALENDAR.subtract_working_days(day, limit)
    assert CALENDAR.working_days_between(last, day) >= limit
    assert CALENDAR.working_days_between(last + timedelta(days=1), day) < limit or limit == 0


def test_each_stay_each_step_and_each_putting_off_is_its_own_alert() -> None:
    until = datetime.fromisoformat("2026-12-01T08:00:00+08:00")
    topics = [
        alert_topic(1, 2, Step.OWNER, None),
        alert_topic(1, 2, Step.LEAD, None),
        alert_topic(1, 3, Step.OWNER, None),
        alert_topic(2, 3, Step.OWNER, None),
        alert_topic(1, 2, Step.OWNER, until),
        alert_topic(1, 2, Step.OWNER, until + timedelta(minutes=1)),
    ]
    assert len(set(topics)) == len(topics)
    assert all(len(one) <= 80 for one in (*topics, alert_topic(10**18, 10**18, Step.DIRECTOR, until)))


def test_the_first_day_of_a_stay_is_said_as_such() -> None:
    assert say_stay("方案提交", 0) == "今天刚到方案提交"
    assert say_stay("方案提交", 3) == "在方案提交第 3 个工作日"
