"""/推进 in the chat: all that is missing at once, the move once nothing is, the words of an end, and the way back."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from crm import uow
from crm.usecases.deals import open_deal
from models.deals import Deal, Evidence, Stage, StagePeriod
from models.files import Attachment
from tests.bot.wecom import Wecom
from tests.support.company import DAY, NOW, actor, customer, rows

PUMPS = "华东泵业有限公司"


def opened(who: str, name: str = "二期循环泵", at: str = PUMPS) -> str:
    place = customer(who, at, NOW - DAY)
    with uow.transaction() as s:
        return open_deal(s, actor(who), place, name, Decimal(800_000), NOW - DAY, entrance="chat").public_id


def stands(deal: str) -> str:
    with uow.reading() as s:
        return s.scalars(select(Stage.key).join(Deal, Deal.stage_id == Stage.id).where(Deal.public_id == deal)).one()


def prove(deal: str, stage: str, kind: str) -> None:
    """As a row: which files are taken as evidence is the use case's matter."""
    with uow.transaction() as s:
        found = s.scalars(select(Deal).where(Deal.public_id == deal)).one()
        file = Attachment(
            customer_id=found.customer_id, name="纪要.txt", kind="text", size=1, sha256=f"{stage}{kind}", at=NOW,
            stored_name=f"{stage}{kind}", uploaded_by_id=found.owner_id,
        )  # fmt: skip
        s.add(file)
        s.flush()
        proof = Evidence(
            deal_id=found.id, stage_key=stage, kind=kind, attachment_id=file.id, added_by_id=found.owner_id, at=NOW
        )
        s.add(proof)


def test_all_that_is_missing_is_said_and_then_it_moves_and_is_taken_back(wecom: Wecom) -> None:
    deal = opened("Zhang")
    said = wecom.say("Zhang", "/推进 二期循环泵")
    assert said.startswith(
        "「二期循环泵」在需求确认第 1 个工作日，到「方案提交」还缺：\n1. 进入「方案提交」要有会议纪要"
    )
    assert stands(deal) == "requirement"
    far = wecom.say("Zhang", "/推进 二期 价格谈判")
    assert "到「价格谈判」还缺：\n1. 进入「方案提交」要有会议纪要：上传 http" in far
    assert far.count("/upload/") == 3  # a link for each file, however far it goes
    assert "到「价格谈判」还缺" in wecom.say("Zhang", "/推进 二期 谈判")  # a part that no other stage has
    prove(deal, "proposal", "minutes")
    assert "从「需求确认」到「方案提交」了" in wecom.say("Zhang", "/推进 二期循环泵")
    assert stands(deal) == "proposal"
    assert wecom.say("Zhang", "/撤销") == "已撤销：商机「二期循环泵」的阶段变动"
    assert (stands(deal), len(rows(StagePeriod))) == ("requirement", 1)


@pytest.mark.parametrize(
    ("typed", "answer", "stage"),
    [
        ("搁置", "要写原因", "requirement"),
        ("搁置 客户预算推迟到明年", "到「搁置」了", "shelved"),
        ("输单", "主要原因是哪一项？", "requirement"),
        ("输单 格兰富 价格", "到「输单」了", "lost"),
        ("输单 太贵了", "主要原因是哪一项？", "requirement"),
        ("输单 价格", "竞争对手", "requirement"),
        ("输单 价格 格兰富", "到「输单」了", "lost"),
        ("火星", "没有「火星」这个阶段", "requirement"),
    ],
)
def test_an_end_is_said_with_its_reason(wecom: Wecom, typed: str, answer: str, stage: str) -> None:
    deal = opened("Zhang")
    assert answer in wecom.say("Zhang", f"/推进 二期循环泵 {typed}")
    assert stands(deal) == stage


def test_the_words_of_an_end_are_asked_for_one_by_one(wecom: Wecom) -> None:
    deal = opened("Zhang")
    assert "主要原因是哪一项？价格、" in wecom.say("Zhang", "/推进 二期循环泵 输单")
    assert "没有「便宜」这一项\n主要原因是哪一项？" in wecom.say("Zhang", "便宜")
    assert "竞争对手是谁？" in wecom.say("Zhang", "价格")
    assert "到「输单」了" in wecom.say("Zhang", "格兰富")
    (period,) = rows(StagePeriod, StagePeriod.competitor == "格兰富")
    assert (stands(deal), period.ended_for) == ("lost", "price")


def test_a_reason_that_is_asked_for_may_be_given_twice(wecom: Wecom) -> None:
    deal = opened("Zhang")
    assert "要写原因" in wecom.say("Zhang", "/推进 二期循环泵 搁置")
    assert "太短了" in wecom.say("Zhang", "缓缓")
    assert stands(deal) == "requirement"
    assert "到「搁置」了" in wecom.say("Zhang", "客户预算推迟到明年")
    assert stands(deal) == "shelved"


def test_the_name_of_the_customer_finds_its_open_deal(wecom: Wecom) -> None:
    deal = opened("Zhang")
    assert "「二期循环泵」在需求确认" in wecom.say("Zhang", "/推进 华东泵业")
    assert "到「搁置」了" in wecom.say("Zhang", "/推进 华东泵业 搁置 客户预算推迟到明年")
    assert stands(deal) == "shelved"


def test_what_was_said_about_the_move_is_kept_for_the_deal_that_is_chosen(wecom: Wecom) -> None:
    deals = {opened("Zhang", "循环泵 一期"), opened("Zhang", "循环泵 二期", "昆山水务有限公司")}
    assert "回复序号" in wecom.say("Zhang", "/推进 循环泵 输单 价格 格兰富")
    assert "到「输单」了" in wecom.say("Zhang", "1")
    assert sorted(map(stands, deals)) == ["lost", "requirement"]


def test_several_of_one_name_are_chosen_by_number_and_a_name_may_hold_spaces(wecom: Wecom) -> None:
    first, second = opened("Zhang", "循环泵 一期"), opened("Zhang", "循环泵 二期", "昆山水务有限公司")
    assert "回复序号" in wecom.say("Zhang", "/推进 循环泵")
    assert "循环泵 一期" in wecom.say("Zhang", "2")
    assert "到「搁置」了" in wecom.say("Zhang", "/推进 循环泵 二期 搁置 客户暂停了")
    assert (stands(first), stands(second)) == ("requirement", "shelved")
    assert "回复序号" in wecom.say("Zhang", "/推进")


def test_anothers_deal_is_not_there(wecom: Wecom) -> None:
    opened("qian", "别组的泵")
    theirs = wecom.say("Zhang", "/推进 别组的泵")
    assert theirs == wecom.say("Zhang", "/推进 没有这个").replace("没有这个", "别组的泵")
