"""The store and the PostgreSQL server that the tests of this folder work on."""

from tests.jobs.company import store
from tests.support.postgres import postgres_server

__all__ = ["postgres_server", "store"]
