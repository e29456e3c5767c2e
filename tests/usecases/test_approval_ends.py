"""Approvals end, whoever is away and whatever becomes of the deal meanwhile; a yes taken back leaves nothing behind."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine

from config.vocabulary import ApprovalState, EndReason, OwnershipReason, RejectReason, SignMode, SignState
from crm import uow
from crm.errors import Conflict, NotAllowed
from crm.holding import Holder, holder_of
from crm.rules.approvals import Step
from crm.rules.funnel import Said
from crm.usecases import signing
from crm.usecases.absences import go_away
from crm.usecases.approvals import Filed
from crm.usecases.deals import Moved, move_deal
from crm.usecases.ownership import pass_on
from jobs.sweeps import run
from models.approvals import ApprovalSigner
from models.customers import Customer
from models.deals import Deal
from models.people import Person
from tests.support.company import IDS, MINUTE, NOW, actor, rows
from tests.usecases.approval_kit import HOUR, a_rule, asked, go, opened, sign, stands, state, told

TODAY = date(2026, 11, 23)
LATER = Said("客户说再等等吧")


@pytest.fixture
def deal(company: Engine) -> str:
    return opened()


def away(who: str, deputy: str) -> None:
    with uow.transaction() as s:
        go_away(s, actor(who), IDS[deputy], TODAY, TODAY + timedelta(days=9), NOW, entrance="chat")


def asked_now() -> set[tuple[int, int | None]]:
    return {(one.person_id, one.for_id) for one in rows(ApprovalSigner, ApprovalSigner.state == SignState.ASKED)}


def give_to(deal: str, who: str) -> None:
    """The deal's customer changes hands, and the deal with it."""
    (row,) = rows(Deal, Deal.public_id == deal)
    with uow.transaction() as s:
        held, _, _ = holder_of(s, row.customer_id)
        seen = s.get_one(Customer, row.customer_id).silent_since
        to = Holder.person(IDS[who])
        assert pass_on(s, row.customer_id, held, seen, to, OwnershipReason.ASSIGNED, None, NOW)


def move(deal: str, to: str, said: Said = LATER, who: str = "Zhang") -> None:
    with uow.transaction() as s:
        move_deal(s, actor(who), deal, to, said, NOW + MINUTE, entrance="chat")


def take_back(who: str, approval: str, signed: signing.Signed) -> None:
    with uow.transaction() as s:
        signing.take_back(s, actor(who), approval, signed.signer_id, NOW + HOUR + 5 * MINUTE, entrance="card")


def test_deputies_of_each_other_leave_it_to_the_admins_also_what_waited_before(deal: str) -> None:
    before = asked(deal)
    away("wu", "zhou")
    away("zhou", "wu")
    assert asked_now() == {(IDS["wang"], IDS["zhou"])}
    assert go(opened("三期", at="乙机电有限公司")).waits_for == ("王管理",)
    assert sign("wang", before).state is ApprovalState.APPROVED


def test_of_all_who_must_sign_nobody_is_left_out_because_he_cannot_be_reached(company: Engine) -> None:
    a_rule(Step(SignMode.ALL, (f"person:{IDS['li']}", f"person:{IDS['zhou']}")))
    away("wu", "zhou")
    away("zhou", "wu")
    assert go(opened()).waits_for == ("李主管", "王管理")


def test_the_last_admin_keeps_it_though_he_is_away(company: Engine) -> None:
    a_rule(Step(SignMode.ANY, (f"person:{IDS['wang']}",)))
    asked(opened())
    away("zhou", "wang")
    away("wang", "zhou")
    assert asked_now() == {(IDS["wang"], None)}
    assert [line for line in run("approvals", NOW + HOUR) if line] == []


