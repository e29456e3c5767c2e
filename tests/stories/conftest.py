"""A running house on each database, with a real Redis and with none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm import uow
from tests.stories.house import House
from tests.support.postgres import Server
from tests.support.process import Processes


@pytest.fixture(
    params=[
        pytest.param("sqlite redis", marks=pytest.mark.redis),
        "sqlite alone",
        pytest.param("postgresql redis", marks=[pytest.mark.postgres, pytest.mark.redis]),
    ]
)
def house(request: pytest.FixtureRequest, processes: Processes, tmp_path: Path) -> Iterator[House]:
    """Not opened yet; the test's own process looks at the same store."""
    database, redis = request.param.split()
    url = f"sqlite:///{tmp_path}/crm.db"
    if database == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        url = server.create_database()
    uow.connect(url)
    yield House(processes, tmp_path, url, request.getfixturevalue("redis_url") if redis == "redis" else None)
    processes.stop()
    uow.dispose()
    if database == "postgresql":
        server.drop_database(url)
