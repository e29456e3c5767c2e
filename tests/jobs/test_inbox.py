"""Events that wait for a slow call: worked once, again after a failure, given up after three dead workers."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from config.vocabulary import InboxState
from crm import messages, uow
from crm.access import actor_by_id
from crm.errors import Conflict
from crm.flows.inbox import ANY, Handlers, work_one
from crm.messages import Received
from crm.usecases import inbox
from jobs.inbox import work_due
from models.messages import InboxEvent
from tests.jobs.company import NOW

SECOND = timedelta(seconds=1)


def wait(key: str = "k", event: str = "change_contact", change: str = "update_user") -> None:
    received = Received(key, "event", event, change, "ZhangSan", "", "<xml/>", NOW)
    with uow.transaction() as s:
        messages.remember(s, received, InboxState.WAITING, "", NOW)


def row(key: str = "k") -> InboxEvent:
    with uow.reading() as s:
        return s.scalars(select(InboxEvent).where(InboxEvent.key == key)).one()


def noting(seen: list[str]) -> Handlers:
    return {("change_contact", ANY): lambda received, now: seen.append(received.key)}


def broken(received: Received, now: datetime) -> None:
    raise RuntimeError("企业微信暂时连不上")


def test_a_waiting_event_is_handed_to_its_handler_once(store: Engine) -> None:
    wait()
    seen: list[str] = []
    assert work_due(noting(seen), lambda: NOW) == 1
    assert seen == ["k"]
    assert (row().state, row().done_at) == (InboxState.DONE, NOW)


def test_the_exact_change_type_wins_over_any(store: Engine) -> None:
    wait()
    seen: list[str] = []
    table = {**noting([]), ("change_contact", "update_user"): lambda received, now: seen.append("exact")}
    work_one(table, NOW)
    assert seen == ["exact"]


def test_an_event_nobody_listens_to_is_kept_and_visible(store: Engine) -> None:
    wait(event="batch_job_result", change="")
    assert work_one({}, NOW)
    assert row().state == InboxState.KEPT


def test_a_failing_event_is_tried_eight_times_on_the_ladder_and_then_given_up(store: Engine) -> None:
    wait()
    now, tries = NOW, 0
    while row().state == InboxState.WAITING:
        assert work_one({("change_contact", ANY): broken}, now)
        tries += 1
        now = max(row().next_at or now, now + SECOND)
    assert (tries, row().state) == (8, InboxState.FAILED)
    assert "连不上" in row().error


def test_an_event_that_kills_its_worker_three_times_is_given_up_and_the_others_go_on(store: Engine) -> None:
    wait()
    now = NOW
    for _ in range(3):
        with uow.transaction() as s:
            leased = inbox.lease_next(s, now)
        assert leased
        now += 61 * SECOND
    wait("other")
    seen: list[str] = []
    assert work_due(noting(seen), lambda: now) == 1
    assert (seen, row().state) == (["other"], InboxState.FAILED)


def test_a_leased_event_is_left_to_its_worker_until_the_lease_ends(store: Engine) -> None:
    wait()
    with uow.transaction() as s:
        lost = inbox.lease_next(s, NOW)
    assert lost
    seen: list[str] = []
    assert not work_one(noting(seen), NOW + 29 * SECOND)
    assert work_one(noting(seen), NOW + 31 * SECOND)
    with uow.transaction() as s:
        inbox.record_failed(s, lost, "too late", NOW + 32 * SECOND)
    assert row().state == InboxState.DONE


def test_an_administrator_has_a_failed_event_worked_again(store: Engine) -> None:
    wait()
    with pytest.raises(Conflict), uow.transaction() as s:
        inbox.retry(s, actor_by_id(s, 3), row().id, NOW, entrance="console")
    now = NOW
    while row().state == InboxState.WAITING:
        work_one({("change_contact", ANY): broken}, now)
        now = max(row().next_at or now, now + SECOND)
    with uow.transaction() as s:
        inbox.retry(s, actor_by_id(s, 3), row().id, now, entrance="console")
    seen: list[str] = []
    work_one(noting(seen), now)
    assert (seen, row().state) == (["k"], InboxState.DONE)
