"""/商机 in the chat: the list with colour and days, and one deal beside those that were won."""

from decimal import Decimal

from crm import uow
from crm.usecases.deals import open_deal
from tests.bot.wecom import Wecom
from tests.support.company import DAY, NOW, actor, customer
from tests.usecases.sales_kit import Told, tell

PUMPS = "华东泵业有限公司"


def opened(who: str, name: str, days: int, at: str = PUMPS) -> None:
    place, day = customer(who, at, NOW - 100 * DAY), NOW - days * DAY
    with uow.transaction() as s:
        open_deal(s, actor(who), place, name, Decimal(800_000), day, entrance="chat")


def test_the_list_has_colour_and_days_and_a_number_opens_one(wecom: Wecom) -> None:
    opened("Zhang", "二期循环泵", 40)
    opened("Zhang", "增压泵", 1, "昆山水务有限公司")
    said = wecom.say("Zhang", "/商机")
    assert "1. 【红牌】二期循环泵 · 华东泵业有限公司 · 需求确认 28 天 · ¥80 万" in said
    assert "2. 增压泵 · 昆山水务有限公司 · 需求确认 1 天" in said
    assert "「增压泵」昆山水务有限公司" in wecom.say("Zhang", "2")


def test_one_deal_says_where_it_stands_beside_the_won_ones_and_what_it_lacks(wecom: Wecom) -> None:
    opened("Zhang", "二期循环泵", 40)
    few = wecom.say("Zhang", "/商机 二期循环泵")
    assert few.split("\n") == [
        "「二期循环泵」华东泵业有限公司 · ¥80 万 · 张三",
        "在需求确认第 28 个工作日，期限 10，红牌",
        "已 40 天，接触 0 次。标准流程的赢单才 0 个，太少，还比不出快慢",
        "到「方案提交」还缺：会议纪要",
        "推进请发：/推进 二期循环泵",
    ]
    place = customer("qian", "乙水泵厂有限公司", NOW - 200 * DAY)
    tell(place, [Told([("requirement", NOW - 97 * DAY), ("won", NOW - 10 * DAY)], owner="qian")] * 5)
    assert "已 40 天，同类赢单中位 87 天；接触 0 次，赢单通常 0 次（依据 5 个赢单）" in wecom.say(
        "Zhang", "/商机 二期循环"
    )


def test_several_of_one_name_are_chosen_by_number_and_an_end_says_why(wecom: Wecom) -> None:
    place = customer("Zhang", PUMPS, NOW - 100 * DAY)
    lost = [("requirement", NOW - 30 * DAY), ("lost", NOW - 2 * DAY)]
    tell(place, [Told([("requirement", NOW - DAY)], name="循环泵 一期")])
    tell(place, [Told(lost, name="循环泵 二期", ended_for="price", competitor="格兰富")])
    said = wecom.say("Zhang", "/商机 循环泵")
    assert said.startswith("叫「循环泵」的商机：\n1. 循环泵 一期")
    assert "2026-11-21 输单，主要原因：价格，竞争对手：格兰富" in wecom.say("Zhang", "2")
    assert "「循环泵 二期」" in wecom.say("Zhang", "/商机 循环泵 二期")


def test_a_second_open_deal_of_one_name_is_told_and_taken_back(wecom: Wecom) -> None:
    customer("Zhang", PUMPS, NOW - 100 * DAY)
    typed = "/商机 华东泵业 二期循环泵 80万"
    assert "同名" not in wecom.say("Zhang", typed)
    assert "这家客户另有一个同名的，重复了就发 /撤销" in wecom.say("Zhang", typed)
    assert "已撤销：新建的商机「二期循环泵」" in wecom.say("Zhang", "/撤销")
    assert wecom.say("Zhang", "/商机 华东泵业").count("二期循环泵") == 1


def test_what_names_nothing_may_have_been_a_deal_or_a_customer(wecom: Wecom) -> None:
    assert "没有找到叫「火星重工」的商机或客户" in wecom.say("Zhang", "/商机 火星重工")


def test_a_long_list_fits_one_message(wecom: Wecom) -> None:
    place = customer("Zhang", "张家港保税区华东国际重型水泵制造有限公司", NOW - 100 * DAY)
    tell(place, [Told([("contract_review", NOW - 99 * DAY)], name="二" * 60) for _ in range(12)])
    said = wecom.say("Zhang", "/商机")
    assert len(said.encode()) <= 2048
    assert "共 12 个，这里是停留最久的 10 个" in said


def test_anothers_deal_is_not_there(wecom: Wecom) -> None:
    opened("qian", "别组的泵", 3)
    theirs = wecom.say("Zhang", "/商机 别组的泵")
    assert theirs == wecom.say("Zhang", "/商机 没有这个").replace("没有这个", "别组的泵")
    assert "「别组的泵」" in wecom.say("wu", "/商机 别组的泵")
