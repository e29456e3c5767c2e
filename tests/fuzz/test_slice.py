"""A slice of `make fuzz`: whatever comes in, it is answered, kept or refused."""

import pytest

from tests.fuzz.run import fuzz


@pytest.mark.slow
def test_no_mutated_callback_makes_the_application_stumble() -> None:
    outcome = fuzz(400, seed=20261123)
    assert outcome.wrong == []
    assert outcome.stored > 100
    assert set(outcome.statuses) >= {200, 403}
