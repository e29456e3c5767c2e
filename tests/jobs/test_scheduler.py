"""Timed runs: made once by many, only the latest after a gap, worked by whoever is free, unhurt by any error."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from crm import uow
from crm.rules.days import WorkCalendar, at, day_of
from crm.usecases import slots
from jobs import runs, schedule, sweeps
from jobs.scheduler import Scheduler
from models.ops import JobSlot, RecentSend
from tests.jobs.company import NOW, wiring_in

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


class Hand:
    """A clock that the test moves."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def made() -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    with uow.reading() as s:
        for row in s.scalars(select(JobSlot).order_by(JobSlot.id)):
            found.setdefault(row.job, []).append(row.slot)
    return found


def slot(job: str = "purge") -> JobSlot:
    with uow.reading() as s:
        return s.scalars(select(JobSlot).where(JobSlot.job == job)).one()


def make(job: str = "purge", now: datetime = NOW) -> None:
    with uow.transaction() as s:
        slots.make(s, job, now, now)


def lease(now: datetime) -> slots.Slot | None:
    return uow.attempt(lambda s: slots.lease_next(s, now))


def test_the_plan_is_in_shanghai_time() -> None:
    due = dict(schedule.due(NOW, WorkCalendar({})))
    today = day_of(NOW)
    assert due["silent-customers"] == at(today, 2)
    assert due["stale-deals"] == at(today, 2, 10)
    assert due["daily-list"] == at(today, 8, 20)
    assert due["seal-audit"] == NOW


def test_there_is_no_list_on_a_day_off_nor_yesterdays_list_this_morning() -> None:
    saturday = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
    assert "daily-list" not in dict(schedule.due(saturday, WorkCalendar({})))
    assert "daily-list" in dict(schedule.due(saturday, WorkCalendar({saturday.date(): True})))
    early = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # 07:30 on Tuesday
    assert "daily-list" not in dict(schedule.due(early, WorkCalendar({})))


