"""Two files become one: everybody's credit together is never more than all of it."""

from hypothesis import given
from hypothesis import strategies as st

from crm.rules.credit import room_for

PERCENTS = st.lists(st.integers(0, 100), max_size=6)


@given(PERCENTS, PERCENTS)
def test_nobody_gains_those_who_were_there_keep_theirs_and_no_percent_is_lost_needlessly(
    kept: list[int], coming: list[int]
) -> None:
    given_ = room_for(kept, coming)
    assert len(given_) == len(coming)
    assert all(0 <= now <= was for now, was in zip(given_, coming, strict=True))
    assert sum(given_) == min(sum(coming), max(0, 100 - sum(kept)))
