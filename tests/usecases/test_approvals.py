"""Approvals on real stores: asked, signed in each way, refused, void when changed, handed on, never one's own."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.engine import Engine

from config.grants import Grant
from config.vocabulary import (
    ApprovalState,
    EndReason,
    FieldObject,
    Measure,
    RejectReason,
    Role,
    ShareAccess,
    SignMode,
    SignState,
)
from crm import uow
from crm.access import actor_by_userid
from crm.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from crm.reads.approvals import Box, approval_page, approvals, hours_taken, waiting_for_me
from crm.reads.deal_page import deal_page
from crm.rules.approvals import Step
from crm.rules.days import day_of
from crm.rules.funnel import Said
from crm.usecases import signing
from crm.usecases.absences import come_back, go_away
from crm.usecases.approval_rules import RuleDraft, add_rule, install_rules, retire_rule
from crm.usecases.approvals import Filed
from crm.usecases.deals import GateClosed, Moved, move_deal
from crm.usecases.grants import grant_fields
from crm.usecases.record_fields import update_deal
from crm.usecases.sharing import Wish, share_customer
from models.approvals import Approval, ApprovalNote, ApprovalRule, ApprovalSigner
from models.deals import Deal, StagePeriod
from models.messages import Card, OutboxMessage
from models.people import Person
from models.timeline import TimelineEntry
from tests.support.company import DAY, IDS, MINUTE, NOW, actor, at_once, customer, rows
from tests.support.deals import prove_all
from tests.usecases.approval_kit import BIG, HOUR, a_rule, asked, go, opened, opened_at, sign, stands, state, told


@pytest.fixture
def deal(company: Engine) -> str:
    return opened()


def test_a_large_deal_waits_for_the_director_and_moves_with_his_tap(deal: str) -> None:
    filed = go(deal)
    assert isinstance(filed, Filed)
    assert (filed.waits_for, filed.told) == (("周总监",), "金额 ¥80 万 超过 ¥50 万")
    assert stands(deal) == "requirement"
    assert asked(deal) == filed.public_id  # asked again is the same
    assert len(told("zhou")) == 1
    with uow.reading() as s:
        assert (waiting_for_me(s, actor("zhou")), waiting_for_me(s, actor("Zhang"))) == (1, 0)
    done = sign("zhou", filed.public_id)
    assert (done.state, stands(deal)) == (ApprovalState.APPROVED, "contract_review")
    assert done.outcome == "已同意，商机从「需求确认」到「合同审批」"
    assert any("周总监：已同意" in one for one in told("Zhang"))
    (stay,) = rows(StagePeriod, StagePeriod.ended_at.is_(None))
    assert stay.actor_id == IDS["zhang"]  # whoever asked has moved it
    assert isinstance(go(deal, "won", said=Said("", EndReason.PRICE, "无")), Moved)  # nobody signs the same twice


@pytest.mark.parametrize("amount", [500_000, 49_999])
def test_a_deal_within_the_limit_needs_nobody(company: Engine, amount: int) -> None:
    small = opened(amount=Decimal(amount))
    assert isinstance(go(small, "won", said=Said("", EndReason.PRICE, "无")), Moved)


def test_there_is_no_way_around(deal: str) -> None:
    """Not over the stage, not by a manager's word, not by a larger amount behind it."""
    for to, said, who, force in (
        ("contract_review", Said(), "Zhang", False),
        ("won", Said("", EndReason.PRICE, "无"), "Zhang", False),
        ("contract_review", Said("客户催得急，先放行"), "li", True),
        ("won", Said("客户催得急，先放行", EndReason.PRICE, "无"), "zhou", True),
    ):
        with pytest.raises(GateClosed) as closed, uow.transaction() as s:
            move_deal(s, actor(who), deal, to, said, NOW, entrance="chat", force=force)
        assert [one.lack.value for one in closed.value.missing] == ["approval"]
    within = opened("三期", Decimal(400_000), at="乙机电有限公司")
    assert isinstance(go(within), Moved)
    with uow.transaction() as s:
        update_deal(s, actor("Zhang"), within, {"amount": "90万"}, NOW, entrance="console")
    filed = go(within, "won", said=Said("", EndReason.PRICE, "无"))
    assert isinstance(filed, Filed)
    assert stands(within) == "contract_review"


