"""How the bot reaches people: its menu, its first words, the day in a few lines, and words that stay words."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from config.vocabulary import OutboxState, PersonStatus, Role
from crm import policy as numbers
from crm import uow
from crm.bundles import GATHERING
from crm.messages import Reminder, Tap, remind_all
from crm.notices import Notice
from crm.rules.consents import WORDS_DELETED
from crm.usecases.deals import open_deal
from crm.usecases.drawing import OutboxDraft
from crm.usecases.people import grant
from gateways.wecom import cards
from gateways.wecom.client import Sent
from jobs.deliver import deliver_due
from jobs.menu import MENU, differences
from models.customers import Customer
from models.messages import InboxEvent, OutboxMessage
from models.people import Person
from models.timeline import TimelineEntry
from tests.bot.wecom import ClockFile, Wecom
from tests.support.company import IDS, MINUTE, NOW, actor, at_once, customer, rows

HOME = "http://127.0.0.1:8000"


def keys() -> Iterator[str]:
    for entry in MENU["button"]:
        yield from (below["key"] for below in entry["sub_button"] if below["type"] == "click")


@pytest.mark.parametrize("userid", ["Zhang", "li", "wang"])
def test_every_key_of_the_menu_is_answered(wecom: Wecom, userid: str) -> None:
    customer("Zhang", "华东泵业有限公司")
    for key in keys():
        said = wecom.menu(userid, key)
        assert said, key
        assert "没有「" not in said, key
        assert "系统出错" not in said, key
        wecom.say(userid, "取消")


def test_a_menu_that_stands_already_would_change_nothing() -> None:
    stands = json.loads(json.dumps(MENU))
    for entry in stands["button"]:
        entry["type"] = ""  # WeCom fills in what we did not give
        for below in entry["sub_button"]:
            below["sub_button"] = []
    assert differences(stands, MENU) == []
    assert differences({}, MENU)[0] == "新增「今天 › 今日清单」"
    stands["button"][0]["sub_button"][0]["key"] = "old"
    stands["button"][1]["sub_button"].reverse()
    assert differences(stands, MENU) == ["改「今天 › 今日清单」"]
    stands["button"][0]["sub_button"][0]["key"] = MENU["button"][0]["sub_button"][0]["key"]
    assert differences(stands, MENU) == ["次序不同"]


COMMANDS = (
    "帮助", "客户", "新建", "关联", "跟进", "待办", "商机", "推进", "报价", "打卡", "公海", "领取", "查重", "日报",
    "排行", "审批", "提醒",
)  # fmt: skip
SPELLED = {
    "客户": ("kehu", "customer", "KEHU"), "新建": ("xinjian", "new"), "关联": ("guanlian", "link"),
    "跟进": ("genjin", "followup"), "待办": ("daiban", "todo"), "商机": ("shangji", "deal"), "推进": ("tuijin", "move"),
    "报价": ("baojia", "quote"), "打卡": ("daka", "checkin"), "公海": ("gonghai", "pool"), "领取": ("lingqu", "claim"),
    "查重": ("chachong", "check"), "日报": ("ribao", "report"), "排行": ("paihang", "rank"),
    "审批": ("shenpi", "approval"),
    "提醒": ("tixing", "alerts"), "帮助": ("bangzhu", "help"),
}  # fmt: skip


def test_every_command_of_the_list_is_answered_however_it_is_spelled(wecom: Wecom) -> None:
    for name in COMMANDS:
        said = _without_time(wecom.say("Zhang", f"/{name}"))
        assert "没有「/" not in said, name
        for spelling in (f"／{name}", *(f"/{one}" for one in SPELLED[name])):
            wecom.say("Zhang", "取消")
            assert _without_time(wecom.say("Zhang", spelling)) == said, spelling


def _without_time(said: str) -> str:
    return re.sub(r"\d\d:\d\d", "", said)


def test_what_is_not_there_yet_is_said_with_what_works_instead(wecom: Wecom) -> None:
    for typed in ("/公海", "/领取 华东泵业", "/pool"):
        assert "没有自己领取的公海" in wecom.say("Zhang", typed)
    assert "还没有排行榜" in wecom.say("Zhang", "/排行")
    assert "/日报" in wecom.say("Zhang", "/排行")


def test_the_day_in_a_few_lines(wecom: Wecom, clock: ClockFile) -> None:
    assert "还没有记录" in wecom.say("Zhang", "/日报")
    pump = customer("Zhang", "华东泵业有限公司", NOW - timedelta(days=3))
    customer("Zhang", "无锡新客阀门有限公司", clock.now())
    wecom.say("Zhang", "/跟进 华东泵业 电话聊了交期，下周三去现场看泵房")
    wecom.say("sun", "/日报")
    who = actor("Zhang")
    uow.attempt(lambda s: open_deal(s, who, pump, "二期循环泵", Decimal(80_000), clock.now(), entrance="chat"))
    said = wecom.say("Zhang", "/日报")
    assert said.startswith("张三 11-23 日报\n【跟进】1 条\n· 华东泵业有限公司：电话聊了交期，下周三去现场看泵房")
    assert "【商机推进】1 个\n· 二期循环泵：" in said
    assert "【新建客户】1 家\n· 无锡新客阀门有限公司" in said
    assert "还没有记录" in wecom.say("sun", "/日报")
    wecom.say("Zhang", "/撤销")
    clock.forward(timedelta(days=1))
    assert "还没有记录" in wecom.say("Zhang", "/日报")


def test_a_talk_summed_up_is_a_follow_up_of_the_day_and_what_does_not_count_is_none(
    wecom: Wecom, clock: ClockFile
) -> None:
    customer("Zhang", "华东泵业有限公司", NOW - timedelta(days=3))
    wecom.say("Zhang", "/小结 华东泵业 今天见了王总，他要30台闸阀，我答应下周三前报价")
    wecom.say("Zhang", "/跟进 华东泵业 聊")
    said = wecom.say("Zhang", "/日报")
    assert "【跟进】1 条\n· 华东泵业有限公司：" in said
    assert "30台闸阀" in said
    assert "另有 1 条内容太短、重复或没联系上的，不计入跟进" in said
    clock.forward(timedelta(days=1))
    assert wecom.say("Zhang", "/日报 昨天") == said
    assert wecom.say("Zhang", "/日报 前天") == "11-22 没有记录"
    assert "只看今天、昨天和前天" in wecom.say("Zhang", "/日报 上周")


def test_the_day_is_told_whole_under_its_customers_and_without_removed_words(wecom: Wecom) -> None:
    pump = customer("Zhang", "华东泵业有限公司", NOW - timedelta(days=3))
    customer("Zhang", "常熟新泰仪表有限公司", NOW - timedelta(days=3))
    note = "王工确认了{}批的交期和付款方式，样品这周五以前寄到他们南通的仓库，发票月底以前开，合同由他们法务先看一遍"
    for number, letter in enumerate("甲乙丙丁戊己"):
        wecom.say("Zhang", f"/跟进 华东泵业 {note.format(letter * 8)}")
        wecom.say("Zhang", f"/跟进 常熟新泰 第{number}次电话：{letter * 8}要{number + 2}台样机")
    with uow.transaction() as s:
        removed = s.scalars(select(TimelineEntry).where(TimelineEntry.customer_id == pump)).first()
        assert removed is not None
        removed.text = WORDS_DELETED
        partly = s.scalars(select(TimelineEntry).where(TimelineEntry.text == note.format("己" * 8))).one()
        partly.text = f"承诺：张三答应：周五寄样品\n{WORDS_DELETED}"
    said = wecom.say("Zhang", "/日报")
    assert said.count("华东泵业有限公司：") == said.count("常熟新泰仪表有限公司：") == 1
    assert WORDS_DELETED not in said
    assert f"\n　{note.format('戊' * 8)}\n" in said
    assert "\n　承诺：张三答应：周五寄样品" in said


def test_a_colleagues_customer_does_not_stand_in_the_day(wecom: Wecom, clock: ClockFile) -> None:
    made = customer("Zhang", "华东泵业有限公司", NOW - timedelta(days=3))
    wecom.say("Zhang", "/跟进 华东泵业 电话聊了交期，下周三去现场看泵房")
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == made).values(owner_id=IDS["qian"]))
    assert "华东泵业" not in wecom.say("Zhang", "/日报")


def arrive(wecom: Wecom, userid: str, name: str = "subscribe", **fields: object) -> str:
    return wecom.hear(wecom.event(userid, name, **fields))


def test_a_new_member_is_told_how_to_begin_once_in_his_life(wecom: Wecom, clock: ClockFile) -> None:
    assert arrive(wecom, "Zhang") == ""
    arrive(wecom, "zhang", "enter_agent", EventKey="")
    clock.forward(timedelta(days=400))
    arrive(wecom, "Zhang", "enter_agent", EventKey="")
    (told,) = wecom.waiting("Zhang")
    assert "/新建 公司全称" in told.body
    assert len(told.body.encode()) < 2048
    assert {row.state for row in rows(InboxEvent)} == {"done"}


def test_two_arrivals_at_once_are_welcomed_once(wecom: Wecom) -> None:
    events = [wecom.event("Zhang", name, EventKey="") for name in ("subscribe", "enter_agent")] * 2
    at_once([lambda event=event: wecom.hear(event) for event in events])  # type: ignore[misc]
    assert len(wecom.waiting("Zhang")) == 1


def test_a_late_arrival_is_welcomed_all_the_same(wecom: Wecom, clock: ClockFile) -> None:
    event = wecom.event("Zhang", "subscribe")
    clock.forward(30 * MINUTE)
    wecom.hear(event)
    assert len(wecom.waiting("Zhang")) == 1


def test_each_role_is_told_what_is_there_for_it(wecom: Wecom) -> None:
    uow.attempt(lambda s: grant(s, None, "sun", Role.FINANCE, NOW, entrance="shell"))
    for userid in ("li", "sun"):
        arrive(wecom, userid)
    assert "您是主管" in wecom.waiting("li")[-1].body
    assert "您的岗位不负责客户" in wecom.waiting("sun")[-1].body
    assert "/新建" not in wecom.waiting("sun")[-1].body


@pytest.mark.parametrize("userid", ["off", "left", "nobody"])
def test_who_is_gone_or_unknown_is_not_welcomed(wecom: Wecom, userid: str) -> None:
    assert arrive(wecom, userid) == ""
    assert rows(OutboxMessage) == []


def test_who_came_before_the_directory_knew_him_is_welcomed_the_next_time(wecom: Wecom) -> None:
    with uow.transaction() as s:
        s.execute(update(Person).where(Person.id == IDS["zhang"]).values(status=PersonStatus.DISABLED))
    arrive(wecom, "Zhang")
    with uow.transaction() as s:
        s.execute(update(Person).where(Person.id == IDS["zhang"]).values(status=PersonStatus.ACTIVE))
    arrive(wecom, "Zhang", "enter_agent", EventKey="")
    assert len(wecom.waiting("Zhang")) == 1


def test_a_bundles_numbers_open_cards_in_the_chat(wecom: Wecom, clock: ClockFile) -> None:
    with uow.transaction() as s:
        wave = [
            Reminder(
                IDS["zhang"], Notice(f"黄牌 · 商机{n}", "停了 9 天"), [Tap("知道了", "seen", {})], f"w:{n}", f"w:{n}:1"
            )
            for n in range(1, 7)
        ]
        remind_all(s, wave, now=clock.now(), policy=numbers.current(s), calendar=numbers.calendar(s))
    assert "1. 黄牌 · 商机3：停了 9 天" in wecom.say("Zhang", "/提醒")
    assert "请看下面的卡片" in wecom.say("Zhang", "2")
    assert wecom.card("Zhang").title == "黄牌 · 商机4"
    assert "请看下面的卡片" in wecom.say("Zhang", "/提醒 4")
    assert wecom.card("Zhang").title == "黄牌 · 商机6"
    assert wecom.press("Zhang", wecom.card("Zhang"), "知道了") is not None
    assert "已经处理过了" in wecom.say("Zhang", "/提醒 4")
    assert "只有 4 件" in wecom.say("Zhang", "/提醒 5")
    assert "没有合并发送的提醒" in wecom.say("sun", "/提醒")


HOSTILE = (
    "<a href='https://evil.example'>领奖</a>有限公司",
    "[点这里](https://evil.example)有限公司",
    "华东 https://evil.example/x 有限公司",
    "www.evil.example 有限公司",
    "$userName=li$有限公司",
    "**加粗**<font color='warning'>红</font>有限公司",
    "<script>alert(1)</script>有限公司",
    "正常公司]]><Content>假的</Content>有限公司",
    "一行\n二行 https://evil.example 有限公司",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_customers_name_stays_words_wherever_it_is_said(wecom: Wecom, clock: ClockFile, name: str) -> None:
    """In answers, in cards and in messages: no link, no name lookup, no element of its own."""
    customer("Zhang", name)
    answers = [
        wecom.say("Zhang", typed) for typed in ("/客户", "1", "/待办", "/商机", f"/查重 {name[:20]}", f"/跟进 {name}")
    ]
    with uow.transaction() as s:
        wave = [
            Reminder(IDS["zhang"], Notice(name, name, body=name), [Tap("知道了", "seen", {})], f"h:{n}", f"h:{n}:1")
            for n in range(5)
        ]
        remind_all(s, wave, now=clock.now(), policy=numbers.current(s), calendar=numbers.calendar(s))
    documents: list[str] = []

    def send(document: str) -> Sent:
        documents.append(document)
        return Sent("m", "", frozenset())

    deliver_due(send, _draw, lambda: clock.now() + GATHERING + MINUTE)
    assert {row.state for row in rows(OutboxMessage)} <= {OutboxState.SENT, OutboxState.FOLDED}
    for words in [*answers, *(one for document in documents for one in _texts(json.loads(document)))]:
        assert "<" not in words
        assert not re.search(r"(?i)https?://(?!127\.0\.0\.1:8000)|www\.", words), words
        assert not re.search(r"\$\w+=", words)


def _draw(draft: OutboxDraft) -> str:
    return cards.render(draft.notice, to_user=draft.userid, agent_id=1, task_id=draft.task_id, home_url=HOME)


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for name, value in document.items():
            yield from () if name in ("url", "key") else _texts(value)
    elif isinstance(document, list):
        for one in document:
            yield from _texts(one)
    elif isinstance(document, str):
        yield document
