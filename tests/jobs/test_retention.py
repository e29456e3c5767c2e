"""What passed through is forgotten after half a year; what is open, or may still be asked for, is not."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from config.policy import Policy
from config.vocabulary import InboxState, NoticeClass, OutboxState
from crm import messages, uow
from crm.messages import Received, Tap
from crm.notices import Notice
from crm.usecases import retention
from jobs import runs
from models.messages import Card, CardAction, InboxEvent, OutboxMessage
from tests.jobs.company import NOW, wiring_in
from tests.support.company import rows

LONG_AGO = NOW - timedelta(days=300)


def purge(folder: Path, now: datetime = NOW) -> str:
    return [line for line in runs.perform(wiring_in(folder, lambda: now), "purge", now) if line][-1]


def event(key: str, state: InboxState, at: datetime) -> None:
    with uow.transaction() as s:
        messages.remember(s, Received(key, "text", "", "", "ZhangSan", "", "<xml/>", at), state, "", at)


def message(key: str, state: OutboxState, at: datetime, kind: NoticeClass = NoticeClass.PROMPT) -> None:
    with uow.transaction() as s:
        messages.prompt_parts(s, 1, ["甲", "乙", "丙"], dedupe=key, now=at)
        for row in s.query(OutboxMessage).filter(OutboxMessage.dedupe.startswith(key)):
            row.state, row.notice_class = state, kind


def test_settled_events_go_and_those_somebody_must_look_at_stay(store: Engine, tmp_path: Path) -> None:
    for state in InboxState:
        event(f"old-{state}", state, LONG_AGO)
        event(f"new-{state}", state, NOW - timedelta(days=180))
    purge(tmp_path)
    left = {row.key for row in rows(InboxEvent)}
    gone = {f"old-{state}" for state in InboxState} - left
    assert gone == {"old-done", "old-kept"}
    assert {f"new-{state}" for state in InboxState} <= left


def test_settled_messages_go_part_by_part_and_stuck_or_waiting_ones_stay(store: Engine, tmp_path: Path) -> None:
    for state in OutboxState:
        message(f"old-{state}", state, LONG_AGO)
    message("new", OutboxState.SENT, NOW - timedelta(days=180))
    message("reminder", OutboxState.SENT, LONG_AGO, NoticeClass.REMINDER)
    assert purge(tmp_path) == "清理过期记录 9 行"
    left = {row.dedupe.split(":")[0] for row in rows(OutboxMessage)}
    assert left == {"old-ready", "old-leased", "old-unknown", "old-dead", "new", "reminder"}


def test_a_card_goes_with_its_last_copy_once_its_buttons_are_dead(store: Engine, tmp_path: Path) -> None:
    for matter, at, state in (
        ("old", LONG_AGO, OutboxState.SENT),
        ("stuck", LONG_AGO, OutboxState.DEAD),
        ("new", NOW, OutboxState.SENT),
    ):
        with uow.transaction() as s:
            notice, taps = Notice(title=matter), [Tap("好", "later", {})]
            messages.prompt_card(s, 1, notice, taps, matter=matter, dedupe=matter, now=at, policy=Policy())
            s.query(OutboxMessage).filter_by(dedupe=matter).update({"state": state})
    purge(tmp_path)
    assert {row.matter for row in rows(Card)} == {"stuck", "new"}
    assert len(rows(CardAction)) == 2


def test_a_purge_of_many_rows_takes_many_small_transactions(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    for number in range(5):
        event(f"e{number}", InboxState.DONE, LONG_AGO)
    assert uow.attempt(lambda s: retention.purge_events(s, NOW)) == 2
    assert purge(tmp_path) == "清理过期记录 3 行"
    assert rows(InboxEvent) == []