def test_whoever_asks_never_signs(company: Engine) -> None:
    """The director's own deal goes over him; whoever moves another's deal is not its judge either."""
    mine = opened(who="zhou", at="丙机电有限公司")
    filed = go(mine, who="zhou")
    assert filed.waits_for == ("王管理",)
    theirs = asked(opened(), who="Zhang")
    with pytest.raises(NotAllowed, match="不等您处理"):
        sign("li", theirs)  # sees the deal, is not asked
    with pytest.raises(NotAllowed, match="自己提交"):
        sign("Zhang", theirs)
    with pytest.raises(NotFound):
        sign("qian", theirs)
    by_the_director = opened("四期", at="丁机电有限公司")
    assert go(by_the_director, who="zhou").waits_for == ("王管理",)


def test_a_changed_amount_voids_what_waits_and_what_was_signed(deal: str) -> None:
    first = asked(deal)
    with uow.transaction() as s:
        update_deal(s, actor("Zhang"), deal, {"amount": "120万"}, NOW + MINUTE, entrance="console")
    assert state(first) == "void"
    with pytest.raises(Conflict, match="作废"):
        sign("zhou", first)
    assert stands(deal) == "requirement"
    second = asked(deal)
    assert second != first
    sign("zhou", second)
    assert stands(deal) == "contract_review"
    with uow.transaction() as s:
        update_deal(s, actor("Zhang"), deal, {"amount": "150万"}, NOW + 2 * HOUR, entrance="console")
    assert isinstance(go(deal, "won", said=Said("", EndReason.PRICE, "无")), Filed)


def test_evidence_that_was_exchanged_voids_it_at_the_tap(deal: str) -> None:
    first = asked(deal)
    prove_all(deal, again="contract_review")
    done = sign("zhou", first)
    assert (done.state, done.signer_id) == (ApprovalState.VOID, 0)
    assert "作废" in done.outcome
    assert stands(deal) == "requirement"


def test_parts_of_one_customer_count_together(company: Engine) -> None:
    place = customer("Zhang", "甲机电有限公司")
    first, second = (opened_at(place, name, Decimal(300_000)) for name in ("一标段", "二标段"))
    filed = go(first)
    assert isinstance(filed, Filed)
    assert filed.told == "同一客户近期的商机合计金额 ¥60 万 超过 ¥50 万"
    assert isinstance(go(second), Filed)
    smalls = [opened_at(place, f"小单{number}", Decimal(45_000)) for number in range(2)]
    assert isinstance(go(smalls[0], "won", said=Said("", EndReason.PRICE, "无")), Filed)  # no ladder is a way around
    later = opened_at(place, "明年的", Decimal(300_000), now=NOW + 40 * DAY)
    assert isinstance(go(later), Moved)
    elsewhere = opened_at(customer("sun", "乙机电有限公司"), "别家的", Decimal(300_000), "sun")
    assert isinstance(go(elsewhere, who="sun"), Moved)


