"""When a moment is told before it comes, and in which words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.milestones import HOURS, say_left, step_due, to_tell
from tests.support.company import NOW

DUE = NOW + timedelta(days=30)


@pytest.mark.parametrize(
    ("before", "step"),
    [
        (timedelta(days=7, minutes=1), None),
        (timedelta(days=7), 168),
        (timedelta(days=4), 168),
        (timedelta(days=3), 72),
        (timedelta(days=1), 24),
        (timedelta(hours=2, minutes=1), 24),
        (timedelta(hours=2), 2),
        (timedelta(0), 2),
        (-timedelta(hours=23), 2),  # a round that slept through it still says so
        (-timedelta(days=1), None),
    ],
)
def test_the_nearest_step_is_due(before: timedelta, step: int | None) -> None:
    assert step_due(DUE, DUE - before) == step


@given(st.integers(-72, 300), st.sampled_from([None, *HOURS]))
def test_what_was_told_is_never_told_again_nor_a_step_that_lies_behind(hours: int, told: int | None) -> None:
    step = to_tell(DUE, told, DUE - timedelta(hours=hours))
    assert step is None or ((told is None or step < told) and hours <= step)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=7), "还有 7 天"),
        (timedelta(days=1), "还有 1 天"),
        (timedelta(hours=23), "还有 23 小时"),
        (timedelta(hours=2), "还有 2 小时"),
        (timedelta(hours=1, minutes=59), "还有 2 小时"),
        (timedelta(minutes=20), "还有 20 分钟"),
        (timedelta(seconds=1), "还有 1 分钟"),
        (timedelta(0), "已经过了"),
    ],
)
def test_what_is_left_is_said_as_people_say_it(left: timedelta, said: str) -> None:
    assert say_left(DUE, DUE - left) == said
