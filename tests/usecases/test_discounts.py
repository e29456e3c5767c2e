"""申请折扣 on real stores: a new version at the lower price, signed by the rule's seats, and what is in its way."""

from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import Engine

from config.vocabulary import Currency, Measure, QuoteState, RejectReason
from crm import uow
from crm.access import actor_by_userid
from crm.errors import Conflict, CrmError, Invalid, NotFound
from crm.rules.funnel import Said
from crm.usecases import signing
from crm.usecases.approval_rules import install_rules
from crm.usecases.approvals import move_or_ask
from crm.usecases.deals import DealMade, move_deal
from crm.usecases.discounts import DiscountAsked, ask_discount
from crm.usecases.products import PriceDraft, set_price
from crm.usecases.quote_lines import LineDraft
from crm.usecases.quotes import QuoteDraft, make_quote
from models.approvals import Approval, ApprovalRule
from models.customers import Customer
from models.deals import Deal
from models.messages import OutboxMessage
from models.quotes import Quote, QuoteLine
from tests.support.company import DAY, IDS, NOW, actor, customer, deal_at, rows, snapshot
from tests.support.deals import prove_all
from tests.support.quotes import TODAY, product, quoted, twin

FIRM = "苏州瑞衡热能工程有限公司"
WHY = "竞争对手报得更低"


@pytest.fixture
def place(company: Engine) -> int:
    with uow.transaction() as s:
        install_rules(s, NOW)
    return customer("Zhang", FIRM)


@pytest.fixture
def deal(place: int) -> DealMade:
    return deal_at(actor("Zhang"), place, "二期循环泵", Decimal(300_000), "negotiation")


def ask(deal: DealMade, percent: object = 25, why: str = WHY, who: str = "Zhang", now=NOW) -> DiscountAsked:  # type: ignore[no-untyped-def]
    cut = Decimal(str(percent))
    return uow.attempt(
        lambda s: ask_discount(
            s, actor_by_userid(s, who, now), deal.public_id, "negotiation", cut, why, now, entrance="chat"
        )
    )


def refused(deal: DealMade, kind: type[CrmError] = Conflict, **more: object) -> str:
    """The sentence; and nothing has changed."""
    before = snapshot()
    with pytest.raises(kind) as why:
        ask(deal, **more)  # type: ignore[arg-type]
    assert snapshot() == before
    return str(why.value)


def test_the_quote_goes_down_in_a_new_version_that_waits_for_the_rules_seat(place: int, deal: DealMade) -> None:
    first = quoted("Zhang", place, product(), deal_id=deal.public_id, note="含运费")
    done = ask(deal)
    assert (done.deal, done.was, done.waits_for) == ("二期循环泵", Decimal(19_000), ("李主管",))
    assert (done.made.number, done.made.version, done.made.total) == (first.number, 2, Decimal(15_000))
    old, new = rows(Quote)
    assert (old.state, new.state, new.discount, new.deal_id) == ("superseded", "in_approval", Decimal(25), deal.id)
    assert new.note == f"含运费；申请折扣：{WHY}"
    (approval,) = rows(Approval)
    assert (approval.quote_id, approval.facts["told"]) == (new.id, "低于底价；折扣 25% 超过 20%")
    (card,) = rows(OutboxMessage, OutboxMessage.person_id == IDS["li"])
    assert WHY in str(card.notice["facts"])
    for who in ("li", "zhou"):
        with uow.transaction() as s:
            signing.approve(s, actor(who), approval.public_id, NOW, entrance="card")
    assert rows(Quote)[1].state == "open"
    again = ask(deal, percent=30, why="客户要求年度框架价")
    assert rows(Quote)[-1].note == "含运费；申请折扣：客户要求年度框架价"
    assert (again.was, again.made.version) == (Decimal(15_000), 3)


def test_within_the_rules_nobody_signs_and_it_is_open_at_once(place: int, deal: DealMade) -> None:
    quoted("Zhang", place, product(), deal_id=deal.public_id)
    done = ask(deal, percent=20)
    assert (done.made.state, done.waits_for, done.made.total) == (QuoteState.OPEN, (), Decimal(16_000))
    assert rows(Approval) == []


def test_all_listed_lines_go_down_together_and_what_is_not_listed_stays(place: int, deal: DealMade) -> None:
    one, two = product(), product("IHG100-200", list_price=2_000, floor=100)
    lines = [
        LineDraft(Decimal(1), Decimal(10_000), one),
        LineDraft(Decimal(5), Decimal(1_800), two),
        LineDraft(Decimal(1), Decimal(700), words="运费"),
    ]
    draft = QuoteDraft(lines, deal_id=deal.public_id)
    uow.attempt(lambda s: make_quote(s, actor("Zhang"), place, draft, NOW, entrance="chat"))
    ask(deal, percent=24)
    (new,) = rows(Quote, Quote.version == 2)
    asked = {line.position: line.unit_price for line in rows(QuoteLine, QuoteLine.quote_id == new.id)}
    assert asked == {1: Decimal(8_000), 2: Decimal(1_440), 3: Decimal(700)}
    assert new.discount == Decimal(24)


