"""A slice of `make fuzz` and of `tests.fuzz.api`: whatever comes in, it is answered, kept or refused."""

from pathlib import Path

import pytest

from config.vocabulary import Role
from tests.access.stage import staged
from tests.fuzz.api import fuzz_api
from tests.fuzz.run import fuzz


@pytest.mark.slow
def test_no_mutated_callback_makes_the_application_stumble() -> None:
    outcome = fuzz(400, seed=20261123)
    assert outcome.wrong == []
    assert outcome.stored > 100
    assert set(outcome.statuses) >= {200, 403}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_api_answers_every_role_as_its_document_says(tmp_path: Path) -> None:
    with staged(f"sqlite:///{tmp_path}/crm.db", tmp_path) as stage:
        outcome = fuzz_api(stage, 3, number=20261124)
    assert outcome.wrong == {}
    assert {way.split(" ")[0] for way in outcome.calls} == set(Role)
