"""A slice of the archive's chaos: five kills in mid-page, and the sequence is whole."""

import pytest

from tests.chaos.archive import Plan, run


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_five_killed_pullers_lose_nothing_double_nothing_and_keep_nothing_unasked() -> None:
    assert run(Plan(kills=5, db="sqlite", seed=20261130)) == []
