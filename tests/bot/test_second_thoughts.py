"""What was written can be taken back by a word, and what waits can be picked by its number, however old its card is."""

from datetime import timedelta
from xml.etree.ElementTree import Element

import pytest

from config.vocabulary import ContactState, OwnershipReason, TimelineKind
from crm import policy as numbers
from crm import uow
from crm.reads import audit_log
from crm.usecases import contacts, linking, pool
from crm.usecases.contacts import Stranger
from models.customers import Customer, OwnershipPeriod
from models.deals import Deal
from models.links import ChatLink, ExternalContact
from models.timeline import TimelineEntry, Todo
from tests.bot.wecom import ClockFile, Wecom
from tests.support.company import DAY, MINUTE, NOW, actor, customer, rows, set_policy

PUMPS = "华东泵业有限公司"


def desc(shown: Element | None) -> str:
    return "" if shown is None else shown.findtext("TemplateCard/MainTitle/Desc", "")


def customers() -> list[str]:
    """The names of those that are there for anybody."""
    return [row.name for row in rows(Customer, Customer.merged_into_id.is_(None))]


def notes() -> list[str]:
    return [row.text for row in rows(TimelineEntry) if row.kind == "follow_up" and row.retracted_at is None]


def test_the_last_things_are_taken_back_one_after_the_other(wecom: Wecom) -> None:
    wecom.say("Zhang", f"/新建 {PUMPS}")
    wecom.say("Zhang", "/商机 华东泵业 二期循环泵 80万")
    wecom.say("Zhang", "/跟进 华东泵业 约了周五去看现场")
    assert wecom.say("Zhang", "撤销") == f"已撤销：刚才记到「{PUMPS}」的跟进"
    assert wecom.say("Zhang", "/撤销") == "已撤销：新建的商机「二期循环泵」"
    assert wecom.say("Zhang", "/chexiao") == f"已撤销：新建的客户「{PUMPS}」"
    assert "没有您可以撤销的记录" in wecom.say("Zhang", "/撤销")
    assert (notes(), rows(Deal), customers()) == ([], [], [])
    assert f"已新建「{PUMPS}」" in wecom.say("sun", f"/新建 {PUMPS}")  # the name is free again


def test_only_ones_own_and_only_for_ten_minutes(wecom: Wecom, clock: ClockFile) -> None:
    customer("Zhang", PUMPS, NOW - DAY)
    wecom.say("Zhang", "/跟进 华东泵业 约了周五去看现场")
    assert "没有您可以撤销的记录" in wecom.say("sun", "/撤销")
    clock.forward(10 * MINUTE + timedelta(seconds=5))
    assert "没有您可以撤销的记录" in wecom.say("Zhang", "/撤销")
    assert "不用带内容" in wecom.say("Zhang", "/撤销 全部")
    assert notes() == ["约了周五去看现场"]


def test_a_todo_is_taken_back(wecom: Wecom) -> None:
    customer("Zhang", PUMPS, NOW - DAY)
    wecom.say("Zhang", "/待办 华东泵业 明天 送样品")
    assert wecom.say("Zhang", "/撤销") == "已撤销：待办「送样品」"
    assert all(todo.withdrawn_at and not todo.done_at for todo in rows(Todo))


def test_a_customer_with_more_to_it_stays(wecom: Wecom) -> None:
    wecom.say("Zhang", f"/新建 {PUMPS}")
    wecom.say("li", "/跟进 华东泵业 陪小张去看了现场，客户认可方案")
    assert "客户保留着，没有撤销新建" in wecom.say("Zhang", "/撤销")
    assert customers() == [PUMPS]


def test_what_was_promised_and_taken_back_holds_nothing(wecom: Wecom) -> None:
    wecom.say("Zhang", f"/新建 {PUMPS}")
    wecom.say("Zhang", "/待办 明天 送样品")
    wecom.say("Zhang", "/撤销")
    wecom.say("Zhang", "/撤销")
    assert customers() == []


def test_an_old_card_never_meets_the_customer_made_in_place_of_another(wecom: Wecom) -> None:
    wecom.say("Zhang", f"/新建 {PUMPS}")
    wecom.say("Zhang", "今天聊得不错，对方要报价")
    old = wecom.card("Zhang")
    wecom.say("Zhang", "/撤销")
    wecom.say("Zhang", "/新建 南方电机有限公司")
    wecom.press("Zhang", old, "是")
    assert "没有找到这个客户" in wecom.waiting("Zhang")[-1].body
    assert notes() == []


