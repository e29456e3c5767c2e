"""申请折扣 on the card of a stalled negotiation: two questions, who is asked, what is in the way, and the taps back."""

import re
from decimal import Decimal

import pytest

from crm import uow
from crm.usecases.approval_rules import install_rules
from models.approvals import Approval
from models.quotes import Quote
from tests.bot.wecom import Promise, Wecom
from tests.support.company import DAY, NOW, actor, customer, deal_at, rows
from tests.support.quotes import product, quoted

NAME = "二期循环泵"


@pytest.fixture
def place(wecom: Wecom) -> int:
    """A negotiation that has gone on for sixteen working days."""
    with uow.transaction() as s:
        install_rules(s, NOW)
    made = customer("Zhang", "华东泵业有限公司", NOW - 30 * DAY)
    deal_at(actor("Zhang"), made, NAME, Decimal(300_000), "negotiation", NOW - 22 * DAY)
    return made


def card(wecom: Wecom, who: str = "Zhang") -> Promise:
    """The card of the deal, as the day's list brings it."""
    found = re.search(r"([0-9]+)\. 【停滞】", wecom.say(who, "/今日"))
    assert found is not None
    wecom.say(who, found[1])
    return wecom.card(who)


def test_two_questions_and_the_answer_says_what_was_asked_and_of_whom(wecom: Wecom, place: int) -> None:
    quoted("Zhang", place, product(floor=100))
    shown = card(wecom)
    assert shown.taps == ["写跟进", "约拜访", "申请折扣", "暂缓 3 天"]
    wecom.press("Zhang", shown, "申请折扣")
    asked = wecom.waiting("Zhang")[-1].body
    assert "现在合计 ¥19,000，比列表价低 5%；提交后出新的一版，这一版作废" in asked
    assert "要打几折" in asked
    assert "没看懂打几折" in wecom.say("Zhang", "便宜点")
    assert "为什么要给这个折扣" in wecom.say("Zhang", "七五折")
    assert "4 到 100 个字" in wecom.say("Zhang", "嗯")
    said = wecom.say("Zhang", "竞争对手报得更低")
    (number,) = {one.number for one in rows(Quote)}
    assert said.startswith(
        f"「{NAME}」的报价 {number} 第 2 版：比列表价低 25%，合计 ¥15,000（原来 ¥19,000）。折扣 25% 超过 20%"
    )
    assert "等 李主管 同意" in said
    assert "竞争对手报得更低" in str(wecom.card("li").notice["facts"])
    wecom.press("li", wecom.card("li"), "同意")
    assert [one.state for one in rows(Quote)] == ["superseded", "open"]
    assert "可以发给客户了" in wecom.waiting("Zhang")[-1].body


def test_a_discount_that_is_none_is_asked_for_again_and_one_within_the_rules_needs_nobody(
    wecom: Wecom, place: int
) -> None:
    quoted("Zhang", place, product(floor=100))
    wecom.press("Zhang", card(wecom), "申请折扣")
    wecom.say("Zhang", "95折")
    again = wecom.say("Zhang", "客户要求再让一点")
    assert "已经比列表价低 5%，申请的要比它更低。要打几折" in again
    assert "在规则以内，不用审批，可以发给客户了" in wecom.say("Zhang", "9折")
    assert rows(Approval) == []


def test_what_is_in_the_way_is_told_and_the_card_stays(wecom: Wecom, place: int) -> None:
    shown = card(wecom)
    wecom.press("Zhang", shown, "申请折扣")
    assert "先发 /报价 华东泵业有限公司" in wecom.waiting("Zhang")[-1].body
    quoted("Zhang", place, product(floor=100))
    wecom.press("Zhang", shown, "申请折扣")
    assert "要打几折" in wecom.waiting("Zhang")[-1].body


def test_a_question_that_was_a_slip_is_taken_back(wecom: Wecom, place: int) -> None:
    quoted("Zhang", place, product(floor=100))
    shown = card(wecom)
    wecom.undo("Zhang", shown, wecom.press("Zhang", shown, "申请折扣"))
    wecom.say("Zhang", "75折")
    assert len(rows(Quote)) == 1


def test_the_supervisor_s_card_has_five_buttons_and_asks_for_his_superior(wecom: Wecom, place: int) -> None:
    quoted("Zhang", place, product(floor=100))
    shown = card(wecom, "li")
    assert shown.taps == ["安排高层拜访", "催负责人", "写跟进", "申请折扣", "暂缓 3 天"]
    wecom.press("li", shown, "申请折扣")
    wecom.say("li", "25%")
    assert "等 周总监 同意" in wecom.say("li", "客户要求年度框架价")


def test_a_proposal_has_no_price_to_talk_about(wecom: Wecom) -> None:
    made = customer("Zhang", "华东泵业有限公司", NOW - 30 * DAY)
    deal_at(actor("Zhang"), made, NAME, Decimal(300_000), "proposal", NOW - 22 * DAY)
    assert "申请折扣" not in card(wecom).taps