def test_any_all_and_one_after_another(company: Engine) -> None:
    seats = (f"person:{IDS['li']}", f"person:{IDS['wu']}")
    a_rule(Step(SignMode.ANY, seats))
    any_one = asked(opened())
    sign("wu", any_one)
    with pytest.raises(Conflict):
        sign("li", any_one)
    a_rule(Step(SignMode.ALL, seats))
    everybody = asked(opened("二", at="乙机电有限公司"))
    assert sign("wu", everybody).outcome == "已同意，等 李主管 处理"
    assert sign("li", everybody).state is ApprovalState.APPROVED
    a_rule(Step(SignMode.SEQUENTIAL, seats))
    in_turn = asked(opened("三", at="丙机电有限公司"))
    with pytest.raises(NotFound):
        sign("wu", in_turn)  # not his turn yet, and the deal is not his to see
    assert sign("li", in_turn).outcome == "已同意，等 吴主管 处理"
    assert sign("wu", in_turn).state is ApprovalState.APPROVED
    a_rule(Step(SignMode.ANY, seats[:1]), Step(SignMode.ALL, seats))
    twice = asked(opened("四", at="丁机电有限公司"))
    assert sign("li", twice).outcome == "已同意，等 吴主管 处理"  # his first yes holds for the second step


def test_one_no_ends_it_and_says_why(deal: str) -> None:
    approval = asked(deal)
    no = {"approval_id": approval, "now": NOW + HOUR, "entrance": "miniapp"}
    with pytest.raises(Invalid, match="至少"), uow.transaction() as s:
        signing.reject(s, actor("zhou"), why=RejectReason.OTHER, words="", **no)  # type: ignore[arg-type]
    with uow.transaction() as s:
        done = signing.reject(s, actor("zhou"), why=RejectReason.PRICE, words="低于底价", **no)  # type: ignore[arg-type]
    assert (done.outcome, stands(deal)) == ("已驳回：价格太低，低于底价", "requirement")
    assert any("已驳回：价格太低，低于底价" in one for one in told("Zhang"))
    assert any("审批被驳回" in entry.text for entry in rows(TimelineEntry))
    assert asked(deal) != approval  # it may be asked for again


def test_another_signer_and_another_in_ones_place(deal: str) -> None:
    approval = asked(deal)
    with uow.transaction() as s:
        signing.add_signer(s, actor("zhou"), approval, IDS["wang"], NOW, entrance="chat")
    assert sign("zhou", approval).outcome == "已同意，等 王管理 处理"
    with pytest.raises(NotAllowed, match="您已经同意过了"):
        sign("zhou", approval)  # in a tab that was still open
    assert stands(deal) == "requirement"
    for nobody, why in ((IDS["zhang"], "自己"), (IDS["left"], "不在岗"), (IDS["zhou"], "已经在")):
        with pytest.raises(Invalid, match=why), uow.transaction() as s:
            signing.delegate(s, actor("wang"), approval, nobody, NOW, entrance="chat")
    with uow.transaction() as s:
        signing.delegate(s, actor("wang"), approval, IDS["wu"], NOW, entrance="chat")
    with pytest.raises(NotAllowed):
        sign("wang", approval)
    assert any("转交给了 吴主管" in one for one in told("Zhang"))
    assert sign("wu", approval).state is ApprovalState.APPROVED
    assert stands(deal) == "contract_review"


def test_the_asker_nudges_and_withdraws(deal: str) -> None:
    approval = asked(deal)
    with pytest.raises(Conflict, match="刚提醒过"), uow.transaction() as s:
        signing.nudge(s, actor("Zhang"), approval, NOW + HOUR, entrance="chat")
    with uow.transaction() as s:
        done = signing.nudge(s, actor("Zhang"), approval, NOW + 2 * HOUR, entrance="chat")
    assert (done.outcome, len(told("zhou"))) == ("已再次提醒 周总监", 2)
    with pytest.raises(NotAllowed), uow.transaction() as s:
        signing.withdraw(s, actor("zhou"), approval, NOW, entrance="chat")
    with uow.transaction() as s:
        signing.withdraw(s, actor("Zhang"), approval, NOW + 3 * HOUR, entrance="chat")
    with pytest.raises(Conflict, match="撤回"):
        sign("zhou", approval)


