"""What a person types: every command, in every spelling, with whatever is missing asked for."""

import pytest

from bot.router import all_commands
from config.grants import Grant
from config.vocabulary import FieldObject, Role
from crm import uow
from crm.usecases.grants import grant_fields
from crm.usecases.people import grant
from models.audit import AuditEntry
from models.customers import Customer
from models.deals import Deal
from models.links import ChatLink
from models.messages import Dialogue
from models.timeline import TimelineEntry, Todo
from tests.bot.wecom import Wecom
from tests.support.company import IDS, NOW, actor, customer, rows, set_policy


def follow_ups() -> list[str]:
    return [row.text for row in rows(TimelineEntry) if row.kind == "follow_up"]


@pytest.mark.parametrize("typed", ["/帮助", "／帮助", "/help", "/BangZhu", "/ 帮助", "/？", "/帮助 "])
def test_help_answers_to_every_spelling(wecom: Wecom, typed: str) -> None:
    said = wecom.say("Zhang", typed)
    assert said.startswith("张三，您好")
    assert all(f"/{name}" in said for name in ("客户", "新建", "关联", "跟进", "待办", "商机", "查重"))


def test_help_for_one_command_tells_how_to_use_it(wecom: Wecom) -> None:
    assert "/跟进 [客户] 内容" in wecom.say("Zhang", "/帮助 /genjin")


@pytest.mark.parametrize(
    "typed",
    [
        "/新建 华东泵业有限公司",
        "／新建　华东泵业有限公司",
        "/xinjian 华东泵业有限公司",
        "/NEW 华东泵业有限公司",
        "/新建\n华东泵业有限公司",
    ],
)
def test_a_customer_is_made_by_one_line(wecom: Wecom, typed: str) -> None:
    assert "已新建「华东泵业有限公司」" in wecom.say("Zhang", typed)
    (made,) = rows(Customer)
    assert (made.name, made.owner_id) == ("华东泵业有限公司", IDS["zhang"])


def test_a_missing_name_is_asked_for(wecom: Wecom) -> None:
    assert "公司全称是什么" in wecom.say("Zhang", "/新建")
    assert "已新建「华东泵业」" in wecom.say("Zhang", "华东泵业")
    assert rows(Dialogue) == []