def test_whoever_comes_to_own_the_deal_signs_it_no_more_and_his_superior_is_asked(company: Engine) -> None:
    a_rule(Step(SignMode.ANY, ("supervisor",)))
    deal = opened()
    approval = asked(deal)
    give_to(deal, "li")
    with pytest.raises(NotAllowed, match="由您负责"):
        sign("li", approval)
    assert stands(deal) == "requirement"
    assert [line for line in run("approvals", NOW + HOUR) if line] == ["审批转交：李主管 现在不能批，1 件转给别人"]
    assert asked_now() == {(IDS["zhou"], IDS["li"])}
    assert [line for line in run("approvals", NOW + HOUR) if line] == []
    done = sign("zhou", approval)
    assert (done.state, stands(deal)) == (ApprovalState.APPROVED, "requirement")
    assert done.outcome == "已同意，但 张三 现在动不了这个商机，要由负责人再推进一次"
    assert any(done.outcome in one for one in told("li"))
    assert isinstance(go(deal, who="li"), Moved)


@pytest.mark.parametrize(
    ("to", "said"), [("lost", Said("", EndReason.PRICE, "无")), ("shelved", LATER)], ids=["lost", "shelved"]
)
def test_a_signature_never_opens_a_deal_again_that_has_ended(deal: str, to: str, said: Said) -> None:
    filed = go(deal, said=Said("客户同意了"))
    assert isinstance(filed, Filed)
    move(deal, to, said, who="li")
    assert state(filed.public_id) == "void"
    with pytest.raises(Conflict, match="作废"):
        sign("zhou", filed.public_id)
    assert stands(deal) == to
    assert any("李主管 后来移动了这个商机" in one for one in told("Zhang"))


def test_a_step_back_ends_what_waits_and_one_towards_it_does_not(deal: str) -> None:
    first = asked(deal)
    move(deal, "negotiation")
    assert state(first) == "waiting"
    move(deal, "proposal")
    assert state(first) == "void"
    second = asked(deal)
    assert sign("zhou", second).outcome == "已同意，商机从「方案提交」到「合同审批」"


def test_what_was_withdrawn_is_not_revived_by_a_yes_taken_back(company: Engine) -> None:
    a_rule(*(Step(SignMode.ANY, (f"person:{IDS[who]}",)) for who in ("li", "zhou")))
    approval = asked(opened())
    yes = sign("li", approval)
    with uow.transaction() as s:
        signing.withdraw(s, actor("Zhang"), approval, NOW + HOUR + MINUTE, entrance="chat")
    with pytest.raises(Conflict, match="撤回"):
        take_back("li", approval, yes)
    assert state(approval) == "withdrawn"


def test_a_yes_that_somebody_has_moved_the_deal_with_stays(deal: str) -> None:
    approval = asked(deal)
    with uow.transaction() as s:
        s.execute(update(Person).where(Person.id == IDS["zhang"]).values(status="left"))
    yes = sign("zhou", approval)
    with uow.transaction() as s:
        move_deal(s, actor("li"), deal, "contract_review", Said(), NOW + HOUR + MINUTE, entrance="chat")
    with pytest.raises(Conflict, match="接着处理"):
        take_back("zhou", approval, yes)
    assert (state(approval), stands(deal)) == ("approved", "contract_review")


def test_a_no_is_not_taken_back_once_the_deal_went_on(deal: str) -> None:
    approval = asked(deal)
    with uow.transaction() as s:
        no = signing.reject(s, actor("zhou"), approval, RejectReason.RISK, "", NOW + HOUR, entrance="card")
    with uow.transaction() as s:
        move_deal(s, actor("Zhang"), deal, "shelved", LATER, NOW + HOUR + MINUTE, entrance="chat")
    with pytest.raises(Conflict, match="接着处理"):
        take_back("zhou", approval, no)
    assert (state(approval), stands(deal)) == ("rejected", "shelved")


def test_a_yes_taken_back_is_none_in_a_later_step_either(company: Engine) -> None:
    """Whoever signs both steps at once and takes it back has signed neither: what he then passes on is not his."""
    li, zhou = f"person:{IDS['li']}", f"person:{IDS['zhou']}"
    a_rule(Step(SignMode.ANY, (li,)), Step(SignMode.ALL, (li, zhou)))
    approval = asked(opened())
    yes = sign("li", approval)
    take_back("li", approval, yes)
    with uow.transaction() as s:
        signing.delegate(s, actor("li"), approval, IDS["wu"], NOW + HOUR + 6 * MINUTE, entrance="chat")
    sign("wu", approval, NOW + 2 * HOUR)
    assert sign("zhou", approval, NOW + 2 * HOUR).outcome == "已同意，等 李主管 处理"
