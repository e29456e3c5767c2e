"""「共享给…」: who sees and works on a customer of another, until when, and what is left when it ends."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.engine import Engine

from config.policy import Policy
from config.vocabulary import PersonStatus, Role, ShareAccess
from crm import uow
from crm.access import DECIDE, READ, WRITE, To, actor_by_userid, get_customer
from crm.errors import Conflict, CrmError, Gone, Invalid, NotAllowed, NotFound
from crm.reads.customers import list_customers
from crm.reads.meant import meant_or_near
from crm.rules.days import day_of
from crm.usecases.followups import write_follow_up
from crm.usecases.pool import give_back
from crm.usecases.sharing import Shared, Wish, end_share, restore_share, share_customer, take_back_share
from models.audit import AuditEntry
from models.customers import Customer
from models.messages import OutboxMessage
from models.people import Person
from models.sharing import CustomerShare
from tests.support.company import DAY, IDS, MINUTE, NOW, at_once, customer, rows

QIAN, WU = IDS["qian"], IDS["wu"]  # of the other team, and its lead
SUN = IDS["sun"]  # of the own team


def share(who: str, number: int, access: ShareAccess, *, to: int = QIAN, credit: int = 0, days: int = 30) -> Shared:
    with uow.transaction() as s:
        wish = Wish(to, access, day_of(NOW + days * DAY), credit)
        return share_customer(s, actor_by_userid(s, who, NOW), number, wish, NOW, entrance="console")


def may(userid: str, number: int, to: To, now: datetime = NOW) -> str:
    """`yes`, or the kind of refusal."""
    with uow.reading() as s:
        try:
            get_customer(s, actor_by_userid(s, userid, now), number, to=to)
        except CrmError as refusal:
            return type(refusal).__name__
    return "yes"


def test_what_is_shared_to_look_at_is_seen_and_not_written(company: Engine) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    assert may("qian", number, READ) == "NotFound"
    share("zhang", number, ShareAccess.READ)
    assert [may("qian", number, to) for to in (READ, WRITE, DECIDE)] == ["yes", "NotAllowed", "NotAllowed"]
    with uow.transaction() as s:
        qian = actor_by_userid(s, "qian", NOW)
        assert [one.id for one in meant_or_near(s, qian, "瑞衡")] == [number]
        listed = list_customers(s, qian, query="", sort="name", page=1, size=9, now=NOW)
        assert ([row.id for row in listed.rows], listed.total) == ([number], 1)
        with pytest.raises(NotAllowed, match="联系负责人 张三"):
            write_follow_up(s, qian, number, "今天打了电话，下周再约", NOW, entrance="chat")


def test_who_works_on_it_together_writes_and_gives_nothing_away(company: Engine) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    share("zhang", number, ShareAccess.TOGETHER)
    with uow.transaction() as s:
        qian = actor_by_userid(s, "qian", NOW)
        assert write_follow_up(s, qian, number, "今天打了电话，下周再约", NOW, entrance="chat").counts
    assert may("qian", number, DECIDE) == "NotAllowed"
    share("zhang", number, ShareAccess.TOGETHER, to=WU)
    with uow.transaction() as s, pytest.raises(NotAllowed):
        give_back(s, actor_by_userid(s, "wu", NOW), number, NOW, Policy(), entrance="chat")


@pytest.mark.parametrize("access", list(ShareAccess))
def test_after_its_last_day_it_is_not_there(company: Engine, access: ShareAccess) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    done = share("zhang", number, access, days=3)
    last = done.last_day
    assert last == day_of(NOW + 3 * DAY)
    midnight = rows(CustomerShare)[0].until
    assert may("qian", number, READ, midnight - timedelta(seconds=1)) == "yes"
    assert may("qian", number, READ, midnight) == "NotFound"
    assert may("qian", number, WRITE, midnight) == "NotFound"


def test_an_ended_share_is_not_there_and_ending_twice_is_once(company: Engine) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    done = share("zhang", number, ShareAccess.TOGETHER)
    for _ in range(2):
        with uow.transaction() as s:
            end_share(s, actor_by_userid(s, "li", NOW), done.public_id, NOW + MINUTE, entrance="console")
    assert may("qian", number, READ) == "NotFound"
    assert [row.verb for row in rows(AuditEntry)][-2:] == ["share_customer", "end_share"]
    first, second = (row.dedupe for row in rows(OutboxMessage))
    assert (first, second.startswith(f"unshared:{done.id}:")) == (f"share:{done.id}", True)


def test_an_end_is_taken_back_for_a_while_by_who_ended_it(company: Engine) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    done = share("zhang", number, ShareAccess.TOGETHER, credit=60)
    with uow.transaction() as s:
        end_share(s, actor_by_userid(s, "li", NOW), done.id, NOW, entrance="console")

    def restore(who: str, now: datetime) -> Shared:
        return uow.attempt(
            lambda s: restore_share(s, actor_by_userid(s, who, now), done.public_id, now, entrance="console")
        )

    with pytest.raises(Conflict):
        restore("zhang", NOW + MINUTE)
    with pytest.raises(Gone):
        restore("li", NOW + DAY)
    restore("li", NOW + MINUTE)
    assert may("qian", number, WRITE) == "yes"
    assert rows(AuditEntry)[-1].verb == "restore_share"
    with uow.transaction() as s:
        end_share(s, actor_by_userid(s, "li", NOW), done.id, NOW + 2 * MINUTE, entrance="console")
    share("zhang", number, ShareAccess.TOGETHER, to=WU, credit=50)
    with pytest.raises(Conflict, match="超过 100%"):
        restore("li", NOW + 3 * MINUTE)


def test_an_end_is_not_taken_back_for_whom_it_could_not_be_shared_with_now(company: Engine) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    done = share("zhang", number, ShareAccess.TOGETHER, to=SUN, days=0)
    with uow.transaction() as s:
        end_share(s, actor_by_userid(s, "li", NOW), done.id, NOW, entrance="console")

    def refused(now: datetime = NOW + MINUTE) -> str:
        with uow.transaction() as s, pytest.raises(Conflict) as refusal:
            restore_share(s, actor_by_userid(s, "li", now), done.public_id, now, entrance="console")
        return str(refusal.value)

    for change, back, why in (
        ({"status": PersonStatus.DISABLED}, {"status": PersonStatus.ACTIVE}, "已停用或离职"),
        ({"role": Role.FINANCE}, {"role": Role.REP}, "不跟进客户"),
    ):
        person = update(Person).where(Person.id == SUN)
        with uow.transaction() as s:
            s.execute(person.values(**change))
        assert why in refused()
        with uow.transaction() as s:
            s.execute(person.values(**back))
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == number).values(owner_id=SUN))
    assert "就是「苏州瑞衡机电有限公司」的负责人" in refused()
    assert "已经到期" in refused(NOW + DAY)
    assert rows(CustomerShare)[0].ended_at is not None


@pytest.mark.parametrize(("who", "kind"), [("qian", NotFound), ("wu", NotFound), ("sun", NotFound)])
def test_nobody_shares_or_ends_what_is_not_his(company: Engine, who: str, kind: type[Exception]) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    done = share("zhang", number, ShareAccess.READ, to=IDS["wang"])
    with pytest.raises(kind):
        share(who, number, ShareAccess.READ, to=WU)
    with uow.transaction() as s, pytest.raises(kind):
        end_share(s, actor_by_userid(s, who, NOW), done.public_id, NOW, entrance="console")


def test_a_lead_shares_for_his_team_and_the_holder_hears_of_it(company: Engine) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    share("li", number, ShareAccess.READ)
    told = rows(OutboxMessage, OutboxMessage.person_id == IDS["zhang"])
    assert "李主管 把您的客户" in told[0].notice["body"]


def test_taking_it_back_in_time_brings_back_what_it_replaced(company: Engine) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    share("zhang", number, ShareAccess.READ)
    with uow.transaction() as s:
        zhang, wish = actor_by_userid(s, "zhang", NOW), Wish(QIAN, ShareAccess.TOGETHER, None, 30)
        second = share_customer(s, zhang, number, wish, NOW + MINUTE, entrance="card")
    assert second.last_day == day_of(NOW) + 90 * DAY
    assert may("qian", number, WRITE) == "yes"
    with uow.transaction() as s:
        take_back_share(s, zhang, second.id, NOW + 5 * MINUTE, entrance="card")
    assert [may("qian", number, to) for to in (READ, WRITE)] == ["yes", "NotAllowed"]
    with uow.transaction() as s, pytest.raises(Conflict):
        take_back_share(s, zhang, second.id, NOW + 5 * MINUTE, entrance="card")
    first = rows(CustomerShare)[0].id
    with uow.transaction() as s, pytest.raises(Gone):
        take_back_share(s, zhang, first, NOW + 11 * MINUTE, entrance="card")


def test_taking_it_back_brings_nothing_back_that_would_not_be_given_now(company: Engine) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    share("zhang", number, ShareAccess.TOGETHER, to=SUN, credit=60)
    with uow.transaction() as s:
        li, wish = actor_by_userid(s, "li", NOW), Wish(SUN, ShareAccess.TOGETHER, None, 10)
        second = share_customer(s, li, number, wish, NOW + MINUTE, entrance="card")
    other = share("zhang", number, ShareAccess.TOGETHER, to=WU, credit=80)

    def refused() -> str:
        with uow.transaction() as s, pytest.raises(Conflict) as refusal:
            take_back_share(s, li, second.id, NOW + 5 * MINUTE, entrance="card")
        return str(refusal.value)

    assert "超过 100%，没有撤销" in refused()
    with uow.transaction() as s:
        end_share(s, li, other.id, NOW + 2 * MINUTE, entrance="console")
        s.execute(update(Customer).where(Customer.id == number).values(owner_id=SUN))
    assert "就是「苏州瑞衡机电有限公司」的负责人" in refused()
    assert [one.credit_percent for one in rows(CustomerShare) if one.ended_at is None] == [10]
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == number).values(owner_id=IDS["zhang"]))
        take_back_share(s, li, second.id, NOW + 5 * MINUTE, entrance="card")
    assert [one.credit_percent for one in rows(CustomerShare) if one.ended_at is None] == [60]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish(IDS["zhang"], ShareAccess.READ), "就是"),
        (Wish(IDS["left"], ShareAccess.READ), "在岗的同事"),
        (Wish(QIAN, ShareAccess.READ, day_of(NOW - DAY)), "今天起"),
        (Wish(QIAN, ShareAccess.READ, day_of(NOW + 2000 * DAY)), "三年以内"),
        (Wish(QIAN, ShareAccess.READ, None, 10), "只读的同事不分业绩"),
        (Wish(QIAN, ShareAccess.TOGETHER, None, 101), "0 到 100"),
        (Wish(QIAN, ShareAccess.TOGETHER, None, 61), "最多再分 60%"),
    ],
)
def test_what_cannot_be_shared_says_why(company: Engine, wish: Wish, said: str) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")
    share("zhang", number, ShareAccess.TOGETHER, to=WU, credit=40)
    with uow.transaction() as s, pytest.raises(Invalid, match=said):
        share_customer(s, actor_by_userid(s, "zhang", NOW), number, wish, NOW, entrance="console")


def test_two_who_give_the_last_percents_at_once_do_not_exceed_a_hundred(company: Engine) -> None:
    number = customer("zhang", "苏州瑞衡机电有限公司")

    def give(to: int) -> object:
        def work(s: uow.Session) -> Shared:
            wish = Wish(to, ShareAccess.TOGETHER, None, 60)
            return share_customer(s, actor_by_userid(s, "zhang", NOW), number, wish, NOW, entrance="console")

        return uow.attempt(work)

    done = at_once([lambda: give(QIAN), lambda: give(WU)])
    assert sorted(type(one).__name__ for one in done) == ["Invalid", "Shared"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # rolled back
@given(st.lists(st.tuples(st.sampled_from([2, 4, 5, 6]), st.integers(0, 100), st.booleans()), max_size=8))
def test_whatever_is_shared_and_ended_the_holder_keeps_the_rest(
    company_in_memory: int, steps: list[tuple[int, int, bool]]
) -> None:
    number = company_in_memory
    given_away: dict[int, int] = {}
    with uow.transaction() as s:
        zhang = actor_by_userid(s, "zhang", NOW)
        for turn, (to, credit, end) in enumerate(steps):
            now = NOW + turn * MINUTE
            try:
                done = share_customer(s, zhang, number, Wish(to, ShareAccess.TOGETHER, None, credit), now, entrance="x")
            except Invalid:
                assert credit + sum(share for who, share in given_away.items() if who != to) > 100
                continue
            given_away[to] = credit
            if end:
                end_share(s, zhang, done.id, now, entrance="x")
                del given_away[to]
            assert sum(given_away.values()) <= 100
        s.rollback()


@pytest.fixture
def company_in_memory(sqlite_template: Path, tmp_path: Path) -> Iterator[int]:
    """One store for all examples of the property: each is rolled back."""
    shutil.copy(sqlite_template, tmp_path / "crm.db")
    engine = uow.connect(f"sqlite:///{tmp_path}/crm.db")
    yield customer("zhang", "苏州瑞衡机电有限公司")
    engine.dispose()
