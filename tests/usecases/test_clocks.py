"""The clocks of deals over a generated year with holidays, against a count made another way: day by day.

`CLOCK_DEALS` says how many deals; the year holds a 国庆, a 春节 that operations entered by hand (the public calendar
ends with 2026), nights without a worker, rounds that run twice and rounds that run at once.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

import chinese_calendar
import pytest
from sqlalchemy import true, update
from sqlalchemy.engine import Engine

from config.policy import Policy
from config.vocabulary import NoticeClass
from crm import policy as numbers
from crm import uow
from crm.access import Actor
from crm.rules.days import SHANGHAI, at
from crm.rules.funnel import Said
from crm.stalls import Stuck, stuck_deals
from crm.usecases import deals, stall_sweep
from crm.usecases.alert_cards import Card, stall_card
from crm.usecases.approval_rules import install_rules
from jobs.sweeps import run
from models.approvals import ApprovalRule
from models.deals import Stage
from models.messages import OutboxMessage
from models.ops import CalendarDay
from models.people import Person
from tests.support.company import IDS, actor, at_once, customer, deal_at, rows

DEALS = int(os.environ.get("CLOCK_DEALS", "200"))
FIRST, LAST = date(2026, 7, 1), date(2027, 6, 30)
# Written out, not computed: limit of the stage, and the working day on which the lead and the directors hear.
DUE = {"requirement": (10, 15, 23), "proposal": (7, 11, 17), "negotiation": (15, 15, 33), "contract_review": (4, 6, 11)}
LARGE = 500_000
SPRING = {date(2027, 2, 8) + timedelta(days=n): False for n in range(5)} | {date(2027, 2, 14): True}
HEARS = {
    "Zhang": {"owner": ("zhang",), "lead": ("li",), "director": ("li", "zhou")},
    "qian": {"owner": ("qian",), "lead": ("wu",), "director": ("wu", "zhou")},
}


def works(day: date) -> bool:
    if day in SPRING:
        return SPRING[day]
    return bool(chinese_calendar.is_workday(day)) if day.year < 2027 else day.weekday() < 5


WORKING = {FIRST + timedelta(days=n) for n in range(-40, 420) if works(FIRST + timedelta(days=n))}


def count(since: datetime, now: datetime) -> int:
    """One day after the other."""
    day, last, many = since.astimezone(SHANGHAI).date(), now.astimezone(SHANGHAI).date(), 0
    while day < last:
        day += timedelta(days=1)
        many += day in WORKING
    return many


@dataclass
class Known:
    """A deal as the test knows it, without asking the store."""

    id: int
    public_id: str
    rep: str
    amount: int
    stage: str
    since: datetime
    stays: int = 1
    snoozed: datetime | None = None
    told: set[tuple[object, ...]] = field(default_factory=set)

    def colour(self, now: datetime) -> str | None:
        if self.stage not in DUE or (self.snoozed is not None and self.snoozed > now):
            return None
        limit, many = DUE[self.stage][0], count(self.since, now)
        return "red" if many >= limit + limit else "yellow" if many >= limit else None

    def alert(self, now: datetime) -> Iterator[tuple[int, str, str, datetime]]:
        """What a round at this moment has to say of it, and never again."""
        if self.colour(now) is None:
            return
        owner, lead, director = DUE[self.stage]
        if self.amount > LARGE:
            director = lead
        many = count(self.since, now)
        step = "director" if many >= director else "lead" if many >= lead else "owner"
        assert many >= owner
        if (self.stays, step, self.snoozed) not in self.told:
            self.told.add((self.stays, step, self.snoozed))
            for hears in HEARS[self.rep][step]:
                yield self.id, step, hears, now


def generated(dice: random.Random) -> list[Known]:
    """Deals that enter their first stage some day of the year, a third of them large."""
    homes = {rep: customer(rep, f"{rep}的客户", at(FIRST, 8)) for rep in HEARS}
    made = []
    for number in range(DEALS):
        rep, stage, amount = dice.choice(list(HEARS)), dice.choice(list(DUE)), dice.choice((60_000, 500_000, 500_001))
        since = moment(dice, FIRST + timedelta(days=dice.randrange(300)))
        deal = entered(actor(rep), homes[rep], f"第{number}个商机", Decimal(amount), stage, since)
        made.append(Known(deal.id, deal.public_id, rep, amount, stage, since))
    return made


def entered(who: Actor, home: int, name: str, amount: Decimal, stage: str, since: datetime) -> deals.DealMade:
    if stage != "requirement":
        return deal_at(who, home, name, amount, stage, since)
    return uow.attempt(lambda s: deals.open_deal(s, who, home, name, amount, since, entrance="chat"))


def moment(dice: random.Random, day: date) -> datetime:
    return at(day, dice.choice((0, 9, 15, 23)), dice.randrange(60))


def something_happens(dice: random.Random, known: Known, now: datetime) -> None:
    """It moves, is put off, or ends."""
    if dice.random() < 0.4 and known.stage in DUE:
        until = moment(dice, now.astimezone(SHANGHAI).date() + timedelta(days=dice.randrange(1, 20)))
        who = actor(known.rep)
        uow.attempt(lambda s: deals.snooze_deal(s, who, known.id, until, now, entrance="card"))
        known.snoozed = until
        return
    boss, to = actor("zhou"), dice.choice([one for one in (*DUE, "shelved") if one != known.stage])
    said = Said("客户那边有变化")
    uow.attempt(lambda s: deals.move_deal(s, boss, known.public_id, to, said, now, entrance="card", force=True))
    known.stage, known.since, known.snoozed, known.stays = to, now, None, known.stays + 1


def colours(now: datetime) -> dict[int, str]:
    with uow.reading() as s:
        found = stuck_deals(s, true(), now, numbers.current(s), numbers.calendar(s))
        return {one.deal_id: one.stall.colour for one in found}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_year_of_clocks(company: Engine) -> None:
    dice = random.Random(20260701)
    with uow.transaction() as s:
        s.execute(update(Stage).where(Stage.key == "contract_review").values(days=4))
        install_rules(s, at(FIRST, 0))
        s.execute(
            update(ApprovalRule).values(retired_at=at(FIRST, 0))
        )  # who signs is another matter than how long it stands
        s.add_all([CalendarDay(day=day, working=working) for day, working in SPRING.items()])
    all_deals = generated(dice)
    happens = {FIRST + timedelta(days=dice.randrange(365)): dice.sample(all_deals, 1 + DEALS // 60) for _ in range(150)}
    expected: Counter[tuple[int, str, str, datetime]] = Counter()
    down = 0
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        now = at(day, 2, 10)
        deals_now = [one for one in all_deals if one.since <= now]
        if down > 0 or dice.random() < 0.1:  # nobody works tonight, nor the next few nights
            down = down - 1 if down > 0 else dice.randrange(3)
        else:
            expected.update(alert for one in deals_now for alert in one.alert(now))
            rounds = 1 + (number % 7 == 0)
            at_once([partial(list, run("stale-deals", now))] * rounds)
            assert [line for line in run("stale-deals", now) if line] == []  # the same night again
        if number % 5 == 0:
            assert colours(now) == {one.id: colour for one in deals_now if (colour := one.colour(now))}
        for known in happens.get(day, ()):
            if known.since < at(day, 4):
                something_happens(dice, known, at(day, 5, 30))
    told = Counter(
        (int(row.topic.split(":")[1]), row.topic.split(":")[3], who(row.person_id), row.created_at)
        for row in rows(OutboxMessage)
        if row.topic.startswith("stall:")
    )
    assert told == expected
    assert max(told.values()) == 1
    assert {step for _, step, _, _ in told} == {"owner", "lead", "director"}


def who(person_id: int) -> str:
    return next(userid for userid, number in IDS.items() if number == person_id)


def test_two_schedulers_at_once_tell_each_step_once(company: Engine) -> None:
    home, begun = customer("Zhang", "甲机电", at(FIRST, 8)), at(FIRST, 9)
    for number in range(6):
        deal_at(actor("Zhang"), home, f"第{number}个商机", Decimal(60_000), "proposal", begun)
    done = at_once([partial(list, run("stale-deals", at(date(2026, 7, 20), 2, 10)))] * 4)
    assert sorted(sum(bool(line) for line in lines) for lines in done if isinstance(lines, list))[-1] <= 6
    assert sum(bool(line) for lines in done if isinstance(lines, list) for line in lines) == 6
    told = [row for row in rows(OutboxMessage) if row.notice_class != NoticeClass.BUNDLE]
    assert len(told) == 6


def test_one_that_fails_stops_itself_only(company: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    home = customer("Zhang", "甲机电", at(FIRST, 8))
    for number in range(4):
        deal_at(actor("Zhang"), home, f"第{number}个商机", Decimal(60_000), "proposal", at(FIRST, 9))

    def card(found: Stuck, advice: str, policy: Policy, *, own: bool) -> Card:
        if found.name == "第2个商机":
            raise ValueError("a row that cannot be")
        return stall_card(found, advice, policy, own=own)

    monkeypatch.setattr(stall_sweep, "stall_card", card)
    lines = [line for line in run("stale-deals", at(date(2026, 7, 14), 2, 10)) if line]
    assert sum("已跳过（ValueError）" in line for line in lines) == 1
    assert len(lines) == 4
    assert len(rows(OutboxMessage)) == 3


def test_three_days_late_only_the_highest_step_is_told(company: Engine) -> None:
    home = customer("Zhang", "甲机电", at(FIRST, 8))
    deal_at(actor("Zhang"), home, "二期", Decimal(60_000), "proposal", at(date(2026, 7, 6), 9))
    assert list(run("stale-deals", at(date(2026, 7, 14), 2, 10))) == []
    (line,) = run("stale-deals", at(date(2026, 7, 21), 2, 10))  # the owner's was due on the 15th
    assert line == "黄牌：二期（甲机电，方案交出 11 个工作日没有回音，超过 7 个工作日的期限）"
    assert [row.person_id for row in rows(OutboxMessage)] == [IDS["li"]]


def test_of_somebody_who_is_gone_the_supervisor_hears(company: Engine) -> None:
    home = customer("Zhang", "甲机电", at(FIRST, 8))
    deal_at(actor("Zhang"), home, "二期", Decimal(60_000), "proposal", at(date(2026, 7, 6), 9))
    with uow.transaction() as s:
        s.execute(update(Person).where(Person.id == IDS["zhang"]).values(status="left"))
    list(run("stale-deals", at(date(2026, 7, 15), 2, 10)))
    (told,) = rows(OutboxMessage)
    assert told.person_id == IDS["li"]
    assert "离职" in str(told.notice["facts"])
    assert "负责人不在岗" in told.notice["body"]


def test_the_card_says_what_happens_next_and_when(company: Engine) -> None:
    home = customer("Zhang", "甲机电", at(FIRST, 8))
    deal_at(actor("Zhang"), home, "二期", Decimal(60_000), "proposal", at(date(2026, 7, 6), 9))
    list(run("stale-deals", at(date(2026, 7, 15), 2, 10)))
    (told,) = rows(OutboxMessage)
    assert told.notice["title"] == "黄牌 · 二期"
    assert told.notice["body"].endswith("再过 4 个工作日没有进展，会告诉主管")
    assert [button["text"] for button in told.notice["buttons"]] == ["写跟进", "约拜访", "暂缓 3 天"]