def test_a_customer_made_out_of_a_contact_goes_with_its_tap(wecom: Wecom) -> None:
    with uow.transaction() as s:
        contacts.meet(s, "Zhang", Stranger("wmAAAA", "王工", PUMPS, "采购", ""), NOW)
    card = wecom.card("Zhang")
    shown = wecom.press("Zhang", card, "新建")
    assert PUMPS in desc(shown)
    wecom.undo("Zhang", card, shown)
    assert customers() == []
    assert rows(ChatLink, ChatLink.kind == "external_contact") == []
    assert rows(ExternalContact)[0].state == ContactState.UNLINKED
    assert "没有新建" in wecom.waiting("Zhang")[-1].body


def test_the_link_goes_and_the_customer_stays_when_there_is_more_to_it(wecom: Wecom) -> None:
    with uow.transaction() as s:
        contacts.meet(s, "Zhang", Stranger("wmAAAA", "王工", PUMPS, "采购", ""), NOW)
    card = wecom.card("Zhang")
    shown = wecom.press("Zhang", card, "新建")
    wecom.say("Zhang", "/跟进 华东泵业 约了周五去看现场")
    wecom.undo("Zhang", card, shown)
    assert customers() == [PUMPS]
    assert rows(ExternalContact)[0].state == ContactState.UNLINKED
    assert "客户保留着" in wecom.waiting("Zhang")[-1].body


