"""A window of too many calls is sat out by the run itself: its lease is kept, and whoever stops it is heard."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from crm import uow
from crm.flows import pausing
from crm.usecases import slots
from gateways.wecom.client import Department, WecomClient
from gateways.wecom.errors import WecomError
from jobs import runs, work
from jobs.wiring import Wiring
from models.ops import JobSlot
from tests.jobs.company import NOW, wiring_in
from tests.jobs.test_directory import Company


@dataclass
class Time:
    """Passes only while somebody sleeps."""

    passed: float = 0.0
    each: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds
        self.each()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)


@dataclass
class Limited(Company):
    """Answers after so many windows of too many calls."""

    windows: int = 0
    asked: list[str] = field(default_factory=list)

    def departments(self) -> list[Department]:
        self.asked.append("departments")
        if self.windows:
            self.windows -= 1
            raise WecomError("department/list", 45009)
        return super().departments()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(pausing, "time", made)
    return made


def a_run(folder: Path, time: Time, company: Limited) -> Wiring:
    with uow.transaction() as s:
        slots.make(s, "directory", NOW, NOW)
    return replace(wiring_in(folder, time.now), client=cast(WecomClient, company))


def the_run() -> JobSlot:
    with uow.reading() as s:
        return s.scalars(select(JobSlot)).one()


def test_a_run_keeps_its_lease_through_windows_longer_than_it(store: Engine, tmp_path: Path, time: Time) -> None:
    company = Limited(windows=3)
    w = a_run(tmp_path, time, company)
    time.each = lambda: others.append(uow.attempt(lambda s: slots.lease_next(s, time.now())))
    others: list[slots.Slot | None] = []
    assert runs.work_one(w)
    assert set(others) == {None}
    assert (the_run().tries, the_run().done_at is not None) == (1, True)
    assert the_run().outcome.startswith("部门 3 个")
    assert (len(company.asked), time.passed) == (4, 180.0)


def test_a_run_that_should_stop_ends_within_seconds_of_a_window(store: Engine, tmp_path: Path, time: Time) -> None:
    w = a_run(tmp_path, time, Limited(windows=3))
    assert runs.work_one(w, go_on=lambda: time.passed < 5)
    assert time.passed <= 7
    assert the_run().outcome == "进程停止，由其他进程接着做"


def test_a_limit_that_does_not_end_fails_the_run_in_wecoms_words(store: Engine, tmp_path: Path, time: Time) -> None:
    w = a_run(tmp_path, time, Limited(windows=100))
    assert runs.work_one(w)
    assert "被企业微信限流" in the_run().outcome
    assert time.passed == 300.0


def test_a_worker_that_should_stop_says_so_to_its_run(
    store: Engine, tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = a_run(tmp_path, time, Limited(windows=3))
    monkeypatch.setattr(work, "wired", lambda: w)
    time.each = work.LEAVING.set
    try:
        work.run("slot", 0)
    finally:
        work.LEAVING.clear()
    assert the_run().outcome == "进程停止，由其他进程接着做"