def test_the_percentage_is_off_the_list_of_today(place: int, deal: DealMade) -> None:
    pump = product()
    quoted("Zhang", place, pump, deal_id=deal.public_id)
    with uow.transaction() as s:
        from_tomorrow = PriceDraft(Decimal(12_000), Decimal(1_000), Currency.CNY, TODAY + DAY)
        set_price(s, actor("wang"), pump, from_tomorrow, NOW, entrance="console")
    done = ask(deal, percent=25, now=NOW + 2 * DAY)
    assert done.made.total == Decimal(18_000)


def test_a_quote_made_for_no_deal_yet_becomes_the_deals_and_another_deals_is_left_alone(
    place: int, deal: DealMade
) -> None:
    pump, other = product(), deal_at(actor("Zhang"), place, "三期", Decimal(90_000), "negotiation")
    quoted("Zhang", place, pump, deal_id=other.public_id)
    assert "还没有未结的报价" in refused(deal)
    quoted("Zhang", place, pump, price=9_900)
    ask(deal)
    assert [(one.deal_id, one.state) for one in rows(Quote)] == [
        (other.id, "open"),
        (None, "superseded"),
        (deal.id, "in_approval"),
    ]


def test_what_is_in_the_way_is_told_with_the_way_out(place: int, deal: DealMade) -> None:
    assert "先发 /报价 苏州瑞衡热能工程有限公司" in refused(deal)
    quoted("Zhang", place, product(), deal_id=deal.public_id)
    assert "已经比列表价低 5%" in refused(deal, Invalid, percent=5)
    assert "一句话" in refused(deal, Invalid, why="  ")
    assert "最多 100 个字" in refused(deal, Invalid, why="很" * 101)
    done = ask(deal)
    assert f"报价 {done.made.number} 已经在等 李主管 审批" in refused(deal, percent=30)
    (approval,) = rows(Approval)
    uow.attempt(
        lambda s: signing.reject(s, actor("li"), approval.public_id, RejectReason.PRICE, "", NOW, entrance="card")
    )
    assert "还没有未结的报价" in refused(deal)


def test_without_a_rule_about_discounts_nobody_can_be_asked(place: int, deal: DealMade) -> None:
    quoted("Zhang", place, product(), deal_id=deal.public_id)
    with uow.transaction() as s:
        s.execute(update(ApprovalRule).where(ApprovalRule.measure == Measure.DISCOUNT).values(retired_at=NOW))
    assert "请销售运营在「审批规则」里加一条" in refused(deal)


def test_a_deal_that_has_moved_or_waits_to_move_is_told_so(place: int, deal: DealMade) -> None:
    quoted("Zhang", place, product(), deal_id=deal.public_id)
    prove_all(deal.public_id)
    with uow.transaction() as s:
        s.scalars(select(Deal).where(Deal.id == deal.id)).one().amount = Decimal(900_000)
    go = lambda s: move_or_ask(s, actor("Zhang"), deal.public_id, "contract_review", Said(), NOW, entrance="chat")  # noqa: E731
    uow.attempt(go)
    assert "正在等 周总监 审批到「合同审批」" in refused(deal)
    why = Said("客户暂停了项目")
    uow.attempt(lambda s: move_deal(s, actor("Zhang"), deal.public_id, "shelved", why, NOW, entrance="chat"))
    assert "已经到「搁置」了" in refused(deal)


def test_a_frozen_quote_waits_for_its_verdict(place: int) -> None:
    pump = product()
    quoted("Zhang", place, pump)
    theirs = twin("qian", "瑞衡热能工程（苏州）有限公司")
    second = deal_at(actor("qian"), theirs, "他组的泵", Decimal(90_000), "negotiation")
    quoted("qian", theirs, pump, deal_id=second.public_id)
    assert "还冻结着，等主管裁定" in refused(second, who="qian")


def test_a_quote_of_nothing_listed_has_no_discount(place: int, deal: DealMade) -> None:
    draft = QuoteDraft([LineDraft(Decimal(1), Decimal(700), words="运费")], deal_id=deal.public_id)
    uow.attempt(lambda s: make_quote(s, actor("Zhang"), place, draft, NOW, entrance="chat"))
    assert "算不出折扣" in refused(deal)


def test_the_supervisor_asks_his_own_superior_and_nobody_else_s_team_finds_the_deal(place: int, deal: DealMade) -> None:
    quoted("Zhang", place, product(floor=100), deal_id=deal.public_id)
    assert ask(deal, who="li").waits_for == ("周总监",)
    refused(deal, NotFound, who="wu")
    with uow.transaction() as s:
        s.execute(update(Customer).values(owner_id=IDS["qian"]))
    refused(deal, NotFound)
