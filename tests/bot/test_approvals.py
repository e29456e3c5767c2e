"""Approvals in the chat: the card's one tap, two for a no, the same by words, deputies in two taps, and back."""

from datetime import timedelta
from decimal import Decimal
from xml.etree.ElementTree import Element

import pytest
from sqlalchemy import select

from crm import uow
from crm.reads.approvals import approval_page
from crm.usecases.deals import open_deal
from models.approvals import Absence, Approval
from models.deals import Deal, Stage
from models.messages import OutboxMessage
from tests.bot.wecom import Wecom
from tests.support.company import DAY, IDS, NOW, actor, customer, rows
from tests.support.deals import prove_all

NAME = "二期循环泵"
HOUR = timedelta(hours=1)


@pytest.fixture
def deal(wecom: Wecom) -> str:
    place = customer("Zhang", "华东泵业有限公司", NOW - DAY)
    with uow.transaction() as s:
        made = open_deal(s, actor("Zhang"), place, NAME, Decimal(800_000), NOW - DAY, entrance="chat").public_id
    prove_all(made)
    return made


def stands(deal: str) -> str:
    with uow.reading() as s:
        return s.scalars(select(Stage.key).join(Deal, Deal.stage_id == Stage.id).where(Deal.public_id == deal)).one()


def ask(wecom: Wecom) -> str:
    return wecom.say("Zhang", f"/推进 {NAME} 合同审批")


def test_the_rep_asks_and_one_tap_moves_it_and_another_takes_it_back(wecom: Wecom, deal: str) -> None:
    said = ask(wecom)
    assert "已提交审批（金额 ¥80 万 超过 ¥50 万），等 周总监 同意" in said
    card = wecom.card("zhou")
    assert (card.title, card.taps) == (f"审批：{NAME}", ["同意", "驳回", "批示", "转交", "加签"])
    shown = wecom.press("zhou", card, "同意")
    assert shown is not None
    assert "已同意，商机从「需求确认」到「合同审批」" in [node.text for node in shown.iter("Desc")]
    assert stands(deal) == "contract_review"
    wecom.press("zhou", card, "同意")  # an impatient finger
    assert stands(deal) == "contract_review"
    wecom.undo("zhou", card, shown)
    assert stands(deal) == "requirement"
    assert "撤销了刚才的决定" in wecom.waiting("Zhang")[-1].body


def test_a_no_takes_one_more_tap_or_a_sentence(wecom: Wecom, deal: str) -> None:
    ask(wecom)
    wecom.press("zhou", wecom.card("zhou"), "驳回")
    why = wecom.card("zhou")
    assert why.taps == ["价格太低", "条款不行", "资料不全", "客户有风险", "时机不对", "其他原因"]
    shown = wecom.press("zhou", why, "价格太低")
    assert "已驳回：价格太低" in wecom.waiting("Zhang")[-1].body
    wecom.undo("zhou", why, shown)
    wecom.press("zhou", wecom.card("zhou"), "驳回")
    wecom.press("zhou", wecom.card("zhou"), "其他原因")
    assert wecom.say("zhou", "付款条件太差").startswith(f"「{NAME}」已驳回：付款条件太差")
    assert [row.state for row in rows(Approval)] == ["rejected"]
    assert stands(deal) == "requirement"


