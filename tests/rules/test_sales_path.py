"""What closed deals teach, beside a calculation that walks every story by itself."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm.rules.sales_path import LEAST, Share, Spread, Stayed, Story, expected_by, learn, reached, spread

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
RUNGS = 4


def at_day(day: int) -> datetime:
    return START + timedelta(days=day)


def calendar_days(start: datetime, end: datetime) -> int:
    return (end - start).days


def story(steps: Sequence[tuple[int, int]], closed: int, won: bool, touches: int = 0, kinds: str = "") -> Story:
    """`steps` are (rung, day it was moved there)."""
    ends = [*(day for _, day in steps[1:]), closed]
    stays = [Stayed(rung, at_day(day), at_day(end)) for (rung, day), end in zip(steps, ends, strict=True)]
    return Story(at_day(steps[0][1]), at_day(closed), won, stays, touches, tuple(kinds))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    days = sorted(draw(st.lists(st.integers(0, 200), min_size=2, max_size=6)))
    rungs = [0, *draw(st.lists(st.integers(0, RUNGS - 1), min_size=len(days) - 2, max_size=len(days) - 2))]
    steps = list(zip(rungs, days[:-1], strict=True))
    return story(steps, days[-1], draw(st.booleans()), draw(st.integers(0, 9)), draw(st.sampled_from(["", "v", "vf"])))


def middle(values: list[int]) -> int | None:
    return sorted(values)[len(values) // 2] if len(values) >= LEAST else None


@given(st.lists(stories(), max_size=25))
def test_every_figure_is_what_walking_each_story_gives(told: list[Story]) -> None:
    path = learn(told, RUNGS, calendar_days)
    won = [one for one in told if one.won]
    assert (path.closed, path.won) == (len(told), len(won))
    assert path.cycle.middle == middle([(one.closed - one.opened).days for one in won])
    assert path.touches.middle == middle([one.touches for one in won])
    for rung, step in enumerate(path.steps):
        here = [one for one in told if one.won or max(s.rung for s in one.stays) >= rung]
        above = [one for one in here if one.won or max(s.rung for s in one.stays) > rung]
        assert step.further == Share(len(above), len(here))
        assert step.won == Share(len(won), len(here))
        stood = []
        for one in won:
            mine = [s for s in one.stays if s.rung == rung]
            if mine:
                stood.append(sum((s.ended - s.started).days for s in mine if s.ended))
        assert (step.dwell.many, step.dwell.middle) == (len(stood), middle(stood))
        waits = []
        for one in won:
            first = min([s.started for s in one.stays if s.rung >= rung], default=one.closed)
            waits.append((one.closed - first).days)
        assert step.to_win.middle == middle(waits)
    assert dict(path.kinds) == {
        kind: Share(sum(kind in one.kinds for one in won), len(won)) for one in won for kind in one.kinds
    }


@given(st.lists(stories(), min_size=1, max_size=25))
def test_nobody_gets_further_without_having_been_there(told: list[Story]) -> None:
    path = learn(told, RUNGS, calendar_days)
    arrived = [step.further.whole for step in path.steps]
    assert arrived == sorted(arrived, reverse=True)
    for lower, upper in zip(path.steps, path.steps[1:], strict=False):
        assert lower.further.part == upper.further.whole
    assert path.steps[-1].further.part == path.won


@given(st.lists(st.integers(0, 500), max_size=60))
def test_a_spread_stands_in_its_values_and_in_order(values: list[int]) -> None:
    told = spread(values)
    assert told.many == len(values)
    if len(values) < LEAST:
        assert (told.low, told.middle, told.high) == (None, None, None)
        return
    assert told.low is not None
    assert told.middle is not None
    assert told.high is not None
    for part, value in ((0.25, told.low), (0.5, told.middle), (0.75, told.high)):
        assert sum(one < value for one in values) <= part * len(values) <= sum(one <= value for one in values)


def test_a_share_of_few_is_not_told_and_the_middle_of_two_is_the_upper() -> None:
    assert (Share(3, LEAST - 1).percent, Share(1, LEAST).percent) == (None, 20)
    assert spread([1, 2, 3, 4, 5, 6]) == Spread(6, 2, 4, 5)


def test_a_jump_reaches_what_it_passes_and_nothing_is_learnt_of_standing_there() -> None:
    jumped = [story([(0, 0), (2, 10)], 30, won=True) for _ in range(LEAST)]
    assert reached(jumped[0].stays, RUNGS, jumped[0].closed) == [
        at_day(0),
        at_day(10),
        at_day(10),
        at_day(30),
        at_day(30),
    ]
    path = learn(jumped, RUNGS, calendar_days)
    assert [step.dwell.many for step in path.steps] == [LEAST, 0, LEAST, 0]
    assert [step.to_win.middle for step in path.steps] == [30, 20, 20, 0]


def test_a_win_is_expected_as_long_after_as_it_took_the_others() -> None:
    assert expected_by(START, Spread(9, 10, 20, 30)) == START + timedelta(days=20)
    assert expected_by(START, Spread(2)) is None