def test_a_word_beside_it_reaches_whom_it_names(deal: str) -> None:
    approval = asked(deal)
    with uow.transaction() as s:
        signing.write_note(s, actor("zhou"), approval, "付款条件再谈", IDS["li"], NOW, entrance="chat")
    assert any("@李主管 付款条件再谈" in one for one in told("li"))
    assert any("@李主管 付款条件再谈" in one for one in told("Zhang"))
    with uow.reading() as s:
        page = approval_page(s, actor("Zhang"), approval, NOW)
    assert [(note.by, note.told, note.words) for note in page.notes] == [("周总监", "李主管", "付款条件再谈")]


@pytest.mark.parametrize("access", list(ShareAccess))
def test_whoever_may_only_look_at_the_customer_writes_no_word(deal: str, access: ShareAccess) -> None:
    approval = asked(deal)
    with uow.transaction() as s:
        wish = Wish(IDS["qian"], access, day_of(NOW + 9 * DAY), 0)
        share_customer(s, actor("Zhang"), rows(Deal)[0].customer_id, wish, NOW, entrance="console")

    def word(s: uow.Session) -> None:
        signing.write_note(s, actor_by_userid(s, "qian", NOW), approval, "付款条件再谈", None, NOW, entrance="chat")

    if access is ShareAccess.TOGETHER:
        uow.attempt(word)
    else:
        with pytest.raises(NotAllowed, match="只能看"):
            uow.attempt(word)
    assert len(rows(ApprovalNote)) == (access is ShareAccess.TOGETHER)


def test_a_yes_is_taken_back_with_its_move(deal: str) -> None:
    approval = asked(deal)
    signed = sign("zhou", approval)
    with uow.transaction() as s:
        signing.take_back(s, actor("zhou"), approval, signed.signer_id, NOW + HOUR + 9 * MINUTE, entrance="card")
    assert (state(approval), stands(deal)) == ("waiting", "requirement")
    with pytest.raises(Conflict), uow.transaction() as s:
        signing.take_back(s, actor("zhou"), approval, signed.signer_id, NOW + HOUR, entrance="card")
    signed = sign("zhou", approval, NOW + 2 * HOUR)
    with pytest.raises(Gone), uow.transaction() as s:
        signing.take_back(s, actor("zhou"), approval, signed.signer_id, NOW + 3 * HOUR, entrance="card")
    assert stands(deal) == "contract_review"


def test_a_no_is_taken_back_unless_it_was_asked_again(deal: str) -> None:
    approval = asked(deal)
    with uow.transaction() as s:
        no = signing.reject(s, actor("zhou"), approval, RejectReason.RISK, "", NOW, entrance="card")
    with uow.transaction() as s:
        signing.take_back(s, actor("zhou"), approval, no.signer_id, NOW + MINUTE, entrance="card")
    assert state(approval) == "waiting"
    with uow.transaction() as s:
        no = signing.reject(s, actor("zhou"), approval, RejectReason.RISK, "", NOW + 2 * MINUTE, entrance="card")
    asked(deal)
    with pytest.raises(Conflict, match="接着处理"), uow.transaction() as s:
        signing.take_back(s, actor("zhou"), approval, no.signer_id, NOW + 3 * MINUTE, entrance="card")


def test_a_deputy_is_asked_and_whoever_is_gone_is_passed_over(deal: str) -> None:
    today = date(2026, 11, 23)
    with uow.transaction() as s:
        away = go_away(s, actor("zhou"), IDS["wu"], today, today + timedelta(days=2), NOW, entrance="chat")
    filed = go(deal)
    assert filed.waits_for == ("吴主管",)
    with uow.reading() as s:
        (signer,) = approval_page(s, actor("wu"), filed.public_id, NOW).signers
    assert (signer.name, signer.in_place_of) == ("吴主管", "周总监")
    with uow.transaction() as s:
        come_back(s, actor("zhou"), away.public_id, NOW, entrance="chat")
    assert sign("wu", filed.public_id).state is ApprovalState.APPROVED
    other = opened("三期", at="乙机电有限公司")
    assert go(other).waits_for == ("周总监",)
    with uow.transaction() as s:  # what waits goes over when somebody leaves for a while
        go_away(s, actor("zhou"), IDS["wu"], today, today, NOW, entrance="chat")
    (waits,) = rows(ApprovalSigner, ApprovalSigner.state == SignState.ASKED)
    assert (waits.person_id, waits.for_id) == (IDS["wu"], IDS["zhou"])
    with uow.transaction() as s:
        gone = s.get_one(Person, IDS["zhou"])
        gone.status = "left"
    assert go(opened("四期", at="丙机电有限公司")).waits_for == ("王管理",)


