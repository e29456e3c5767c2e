"""A small wave of alerts through the emulator; `python -m tests.load.alerts` has the full numbers."""

import pytest

from tests.load.alerts import wave


@pytest.mark.slow
def test_a_wave_of_alerts_is_three_messages_each_within_wecoms_limits_and_all_of_it_can_be_seen() -> None:
    found = wave("sqlite", alerts=60, people=5, seed=1)
    assert found.kept, str(found)
    assert found.most == 3
    assert found.minute == 25  # forty questions to one person kept to the limit, and used it
    assert found.ends["dead"] == 4  # two cards of each of the two who cannot be reached