def test_the_same_customer_is_not_made_twice(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    assert "已经在您名下" in wecom.say("Zhang", "/新建 华东泵业有限公司")
    assert "同事在跟进" in wecom.say("sun", "/新建 华东泵业有限公司")
    assert len(rows(Customer)) == 1


def test_a_name_that_exists_beside_a_near_one_is_refused_at_once(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    customer("Zhang", "华东泵业设备有限公司")
    assert "没有重复新建" in wecom.say("sun", "/新建 华东泵业有限公司")
    assert wecom.waiting("sun") == []


def test_a_near_name_is_shown_before_anything_is_made_and_may_be_made_all_the_same(wecom: Wecom) -> None:
    customer("qian", "华东泵业有限公司")
    assert "可能已经有了" in wecom.say("Zhang", "/新建 华东泵业设备有限公司")
    card = wecom.card("Zhang")
    assert "华东泵业有限公司" not in str(card.notice["facts"])
    assert "同事在跟进" in str(card.notice["facts"])
    assert len(rows(Customer)) == 1
    shown = wecom.press("Zhang", card, "不是，新建")
    assert shown is not None
    assert [c.name for c in rows(Customer)] == ["华东泵业有限公司", "华东泵业设备有限公司"]


def test_customers_are_listed_and_one_is_shown(wecom: Wecom) -> None:
    assert "还没有客户" in wecom.say("Zhang", "/客户")
    customer("Zhang", "华东泵业有限公司")
    customer("sun", "苏州阀门厂")
    listed = wecom.say("Zhang", "/kehu")
    assert "华东泵业有限公司" in listed
    assert "苏州" not in listed
    assert "负责人：张三" in wecom.say("Zhang", "/客户 华东")
    both = wecom.say("li", "/客户")
    assert "华东泵业有限公司（张三）" in both
    assert "苏州阀门厂（孙六）" in both


def test_a_customer_is_told_of_by_the_fields_that_the_role_reads(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    wecom.say("Zhang", "/商机 华东 二期循环泵 80万")
    told = wecom.say("li", "/客户 华东")
    assert "华东泵业有限公司（普通客户）" in told
    assert "二期循环泵 · 需求确认 · ¥80 万" in told
    hidden = {(Role.TEAM_LEAD, "basic"): Grant(read=False, edit=False)}
    with uow.transaction() as s:
        for of in (FieldObject.CUSTOMER, FieldObject.DEAL):
            grant_fields(s, actor("wang"), of, hidden, NOW, entrance="console")
    told = wecom.say("li", "/客户 华东")
    assert "华东泵业有限公司（＊＊＊）" in told
    assert "商机：＊＊＊ · 需求确认 · ＊＊＊" in told
    assert "80 万" not in wecom.say("li", "/商机")


@pytest.mark.parametrize(
    "command", ["/客户 苏州阀门厂", "/关联 苏州阀门厂", "/跟进 苏州阀门厂 谈好了价格条款", "/商机 苏州阀门厂 二期 80万"]
)
def test_what_is_not_yours_looks_like_not_there(wecom: Wecom, command: str) -> None:
    missing = wecom.say("Zhang", command)
    customer("sun", "苏州阀门厂")
    assert wecom.say("Zhang", command) == missing
    assert follow_ups() == []
    assert rows(Deal) == []


def test_a_follow_up_names_its_customer_by_short_name_or_pinyin(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    assert "已记到「华东泵业有限公司」" in wecom.say("Zhang", "/跟进 华东泵业 王总要两台样机周五送")
    assert "已记到「华东泵业有限公司」" in wecom.say("Zhang", "/gj huadong 报价发过去了等回复")
    assert "已记到「华东泵业有限公司」" in wecom.say("Zhang", "/followup 华东泵业\n第二行也在里面")
    assert follow_ups() == ["王总要两台样机周五送", "报价发过去了等回复", "第二行也在里面"]


def test_what_is_missing_in_a_follow_up_is_asked_one_thing_at_a_time(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    assert "哪个客户" in wecom.say("Zhang", "/跟进")
    assert "没有找到「火星」" in wecom.say("Zhang", "火星")
    assert "聊了什么" in wecom.say("Zhang", "华东泵业")
    assert "已记到" in wecom.say("Zhang", "约了周五去看现场")
    assert follow_ups() == ["约了周五去看现场"]


def test_several_customers_are_numbered_and_picked_by_number(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    customer("Zhang", "华东阀门有限公司")
    asked = wecom.say("Zhang", "/跟进 华东 今天去看了现场")
    assert "1. " in asked
    assert "2. " in asked
    second = asked.split("2. ")[1].splitlines()[0]
    assert "1. " in wecom.say("Zhang", "华东")
    assert f"已记到「{second}」" in wecom.say("Zhang", "２")


def test_a_number_out_of_range_is_not_a_pick(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    customer("Zhang", "华东阀门有限公司")
    wecom.say("Zhang", "/关联 华东")
    for typed in ("0", "3", "9" * 600):
        assert "回复 1 到 2" in wecom.say("Zhang", typed)
    assert "没有找到" in wecom.say("Zhang", "²")
    assert rows(ChatLink) == []


def test_a_follow_up_that_says_nothing_is_kept_and_told(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    assert "不计入跟进" in wecom.say("Zhang", "/跟进 华东泵业 好的")
    assert follow_ups() == ["好的"]


def test_after_link_everything_is_about_that_customer(wecom: Wecom) -> None:
    customer("Zhang", "苏州阀门厂")
    customer("Zhang", "华东泵业有限公司")
    assert "接下来说的都是「华东泵业有限公司」" in wecom.say("Zhang", "/guanlian 华东")
    assert "已记到「华东泵业有限公司」" in wecom.say("Zhang", "/跟进 约了周五去看现场")
    assert "（华东泵业有限公司）" in wecom.say("Zhang", "/待办 明天 送样品")
    assert "华东泵业有限公司，¥80 万" in wecom.say("Zhang", "/商机 二期循环泵 80万")


def test_link_asks_for_the_customer(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    assert "哪个客户" in wecom.say("Zhang", "/关联")
    assert "接下来说的都是" in wecom.say("Zhang", "hdby")


def test_todos_are_added_with_their_time_and_listed(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    assert "今天没有到期的事" in wecom.say("Zhang", "/待办")
    said = wecom.say("Zhang", "/todo 华东泵业 今天下午3点 送样品")
    assert "（华东泵业有限公司）：送样品，11-23 15:00" in said
    (todo,) = rows(Todo)
    assert todo.due_at.hour == 7
    for typed in ("/待办", "/daiban", "/今日", "/today"):
        assert "送样品" in wecom.say("Zhang", typed)
    assert "要做什么" in wecom.say("Zhang", "/待办 明天")


def test_the_list_numbers_what_comes_later_too_and_its_card_is_handed(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    wecom.say("Zhang", "/待办 华东泵业 明天 下午3点 送样品")
    assert "1. 11-24 15:00 华东泵业有限公司：送样品" in wecom.say("Zhang", "/待办")
    assert "请在下面的卡片上处理" in wecom.say("Zhang", "1")
    wecom.press("Zhang", wecom.card("Zhang"), "完成")
    assert rows(Todo)[0].done_at is not None


def test_a_customers_name_alone_lists_his_todos_and_the_whole_list_can_be_had(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    customer("Zhang", "常熟新泰仪表有限公司")
    wecom.say("Zhang", "/关联 常熟")
    assert "「华东泵业有限公司」没有没办完的待办" in wecom.say("Zhang", "/待办 华东")
    assert rows(Todo) == []
    for day in range(1, 9):
        wecom.say("Zhang", f"/待办 {'华东' if day == 8 else '常熟'} {day}天后 送第{day}份样品")
    assert "还有 3 条，发 /待办 全部" in wecom.say("Zhang", "/待办")
    assert "8. 12-01 09:00 华东泵业有限公司：送第8份样品" in wecom.say("Zhang", "/待办 全部")
    said = wecom.say("Zhang", "/待办 hdby")
    assert said.startswith("「华东泵业有限公司」的待办 1 条：\n1. 12-01 09:00 送第8份样品")
    wecom.say("Zhang", "1")
    wecom.press("Zhang", wecom.card("Zhang"), "完成")
    assert [one.text for one in rows(Todo) if one.done_at] == ["送第8份样品"]


def test_a_todo_is_finished_postponed_and_taken_back_on_its_card(wecom: Wecom) -> None:
    wecom.say("Zhang", "/待办 今天 打电话给王总")
    card = wecom.card("Zhang")
    due = rows(Todo)[0].due_at
    shown = wecom.press("Zhang", card, "完成")
    assert rows(Todo)[0].done_at is not None
    wecom.undo("Zhang", card, shown)
    assert rows(Todo)[0].done_at is None
    shown = wecom.press("Zhang", card, "推迟一天")
    assert rows(Todo)[0].due_at > due
    wecom.undo("Zhang", card, shown)
    assert rows(Todo)[0].due_at == due


def test_a_deal_is_opened_with_what_is_missing_asked_for(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    assert "还没有进行中的商机" in wecom.say("Zhang", "/商机")
    assert "商机叫什么" in wecom.say("Zhang", "/商机 华东泵业 80万")
    assert "已新建商机「二期循环泵」" in wecom.say("Zhang", "二期循环泵")
    assert "金额大概多少" in wecom.say("Zhang", "/deal 华东泵业 三期")
    assert "金额大概多少" in wecom.say("Zhang", "很多很多")
    assert "12.5 万" in wecom.say("Zhang", "12.5万")
    assert [(d.name, int(d.amount)) for d in rows(Deal)] == [("二期循环泵", 800_000), ("三期", 125_000)]
    assert "三期" in wecom.say("Zhang", "/shangji")
    assert "二期循环泵" in wecom.say("Zhang", "/商机 华东泵业")


def test_the_radar_says_a_colleague_has_it_and_nothing_else(wecom: Wecom) -> None:
    customer("qian", "华东泵业有限公司")
    said = wecom.say("Zhang", "/查重 华东泵业")
    assert "同事在跟进" in said
    assert "钱七" not in said
    assert "有限公司" not in said
    assert "查哪家公司" in wecom.say("Zhang", "/chachong")
    assert "没有和「火星重工」" in wecom.say("Zhang", "火星重工")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/跟近", "/跟进"),
        ("/hlep", "/帮助"),
        ("/kehuu", "/客户"),
        ("/公诲", "/公海"),
        ("/推进二期循环泵", "/推进 二期循环泵"),
        ("/撤销报价", "/撤销 报价"),
    ],
)
def test_a_typo_is_answered_with_what_was_most_likely_meant_and_nothing_is_done(
    wecom: Wecom, typed: str, meant: str
) -> None:
    assert f"您是不是想发 {meant}" in wecom.say("Zhang", typed)
    assert rows(AuditEntry) == []


def test_the_five_of_every_day_lead_the_help_and_no_command_is_missing(wecom: Wecom) -> None:
    said = wecom.say("Zhang", "/帮助")
    places = [said.index(f"\n/{name}") for name in ("待办", "跟进", "小结", "客户", "日报", "新建", "商机", "帮助")]
    assert places == sorted(places)
    assert sorted(line.split()[0].strip("/") for line in said.splitlines() if line.startswith("/")) == sorted(
        one.name for one in all_commands()
    )


def test_a_customers_name_alone_after_followup_asks_what_was_said(wecom: Wecom) -> None:
    customer("Zhang", "太仓宏远化工装备有限公司")
    wecom.say("Zhang", "/关联 太仓宏远")
    assert "聊了什么" in wecom.say("Zhang", "/跟进 太仓")
    assert "已记到「太仓宏远化工装备有限公司」的跟进" in wecom.say("Zhang", "王工确认了交期和付款方式")
    assert "已记到「太仓宏远化工装备有限公司」的跟进" in wecom.say("Zhang", "/跟进 李工回电说下周来厂里验货")


def test_a_number_that_is_none_is_refused_in_a_sentence(wecom: Wecom) -> None:
    for typed in ("abc", "0", "-1", "999999"):
        assert "发 /提醒 3 打开第 3 件" in wecom.say("Zhang", f"/提醒 {typed}")


def test_words_that_only_announce_a_note_or_are_too_long_are_no_note(wecom: Wecom) -> None:
    customer("Zhang", "太仓宏远化工装备有限公司")
    wecom.say("Zhang", "/关联 太仓宏远")
    assert "记什么" in wecom.say("Zhang", "记一下。")
    assert "太长了（5001 字）" in wecom.say("Zhang", "谈好了长度" * 1000 + "长")


def test_one_letter_over_and_over_is_no_follow_up(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    wecom.say("Zhang", "/关联 华东泵业")
    assert "没有可以记的内容" in wecom.say("Zhang", "长" * 500)


def test_a_command_nobody_knows_points_to_help(wecom: Wecom) -> None:
    for typed in ("/", "／", "/龘龘龘龘"):
        assert "/帮助" in wecom.say("Zhang", typed)


def test_the_menu_reaches_the_same_verbs(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    assert wecom.menu("Zhang", "帮助") == wecom.say("Zhang", "/帮助")
    assert wecom.menu("Zhang", "客户") == wecom.say("Zhang", "/客户")
    assert wecom.menu("Zhang", "今日") == wecom.say("Zhang", "/待办")
    assert "哪个客户" in wecom.menu("Zhang", "跟进")
    assert "聊了什么" in wecom.say("Zhang", "华东泵业")


def test_a_long_answer_comes_in_parts_that_fit_and_read_on(wecom: Wecom) -> None:
    for number in range(10):
        customer("Zhang", f"第{number}家" + "很长的名字" * 10 + "有限公司", NOW)
    parts = [wecom.say("Zhang", "/客户"), *(promise.body for promise in wecom.waiting("Zhang"))]
    assert len(parts) > 1
    assert all(len(part.encode()) <= 2048 for part in parts)
    assert [f"第{n}家" in "".join(parts) for n in range(10)] == [True] * 10
    assert "\ufffd" not in "".join(parts)


def test_a_deal_with_a_customer_that_is_not_there_never_lands_on_the_current_one(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    wecom.say("Zhang", "/关联 华东泵业")
    assert "没有找到「苏州阀门厂」" in wecom.say("Zhang", "/商机 苏州阀门厂 二期 80万")
    assert rows(Deal) == []


def test_who_is_responsible_for_no_customers_is_not_told_to_make_one(wecom: Wecom) -> None:
    uow.attempt(lambda s: grant(s, None, "sun", Role.FINANCE, NOW, entrance="shell"))
    said = wecom.say("sun", "/客户")
    assert said.startswith("财务不负责客户")
    assert "/新建" not in said


def test_names_tried_by_making_or_looking_up_are_counted_and_end(wecom: Wecom) -> None:
    customer("qian", "苏州瑞衡机电有限公司")
    customer("zhang", "无锡甲乙丙泵业有限公司")
    set_policy(lookups_per_day=2)
    assert "同事在跟进" in wecom.say("zhang", "/查重 苏州瑞衡机电有限公司")
    assert "同事在跟进" in wecom.say("zhang", "/新建 苏州瑞衡机电有限公司")
    for tried in ("/查重 苏州瑞衡机电有限公司", "/新建 苏州瑞衡机电有限公司", "/查重 绝无此名的某某某公司"):
        assert "明天再查" in wecom.say("zhang", tried)
    assert "甲乙丙" in wecom.say("zhang", "/查重 无锡甲乙丙泵业有限公司")
    assert "已经在您名下" in wecom.say("zhang", "/新建 无锡甲乙丙泵业有限公司")
    looked = [row.detail["typed"] for row in rows(AuditEntry, AuditEntry.verb == "look_alikes")]
    assert looked == ["苏州瑞衡机电有限公司"] * 2
