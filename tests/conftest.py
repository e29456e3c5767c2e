"""Makes the test kit's servers, processes, browser and company known to every test, and keeps the inner loop short."""

from collections import Counter
from pathlib import Path

import pytest

# `company` imports `postgres`: a module must be named here before somebody else imports it.
pytest_plugins = [
    "tests.support.postgres",
    "tests.support.redis",
    "tests.support.process",
    "tests.support.browser",
    "tests.support.company",
]

_TRIED = 1  # of the tests of a file that work on a store of their own, how many `make test-fast` runs
_STORES = frozenset({"tmp_path", "company_url", "sqlite_template", "postgres_server"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A store for each test is what takes the time: the inner loop tries one of each file, every other run all."""
    seen: Counter[Path] = Counter()
    for item in items:
        if _STORES & set(getattr(item, "fixturenames", ())) and not item.get_closest_marker("postgres"):
            seen[item.path] += 1
            if seen[item.path] > _TRIED:
                item.add_marker(pytest.mark.stored)
