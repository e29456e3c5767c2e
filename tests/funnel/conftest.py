"""The real application over a real store, with a session for everybody at each entrance."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.vocabulary import LoginVia
from crm import uow
from crm.usecases import sessions
from tests.bot.wecom import ClockFile, Wecom, settings_of
from tests.funnel.desk import Desk
from tests.funnel.model import ADMIN, DIRECTOR, LEAD, OTHER, OWNER
from tests.support.company import NOW, customer
from wsgi import create_app


@pytest.fixture
def desk(company_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(uow, "_hooks", [])
    monkeypatch.setattr(uow, "_SNAPSHOT", {})
    clock = ClockFile(tmp_path)
    clock.set(NOW)
    app = create_app(settings_of(company_url, tmp_path))
    uow._hooks.clear()
    engine = uow.connect(company_url)
    made = customer(OWNER, "甲机电有限公司")
    people = (OWNER, LEAD, DIRECTOR, ADMIN, OTHER)
    with uow.transaction() as s:
        phones = {who: sessions.open_session(s, who, LoginVia.MINIAPP, NOW)[0] for who in people}
        consoles = {who: sessions.open_session(s, who, LoginVia.CONSOLE, NOW)[0] for who in people}
    yield Desk(Wecom(app, clock), engine, phones, consoles, made)
    engine.dispose()
    uow.dispose()
