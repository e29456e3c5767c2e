"""Who holds a customer: gapless from its first day, changed only from what was seen, whoever acts at once."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy.engine import Engine

from config.vocabulary import HolderKind, Role
from crm import uow
from crm.errors import Conflict, NotAllowed, NotFound
from crm.usecases import pool
from crm.usecases.deals import open_deal
from crm.usecases.followups import write_follow_up
from crm.usecases.people import grant
from models.deals import Deal
from models.messages import Card, OutboxMessage
from tests.support.company import DAY, IDS, MINUTE, NOW, ONE, actor, at_once, customer, rows
from tests.usecases.ledger import POLICY, assign, check, clock_of, periods, release


def do(work: Callable[..., object], *args: object, **named: object) -> object:
    return uow.attempt(lambda s: work(s, *args, **named))


def test_a_released_customer_waits_in_the_queue_and_the_supervisor_is_asked(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    assert release(made, NOW + 45 * DAY)
    check(made, (HolderKind.QUEUE, ONE))
    asked, told = rows(OutboxMessage)
    assert (asked.person_id, told.person_id) == (IDS["li"], IDS["zhang"])
    assert [b["text"] for b in asked.notice["buttons"]] == ["分配", "退还原负责人", "稍后再说"]
    assert not release(made, NOW + 46 * DAY)


def test_only_his_own_lead_and_those_above_may_assign(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    release(made, NOW + 45 * DAY)
    for who, error in (("sun", NotAllowed), ("Zhang", NotAllowed), ("wu", NotFound)):
        with pytest.raises(error):
            assign(actor(who), made, "sun", NOW + 46 * DAY)
    for stranger in ("qian", "off", "left"):
        with pytest.raises(NotFound):
            assign(actor("li"), made, stranger, NOW + 46 * DAY)
    assign(actor("li"), made, "sun", NOW + 46 * DAY)
    check(made, (HolderKind.PERSON, IDS["sun"]))
    with pytest.raises(Conflict, match="已经在 孙六 名下"):
        assign(actor("li"), made, "li", NOW + 46 * DAY)


def test_of_eight_assignments_at_once_one_is_made(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    release(made, NOW + 45 * DAY)
    leads, late = (actor("li"), actor("zhou")), NOW + 46 * DAY
    works = [partial(assign, leads[n % 2], made, ("sun", "zhang", "li")[n % 3], late) for n in range(8)]
    results = at_once(works)
    won = [result for result in results if isinstance(result, pool.Assigned)]
    assert len(won) == 1
    assert {type(result) for result in results} <= {pool.Assigned, Conflict}
    check(made, (HolderKind.PERSON, periods(made)[-1].holder_id or 0))


def test_of_two_releases_at_once_one_is_made(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    assert sorted(map(str, at_once([lambda: release(made, NOW + 45 * DAY)] * 4))) == ["False", "False", "False", "True"]
    assert len(rows(OutboxMessage)) == 2


def test_a_rep_who_writes_while_he_loses_the_customer_never_moves_the_queues_clock(company: Engine) -> None:
    """Whoever is faster: either he keeps it with his follow-up, or it is gone and the queue's clock is its own."""
    for turn in range(6):
        made = customer("Zhang", f"第{turn}机电厂")
        late, who = NOW + 45 * DAY, actor("Zhang")
        words = f"第{turn}次去看了现场"
        write = partial(do, write_follow_up, who, made, words, late + MINUTE, entrance="chat")
        at_once([partial(release, made, late), write])
        last = periods(made)[-1]
        if last.holder_kind == HolderKind.QUEUE:
            assert clock_of(made) == last.started_at
        else:
            assert clock_of(made) == late + MINUTE


def test_a_release_is_taken_back_within_its_days(company: Engine) -> None:
    made, late = customer("Zhang", "甲机电"), NOW + 45 * DAY
    release(made, late)
    uow.attempt(lambda s: pool.give_to_former(s, actor("li"), made, late + 7 * DAY, POLICY, entrance="card"))
    check(made, (HolderKind.PERSON, IDS["zhang"]))
    with pytest.raises(Conflict):
        uow.attempt(lambda s: pool.give_to_former(s, actor("li"), made, late + 7 * DAY, POLICY, entrance="card"))


def test_after_its_days_it_is_not(company: Engine) -> None:
    made, late = customer("Zhang", "甲机电"), NOW + 45 * DAY
    release(made, late)
    with pytest.raises(Conflict, match="可以直接分配"):
        uow.attempt(
            lambda s: pool.give_to_former(s, actor("li"), made, late + 7 * DAY + MINUTE, POLICY, entrance="card")
        )


