"""A small company in a real store, SQLite and PostgreSQL, for everything that works on rows."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from config.clock import Clock
from config.settings import Settings
from config.vocabulary import PersonStatus, Role
from crm import uow
from gateways.dropbox import Dropbox
from gateways.files import FileStore
from gateways.spool import Spool
from jobs import inbox
from jobs.book import Book
from jobs.wiring import Wiring, wecom_client
from models.people import Person, Team, TeamLeader
from tests.support import stores
from tests.support.postgres import Server

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai
PEOPLE = (("ZhangSan", Role.REP), ("lisi", Role.TEAM_LEAD), ("wangwu", Role.ADMIN))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A store with three people: 1 ZhangSan (rep), 2 lisi who leads his team, 3 wangwu (administrator)."""
    server: Server | None = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        url = server.create_database(server.template("small company", found))
    else:
        url = f"sqlite:///{tmp_path}/crm.db"
        found(url)
    engine = uow.connect(url)
    yield engine
    uow.dispose()
    engine.dispose()
    if server is not None:
        server.drop_database(url)


def found(url: str) -> None:
    """Make the tables and the people."""
    stores.upgrade(url)
    engine = uow.connect(url)
    with uow.transaction() as s:
        s.add(Team(department_id=1, name="总公司", path="/1/"))
        s.flush()
        for userid, role in PEOPLE:
            s.add(
                Person(
                    userid=userid,
                    userid_key=userid.casefold(),
                    name=userid,
                    role=role,
                    status=PersonStatus.ACTIVE,
                    team_id=1,
                    changed_at=NOW,
                )
            )
            s.flush()
        s.add(TeamLeader(team_id=1, person_id=2))
    engine.dispose()


def settings_in(folder: Path, **changes: object) -> Settings:
    """Settings of a development machine whose files live in `folder` and whose WeCom nobody answers for."""
    values: dict[str, object] = {
        "var_dir": folder,
        "database_url": f"sqlite:///{folder}/crm.db",
        "redis_url": f"unix://{folder}/nobody.sock",
        "secret_key": "s" * 40,
        "wecom_api_base": "http://127.0.0.1:9/cgi-bin/",
        "wecom_corp_id": "ww1",
        "wecom_agent_id": 1000002,
        "wecom_agent_secret": "secret",
        "wecom_token": "token",
        "wecom_encoding_aes_key": "a" * 43,
    }
    return Settings(**{**values, **changes})  # type: ignore[arg-type]


def wiring_in(folder: Path, clock: Clock, nudge: Callable[[frozenset[str]], None] = lambda _: None) -> Wiring:
    """A job's wiring over the store that the test has connected already."""
    settings = settings_in(folder)
    client = wecom_client(settings, clock)
    return Wiring(
        settings=settings,
        clock=clock,
        client=client,
        handlers=inbox.handlers(Book(client), client, client.media, FileStore(folder / "files")),
        spool=Spool(folder / "spool.db"),
        incoming=Dropbox(folder / "imports"),
        outgoing=Dropbox(folder / "exports"),
        nudge=nudge,
        summarise=None,
        archive=None,
    )
