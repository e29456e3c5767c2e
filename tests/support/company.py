"""One small company in a real store, on SQLite and PostgreSQL, with the schema of the real migration."""

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Engine

from config.vocabulary import PersonStatus, Role
from crm import uow
from crm.access import Actor, actor_by_userid
from crm.rules.funnel import Said
from crm.usecases.customers import CustomerDraft, create_customer
from crm.usecases.deals import DealMade, move_deal, open_deal
from crm.usecases.pipelines import install_ladders
from crm.usecases.policy import change
from models.base import Base
from models.people import Person, Team, TeamLeader
from tests.support import stores
from tests.support.postgres import Server

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HEAD, ONE, TWO = 1, 2, 3  # the teams' ids

# (userid, name, role, status, team); ids count from 1 in this order.
PEOPLE: Sequence[tuple[str, str, Role, PersonStatus, int]] = (
    ("Zhang", "张三", Role.REP, PersonStatus.ACTIVE, ONE),
    ("sun", "孙六", Role.REP, PersonStatus.ACTIVE, ONE),
    ("li", "李主管", Role.TEAM_LEAD, PersonStatus.ACTIVE, ONE),
    ("qian", "钱七", Role.REP, PersonStatus.ACTIVE, TWO),
    ("wu", "吴主管", Role.TEAM_LEAD, PersonStatus.ACTIVE, TWO),
    ("zhou", "周总监", Role.DIRECTOR, PersonStatus.ACTIVE, HEAD),
    ("wang", "王管理", Role.ADMIN, PersonStatus.ACTIVE, HEAD),
    ("off", "停用的人", Role.REP, PersonStatus.DISABLED, ONE),
    ("left", "离职的人", Role.REP, PersonStatus.LEFT, ONE),
)
LEADERS = ((HEAD, "zhou"), (ONE, "li"), (TWO, "wu"))
IDS = {userid.casefold(): number for number, (userid, *_) in enumerate(PEOPLE, start=1)}

Row = TypeVar("Row", bound=Base)


def _found(url: str) -> None:
    """The migration, then two teams with their leads, a director, an administrator, and two who are gone."""
    stores.upgrade(url)
    engine = uow.connect(url)
    with uow.transaction() as s:
        install_ladders(s)
        for number, name in ((HEAD, "总公司"), (ONE, "一组"), (TWO, "二组")):
            top = number == HEAD
            path = "/1/" if top else f"/1/{number}/"
            s.add(Team(department_id=number, name=name, path=path, parent_id=None if top else HEAD))
            s.flush()
        for userid, name, role, status, team in PEOPLE:
            key = userid.casefold()
            s.add(
                Person(userid=userid, userid_key=key, name=name, role=role, status=status, team_id=team, changed_at=NOW)
            )
            s.flush()
        for team, userid in LEADERS:
            s.add(TeamLeader(team_id=team, person_id=IDS[userid]))
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to copy: making the company takes a second, copying it none."""
    path = tmp_path_factory.mktemp("template") / "crm.db"
    _found(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def company_template(postgres_server: Server) -> str:
    """The name of the template to pass to `create_database`."""
    return postgres_server.template("company", _found)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def company_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store of its own that holds the company; nothing is connected yet."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "crm.db")
        yield f"sqlite:///{tmp_path}/crm.db"
        return
    server: Server = request.getfixturevalue("postgres_server")
    url = server.create_database(request.getfixturevalue("company_template"))
    yield url
    server.drop_database(url)


@pytest.fixture
def company(company_url: str) -> Iterator[Engine]:
    """The company's store, opened as a job opens it."""
    engine = uow.connect(company_url)
    yield engine
    engine.dispose()


def actor(userid: str) -> Actor:
    with uow.reading() as s:
        return actor_by_userid(s, userid)


def customer(owner: str, name: str, now: datetime = NOW) -> int:
    """A customer that this person makes at `now`; its id."""
    who = actor(owner)
    with uow.transaction() as s:
        return create_customer(s, who, CustomerDraft(name=name), now, entrance="chat", anyway=True).id


def deal_at(owner: Actor, customer_id: int, name: str, amount: Decimal, stage: str, now: datetime = NOW) -> DealMade:
    """A deal that its owner opens and a director lets through to `stage` at once."""
    with uow.transaction() as s:
        made = open_deal(s, owner, customer_id, name, amount, now, entrance="chat")
        let_through = Said("上线之前已经到这个阶段")
        move_deal(s, actor_by_userid(s, "zhou"), made.public_id, stage, let_through, now, entrance="chat", force=True)
    return made


def set_policy(**numbers: object) -> None:
    with uow.transaction() as s:
        for name, value in numbers.items():
            change(s, None, name, str(value).lower(), NOW, entrance="shell")


def rows(table: type[Row], *where: ColumnElement[bool]) -> list[Row]:
    """Rows of a table in the order of their making."""
    with uow.reading() as s:
        return list(s.scalars(select(table).where(*where).order_by(*table.__table__.primary_key)))


def snapshot() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table: what is equal before and after has left no trace."""
    with uow.reading() as s:
        return {
            table.name: [tuple(row) for row in s.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def at_once(works: Sequence[Callable[[], object]]) -> list[object]:
    """Start all of them in the same moment, each in a thread; what each returned or raised."""
    ready = threading.Barrier(len(works))
    results: list[object] = [RuntimeError("never ran")] * len(works)

    def run(number: int) -> None:
        ready.wait()
        try:
            results[number] = works[number]()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