def test_the_same_by_words(wecom: Wecom, deal: str) -> None:
    ask(wecom)
    assert wecom.say("zhou", "/审批").startswith(
        f"等您审批 1 件：\n1. {NAME} · 华东泵业有限公司 · ¥80 万 → 合同审批 · 张三"
    )
    before = len(wecom.waiting("zhou"))
    assert "金额 ¥80 万 超过 ¥50 万" in wecom.say("zhou", "1")
    assert len(wecom.waiting("zhou")) == before + 1  # the card again
    assert "您提交的：\n1. " in wecom.say("Zhang", "/审批")
    assert "等 周总监" in wecom.say("Zhang", "/审批")
    assert "自己提交" in wecom.say("Zhang", f"/审批 {NAME} 同意")
    assert "没有找到" in wecom.say("qian", f"/审批 {NAME} 同意")
    assert "刚提醒过" in wecom.say("Zhang", f"/审批 {NAME} 催办")
    assert wecom.say("zhou", f"/审批 {NAME} 批示 @李主管 再看看价格") == f"「{NAME}」批示已发出"
    assert "再看看价格" in wecom.waiting("li")[-1].body
    assert "没有找到叫「无此人」" in wecom.say("zhou", f"/审批 {NAME} 转交 无此人")
    assert wecom.say("zhou", f"/审批 {NAME} 转交 吴主管") == f"「{NAME}」已转交给 吴主管"
    assert wecom.say("wu", "/审批 二期 同意") == f"「{NAME}」已同意，商机从「需求确认」到「合同审批」"
    assert stands(deal) == "contract_review"


def test_the_asker_withdraws(wecom: Wecom, deal: str) -> None:
    ask(wecom)
    assert wecom.say("Zhang", f"/审批 {NAME} 撤回") == f"「{NAME}」已撤回，商机没有变动"
    assert "没有等您审批" in wecom.say("zhou", "/审批")
    assert stands(deal) == "requirement"


def test_the_owner_nudges_and_withdraws_what_another_asked_for_his_deal(wecom: Wecom, deal: str) -> None:
    assert "已提交审批" in wecom.say("li", f"/推进 {NAME} 合同审批")
    assert "刚提醒过" in wecom.say("Zhang", f"/审批 {NAME} 催办")
    with uow.reading() as s:
        assert [approval_page(s, actor(who), rows(Approval)[0].public_id, NOW).mine for who in ("Zhang", "zhou")] == [
            True,
            False,
        ]
    assert "只有提交人和负责人" in wecom.say("zhou", f"/审批 {NAME} 撤回")
    assert wecom.say("Zhang", f"/审批 {NAME} 撤回") == f"「{NAME}」已撤回，商机没有变动"
    assert "张三 撤回了申请" in wecom.waiting("li")[-1].body


@pytest.mark.parametrize(
    ("tap", "words", "end"), [("转交", "吴主管", "已转交给 吴主管"), ("加签", "吴主管", "已加签 吴主管")]
)
def test_another_person_by_a_tap_and_a_name(wecom: Wecom, deal: str, tap: str, words: str, end: str) -> None:
    ask(wecom)
    wecom.press("zhou", wecom.card("zhou"), tap)
    assert end in wecom.say("zhou", words)
    if tap == "加签":
        wecom.press("zhou", wecom.card("zhou"), "同意")
    wecom.press("wu", wecom.card("wu"), "同意")
    assert stands(deal) == "contract_review"


def test_a_word_beside_it_and_then_the_card_again(wecom: Wecom, deal: str) -> None:
    ask(wecom)
    wecom.press("zhou", wecom.card("zhou"), "批示")
    assert wecom.say("zhou", "@李主管 付款条件再谈") == f"「{NAME}」批示已发出"
    wecom.press("zhou", wecom.card("zhou"), "同意")
    assert stands(deal) == "contract_review"


@pytest.mark.parametrize(
    ("verb", "asks", "words", "end"),
    [
        ("驳回", "驳回的原因是什么", "条款再谈谈", "已驳回：条款再谈谈"),
        ("批示", "批示什么", "付款条件再谈", "批示已发出"),
        ("转交", "转交给谁", "吴主管", "已转交给 吴主管"),
        ("加签", "加签给谁", "吴主管", "已加签 吴主管"),
    ],
)
def test_a_verb_alone_is_asked_for_its_words(
    wecom: Wecom, deal: str, verb: str, asks: str, words: str, end: str
) -> None:
    ask(wecom)
    assert asks in wecom.say("zhou", f"/审批 {NAME} {verb}")
    assert end in wecom.say("zhou", words)