def test_absences_are_checked(company: Engine) -> None:
    today = date(2026, 11, 23)
    for deputy, first, last, problem in (
        (IDS["zhou"], today, today, "代理人"),
        (IDS["left"], today, today, "代理人"),
        (IDS["wu"], today, today - timedelta(days=1), "日期"),
        (IDS["wu"], today - timedelta(days=9), today - timedelta(days=1), "日期"),
        (IDS["wu"], today, today + timedelta(days=400), "最多"),
    ):
        with pytest.raises(Invalid, match=problem), uow.transaction() as s:
            go_away(s, actor("zhou"), deputy, first, last, NOW, entrance="chat")
    with pytest.raises(NotAllowed), uow.transaction() as s:
        go_away(s, actor("Zhang"), IDS["li"], today, today, NOW, entrance="chat", person_id=IDS["sun"])


def test_two_at_once_change_nothing_twice(company: Engine) -> None:
    seats = (f"person:{IDS['li']}", f"person:{IDS['wu']}")
    a_rule(Step(SignMode.ANY, seats))
    deal = opened()
    approval = asked(deal)
    ends = at_once([lambda: sign("li", approval), lambda: sign("wu", approval)] * 2)
    signed = [one for one in ends if isinstance(one, signing.Signed)]
    assert len(signed) == 1
    assert all(isinstance(one, Conflict) for one in ends if not isinstance(one, signing.Signed)), ends
    assert len(rows(StagePeriod)) == 2
    assert len(rows(TimelineEntry, TimelineEntry.text.contains("到「合同审批」"))) == 2  # asked for, and moved


def test_asked_at_once_it_is_asked_once(deal: str) -> None:
    ends = at_once([lambda: go(deal)] * 4)
    assert all(isinstance(one, Filed) for one in ends), ends
    assert len(rows(Approval)) == 1
    assert len(told("zhou")) == 1


def test_what_keeps_it_from_moving_is_told_and_the_signature_stands(deal: str) -> None:
    approval = asked(deal)
    with uow.transaction() as s:
        gone = s.get_one(Person, IDS["zhang"])
        gone.status = "left"
    done = sign("zhou", approval)
    assert done.state is ApprovalState.APPROVED
    assert done.outcome == "已同意，但 张三 现在动不了这个商机，要由负责人再推进一次"
    assert stands(deal) == "requirement"
    assert isinstance(go(deal, who="li"), Moved)


def test_rules_are_checked_and_only_operations_change_them(company: Engine) -> None:
    good = RuleDraft("折扣", "negotiation", Measure.DISCOUNT, Decimal(15), (Step(SignMode.ANY, ("supervisor",)),))
    for bad, problem in (
        ({"name": ""}, "名称"),
        ({"stage_key": "mars"}, "阶段"),
        ({"stage_key": "requirement"}, "阶段"),
        ({"bound": None}, "界限"),
        ({"bound": Decimal(101)}, "界限"),
        ({"steps": ()}, "审批人"),
        ({"steps": (Step(SignMode.ANY, ("person:9999",)),)}, "在岗"),
    ):
        draft = RuleDraft(**{**{name: getattr(good, name) for name in good.__slots__}, **bad})
        with pytest.raises(Invalid, match=problem), uow.transaction() as s:
            add_rule(s, actor("wang"), draft, NOW, entrance="console")
    with pytest.raises(NotAllowed), uow.transaction() as s:
        add_rule(s, actor("zhou"), good, NOW, entrance="console")
    with uow.transaction() as s:
        made = add_rule(s, actor("wang"), good, NOW, entrance="console")  # before anybody has opened a deal
    with pytest.raises(Conflict), uow.transaction() as s:
        add_rule(s, actor("wang"), good, NOW, entrance="console")
    with uow.transaction() as s:
        retire_rule(s, actor("wang"), made.public_id, NOW, entrance="console")
    with uow.transaction() as s:
        install_rules(s, NOW)  # does not come again
    assert [(one.name, one.retired_at is None) for one in rows(ApprovalRule)] == [
        ("大额订单", True),
        ("超折扣", True),
        ("折扣", False),
    ]


