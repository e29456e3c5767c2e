"""A slice of `make chaos`: eight kills while people work, and the books still agree."""

import pytest

from tests.chaos.__main__ import Plan, run


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_eight_killed_processes_lose_nothing_and_double_nothing() -> None:
    assert run(Plan(kills=8, db="sqlite", redis=True, seed=20261123, rate=10)) == []
