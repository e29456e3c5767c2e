"""A worker that dies between any two steps of an import: the next one goes on, and every row is there once."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from crm import uow
from crm.errors import Invalid
from jobs import imports as jobs
from jobs.ahead import ahead, in_turn
from models.customers import Customer
from models.imports import ImportRow
from tests.imports.sheets import Desk, csv_of
from tests.support.company import MINUTE, actor, rows


class Killed(BaseException):
    """As kill -9 between two transactions: nothing is handed back, the lease stays."""


def dying_after(steps: int) -> Callable[[], bool]:
    left = [steps]

    def go_on() -> bool:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return True

    return go_on


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_FEWEST", 3)
    monkeypatch.setattr(jobs, "_MOST", 3)
    monkeypatch.setattr(jobs, "_STAGED_AT_ONCE", 4)


@pytest.mark.parametrize("chunks", [in_turn, ahead])
def test_it_goes_on_where_the_dead_worker_stood(
    company: Engine, tmp_path: Path, small_steps: None, chunks: jobs.Chunks
) -> None:
    desk = Desk(tmp_path)
    names = [f"苏州第{n}号热能有限公司" for n in range(20)]
    who = actor("Zhang")
    public_id = desk.upload(
        who, csv_of(("公司", "联系人"), *((name, "王工") for name in names), (names[3], "李总"), ("", "谁"))
    )

    def until(state: str) -> int:
        deaths = 0
        while desk.job(public_id).state != state:
            try:
                jobs.work_due(lambda: desk.now, desk.box, go_on=dying_after(2), chunks=chunks)
            except Killed:
                deaths += 1
                desk.now += MINUTE  # the lease runs out
        return deaths

    assert until("mapping") > 0
    desk.map(who, public_id)
    assert until("checked") > 0
    desk.start(who, public_id)
    assert until("done") > 0
    assert desk.counts(public_id) == {"made": 20, "merged": 1, "failed": 1}
    assert sorted(c.name for c in rows(Customer)) == sorted(names)
    assert len(rows(ImportRow)) == 22


def test_when_the_process_that_reads_ahead_dies_the_import_waits_for_its_lease_and_goes_on(
    company: Engine, tmp_path: Path, small_steps: None
) -> None:
    desk = Desk(tmp_path)
    who = actor("Zhang")
    public_id = desk.checked(who, csv_of(("公司",), *((f"苏州第{n}号热能有限公司",) for n in range(20))))
    desk.start(who, public_id)

    def kill_the_reader() -> bool:
        for reader in multiprocessing.active_children():
            reader.kill()
            reader.join()
        return True

    jobs.work_due(lambda: desk.now, desk.box, go_on=kill_the_reader, chunks=ahead)
    assert desk.job(public_id).state == "running"
    assert 0 < len(rows(Customer)) < 20
    desk.now += MINUTE
    jobs.work_due(lambda: desk.now, desk.box, chunks=ahead)
    assert desk.counts(public_id) == {"made": 20}
    assert multiprocessing.active_children() == []


def test_a_long_stretch_of_blank_lines_is_no_end(company: Engine, tmp_path: Path, small_steps: None) -> None:
    desk = Desk(tmp_path)
    blank = [("", "")] * 40
    sheet = csv_of(("公司", "联系人"), ("苏州瑞衡热能有限公司", "王工"), *blank, ("苏州恒泽水务有限公司", "李工"))
    assert desk.counts(desk.done(actor("Zhang"), sheet)) == {"made": 2}


def test_a_table_that_somebody_tidies_just_now_stops_no_import(company: Engine, tmp_path: Path) -> None:
    if company.dialect.name != "postgresql":
        pytest.skip("SQLite has no planner that must be told")
    desk = Desk(tmp_path)
    public_id = desk.upload(actor("Zhang"), csv_of(("公司",), ("苏州瑞衡热能有限公司",)))
    with company.connect() as tidying:
        tidying.exec_driver_sql("LOCK TABLE import_row IN SHARE UPDATE EXCLUSIVE MODE")
        desk.work()
        assert desk.job(public_id).state == "mapping"


@pytest.mark.parametrize("chunks", [in_turn, ahead])
def test_what_is_refused_while_rows_are_read_is_said_the_same_way_by_either_reader(chunks: jobs.Chunks) -> None:
    def read(behind: int, many: int) -> list[ImportRow]:
        raise Invalid("这一步做不了")

    with pytest.raises(Invalid, match="这一步做不了"):
        next(chunks(read, 0, lambda: 3))
    assert multiprocessing.active_children() == []


def test_a_reader_that_dies_in_the_middle_of_an_answer_is_gone_like_any_other() -> None:
    def read(behind: int, many: int) -> list[ImportRow]:
        # More than a pipe holds, and nobody takes it out: it is still being sent when the process is killed.
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return [ImportRow(number=behind + 1, cells="水" * 10_000_000)] if behind else [ImportRow(number=1)]

    rows_read = ahead(read, 0, lambda: 1)
    assert [one.number for one in next(rows_read)] == [1]
    for reader in multiprocessing.active_children():
        reader.join(10)
    with pytest.raises(uow.TryAgain):
        next(rows_read)
    assert multiprocessing.active_children() == []