def test_two_schedulers_ticking_together_make_each_run_once(store: Engine, tmp_path: Path) -> None:
    schedulers = [Scheduler(wiring_in(tmp_path, Hand())) for _ in range(2)]
    threads = [threading.Thread(target=one.make_runs) for one in schedulers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    schedulers[0].make_runs()
    assert {len(times) for times in made().values()} == {1}


def test_after_three_days_down_only_the_latest_run_of_each_job_is_made(store: Engine, tmp_path: Path) -> None:
    clock = Hand()
    Scheduler(wiring_in(tmp_path, clock)).make_runs()
    clock.now += 3 * DAY
    Scheduler(wiring_in(tmp_path, clock)).make_runs()
    assert made()["silent-customers"] == [at(day_of(NOW), 2), at(day_of(NOW) + 3 * DAY, 2)]


def test_a_clock_put_back_makes_nothing_again(store: Engine, tmp_path: Path) -> None:
    clock = Hand()
    scheduler = Scheduler(wiring_in(tmp_path, clock))
    scheduler.make_runs()
    before = made()["silent-customers"]
    clock.now -= timedelta(hours=1)
    scheduler.make_runs()
    assert made()["silent-customers"] == before


def test_a_new_run_is_left_to_the_workers_for_ten_seconds(store: Engine, tmp_path: Path) -> None:
    make()
    clock = Hand(NOW + 9 * SECOND)
    scheduler = Scheduler(wiring_in(tmp_path, clock))
    scheduler.work_runs()
    assert slot().done_at is None
    clock.now = NOW + 10 * SECOND
    scheduler.work_runs()
    assert slot().done_at == clock.now


def test_many_workers_at_once_work_a_run_once(store: Engine) -> None:
    make()
    leased: list[slots.Slot | None] = []
    threads = [threading.Thread(target=lambda: leased.append(lease(NOW))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in leased if one]) == 1


def test_a_run_whose_worker_died_is_taken_over_and_given_up_after_three_deaths(store: Engine, tmp_path: Path) -> None:
    make()
    now = NOW
    for _ in range(3):
        assert lease(now)
        assert lease(now + 59 * SECOND) is None
        now += 61 * SECOND
    assert not runs.work_one(wiring_in(tmp_path, Hand(now)))
    assert slot().done_at == now
    assert "放弃" in slot().outcome


def test_a_renewed_lease_outlives_the_first_and_a_lost_one_cannot_be_renewed(store: Engine) -> None:
    make()
    first = lease(NOW)
    assert first
    kept = uow.attempt(lambda s: slots.renew(s, first, NOW + 30 * SECOND))
    assert kept
    assert lease(NOW + 70 * SECOND) is None
    assert uow.attempt(lambda s: slots.renew(s, first, NOW + 71 * SECOND)) is None


def test_a_run_that_fails_says_why_and_is_tried_again(store: Engine, tmp_path: Path) -> None:
    make("directory")
    clock = Hand()
    assert runs.work_one(wiring_in(tmp_path, clock))  # nobody answers for WeCom
    assert slot("directory").done_at is None
    assert "WecomError" in slot("directory").outcome
    assert not runs.work_one(wiring_in(tmp_path, clock))
    clock.now += 61 * SECOND
    assert runs.work_one(wiring_in(tmp_path, clock))
    assert slot("directory").tries == 2


@pytest.fixture
def three_objects(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A sweep over the objects 1, 2 and 3, the second of which is broken; the list fills with what was judged."""
    judged: list[int] = []

    def judge(s: Session, number: int, now: datetime, *, dry_run: bool) -> str | None:
        if number == 2:
            raise RuntimeError("broken row")
        judged.append(number)
        return None if number == 3 else f"第 {number} 个"

    monkeypatch.setitem(sweeps.SWEEPS, "three", (lambda s, now: [1, 2, 3], judge))
    return judged


def test_a_broken_row_stops_itself_only(store: Engine, tmp_path: Path, three_objects: list[int]) -> None:
    lines = list(runs.perform(wiring_in(tmp_path, Hand()), "three", NOW))
    assert three_objects == [1, 3]
    assert [bool(line) for line in lines] == [True, True, False]
    assert "出错" in lines[1]


def test_a_stopping_process_leaves_the_rest_of_its_run_to_others(
    store: Engine, tmp_path: Path, three_objects: list[int]
) -> None:
    make("three")
    clock = Hand()
    answers: Iterator[bool] = iter([False])
    assert runs.work_one(wiring_in(tmp_path, clock), go_on=lambda: next(answers))
    assert three_objects == [1]
    clock.now += 61 * SECOND
    assert runs.work_one(wiring_in(tmp_path, clock))
    assert slot("three").done_at == clock.now


def test_an_unknown_job_is_refused_with_the_names_of_the_known(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="silent-customers"):
        list(runs.perform(wiring_in(tmp_path, Hand()), "nonsense", NOW))


@pytest.mark.slow
def test_an_error_in_a_loop_ends_its_turn_and_a_stop_ends_all_loops_quickly(store: Engine, tmp_path: Path) -> None:
    turns: list[str] = []
    scheduler = Scheduler(wiring_in(tmp_path, Hand()))

    def failing(name: str) -> Callable[[], None]:
        def work() -> None:
            turns.append(name)
            raise RuntimeError(name)

        work.__name__ = name
        return work

    for name in ("make_runs", "work_messages", "work_runs", "drain_spool"):
        setattr(scheduler, name, failing(name))
    thread = threading.Thread(target=scheduler.run)
    thread.start()
    thread.join(1.5)
    assert thread.is_alive()
    scheduler.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert turns.count("make_runs") >= 2


def test_purging_forgets_old_counts_and_keeps_new_ones(store: Engine) -> None:
    with uow.transaction() as s:
        s.add(RecentSend(person_id=1, since=NOW - DAY, count=1))
        s.add(RecentSend(person_id=1, since=NOW, count=1))
        s.add(JobSlot(job="old", slot=NOW - 40 * DAY, created_at=NOW, done_at=NOW - 31 * DAY, outcome=""))
        s.add(JobSlot(job="open", slot=NOW - 40 * DAY, created_at=NOW, outcome=""))
    with uow.transaction() as s:
        assert slots.purge(s, NOW) == 2
    assert list(made()) == ["open"]
