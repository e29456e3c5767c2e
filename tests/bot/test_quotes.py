"""/报价 in the chat: past prices on one screen, a quote in one line or by questions, again by one tap, the verdict."""

from decimal import Decimal

from config.vocabulary import QuoteState
from models.deals import Deal
from models.quotes import Quote, QuoteConflict
from tests.bot.wecom import Wecom
from tests.support.company import DAY, NOW, customer, rows
from tests.support.quotes import product, quoted, twin

FIRM = "华东泵业有限公司"


def states() -> list[str]:
    return [one.state for one in rows(Quote)]


def test_one_line_makes_a_quote_and_the_customer_s_name_shows_what_was_asked(wecom: Wecom) -> None:
    firm = customer("Zhang", FIRM, NOW - DAY)
    quoted("Zhang", firm, product(), price=9_800, now=NOW - DAY)
    said = wecom.say("Zhang", "/报价 华东泵业 ihg80-160 2台 9500")
    assert "合计 ¥19,000：可以发给客户了" in said
    shown = wecom.say("Zhang", "/报价 华东泵业")
    assert shown.index("¥9,500") < shown.index("¥9,800")  # the latest first
    assert "1. 11-23 张三 未结" in shown
    assert "未结的报价" in wecom.say("Zhang", "/报价")
    assert "9,500" not in wecom.say("qian", "/报价 华东泵业")


def test_what_is_missing_is_asked_for_with_what_was_asked_before(wecom: Wecom) -> None:
    firm = customer("Zhang", FIRM, NOW - DAY)
    quoted("Zhang", firm, product(), price=9_800, now=NOW - DAY)
    product("IHG100-200")
    said = wecom.say("Zhang", "/报价 华东泵业 IHG80-160")
    assert "以前报过：\n· 2026-11-22 张三 ¥9,800 × 2，未结\n数量多少" in said
    assert "单价多少" in wecom.say("Zhang", "3")
    assert "合计 ¥28,500" in wecom.say("Zhang", "9500")
    assert "对应几个产品" in wecom.say("Zhang", "/报价 华东泵业 IHG")
    assert "数量多少" in wecom.say("Zhang", "1")
    assert "没看懂数量" in wecom.say("Zhang", "很多")
    assert "价格表里没有「火箭」" in wecom.say("Zhang", "/报价 华东泵业 火箭 1 1")


def test_a_question_about_the_customer_keeps_what_was_typed_beside_it(wecom: Wecom) -> None:
    product()
    customer("Zhang", "华东泵业有限公司", NOW - DAY)
    customer("Zhang", "华东阀门有限公司", NOW - DAY)
    assert "对应几个客户" in wecom.say("Zhang", "/报价 华东 IHG80-160 2 9500")
    assert "合计 ¥19,000：可以发给客户了" in wecom.say("Zhang", "1")


def test_an_old_quote_again_with_one_tap_and_back(wecom: Wecom) -> None:
    firm = customer("Zhang", FIRM, NOW - DAY)
    quoted("Zhang", firm, product(), now=NOW - DAY)
    wecom.say("Zhang", "/报价 华东泵业")
    assert "卡片" in wecom.say("Zhang", "1")
    card = wecom.card("Zhang")
    assert card.taps == ["再报一次", "已发客户", "撤回报价", "知道了"]
    shown = wecom.press("Zhang", card, "再报一次")
    assert shown is not None, [one.body for one in wecom.waiting("Zhang")]
    assert states() == ["open", "open"]
    (desc, *_) = [node.text or "" for node in shown.iter("Desc")]
    assert "，¥19,000：可以发给客户了" in desc  # the end of the line is what the card cuts off
    wecom.undo("Zhang", card, shown)
    assert states() == ["open", "withdrawn"]


def test_a_withdrawal_by_one_tap_is_taken_back_by_another(wecom: Wecom) -> None:
    quoted("Zhang", customer("Zhang", FIRM, NOW - DAY), product(), now=NOW - DAY)
    wecom.say("Zhang", "/报价 华东泵业")
    wecom.say("Zhang", "1")
    card = wecom.card("Zhang")
    shown = wecom.press("Zhang", card, "撤回报价")
    assert states() == ["withdrawn"]
    wecom.undo("Zhang", card, shown)
    assert states() == ["open"]


def test_undo_reaches_past_a_quote_for_nothing_older_unless_it_is_chosen(wecom: Wecom) -> None:
    product()
    wecom.say("Zhang", f"/新建 {FIRM}")
    wecom.say("Zhang", "/商机 华东泵业 二期循环泵 80万")
    wecom.say("Zhang", "/报价 华东泵业 IHG80-160 2 9500")
    said = wecom.say("Zhang", "/撤销")
    assert said.startswith("您刚才报了价，要收回请发 /报价 客户")
    assert "1. 新建的商机「二期循环泵」" in said
    assert len(rows(Deal)) == 1
    assert "已撤销：新建的商机" in wecom.say("Zhang", "1")
    assert rows(Deal) == []


def test_two_supervisors_decide_on_their_cards(wecom: Wecom) -> None:
    pump = product()
    quoted("Zhang", customer("Zhang", "苏州瑞衡热能工程有限公司", NOW - DAY), pump, now=NOW - DAY)
    twin("qian", "瑞衡热能工程（苏州）有限公司", NOW - DAY)
    said = wecom.say("qian", "/报价 瑞衡热能工程（苏州）有限公司 IHG80-160 1 9000")
    assert "先冻结，不能发出" in said
    assert ("张三" in said, "9,500" in said) == (False, False)
    wecom.press("li", wecom.card("li"), "归钱七")
    card = wecom.card("wu")
    assert card.taps == ["归张三", "归钱七", "共同"]
    decided = wecom.press("wu", card, "归钱七")
    assert decided is not None
    assert states() == ["closed", "open"]
    assert rows(QuoteConflict)[0].verdict == "second"
    wecom.undo("wu", card, decided)
    assert states() == ["open", "frozen"]
    assert rows(Quote)[0].total == Decimal(19_000)
    assert rows(Quote)[1].state == QuoteState.FROZEN