def test_lists_and_hours(deal: str) -> None:
    approval = asked(deal)
    sign("zhou", approval, NOW + 5 * HOUR)
    asked(opened("三期", at="乙机电有限公司"))
    with uow.reading() as s:
        mine = approvals(s, actor("zhou"), Box.MINE, NOW, 1, 20)
        signed = approvals(s, actor("zhou"), Box.SIGNED, NOW, 1, 20)
        his = approvals(s, actor("Zhang"), Box.ASKED, NOW + HOUR, 1, 20)
        nobodys = approvals(s, actor("qian"), Box.ALL, NOW, 1, 20)
        taken = hours_taken(s, actor("wang"), NOW - DAY)
    assert [row.deal for row in mine.rows] == ["三期"]
    assert [(row.deal, row.hours) for row in signed.rows] == [("二期循环泵", 5.0)]
    assert [(row.deal, row.waits_for) for row in his.rows] == [("三期", ("周总监",)), ("二期循环泵", ())]
    assert nobodys.total == 0
    assert [(one.name, one.signed, one.median, one.waiting) for one in taken] == [("周总监", 1, 5.0, 1)]


def test_a_role_that_may_not_read_sums_reads_none_of_them(deal: str) -> None:
    """Not in the list, not among what the deal lacks, and not on the customer's timeline."""
    with uow.transaction() as s:
        hidden = {(Role.TEAM_LEAD, "basic"): Grant(read=False, edit=False)}
        grant_fields(s, actor("wang"), FieldObject.DEAL, hidden, NOW, entrance="console")
    assert isinstance(go(deal, "negotiation"), Moved)
    with uow.reading() as s:
        lacking = deal_page(s, actor("li"), deal, NOW).missing
        his = deal_page(s, actor("Zhang"), deal, NOW).missing
    assert [one.told for one in lacking] == ["要审批：超过了审批规则的界限"]
    assert [one.told for one in his] == ["要审批：金额 ¥80 万 超过 ¥50 万"]
    asked(deal)
    with uow.reading() as s:
        (row,) = approvals(s, actor("li"), Box.ALL, NOW, 1, 20).rows
        (own,) = approvals(s, actor("Zhang"), Box.ASKED, NOW, 1, 20).rows
    assert (row.deal, row.amount, row.told) == ("＊＊＊", None, "")
    assert (own.deal, own.amount, own.told) == ("二期循环泵", BIG, "金额 ¥80 万 超过 ¥50 万")
    assert [entry.text for entry in rows(TimelineEntry) if "80" in entry.text] == []


def test_every_card_of_it_is_closed_at_the_end(company: Engine) -> None:
    seats = (f"person:{IDS['li']}", f"person:{IDS['wu']}")
    a_rule(Step(SignMode.ANY, seats))
    approval = asked(opened())
    sign("wu", approval)
    assert all(card.closed_at is not None for card in rows(Card))
    assert {card.outcome for card in rows(Card)} == {"已同意，商机从「需求确认」到「合同审批」"}
    # Neither had left yet: nothing that asks goes out any more.
    assert [row.state for row in rows(OutboxMessage, OutboxMessage.card_id.is_not(None))] == ["expired", "expired"]
