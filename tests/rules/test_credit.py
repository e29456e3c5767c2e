"""Two files become one: everybody's credit together is never more than all of it."""

from hypothesis import given
from hypothesis import strategies as st

from crm.rules.credit import joined, room_for

PERCENTS = st.lists(st.integers(0, 100), max_size=6)


@given(PERCENTS, PERCENTS)
def test_nobody_gains_those_who_were_there_keep_theirs_and_no_percent_is_lost_needlessly(
    kept: list[int], coming: list[int]
) -> None:
    given_ = room_for(kept, coming)
    assert len(given_) == len(coming)
    assert all(0 <= now <= was for now, was in zip(given_, coming, strict=True))
    assert sum(given_) == min(sum(coming), max(0, 100 - sum(kept)))


CREDITS = st.dictionaries(st.integers(1, 5), st.integers(0, 100), max_size=5)


@given(CREDITS, CREDITS)
def test_a_colleague_of_both_files_has_the_larger_of_his_two_where_there_is_room(
    kept: dict[int, int], coming: dict[int, int]
) -> None:
    together = joined(kept, coming)
    assert set(together) == set(kept) | set(coming)
    for person, percent in together.items():
        assert kept.get(person, 0) <= percent <= max(kept.get(person, 0), coming.get(person, 0))
    wanted = sum(max(kept.get(one, 0), coming.get(one, 0)) for one in together)
    assert sum(together.values()) == min(wanted, max(100, sum(kept.values())))
