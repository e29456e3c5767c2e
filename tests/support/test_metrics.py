"""The numbers for whoever watches this machine: from this machine only, and only of what is unsettled."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from config.vocabulary import InboxState, OutboxState
from crm import messages, uow
from crm.messages import Received
from models.messages import OutboxMessage
from tests.bot.wecom import settings_of
from tests.support.company import NOW
from wsgi import create_app


@pytest.fixture
def client(company_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    monkeypatch.setattr(uow, "_hooks", [])
    yield create_app(settings_of(company_url, tmp_path)).test_client()
    uow.dispose()


def test_the_unsettled_is_counted_and_what_only_grows_is_not(client: FlaskClient) -> None:
    with uow.transaction() as s:
        for state in OutboxState:
            messages.prompt_parts(s, 1, ["甲"], dedupe=state, now=NOW)
            s.query(OutboxMessage).filter_by(dedupe=f"{state}:0").update({"state": state})
        received = Received("k", "text", "", "", "Zhang", "", "<xml/>", NOW)
        messages.remember(s, received, InboxState.FAILED, "", NOW)
    said = client.get("/metrics").text
    assert 'crm_rows{state="dead",table="outbox"} 1.0' in said
    assert 'crm_rows{state="failed",table="inbox"} 1.0' in said
    assert 'crm_rows{state="waiting",table="inbox"} 0.0' in said
    assert 'crm_rows{state="stuck",table="spool"} 0.0' in said
    assert 'state="sent"' not in said


@pytest.mark.parametrize("address", ["10.0.0.7", "203.0.113.9", "::ffff:10.0.0.7", ""])
def test_nobody_elsewhere_is_answered(client: FlaskClient, address: str) -> None:
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": address}).status_code == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_a_proxy_on_this_machine_does_not_speak_for_it(client: FlaskClient, header: str) -> None:
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_a_look_is_one_moment_and_writes_nothing(client: FlaskClient, company_url: str) -> None:
    with uow.reading() as s:
        before = s.query(OutboxMessage).count()
        with uow.transaction() as other:
            messages.prompt_parts(other, 1, ["甲"], dedupe="x", now=NOW)
        assert s.query(OutboxMessage).count() == before
    with uow.reading() as s:
        assert s.query(OutboxMessage).count() == before + 1
