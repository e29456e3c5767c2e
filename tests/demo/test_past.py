"""The seeded deals show what the product does with stalled ones, on whatever morning the demo begins."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from config.policy import Policy
from crm.rules.days import WorkCalendar, at
from crm.rules.stalled import Stall, Stay, Step, judge
from emulator.demo.past import CUSTOMERS, DEALS, Running
from emulator.demo.seed import stage_began

CALENDAR = WorkCalendar({})
# An ordinary week, the first mornings after 国庆 and 春节, and a year whose holidays nobody knows yet.
MORNINGS = [date(2026, 11, 23), date(2026, 10, 9), date(2026, 2, 25), date(2027, 3, 1)]


def verdict(running: Running, morning: date) -> Stall | None:
    now = at(morning, 10)
    stay = Stay(running.stage, None, stage_began(running, now), None, Decimal(running.amount))
    return judge(stay, now, Policy(), CALENDAR)


@pytest.mark.parametrize("morning", MORNINGS)
def test_the_rep_has_a_deal_of_each_colour_and_one_in_time(morning: date) -> None:
    own = [verdict(running, morning) for running in DEALS if running.rep == "liqiang"]
    assert {None if stall is None else stall.colour for stall in own} == {None, "yellow", "red"}


@pytest.mark.parametrize("morning", MORNINGS)
def test_the_director_is_asked_to_a_large_negotiation_that_stands_for_more_than_15_working_days(morning: date) -> None:
    stalls = [verdict(running, morning) for running in DEALS if running.stage == "negotiation"]
    assert sum(stall is not None and stall.days > 15 and stall.step is Step.DIRECTOR for stall in stalls) >= 1


def test_a_deal_is_its_customers_holders_and_younger_than_the_customer() -> None:
    holder = {past.name: past.rep for past in CUSTOMERS}
    for running in DEALS:
        assert holder[running.customer] == running.rep
        assert at(date(2026, 11, 23), 10) - stage_began(running, at(date(2026, 11, 23), 10)) < timedelta(days=150)
