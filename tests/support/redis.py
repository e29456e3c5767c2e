"""A real Redis-compatible server for tests, on a unix socket in a temporary folder."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from emulator.demo import embedded_redis


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a server that lives as long as the session (one for each xdist worker)."""
    folder = Path(tempfile.mkdtemp(prefix="crm-redis-"))
    try:
        yield embedded_redis.ensure(folder)
    finally:
        embedded_redis.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The URL of an empty server."""
    with Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server
