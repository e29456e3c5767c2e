"""The nightly rounds: late, twice, at once, on holidays and against a racing rep, each silence is told once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine

from config.vocabulary import HolderKind, NoticeClass, OutboxState, PersonStatus
from crm import uow
from crm.access import Actor
from crm.rules.days import SHANGHAI, at, day_of
from crm.usecases import sweeps
from crm.usecases.deals import open_deal, snooze_deal
from crm.usecases.followups import write_follow_up
from crm.usecases.todos import add_todo
from jobs.sweeps import run
from models.customers import Customer, OwnershipPeriod
from models.deals import Deal, Stage
from models.messages import OutboxMessage
from models.people import Person
from models.timeline import TimelineEntry
from tests.support.company import IDS, MINUTE, actor, at_once, customer, deal_at, rows, set_policy, snapshot

# Day 0 is Tuesday 2026-06-02, 21:00 in Shanghai; of the days 30, 40, 44 and 45 after it only the 40th is a Sunday.
MADE = datetime(2026, 6, 2, 13, 0, tzinfo=UTC)


def on(day: int, hour: int = 21, minute: int = 0) -> datetime:
    """That many days after the customer was made, at this Shanghai time."""
    return at(day_of(MADE) + timedelta(days=day), hour, minute)


def silent(now: datetime, *, dry_run: bool = False) -> list[str]:
    return [line for line in run("silent-customers", now, dry_run=dry_run) if line]


def stale(now: datetime) -> list[str]:
    return [line for line in run("stale-deals", now) if line]


def told(userid: str = "zhang") -> list[OutboxMessage]:
    return rows(OutboxMessage, OutboxMessage.person_id == IDS[userid])


def titles(userid: str = "zhang") -> list[str]:
    return [row.notice["title"] or row.notice["body"] for row in told(userid)]


def held(customer_id: int) -> str:
    return rows(OwnershipPeriod, OwnershipPeriod.customer_id == customer_id)[-1].holder_kind


@pytest.fixture
def live(company: Engine) -> Engine:
    """The company with recycling switched on."""
    set_policy(recycling_live=True)
    return company


def test_the_whole_story_of_a_silence(live: Engine) -> None:
    made = customer("Zhang", "甲机电", MADE)
    assert silent(on(29)) == []
    for day in (30, 31, 39, 40, 41, 43, 44):
        silent(on(day))
    assert titles() == ["甲机电 30 天没跟进了", "甲机电 40 天没跟进了", "甲机电 44 天没跟进了"]
    assert "2026-07-17" in str(told()[0].notice["facts"])
    assert held(made) == HolderKind.PERSON
    assert silent(on(45)) == ["已回收：甲机电（已 45 天没有跟进，满 45 天，释放给主管重新分配）"]
    assert held(made) == HolderKind.QUEUE
    assert titles("li") == ["请分配：甲机电"]
    assert titles()[-1] == "甲机电 已释放"
    assert rows(TimelineEntry)[-1].text == "已 45 天没有跟进，已从 张三 释放到待分配"
    assert silent(on(46)) == []


def test_the_same_evening_twice_says_it_once(live: Engine) -> None:
    customer("Zhang", "甲机电", MADE)
    assert silent(on(30)) == ["提醒：甲机电（已 30 天没有跟进，还剩 15 天）"]
    before = snapshot()
    assert silent(on(30)) == []
    assert silent(on(30, 23)) == []
    assert snapshot() == before


def test_a_dry_run_changes_nothing(live: Engine) -> None:
    customer("Zhang", "甲机电", MADE)
    before = snapshot()
    assert silent(on(30), dry_run=True)
    assert snapshot() == before


def test_a_late_sweep_sends_only_the_highest_step(live: Engine) -> None:
    customer("Zhang", "甲机电", MADE)
    silent(on(41))
    assert titles() == ["甲机电 41 天没跟进了"]


def test_a_sweep_that_slept_for_months_warns_first_and_releases_on_the_next_working_day(live: Engine) -> None:
    made = customer("Zhang", "甲机电", MADE)
    silent(on(100))
    assert titles() == ["甲机电 100 天没跟进了"]
    assert held(made) == HolderKind.PERSON
    due = told()[0].due_at
    assert due > on(100)
    silent(due + timedelta(hours=8))
    assert held(made) == HolderKind.PERSON
    silent(due + timedelta(days=5))
    assert held(made) == HolderKind.QUEUE


def test_on_trial_nothing_is_ever_released(company: Engine) -> None:
    made = customer("Zhang", "甲机电", MADE)
    silent(on(30))
    assert "试运行" in told()[0].notice["body"]
    assert silent(on(60)) == ["试运行，不回收：甲机电（已 60 天没有跟进，满 45 天，释放给主管重新分配）"]
    assert held(made) == HolderKind.PERSON


def test_no_more_are_released_than_the_day_allows(live: Engine) -> None:
    set_policy(releases_per_day=2)
    made = [customer("Zhang", f"第{n}机电厂", MADE + n * MINUTE) for n in range(5)]
    silent(on(30))
    assert sum(line.startswith("已回收") for line in silent(on(45))) == 2
    assert [held(i) for i in made[:2]] == [HolderKind.QUEUE] * 2
    assert all("明天再看" in line for line in silent(on(45, 22)))
    assert sum(line.startswith("已回收") for line in silent(on(46))) == 2


def test_racing_sweeps_release_each_customer_once_and_not_one_too_many(live: Engine) -> None:
    set_policy(releases_per_day=4)
    made = [customer("Zhang", f"第{n}机电厂", MADE + n * MINUTE) for n in range(8)]
    silent(on(30))
    at_once([partial(silent, on(45))] * 4)
    assert sum(held(i) == HolderKind.QUEUE for i in made) == 4
    released = [title for title in titles() if "已释放" in title]
    assert len(released) == len(set(released)) == 4


def test_racing_sweeps_remind_once(live: Engine) -> None:
    for n in range(3):
        customer("Zhang", f"第{n}机电厂", MADE)
    at_once([partial(silent, on(30))] * 4)
    assert len(told()) == 3


def test_a_rep_who_acts_before_the_judgement_keeps_the_customer(live: Engine) -> None:
    made = customer("Zhang", "甲机电", MADE)
    silent(on(30))
    with uow.reading() as s:
        assert sweeps.silent_candidates(s, on(45)) == [made]
    who = actor("Zhang")
    uow.attempt(lambda s: write_follow_up(s, who, made, "去现场看了泵房", on(45, 20), entrance="chat"))
    assert uow.attempt(lambda s: sweeps.judge_silence(s, made, on(45), dry_run=False)) is None
    assert held(made) == HolderKind.PERSON


@pytest.mark.parametrize("change", ["released", "merged"])
def test_what_changed_hands_after_the_list_was_made_is_left_alone(live: Engine, change: str) -> None:
    made, other = customer("Zhang", "甲机电", MADE), customer("Zhang", "乙水泵", MADE)
    values: dict[str, int | None] = {"owner_id": None} if change == "released" else {"merged_into_id": other}
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == made).values(**values))
    assert uow.attempt(lambda s: sweeps.judge_silence(s, made, on(45), dry_run=False)) is None


@pytest.mark.parametrize("words", ["好的", "未接通", "12345", "哈哈哈哈"])
def test_an_entry_that_says_nothing_does_not_stop_the_clock(live: Engine, words: str) -> None:
    made, who = customer("Zhang", "甲机电", MADE), actor("Zhang")
    uow.attempt(lambda s: write_follow_up(s, who, made, words, on(29), entrance="chat"))
    assert silent(on(30))


def test_a_real_one_does_and_the_next_silence_is_told_anew(live: Engine) -> None:
    made, who = customer("Zhang", "甲机电", MADE), actor("Zhang")
    silent(on(30))
    uow.attempt(lambda s: write_follow_up(s, who, made, "去现场看了泵房", on(31), entrance="chat"))
    assert silent(on(60)) == []
    assert silent(on(61))
    assert titles() == ["甲机电 30 天没跟进了"] * 2


def test_a_colleagues_entry_does_not_stop_the_owners_clock(live: Engine) -> None:
    made, lead = customer("Zhang", "甲机电", MADE), actor("li")
    uow.attempt(lambda s: write_follow_up(s, lead, made, "主管替他去看了一次现场", on(29), entrance="chat"))
    assert silent(on(30))


def test_at_most_three_reminders_ring_a_day_the_rest_is_one_of_them_and_the_list_tells_all(live: Engine) -> None:
    for n in range(5):
        customer("Zhang", f"第{n}机电厂", MADE)
    silent(on(30))
    single, together = OutboxState.READY, OutboxState.FOLDED
    assert [row.state for row in told() if row.notice_class == "reminder"] == [single] * 2 + [together] * 3
    assert [row.state for row in told() if row.notice_class == "bundle"] == [single]
    list(run("daily-list", on(31, 8, 0)))
    (listed,) = [row for row in told() if row.notice_class == "list"]
    assert all(f"第{n}机电厂" in listed.notice["body"] for n in range(5))
    assert "今天 5 件" in listed.notice["body"]


@pytest.mark.parametrize(
    ("day", "hour", "due"),
    [
        (30, 21, (31, 8, 30)),  # Thursday night: Friday morning
        (31, 3, (31, 8, 30)),
        (31, 9, (31, 9, 0)),
        (31, 20, (34, 8, 30)),  # Friday after hours: Monday
        (32, 12, (34, 8, 30)),  # Saturday
    ],
)
def test_reminders_wait_for_working_hours(live: Engine, day: int, hour: int, due: tuple[int, int, int]) -> None:
    customer("Zhang", "甲机电", MADE)
    silent(on(day, hour))
    assert told()[0].due_at == on(*due)


def test_over_the_national_holiday_nobody_is_disturbed(live: Engine) -> None:
    made_at = at(datetime(2026, 9, 1, tzinfo=SHANGHAI).date(), 10)
    customer("Zhang", "甲机电", made_at)
    silent(at(datetime(2026, 10, 1, tzinfo=SHANGHAI).date(), 12))
    due = told()[0].due_at.astimezone(SHANGHAI)
    assert (due.month, due.day, due.hour, due.minute) == (10, 8, 8, 30)


def test_on_a_holiday_there_is_no_list(live: Engine) -> None:
    customer("Zhang", "甲机电", MADE)
    assert [line for line in run("daily-list", on(32, 8)) if line] == []
    assert told() == []


def test_the_list_says_how_many_why_and_what_is_lost_once_a_day(live: Engine) -> None:
    customer("Zhang", "甲机电", MADE)
    who = actor("Zhang")
    uow.attempt(lambda s: add_todo(s, who, None, "给王总回电话", on(34, 15), on(31), entrance="chat"))
    for _ in range(2):
        assert "清单：张三 2 件" in list(run("daily-list", on(34, 8)))
    (listed,) = (row for row in told() if row.notice_class == NoticeClass.LIST)
    assert listed.due_at == on(34, 8, 30)
    assert listed.expires_at == on(34, 20)
    body = listed.notice["body"]
    assert body.startswith("今天 2 件，不做会丢：")
    assert "【待办】给王总回电话" in body
    assert "今天到期 → 答应客户的事会落空" in body
    assert "已 34 天没有跟进，还剩 11 天 → 满期会释放给主管重新分配" in body


def test_a_long_list_is_cut_and_counted(live: Engine) -> None:
    who = actor("Zhang")
    for n in range(20):
        uow.attempt(partial(_todo, who, n))
    list(run("daily-list", on(34, 8)))
    (listed,) = (row for row in told() if row.notice_class == NoticeClass.LIST)
    body = listed.notice["body"]
    assert body.startswith("今天 20 件")
    shown = body.count("【待办】")
    assert f"还有 {20 - shown} 件" in body
    assert len(body.encode()) <= 2048


def _todo(who: Actor, number: int, s: uow.Session) -> None:
    add_todo(s, who, None, f"第{number}件事" + "很长的内容" * 9, on(34, 15), on(31), entrance="chat")


def test_the_supervisor_of_a_lead_is_the_one_above_and_a_leaver_is_passed_over(live: Engine) -> None:
    made = customer("li", "甲机电", MADE)
    silent(on(30))
    silent(on(45))
    assert held(made) == HolderKind.QUEUE
    assert titles("zhou") == ["请分配：甲机电"]
    other = customer("Zhang", "乙水泵", MADE)
    with uow.transaction() as s:
        s.execute(update(Person).where(Person.id == IDS["li"]).values(status="left"))
    silent(on(46))
    silent(on(50))
    assert held(other) == HolderKind.QUEUE
    assert titles("zhou") == ["请分配：甲机电", "请分配：乙水泵"]


def test_a_won_deal_stops_the_clock(live: Engine) -> None:
    made, who = customer("Zhang", "甲机电", MADE), actor("Zhang")
    deal = uow.attempt(lambda s: open_deal(s, who, made, "二期", Decimal(1), on(1), entrance="chat"))
    with uow.transaction() as s:
        won = rows(Stage, Stage.key == "won")[0].id
        s.execute(update(Deal).where(Deal.id == deal.id).values(stage_id=won))
    assert silent(on(100)) == []


def test_a_deal_that_stands_still_is_told_once_and_can_be_put_off(live: Engine) -> None:
    made, who = customer("Zhang", "甲机电", MADE), actor("Zhang")
    deal = uow.attempt(lambda s: open_deal(s, who, made, "二期", Decimal(1), on(0), entrance="chat"))
    assert stale(on(2)) == []
    assert len(stale(on(20))) == 1
    stale(on(21))
    assert len(told()) == 1
    assert "黄牌 · 二期" in titles()
    uow.attempt(lambda s: snooze_deal(s, who, deal.id, on(24), on(21), entrance="card"))
    assert stale(on(22)) == []
    assert len(stale(on(25))) == 1


def test_a_leavers_customer_is_not_forgotten_with_him(live: Engine) -> None:
    made = customer("Zhang", "甲机电", MADE)
    with uow.transaction() as s:
        s.execute(update(Person).where(Person.id == IDS["zhang"]).values(status=PersonStatus.LEFT))
    silent(on(30))
    assert titles() == []
    assert titles("li") == ["甲机电 30 天没人跟进"]
    silent(on(45))
    assert held(made) == HolderKind.QUEUE
    assert titles("li")[-1] == "请分配：甲机电"


def test_what_silence_took_stands_in_the_next_list_even_if_its_own_message_was_folded(live: Engine) -> None:
    set_policy(reminders_per_day=1)
    for name in ("甲机电", "乙水泵", "丙阀门"):
        customer("Zhang", name, MADE)
    for day in (30, 40, 44, 45):
        silent(on(day))
    list(run("daily-list", on(48, 8)))  # the Monday after
    (listed,) = [row for row in told() if row.notice_class == NoticeClass.LIST]
    for name in ("甲机电", "乙水泵", "丙阀门"):
        assert f"【已释放】{name}" in listed.notice["body"]


def test_a_put_off_stall_is_told_again_when_the_putting_off_is_over(live: Engine) -> None:
    made = customer("Zhang", "甲机电", MADE)
    who = actor("Zhang")
    deal = deal_at(who, made, "二期", Decimal(80_000), "proposal", MADE)
    stale(on(11))  # eight working days
    assert len(told()) == 1
    uow.attempt(lambda s: snooze_deal(s, who, deal.id, on(13), on(11), entrance="card"))
    stale(on(12))
    assert len(told()) == 1
    stale(on(13, 22))
    assert len(told()) == 2


@pytest.mark.parametrize(("amount", "reached"), [(500_001, ["li", "zhou"]), (500_000, ["li"])])
def test_a_large_deal_that_concerns_the_manager_concerns_the_director_too(
    live: Engine, amount: int, reached: list[str]
) -> None:
    made = customer("Zhang", "甲机电", MADE)
    deal_at(actor("Zhang"), made, "二期", Decimal(amount), "negotiation", MADE)
    stale(on(25))  # more than fifteen working days
    assert [userid for userid in ("li", "wu", "zhou") if any("二期" in title for title in titles(userid))] == reached