def test_giving_back_and_undoing_it_leaves_the_clock_as_it_was(company: Engine) -> None:
    """Else two taps on day 44 would be as good as a follow-up."""
    made, late = customer("Zhang", "甲机电"), NOW + 44 * DAY
    who = actor("Zhang")
    done = uow.attempt(lambda s: pool.give_back(s, who, made, late, POLICY, entrance="card"))
    check(made, (HolderKind.QUEUE, ONE))
    (card,) = rows(Card)
    assert card.closed_at is None
    uow.attempt(lambda s: pool.take_back(s, who, made, done.period_id, late + MINUTE, entrance="card"))
    check(made, (HolderKind.PERSON, IDS["zhang"]))
    assert clock_of(made) == NOW
    assert rows(Card)[0].closed_at is not None


def test_an_assignment_taken_back_is_told_to_whom_it_was_taken_from(company: Engine) -> None:
    made, late = customer("Zhang", "甲机电"), NOW + 45 * DAY
    release(made, late)
    done = assign(actor("li"), made, "sun", late + MINUTE)
    uow.attempt(lambda s: pool.take_back(s, actor("li"), made, done.period_id, late + 2 * MINUTE, entrance="card"))
    check(made, (HolderKind.QUEUE, ONE))
    assert clock_of(made) == late
    assert "分配已撤销" in rows(OutboxMessage, OutboxMessage.person_id == IDS["sun"])[-1].notice["title"]


@pytest.mark.parametrize("who", ["sun", "wu", "wang"])
def test_nobody_else_can_take_a_move_back(company: Engine, who: str) -> None:
    made = customer("Zhang", "甲机电")
    done = uow.attempt(lambda s: pool.give_back(s, actor("Zhang"), made, NOW, POLICY, entrance="card"))
    with pytest.raises(Conflict):
        uow.attempt(lambda s: pool.take_back(s, actor(who), made, done.period_id, NOW, entrance="card"))


def test_after_a_follow_up_an_assignment_cannot_be_taken_back(company: Engine) -> None:
    made = customer("Zhang", "甲机电")
    release(made, NOW + 45 * DAY)
    late = NOW + 46 * DAY
    done = assign(actor("li"), made, "sun", late)
    do(write_follow_up, actor("sun"), made, "今天去拜访了新厂长", late + MINUTE, entrance="chat")
    with pytest.raises(Conflict, match="已经有跟进"):
        uow.attempt(lambda s: pool.take_back(s, actor("li"), made, done.period_id, late + 2 * MINUTE, entrance="card"))


def test_after_an_undone_assignment_it_goes_back_to_whom_silence_took_it_from(company: Engine) -> None:
    made, late = customer("Zhang", "甲机电"), NOW + 45 * DAY
    release(made, late)
    done = assign(actor("li"), made, "sun", late + MINUTE)
    uow.attempt(lambda s: pool.take_back(s, actor("li"), made, done.period_id, late + 2 * MINUTE, entrance="card"))
    back = uow.attempt(lambda s: pool.give_to_former(s, actor("li"), made, late + 3 * MINUTE, POLICY, entrance="card"))
    assert back.person_name == "张三"
    check(made, (HolderKind.PERSON, IDS["zhang"]))


def test_a_customer_takes_its_open_deals_along(company: Engine) -> None:
    made, late = customer("Zhang", "甲机电"), NOW + 45 * DAY
    uow.attempt(lambda s: open_deal(s, actor("Zhang"), made, "二期", Decimal(80), NOW, entrance="chat"))
    release(made, late)
    assign(actor("li"), made, "sun", late + MINUTE)
    (deal,) = rows(Deal)
    assert (deal.owner_id, deal.stage_since) == (IDS["sun"], NOW)


def test_nobody_is_given_a_customer_whose_role_could_not_see_it(company: Engine) -> None:
    made, late = customer("Zhang", "甲机电"), NOW + 45 * DAY
    uow.attempt(lambda s: grant(s, None, "sun", Role.FINANCE, NOW, entrance="shell"))
    release(made, late)
    with pytest.raises(Conflict, match="财务"):
        assign(actor("li"), made, "sun", late + MINUTE)
    offered = rows(OutboxMessage, OutboxMessage.person_id == IDS["li"])[-1].notice["selection"]["choices"]
    assert "孙六" not in [choice["text"] for choice in offered]


def test_a_former_holder_whose_role_could_not_see_it_does_not_get_it_back(company: Engine) -> None:
    made, late = customer("Zhang", "甲机电"), NOW + 45 * DAY
    release(made, late)
    uow.attempt(lambda s: grant(s, None, "Zhang", Role.FINANCE, late, entrance="shell"))
    with pytest.raises(Conflict, match="财务"):
        uow.attempt(lambda s: pool.give_to_former(s, actor("li"), made, late + MINUTE, POLICY, entrance="card"))
    assert periods(made)[-1].holder_kind == HolderKind.QUEUE
