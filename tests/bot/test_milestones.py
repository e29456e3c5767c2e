"""/节点 in the chat: noted in one line, moved by saying it again, kept by a tap, and taken back."""

from datetime import timedelta
from decimal import Decimal

import pytest

from config.vocabulary import MilestoneKind
from crm import uow
from crm.rules.days import SHANGHAI
from crm.usecases.deals import open_deal
from jobs.sweeps import run
from models.deals import Milestone
from tests.bot.wecom import ClockFile, Wecom
from tests.support.company import DAY, NOW, actor, customer, rows

PUMPS = "华东泵业有限公司"


def opened(who: str, name: str = "二期循环泵", at: str = PUMPS) -> str:
    place = customer(who, at, NOW - DAY)
    with uow.transaction() as s:
        return open_deal(s, actor(who), place, name, Decimal(800_000), NOW - DAY, entrance="chat").public_id


def noted() -> list[tuple[str, str, str]]:
    return [
        (one.kind, f"{one.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", one.note)
        for one in rows(Milestone, Milestone.removed_at.is_(None))
    ]


@pytest.mark.parametrize(
    ("typed", "kind", "due", "note"),
    [
        ("/节点 二期循环泵 截标 2026-12-10 10:00", "bid_deadline", "2026-12-10 10:00", ""),
        ("/商机 二期循环泵 截标 2026-12-10 10:00", "bid_deadline", "2026-12-10 10:00", ""),
        ("／节点 二期 保证金 12月8日 下午3点 走公户", "deposit", "2026-12-08 15:00", "走公户"),
        ("/jiedian 二期循环泵 开标 下周五 上午9点半", "bid_opening", "2026-12-04 09:30", ""),
        ("/milestone 二期循环泵 发货 2027-03-01", "delivery", "2027-03-01 09:00", ""),
    ],
)
def test_one_line_notes_it_and_undo_takes_it_back(wecom: Wecom, typed: str, kind: str, due: str, note: str) -> None:
    opened("Zhang")
    assert wecom.say("Zhang", typed).startswith("已记下：「二期循环泵」")
    assert noted() == [(kind, due, note)]
    assert wecom.say("Zhang", "/撤销").startswith("已撤销：刚才记的「二期循环泵」")
    assert noted() == []


def test_the_same_kind_said_again_moves_it_and_a_delivery_is_one_more(wecom: Wecom) -> None:
    opened("Zhang")
    wecom.say("Zhang", "/节点 二期循环泵 截标 2026-12-10 10:00 线上递交")
    assert "原来 12-10 10:00" in wecom.say("Zhang", "/节点 二期循环泵 截标 2026-12-12 10:00")
    assert noted() == [("bid_deadline", "2026-12-12 10:00", "线上递交")]
    for day in ("2027-03-01", "2027-04-01"):
        wecom.say("Zhang", f"/节点 二期循环泵 交货 {day}")
    assert [kind for kind, _, _ in noted()].count(MilestoneKind.DELIVERY) == 2


def test_several_of_one_name_are_chosen_by_number(wecom: Wecom) -> None:
    opened("Zhang", "循环泵 一期")
    opened("Zhang", "循环泵 二期", "昆山水务有限公司")
    assert "回复序号" in wecom.say("Zhang", "/节点 循环泵 截标 2026-12-10 10:00")
    assert "截标 2026-12-10 10:00" in wecom.say("Zhang", "1")
    assert len(noted()) == 1


def test_the_name_of_the_customer_finds_its_deal_and_a_name_alone_lists_its_moments(wecom: Wecom) -> None:
    opened("Zhang")
    assert wecom.say("Zhang", "/节点 华东泵业 截标 2026-12-10 10:00").startswith("已记下：「二期循环泵」截标")
    assert wecom.say("Zhang", "/节点 二期").startswith("接下来的时间节点：\n1. 二期循环泵 · 截标 12-10 10:00")
    assert "没有找到叫「华南」的商机" in wecom.say("Zhang", "/节点 华南 截标 2026-12-10 10:00")


def test_a_past_day_of_a_year_that_was_typed_is_not_next_years(wecom: Wecom) -> None:
    opened("Zhang")
    assert "没看懂时间「2020-01-01」，或者它已经过去了" in wecom.say("Zhang", "/节点 二期 交货 2020-01-01")
    assert "待办要写以后的时间" in wecom.say("Zhang", "/待办 2020-01-01 送样品")
    assert noted() == []


@pytest.mark.parametrize("typed", ["/节点 二期循环泵", "/节点 二期循环泵 截标", "/节点 二期循环泵 截标 不知道哪天"])
def test_what_is_not_understood_says_how(wecom: Wecom, typed: str) -> None:
    opened("Zhang")
    assert "发 /节点 商机名 截标 2026-12-10 10:00" in wecom.say("Zhang", typed)
    assert noted() == []


def test_a_deal_may_still_be_called_like_a_kind(wecom: Wecom) -> None:
    customer("Zhang", PUMPS, NOW - DAY)
    assert "已新建商机「开标」" in wecom.say("Zhang", "/商机 华东泵业 开标 80万")


def test_the_card_of_a_reminder_says_that_it_is_done_and_takes_it_back(wecom: Wecom, clock: ClockFile) -> None:
    opened("Zhang")
    wecom.say("Zhang", "/节点 二期循环泵 截标 2026-12-10 10:00")
    list(run("milestones", NOW + timedelta(days=10)))
    clock.forward(timedelta(days=10))
    card = wecom.card("Zhang")
    shown = wecom.press("Zhang", card, "已完成")
    assert rows(Milestone)[0].done_at is not None
    wecom.undo("Zhang", card, shown)
    assert rows(Milestone)[0].done_at is None


def test_the_list_shows_what_comes_next_and_hands_out_the_card(wecom: Wecom) -> None:
    opened("Zhang")
    assert "还没有要盯的时间" in wecom.say("Zhang", "/节点")
    wecom.say("Zhang", "/节点 二期循环泵 截标 2026-12-10 10:00")
    assert "1. 二期循环泵 · 截标 12-10 10:00，还有 17 天" in wecom.say("Zhang", "/节点")
    assert "请在下面的卡片上处理" in wecom.say("Zhang", "1")
    wecom.press("Zhang", wecom.card("Zhang"), "移除")
    assert noted() == []


def test_anothers_deal_is_not_there(wecom: Wecom) -> None:
    opened("qian", "别组的泵")
    said = wecom.say("Zhang", "/节点 别组的泵 截标 2026-12-10 10:00")
    assert said == wecom.say("Zhang", "/节点 没有这个 截标 2026-12-10 10:00").replace("没有这个", "别组的泵")
