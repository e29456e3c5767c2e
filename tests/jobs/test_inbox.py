"""Events that wait for a slow call: worked once, again after a failure, given up after three dead workers."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from config.vocabulary import InboxState
from crm import messages, uow
from crm.access import actor_by_id
from crm.errors import Conflict
from crm.flows.inbox import ANY, Handlers, work_one
from crm.messages import Received
from crm.rules import events
from crm.usecases import inbox
from jobs.inbox import work_due
from models.messages import InboxEvent
from tests.jobs.company import NOW, wiring_in

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


def test_what_a_person_typed_or_tapped_is_not_worked_in_his_place(store: Engine) -> None:
    typed = Received("typed", "text", "", "", "ZhangSan", "", "<xml/>", NOW)
    tapped = Received("tapped", "event", "template_card_event", "", "ZhangSan", "", "<xml/>", NOW)
    for received in (typed, tapped):
        with uow.transaction() as s:
            messages.remember(s, received, InboxState.FAILED, "", NOW)
        with pytest.raises(Conflict, match="不能代替本人"), uow.transaction() as s:
            inbox.retry(s, actor_by_id(s, 3), row(received.key).id, NOW, entrance="console")
        assert row(received.key).state == InboxState.FAILED


def test_what_may_be_repeated_is_what_a_handler_listens_to(tmp_path: Path) -> None:
    assert {event for event, _ in wiring_in(tmp_path, lambda: NOW).handlers} == events.WORKED


def test_store_outages_are_no_crashes_and_no_tries_of_the_event(store: Engine) -> None:
    wait()
    now = NOW

    def outage(received: Received, at: datetime) -> None:
        raise uow.StoreDown("the store is away")

    for _ in range(9):
        assert work_one({("change_contact", ANY): outage}, now)
        now += 61 * SECOND
    assert (row().state, row().crashes, row().tries) == (InboxState.WAITING, 0, 0)


@pytest.mark.slow
def test_an_outcome_waits_for_the_store_to_come_back(store: Engine, tmp_path: Path) -> None:
    wait()
    url = store.url.render_as_string(hide_password=False)
    back = threading.Timer(1.2, uow.connect, [url])

    def lose_the_store(received: Received, at: datetime) -> None:
        uow.connect("postgresql+psycopg://nobody@127.0.0.1:9/nothing", patient=False)
        back.start()

    assert work_one({("change_contact", ANY): lose_the_store}, NOW)
    back.join()
    assert (row().state, row().crashes) == (InboxState.DONE, 0)


def test_an_outage_that_a_colleague_took_for_a_crash_is_taken_back(store: Engine) -> None:
    wait()
    with uow.transaction() as s:
        cut_off = inbox.lease_next(s, NOW)
    with uow.transaction() as s:
        assert inbox.lease_next(s, NOW + 61 * SECOND)
    assert cut_off
    assert row().crashes == 1
    with uow.transaction() as s:
        inbox.record_outage(s, cut_off, NOW + 62 * SECOND)
    assert (row().crashes, row().lease_until) == (0, NOW + 61 * SECOND + inbox.LEASE)
