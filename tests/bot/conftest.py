"""The real application in front of a real store, and WeCom talking to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm import uow
from tests.bot.wecom import ClockFile, Wecom, settings_of
from tests.support.company import NOW
from wsgi import create_app


@pytest.fixture
def clock(tmp_path: Path) -> ClockFile:
    """10:00 on a working Monday, running."""
    found = ClockFile(tmp_path)
    found.set(NOW)
    return found


@pytest.fixture
def wecom(company_url: str, clock: ClockFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wecom]:
    monkeypatch.setattr(uow, "_hooks", [])  # an application of an earlier test must not hear of this one's commits
    yield Wecom(create_app(settings_of(company_url, tmp_path)), clock)
    uow.dispose()
