"""Only what time mends counts as an absent store; what a statement did wrong stays the error it is."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from crm import uow
from models.base import insert_rows, update_rows
from models.customers import Customer, NameBlock
from models.ops import Pause
from tests.support.company import NOW, customer, rows


def run(*statements: str) -> None:
    with uow.transaction() as s:
        for statement in statements:
            s.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM no_such_table",
        "SELECT 1 WHERE " + " OR ".join(["1=1"] * 3000),  # SQLite: expression tree is too large
        "SELECT 'x' LIKE '" + "%a" * 30_000 + "'",  # SQLite: LIKE or GLOB pattern too complex
    ],
)
def test_a_statement_that_always_fails_is_no_absent_store(company: Engine, statement: str) -> None:
    if company.dialect.name == "postgresql" and "no_such" not in statement:
        statement = "SELECT " + "(" * 100_000 + "1" + ")" * 100_000  # 54001: stack depth limit exceeded
    with pytest.raises(DBAPIError):
        run(statement)


def test_a_statement_that_takes_too_long_is_no_absent_store(company: Engine) -> None:
    if company.dialect.name != "postgresql":
        pytest.skip("SQLite has no statement timeout")
    with pytest.raises(DBAPIError):
        run("SET LOCAL statement_timeout = 50", "SELECT pg_sleep(5)")


@pytest.mark.slow
def test_a_lock_that_nobody_gives_back_in_time_is_a_busy_store(company: Engine, tmp_path: Path) -> None:
    update = "UPDATE person SET name = name WHERE id = 1"
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with uow.transaction() as s:
            s.execute(text(update))
            held.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    try:
        if company.dialect.name == "postgresql":
            statements: tuple[str, ...] = ("SET LOCAL lock_timeout = 50", update)
        else:
            uow.connect(f"sqlite:///{tmp_path}/crm.db", patient=False)
            statements = (update,)
        with pytest.raises(uow.StoreDown):
            run(*statements)
    finally:
        done.set()
        holder.join()


@pytest.mark.parametrize(
    "url",
    ["sqlite:////proc/no/crm.db", "postgresql+psycopg://nobody@127.0.0.1:9/nothing"],
    ids=["sqlite", "postgresql"],
)
def test_a_store_that_cannot_be_opened_is_away(url: str) -> None:
    try:
        engine = uow.connect(url, patient=False)
    except OSError:  # making the folder was refused already
        return
    with pytest.raises(uow.StoreDown):
        run("SELECT 1")
    engine.dispose()


def test_a_key_that_is_taken_at_every_try_comes_out_as_our_own_mistake(company: Engine) -> None:
    with uow.transaction() as s:
        s.add(Pause(name="x", until=NOW, reason=""))
    tries = []

    def clumsy(s: uow.Session) -> None:
        tries.append(1)
        s.add(Pause(name="x", until=NOW, reason=""))

    with pytest.raises(IntegrityError):
        uow.attempt(clumsy)
    assert len(tries) == 4


def test_transactions_that_get_in_each_others_way_every_time_are_a_busy_store(company: Engine) -> None:
    if company.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    with pytest.raises(uow.StoreDown):
        uow.attempt(lambda s: s.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")))


def test_a_fast_insert_tells_its_errors_as_every_statement_does(company: Engine) -> None:
    """A key that another transaction has taken is worth another try, whichever way the row came."""
    tries = []

    def twice(s: uow.Session) -> None:
        tries.append(1)
        insert_rows(s, NameBlock, [{"key": "瑞衡"}, {"key": "瑞衡"}])

    with pytest.raises(IntegrityError):
        uow.attempt(twice)
    assert len(tries) > 1
    assert rows(NameBlock) == []


def test_many_rows_are_changed_each_to_its_own_values_and_no_other(company: Engine) -> None:
    ids = [customer("Zhang", name) for name in ("瑞衡热能", "恒泽水务", "华东泵业")]
    changes = [
        {"id": ids[0], "region": '苏州「"工业园区"」', "industry": "泵", "queue_team_id": None},
        {"id": ids[1], "region": "昆山\\n", "industry": "", "queue_team_id": None},
        {"id": ids[2], "region": "上海", "industry": "泵", "queue_team_id": None},
    ]
    with uow.transaction() as s:
        update_rows(s, Customer, "id", changes, Customer.id.between(ids[0], ids[1]))
    held = {row.id: (row.region, row.industry, row.queue_team_id) for row in rows(Customer)}
    assert held[ids[0]] == ('苏州「"工业园区"」', "泵", None)
    assert held[ids[1]] == ("昆山\\n", "", None)
    assert held[ids[2]][0] == ""