def test_a_twin_that_was_made_all_the_same_can_be_taken_back(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    wecom.say("sun", "/新建 华东泵业科技有限公司")
    card = wecom.card("sun")
    shown = wecom.press("sun", card, "不是，新建")
    wecom.undo("sun", card, shown)
    assert customers() == ["华东泵业有限公司"]


def test_an_old_todo_is_finished_by_its_number(wecom: Wecom, clock: ClockFile) -> None:
    customer("Zhang", PUMPS)
    wecom.say("Zhang", "/待办 华东泵业 明天 送样品")
    clock.forward(20 * DAY)  # its card has expired
    assert "送样品" in wecom.say("Zhang", "/待办")
    assert "送样品" in wecom.say("Zhang", "1")
    assert "完成：送样品" in desc(wecom.press("Zhang", wecom.card("Zhang"), "完成"))
    assert "已经处理好了" in wecom.say("Zhang", "1")
    assert "没有第 7 个" in wecom.say("Zhang", "7.")


def test_plain_words_after_a_list_are_no_answer_to_it(wecom: Wecom) -> None:
    customer("Zhang", PUMPS)
    assert "回复序号看详情" in wecom.say("Zhang", "/客户")
    assert f"记到「{PUMPS}」的跟进？" in wecom.say("Zhang", "华东泵业同意试用两台")
    assert PUMPS in wecom.say("Zhang", "1")


def test_a_contact_of_long_ago_is_linked_by_its_number(wecom: Wecom, clock: ClockFile) -> None:
    customer("Zhang", PUMPS)
    with uow.transaction() as s:
        contacts.meet(s, "Zhang", Stranger("wmAAAA", "王工", PUMPS, "采购", ""), NOW)
    clock.forward(20 * DAY)
    wecom.say("Zhang", "/待办")
    wecom.say("Zhang", "1")
    assert f"已关联 {PUMPS}" in desc(wecom.press("Zhang", wecom.card("Zhang"), "关联"))


def test_a_customer_that_waits_too_long_to_be_given_back_is_assigned_by_its_number(
    wecom: Wecom, clock: ClockFile
) -> None:
    made = customer("Zhang", PUMPS)
    uow.attempt(lambda s: pool.give_back(s, actor("Zhang"), made, NOW, numbers.current(s), entrance="card"))
    first = wecom.card("li")
    assert "退还原负责人" in first.taps
    clock.forward(8 * DAY)
    wecom.press("li", first, "退还原负责人")
    assert "可以直接分配" in wecom.waiting("li")[-1].body
    wecom.say("li", "/待办")
    wecom.say("li", "1")
    again = wecom.card("li")
    assert "退还原负责人" not in again.taps
    wecom.press("li", again, "分配", again.notice["selection"]["choices"][0]["id"])
    assert rows(OwnershipPeriod)[-1].reason == OwnershipReason.ASSIGNED


def test_a_lead_sees_what_his_people_are_about_to_lose_and_says_so(wecom: Wecom, clock: ClockFile) -> None:
    customer("Zhang", PUMPS)
    clock.forward(44 * DAY)
    assert PUMPS not in wecom.say("li", "/待办")  # on trial nobody loses anything
    set_policy(recycling_live=True)
    assert f"{PUMPS}（" in wecom.say("li", "/待办")
    wecom.say("li", "1")
    wecom.press("li", wecom.card("li"), "催负责人")
    assert PUMPS in wecom.waiting("Zhang")[-1].title


def test_a_director_hears_of_large_deals_before_the_others(wecom: Wecom, clock: ClockFile) -> None:
    set_policy(director_above=500_000)
    customer("Zhang", PUMPS)
    wecom.say("Zhang", "/商机 华东泵业 二期循环泵 80万")
    wecom.say("Zhang", "/商机 华东泵业 一期备件 3万")
    clock.forward(30 * DAY)  # red: twice the ten working days of the first stage
    said = wecom.say("zhou", "/待办")
    assert "二期循环泵" in said
    assert "一期备件" not in said
    clock.forward(7 * DAY)  # and three working days more
    assert "一期备件" in wecom.say("zhou", "/待办")


@pytest.mark.parametrize("words", ["你好", "您好！", "谢谢", "ok", "收到。", "1"])
def test_civil_words_make_no_card(wecom: Wecom, words: str) -> None:
    customer("Zhang", PUMPS)
    assert wecom.say("Zhang", words)
    assert [promise for promise in wecom.waiting("Zhang") if promise.taps] == []


def test_a_first_word_that_is_no_customer_is_doubted_aloud(wecom: Wecom) -> None:
    customer("Zhang", PUMPS)
    wecom.say("Zhang", "/关联 华东泵业")
    assert "没有找到叫「火星重工」的客户" in wecom.say("Zhang", "/跟进 火星重工 约了周五去看现场")


def test_whoever_does_not_hold_a_customer_is_not_told_that_its_clock_restarts(wecom: Wecom) -> None:
    customer("Zhang", PUMPS)
    assert "沉默计时不变" in wecom.say("li", "/跟进 华东泵业 陪小张去看了现场，客户认可方案")
    assert "沉默计时重新开始" in wecom.say("Zhang", "/跟进 华东泵业 约了周五去看现场")


def test_a_todo_without_words_waits_for_them(wecom: Wecom) -> None:
    customer("Zhang", PUMPS)
    assert "要做什么" in wecom.say("Zhang", "/待办 华东泵业 明天")
    assert "送样品" in wecom.say("Zhang", "送样品")
    assert "以后的时间" in wecom.say("Zhang", "/待办 昨天 送样品")


def test_unlinking_without_a_name_waits_for_it(wecom: Wecom) -> None:
    customer("Zhang", PUMPS)
    with uow.transaction() as s:
        contacts.meet(s, "Zhang", Stranger("wmAAAA", "王工", PUMPS, "采购", ""), NOW)
    wecom.press("Zhang", wecom.card("Zhang"), "关联")
    assert "哪位联系人" in wecom.say("Zhang", "/解除")
    assert f"已解除「王工」（{PUMPS}）的关联" in wecom.say("Zhang", "王工")


@pytest.mark.parametrize(
    ("typed", "said"), [("-5", "不能是负数"), ("1.2345万万", "没看懂金额"), ("八百", "金额大概多少")]
)
def test_an_amount_that_cannot_be_is_explained(wecom: Wecom, typed: str, said: str) -> None:
    customer("Zhang", PUMPS)
    assert said in wecom.say("Zhang", f"/商机 华东泵业 二期 {typed}")


def test_two_companies_in_one_message_are_not_made_one(wecom: Wecom) -> None:
    assert "一次只能建一家" in wecom.say("Zhang", f"/新建 {PUMPS}\n南方电机有限公司")
    assert rows(Customer) == []


def test_the_audit_calls_what_was_taken_back_by_its_own_name(wecom: Wecom) -> None:
    """SQLite gives the number of the last row away again."""
    customer("Zhang", PUMPS)
    wecom.say("Zhang", "/商机 华东泵业 一期循环泵 80万")
    wecom.say("Zhang", "/撤销")
    wecom.say("Zhang", "/商机 华东泵业 二期循环泵 90万")
    with uow.reading() as s:
        told = audit_log.entries(s, actor("wang"), audit_log.Asked(), size=10)
    assert [(row.verb, row.about) for row in told.rows if row.kind == "deal"] == [
        ("open_deal", "二期循环泵"),
        ("withdraw_deal", "一期循环泵"),
        ("open_deal", "一期循环泵"),
    ]


def test_a_deal_is_taken_back_only_by_whoever_opened_it(wecom: Wecom) -> None:
    made = customer("sun", PUMPS, NOW - DAY)
    wecom.say("sun", "/商机 华东泵业 二期循环泵 80万")
    uow.attempt(lambda s: pool.give_back(s, actor("sun"), made, NOW, numbers.current(s), entrance="card"))
    uow.attempt(lambda s: pool.assign(s, actor("li"), made, actor("Zhang").person_id, NOW + MINUTE, entrance="card"))
    assert "没有您可以撤销的记录" in wecom.say("Zhang", "/撤销")
    assert [deal.name for deal in rows(Deal)] == ["二期循环泵"]


def test_what_has_to_stay_is_said_and_what_is_older_goes_only_when_chosen(wecom: Wecom) -> None:
    customer("Zhang", "南方电机有限公司", NOW - DAY)
    wecom.say("Zhang", "/跟进 南方电机 约了周五去看现场")
    wecom.say("Zhang", f"/新建 {PUMPS}")
    wecom.say("li", "/跟进 华东泵业 陪小张去看了现场，客户认可方案")
    said = wecom.say("Zhang", "/撤销")
    assert "客户保留着" in said
    assert said.endswith("要撤销更早的，回复序号：\n1. 跟进「南方电机有限公司」")
    mine = rows(TimelineEntry, TimelineEntry.kind == TimelineKind.FOLLOW_UP)
    assert [entry.retracted_at for entry in mine] == [None] * 2
    assert wecom.say("Zhang", "1") == "已撤销：刚才记到「南方电机有限公司」的跟进"
    assert customers() == ["南方电机有限公司", PUMPS]


def test_a_todo_that_is_over_is_not_put_off(wecom: Wecom) -> None:
    customer("Zhang", PUMPS, NOW - DAY)
    wecom.say("Zhang", "/待办 华东泵业 明天 送样品")
    card = wecom.card("Zhang")
    wecom.say("Zhang", "/撤销")
    wecom.press("Zhang", card, "完成")
    assert "不用再点" in wecom.waiting("Zhang")[-1].body
    wecom.press("Zhang", card, "推迟一天")
    assert "不用推迟" in wecom.waiting("Zhang")[-1].body
    assert [p.title for p in wecom.waiting("Zhang") if p.title.startswith("到点了") and p.state == "ready"] == []


def test_urging_an_owner_who_has_moved_meanwhile_is_not_needed(wecom: Wecom, clock: ClockFile) -> None:
    set_policy(recycling_live=True)
    customer("Zhang", PUMPS)
    clock.forward(44 * DAY)
    wecom.say("li", "/待办")
    wecom.say("li", "1")
    card = wecom.card("li")
    wecom.say("Zhang", "/跟进 华东泵业 约了周五去看现场")
    wecom.press("li", card, "催负责人")
    assert "不用再催" in wecom.waiting("li")[-1].body


def test_an_unlinking_says_the_way_back_and_undo_takes_nothing_older(wecom: Wecom) -> None:
    customer("Zhang", PUMPS)
    with uow.transaction() as s:
        contacts.meet(s, "Zhang", Stranger("wmAAAA", "王工", PUMPS, "采购", ""), NOW)
    wecom.press("Zhang", wecom.card("Zhang"), "关联")
    wecom.say("Zhang", "/跟进 华东泵业 约了周五去看现场")
    said = wecom.say("Zhang", "/解除 王工")
    assert f"解除错了，发 /关联 {PUMPS}，再在卡片上选他" in said
    assert "您刚才解除了联系人的关联，要恢复请发 /关联" in wecom.say("Zhang", "/撤销")
    assert notes() == ["约了周五去看现场"]
    assert "顺手把微信联系人也关联上" in wecom.say("Zhang", f"/关联 {PUMPS}")


def test_unlinking_ends_the_link_that_was_shown_and_no_other(wecom: Wecom) -> None:
    customer("Zhang", PUMPS)
    other = customer("Zhang", "南方电机有限公司")
    for external, name in (("wmAAAA", "王工"), ("wmBBBB", "王工程师")):
        with uow.transaction() as s:
            contacts.meet(s, "Zhang", Stranger(external, name, PUMPS, "采购", ""), NOW)
        wecom.press("Zhang", wecom.card("Zhang"), "关联")
    assert "回复序号选一位" in wecom.say("Zhang", "/解除 王工")
    contact = rows(ExternalContact)[0].id
    with uow.transaction() as s:
        linking.unlink_contact(s, actor("Zhang"), contact, NOW, entrance="console")
        linking.link_contact(s, actor("Zhang"), contact, other, NOW + MINUTE, entrance="console")
    assert "没有改动" in wecom.say("Zhang", "1")
