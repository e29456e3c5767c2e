"""The clock: the machine's in production, shifted by a file that all development processes share."""

from datetime import timedelta
from pathlib import Path

import pytest

from config.clock import clock_of, machine_time
from config.settings import Settings
from tests.config.test_settings import GOOD


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in (GOOD | {"VAR_DIR": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    return Settings.load()


def test_two_processes_jump_together_and_come_back(settings: Settings, tmp_path: Path) -> None:
    first, second = clock_of(settings), clock_of(settings)
    assert abs(first() - machine_time()) < timedelta(seconds=5)
    (tmp_path / "clock").write_text(str(30 * 86400))
    for clock in (first, second):
        assert timedelta(days=30) - timedelta(seconds=5) < clock() - machine_time() < timedelta(days=30, seconds=5)
    (tmp_path / "clock").unlink()
    assert abs(first() - machine_time()) < timedelta(seconds=5)


@pytest.mark.parametrize("half_written", ["", "  ", "x12.", "-", "not a number", "inf", "9" * 400])
def test_a_half_written_offset_is_no_jump(settings: Settings, tmp_path: Path, half_written: str) -> None:
    clock = clock_of(settings)
    (tmp_path / "clock").write_text("86400")
    before = clock()
    (tmp_path / "clock").write_text(half_written)
    assert timedelta(0) <= clock() - before < timedelta(seconds=5)
    (tmp_path / "clock").write_text("172800")
    assert timedelta(days=1) <= clock() - before < timedelta(days=1, seconds=5)