def test_nobody_hands_it_to_himself_and_the_customer_names_it_too(wecom: Wecom, deal: str) -> None:
    ask(wecom)
    assert "这是您自己" in wecom.say("zhou", "/审批 华东 转交 周总监")
    told = wecom.say("zhou", "/审批")
    assert ("刚提交" in told, "0 小时" in told) == (True, False)
    assert "已同意" in wecom.say("zhou", "/审批 华东 同意")
    assert f"没有找到在审批的「{NAME}」，可能已经有结果了" in wecom.say("zhou", f"/审批 {NAME} 同意")


def test_away_in_two_taps_or_by_words(wecom: Wecom, deal: str) -> None:
    wecom.say("zhou", "/请假")
    card = wecom.card("zhou")
    assert card.taps == ["今天", "三天", "一周", "不请了"]
    shown = wecom.press("zhou", card, "三天", str(IDS["wu"]))
    assert shown is not None
    assert "11-23 到 11-25 由 吴主管 代您审批" in str([node.text for node in shown.iter("Desc")])
    assert "请您代理 周总监" in [promise.title for promise in wecom.waiting("wu")]
    assert "等 吴主管 同意" in ask(wecom)
    assert "欢迎回来" in wecom.say("zhou", "/请假 结束")
    assert "没有登记" in wecom.say("zhou", "/请假 结束")
    assert "12-01 到 12-05 由 吴主管 代您审批" in wecom.say("zhou", "/请假 12-01 12-05 吴主管")
    assert "没看懂日期" in wecom.say("zhou", "/请假 火星")
    assert "没看懂日期「12-35」" in wecom.say("zhou", "/请假 12-01 12-35 吴主管")
    assert "没看懂日期「2020-01-01」，或者它已经过去了" in wecom.say("zhou", "/请假 2020-01-01 2020-01-05 吴主管")
    assert "代理人" in wecom.say("zhou", "/请假 明天")
    assert len(rows(Absence, Absence.ended_at.is_(None))) == 1


def test_a_card_that_was_forgotten_is_no_way_in(wecom: Wecom, deal: str) -> None:
    """Decided by words: the card's tap then is told so, and nothing happens twice."""
    ask(wecom)
    card = wecom.card("zhou")
    wecom.say("zhou", f"/审批 {NAME} 同意")
    wecom.press("zhou", card, "驳回")
    assert stands(deal) == "contract_review"
    assert len([row for row in rows(OutboxMessage) if row.person_id == IDS["zhang"]]) == 1


def test_the_day_s_list_leads_to_the_card_that_signs_and_to_the_one_that_nudges(wecom: Wecom, deal: str) -> None:
    ask(wecom)
    wecom.clock.forward(9 * HOUR)
    said = wecom.say("zhou", "/今日")
    assert said.startswith(f"今天 1 件，不做会丢：\n1. 【审批】{NAME} ¥80 万，张三已等 9 个工作小时\n")
    assert "请在下面的卡片上处理" in wecom.say("zhou", "1")
    assert f"【审批】{NAME} ¥80 万，等周总监已 9 个工作小时" in wecom.say("Zhang", "/今日")
    wecom.say("Zhang", "1")
    mine = wecom.card("Zhang")
    before = len(wecom.waiting("zhou"))
    assert "已再次提醒 周总监" in described(wecom.press("Zhang", mine, "催办"))
    assert len(wecom.waiting("zhou")) == before + 1
    wecom.say("Zhang", "/今日")
    wecom.say("Zhang", "1")
    assert "已撤回，商机没有变动" in described(wecom.press("Zhang", wecom.card("Zhang"), "撤回"))
    assert [row.state for row in rows(Approval)] == ["withdrawn"]
    wecom.press("zhou", wecom.card("zhou"), "同意")
    assert stands(deal) == "requirement"
    assert "【审批】" not in wecom.say("zhou", "/今日")


def described(shown: Element | None) -> str:
    return "" if shown is None else shown.findtext("TemplateCard/MainTitle/Desc", "")
