"""A worker that dies between any two steps of an import: the next one goes on, and every row is there once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from jobs import imports as jobs
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


def test_it_goes_on_where_the_dead_worker_stood(
    company: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_FEWEST", 3)
    monkeypatch.setattr(jobs, "_MOST", 3)
    monkeypatch.setattr(jobs, "_STAGED_AT_ONCE", 4)
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
                jobs.work_due(lambda: desk.now, desk.box, go_on=dying_after(2))
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
