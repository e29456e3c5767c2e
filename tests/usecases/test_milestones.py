"""Moments that a deal must not miss: told in time, at night too, once; late only the nearest; moved, kept, ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine

from config.vocabulary import MilestoneKind, NoticeClass, OutboxState, PersonStatus
from crm import policy as numbers
from crm import uow
from crm.access import actor_by_id
from crm.agenda import ItemKind, agenda
from crm.errors import Conflict, Gone, Invalid, NotFound
from crm.reads.milestones import my_milestones
from crm.rules.days import at, day_of
from crm.rules.funnel import Said
from crm.usecases import deals, milestones, pool
from jobs.sweeps import run
from models.audit import AuditEntry
from models.deals import Deal, Milestone
from models.messages import OutboxMessage
from models.people import Person
from tests.support.company import DAY, IDS, MINUTE, NOW, actor, at_once, customer, rows, snapshot

# Thursday 2026-12-31 at one in the night: its reminders fall on a Christmas eve, a Monday, and the night before.
DUE = at(day_of(NOW) + timedelta(days=38), 1)
KIND = MilestoneKind.BID_DEADLINE


@pytest.fixture
def deal(company: Engine) -> deals.DealMade:
    made = customer("Zhang", "甲机电")
    with uow.transaction() as s:
        return deals.open_deal(s, actor("Zhang"), made, "二期循环泵", Decimal(800_000), NOW, entrance="chat")


def note(deal: deals.DealMade, who: str = "Zhang", due: datetime = DUE, now: datetime = NOW) -> milestones.Noted:
    go = partial(milestones.add_milestone, actor=actor(who), deal_id=deal.public_id, kind=KIND, due_at=due, note="线上")
    return uow.attempt(lambda s: go(s, now=now, entrance="chat"))


def sweep(now: datetime) -> list[str]:
    return [line for line in run("milestones", now) if line]


def told() -> list[OutboxMessage]:
    return rows(OutboxMessage, OutboxMessage.topic.startswith("milestone:"))


def test_it_is_told_seven_three_and_one_day_and_two_hours_before_whatever_the_hour(deal: deals.DealMade) -> None:
    note(deal)
    moments = [timedelta(days=7), timedelta(days=3), timedelta(days=1), timedelta(hours=2)]
    for before in moments:
        assert sweep(DUE - before - MINUTE) == []
        assert len(sweep(DUE - before)) == 1
        assert sweep(DUE - before + MINUTE) == []
    assert [row.due_at for row in told()] == [DUE - before for before in moments]  # one in the night, and a Sunday
    assert {(row.person_id, row.notice_class) for row in told()} == {(IDS["zhang"], NoticeClass.PROMPT)}
    assert [row.notice["title"] for row in told()] == [
        f"截标{left}：二期循环泵" for left in ("还有 7 天", "还有 3 天", "还有 1 天", "还有 2 小时")
    ]
    assert told()[0].notice["desc"] == "2026-12-31 01:00 · 线上"
    assert sweep(DUE + MINUTE) == []


def test_the_limit_of_the_day_does_not_count_for_it(deal: deals.DealMade) -> None:
    for minutes in range(5):
        note(deal, due=DUE + minutes * MINUTE)
    assert len(sweep(DUE - DAY + 5 * MINUTE)) == 5
    assert [row.state for row in told()] == [OutboxState.READY] * 5


def test_a_late_round_tells_the_nearest_step_only_and_one_that_slept_through_says_that_it_is_past(
    deal: deals.DealMade,
) -> None:
    note(deal)
    assert sweep(DUE - timedelta(hours=30)) == ["节点：二期循环泵 截标还有 2 天"]
    assert len(told()) == 1
    sweep(DUE + timedelta(hours=3))
    assert [row.notice["title"] for row in told()] == ["截标还有 2 天：二期循环泵", "截标已经过了：二期循环泵"]
    assert sweep(DUE + timedelta(hours=25)) == []


def test_two_rounds_at_once_tell_it_once_and_a_dry_one_changes_nothing(deal: deals.DealMade) -> None:
    note(deal)
    before = snapshot()
    assert list(run("milestones", DUE - DAY, dry_run=True)) == ["节点：二期循环泵 截标还有 1 天"]
    assert snapshot() == before
    at_once([partial(sweep, DUE - DAY)] * 4)
    assert len(told()) == 1


def test_who_notes_it_is_not_told_what_he_knows_but_of_a_colleagues_word_the_owner_hears_at_once(
    deal: deals.DealMade,
) -> None:
    note(deal, now=DUE - 5 * DAY)
    assert sweep(DUE - 5 * DAY) == []
    note(deal, "li", DUE + MINUTE, now=DUE - 5 * DAY)
    assert len(sweep(DUE - 5 * DAY)) == 1
    assert told()[0].person_id == IDS["zhang"]


def test_of_somebody_who_is_gone_his_supervisor_hears(deal: deals.DealMade) -> None:
    note(deal)
    with uow.transaction() as s:
        s.execute(update(Person).where(Person.id == IDS["zhang"]).values(status=PersonStatus.DISABLED))
    sweep(DUE - DAY)
    (row,) = told()
    assert row.person_id == IDS["li"]
    assert "已停用" in str(row.notice["facts"])


def test_of_a_customer_that_waits_for_a_new_holder_whoever_gives_it_out_hears(deal: deals.DealMade) -> None:
    note(deal)
    with uow.transaction() as s:
        pool.give_back(s, actor("Zhang"), customer_of(deal), NOW, numbers.current(s), entrance="chat")
    assert len(sweep(DUE - DAY)) == 1
    (row,) = told()
    assert row.person_id == IDS["li"]
    assert ["负责人", "张三，客户待分配"] in [list(fact.values()) for fact in row.notice["facts"]]
    assert listed(DUE - DAY) == []
    with uow.reading() as s:  # still his deal by name, and none of his business
        assert my_milestones(s, actor("Zhang"), 10) == []
    with uow.transaction() as s:
        pool.assign(s, actor("li"), customer_of(deal), IDS["sun"], NOW, entrance="chat")
    sweep(DUE - timedelta(hours=1))
    assert told()[-1].person_id == IDS["sun"]


def customer_of(deal: deals.DealMade) -> int:
    (row,) = rows(Deal, Deal.id == deal.id)
    return row.customer_id


def test_a_moved_date_begins_anew_and_what_was_promised_for_the_old_one_is_not_said(deal: deals.DealMade) -> None:
    made = note(deal)
    sweep(DUE - 7 * DAY)
    move = partial(milestones.change_milestone, actor=actor("Zhang"), milestone_id=made.public_id, note="延期")
    moved = uow.attempt(lambda s: move(s, due_at=DUE + 10 * DAY, now=DUE - 7 * DAY, entrance="chat"))
    assert (moved.was, moved.due_at) == (DUE, DUE + 10 * DAY)
    assert [row.state for row in told()] == [OutboxState.EXPIRED]
    assert sweep(DUE - 3 * DAY) == []
    assert len(sweep(DUE + 3 * DAY)) == 1
    back = uow.attempt(lambda s: move(s, due_at=DUE, now=DUE - 6 * DAY, entrance="chat"))
    assert back.due_at == DUE
    assert len(sweep(DUE - 3 * DAY)) == 1
    entry = rows(AuditEntry, AuditEntry.verb == "change_milestone")[0]
    assert (entry.detail["deal"], entry.detail["kind"], entry.detail["was"]) == ("二期循环泵", "截标", DUE.isoformat())


@pytest.mark.parametrize("verb", [milestones.finish_milestone, milestones.remove_milestone])
def test_what_is_done_or_taken_away_is_not_told_until_it_is_brought_back(
    deal: deals.DealMade, verb: Callable[..., milestones.Noted]
) -> None:
    made = note(deal)
    end = partial(verb, actor=actor("Zhang"), milestone_id=made.public_id, now=NOW, entrance="card")
    uow.attempt(lambda s: end(s))
    with pytest.raises(Gone):
        uow.attempt(lambda s: end(s))
    assert sweep(DUE - DAY) == []
    back = partial(milestones.restore_milestone, actor=actor("Zhang"), milestone_id=made.public_id, now=NOW)
    uow.attempt(lambda s: back(s, entrance="card"))
    with pytest.raises(Conflict):
        uow.attempt(lambda s: back(s, entrance="card"))
    assert len(sweep(DUE - DAY)) == 1


def test_a_closed_deal_is_silent_and_one_that_is_opened_again_speaks(deal: deals.DealMade) -> None:
    note(deal)
    sweep(DUE - 7 * DAY)
    move = partial(deals.move_deal, actor=actor("Zhang"), deal_id=deal.public_id, said=Said("客户暂停了项目"))
    uow.attempt(lambda s: move(s, to_key="shelved", now=DUE - 6 * DAY, entrance="chat"))
    assert [row.state for row in told()] == [OutboxState.EXPIRED]
    assert sweep(DUE - 3 * DAY) == []
    with pytest.raises(Conflict, match="搁置"):
        note(deal, due=DUE + DAY)
    uow.attempt(lambda s: move(s, to_key="requirement", now=DUE - 2 * DAY, entrance="chat"))
    assert len(sweep(DUE - 2 * DAY)) == 1


@pytest.mark.parametrize("due", [NOW, NOW - MINUTE, NOW + 4 * 366 * DAY])
def test_only_what_is_still_to_come_is_noted(deal: deals.DealMade, due: datetime) -> None:
    with pytest.raises(Invalid, match="三年以内"):
        note(deal, due=due)


def test_the_same_is_not_noted_twice_nor_of_anothers_deal(deal: deals.DealMade) -> None:
    made = note(deal)
    with pytest.raises(Conflict, match="已经记过"):
        note(deal)
    with pytest.raises(NotFound):
        note(deal, "qian")
    with pytest.raises(NotFound):
        uow.attempt(lambda s: milestones.finish_milestone(s, actor("qian"), made.public_id, NOW, entrance="card"))
    assert len(rows(Milestone)) == 1


def test_a_deal_that_is_taken_back_takes_them_along(deal: deals.DealMade) -> None:
    note(deal)
    uow.attempt(lambda s: deals.withdraw_deal(s, actor("Zhang"), deal.id, NOW + MINUTE, entrance="chat"))
    assert rows(Milestone) == []
    assert sweep(DUE - DAY) == []


def test_it_stands_in_the_list_of_the_last_three_days_and_after_it_was_missed(deal: deals.DealMade) -> None:
    note(deal)
    assert [listed(DUE - days * DAY) for days in (5, 4)] == [[], []]
    assert listed(DUE - 2 * DAY) == ["截标：二期循环泵 12-31 01:00，还有 2 天"]
    assert listed(DUE + 2 * DAY) == ["截标：二期循环泵 12-31 01:00，已经过了"]
    assert listed(DUE + 8 * DAY) == []


def listed(now: datetime) -> list[str]:
    with uow.reading() as s:
        items = agenda(s, actor_by_id(s, IDS["zhang"], now), now, numbers.current(s), numbers.calendar(s))
    return [f"{item.title} {item.why}" for item in items if item.kind is ItemKind.MILESTONE]
