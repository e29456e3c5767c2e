"""The schema goes up and down on both databases and is what the tables say; nobody rewrites the audit book."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from crm import uow
from models.base import Base
from tests.support.postgres import Server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server: Server = request.getfixturevalue("postgres_server")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.mark.slow
def test_the_migrations_make_exactly_what_the_tables_say(empty_url: str) -> None:
    uow.upgrade(empty_url)
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_upgrading_twice_is_upgrading_once_and_the_way_down_leaves_nothing(empty_url: str) -> None:
    uow.upgrade(empty_url)
    uow.upgrade(empty_url)
    uow.downgrade(empty_url, "base")
    engine = create_engine(empty_url)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()
    uow.upgrade(empty_url)


def test_the_region_stands_with_what_everybody_reads_and_goes_back_on_the_way_down(empty_url: str) -> None:
    def heading() -> str | None:
        engine = create_engine(empty_url)
        with engine.connect() as connection:
            found: str | None = connection.scalar(
                text(
                    "SELECT g.key FROM field_definition f JOIN field_group g ON g.id = f.group_id"
                    " WHERE f.object_kind = 'customer' AND f.key = 'region'"
                )
            )
        engine.dispose()
        return found

    uow.upgrade(empty_url)
    assert heading() == "basic"
    uow.downgrade(empty_url, "0008")
    assert heading() == "reach"
    uow.upgrade(empty_url)
    assert heading() == "basic"


@pytest.mark.parametrize("table", ["audit_entry", "audit_seal"])
@pytest.mark.parametrize("words", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_rewrite_the_audit_book(company_url: str, table: str, words: str) -> None:
    column = {"audit_entry": "verb", "audit_seal": "digest"}[table]
    engine = create_engine(company_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit_entry (id, at, entrance, verb, subject, detail)"
                " VALUES (1, '2026-11-23 02:00:00', 'chat', 'link', 'customer:1', '{}')"
            )
        )
        connection.execute(text("INSERT INTO audit_seal VALUES (1, 1, 'digest')"))
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(words.format(table, column, "'x'")))
    engine.dispose()


def test_a_whole_book_cannot_be_emptied_at_once_either(company_url: str) -> None:
    if company_url.startswith("sqlite"):
        pytest.skip("SQLite has no TRUNCATE")
    engine = create_engine(company_url)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text("TRUNCATE audit_entry CASCADE"))
    engine.dispose()


def test_to_dos_that_were_taken_back_are_told_from_those_that_were_done(company_url: str) -> None:
    def marks() -> list[tuple[bool, bool]]:
        engine = create_engine(company_url)
        with engine.connect() as connection:
            asked = "SELECT done_at IS NULL, withdrawn_at IS NULL FROM todo ORDER BY id"
            found = [(not done, not gone) for done, gone in connection.execute(text(asked))]
        engine.dispose()
        return found

    uow.downgrade(company_url, "0024")
    engine = create_engine(company_url)
    moment = "'2026-11-23 02:00:00'"
    with engine.begin() as connection:
        for number in (1, 2):
            values = f"{number}, 'todo{number}', 1, 'x', {moment}, {moment}, {moment}"
            words = "INSERT INTO todo (id, public_id, person_id, text, due_at, created_at, done_at) VALUES ({})"
            connection.execute(text(words.format(values)))
        connection.execute(
            text(
                "INSERT INTO audit_entry (id, at, entrance, verb, subject, detail)"
                " VALUES (1, '2026-11-23 02:00:00', 'chat', 'drop_todo', 'todo:2', '{}')"
            )
        )
    engine.dispose()
    uow.upgrade(company_url)
    assert marks() == [(True, False), (False, True)]


def test_the_ladder_of_small_orders_asks_for_its_proof_after_a_way_down_and_up_again(company_url: str) -> None:
    def needs() -> list[tuple[str, str, str]]:
        engine = create_engine(company_url)
        with engine.connect() as connection:
            asked = text(
                "SELECT p.name, s.key, n.kind FROM stage_need n JOIN stage s ON s.id = n.stage_id"
                " JOIN pipeline p ON p.id = s.pipeline_id WHERE p.retired_at IS NULL ORDER BY 1, 2, 3"
            )
            found = [tuple(row) for row in connection.execute(asked)]
        engine.dispose()
        return found

    before = needs()
    assert ("小单流程", "won", "proof") in before
    uow.downgrade(company_url, "0012")
    uow.upgrade(company_url)
    assert needs() == before
