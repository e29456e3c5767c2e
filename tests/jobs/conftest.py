"""The store that the tests of this folder work on."""

from tests.jobs.company import store

__all__ = ["store"]
