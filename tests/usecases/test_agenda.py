"""Approvals and quotes on the morning's list: what waits for whom and how long, where it stands, the card behind it."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update
from sqlalchemy.engine import Engine

from config.vocabulary import QuoteVerdict, RejectReason, Role
from crm import policy as numbers
from crm import uow
from crm.access import actor_by_userid
from crm.agenda import Item, ItemKind, agenda
from crm.agenda.items import LOST_TODAY
from crm.rules.funnel import Said
from crm.usecases import quote_conflicts, signing
from crm.usecases.approval_rules import install_rules
from crm.usecases.approvals import move_or_ask
from crm.usecases.deals import open_deal
from crm.usecases.once_more import hand_card
from crm.usecases.quotes import withdraw_quote
from crm.usecases.sweeps import promise_list
from crm.usecases.todos import add_todo
from models.approvals import Approval
from models.customers import Customer
from models.messages import OutboxMessage
from models.quotes import QuoteConflict
from tests.support.company import DAY, IDS, NOW, actor, customer, rows, set_policy
from tests.support.deals import prove_all
from tests.support.quotes import TODAY, product, quoted, role, twin

HOUR = timedelta(hours=1)
WORDS = (ItemKind.APPROVAL, ItemKind.QUOTE, ItemKind.VERDICT)


@pytest.fixture
def rules(company: Engine) -> None:
    with uow.transaction() as s:
        install_rules(s, NOW)


def items(who: str, now: datetime = NOW) -> list[Item]:
    with uow.reading() as s:
        return agenda(s, actor_by_userid(s, who, now), now, numbers.current(s), numbers.calendar(s))


def listed(who: str, now: datetime = NOW) -> list[str]:
    return [f"{one.mark} {one.title} | {one.why}" for one in items(who, now) if one.kind in WORDS]


def asked(name: str = "二期循环泵", at: str = "甲机电有限公司") -> str:
    """张三 asks that a deal of 800,000 yuan goes to 合同审批: 周总监 signs."""
    place = customer("Zhang", at)
    with uow.transaction() as s:
        deal = open_deal(s, actor("Zhang"), place, name, Decimal(800_000), NOW, entrance="chat").public_id
    prove_all(deal)
    uow.attempt(lambda s: move_or_ask(s, actor("Zhang"), deal, "contract_review", Said(), NOW, entrance="chat"))
    return rows(Approval)[-1].public_id


def card(who: str, kind: ItemKind, now: datetime) -> tuple[str, OutboxMessage]:
    """What asking for it from the list says, and the card that comes."""
    (item,) = (one for one in items(who, now) if one.kind is kind)
    said = uow.attempt(lambda s: hand_card(s, actor(who), kind, item.object_id, f"key{now:%d%H%M}", now))
    return said, rows(OutboxMessage, OutboxMessage.person_id == IDS[who.casefold()])[-1]


def taps(message: OutboxMessage) -> list[str]:
    return [one["text"] for one in message.notice["buttons"]]


def test_what_waits_for_a_signature_says_what_how_much_for_whom_and_how_long_in_working_hours(rules: None) -> None:
    asked()
    (line,) = listed("zhou", NOW + 3 * HOUR)
    first, second = line.split(" | ")
    assert first == "审批 二期循环泵 ¥80 万，张三已等 3 个工作小时"
    assert second == "11-23 10:00 起等您，甲机电有限公司 到「合同审批」：金额 ¥80 万 超过 ¥50 万"
    assert "已等 14 个工作小时" in listed("zhou", NOW + DAY + 3 * HOUR - HOUR / 2)[0]  # the night counts for nothing
    assert [listed(who) for who in ("Zhang", "li", "qian")] == [[], [], []]
    with uow.transaction() as s:
        promise_list(s, IDS["zhou"], NOW + DAY, dry_run=False)
    (told,) = rows(OutboxMessage, OutboxMessage.notice_class == "list")
    assert "【审批】二期循环泵 ¥80 万，张三已等 11 个工作小时\n" in told.notice["body"]


def test_once_it_is_decided_nobody_has_it_on_the_list(rules: None) -> None:
    approval = asked()
    assert (len(listed("zhou")), len(listed("Zhang", NOW + DAY))) == (1, 1)
    with uow.transaction() as s:
        signing.reject(s, actor("zhou"), approval, RejectReason.PRICE, "", NOW + HOUR, entrance="miniapp")
    assert (listed("zhou"), listed("Zhang", NOW + DAY)) == ([], [])


def test_whoever_asked_has_it_once_it_waits_too_long(rules: None) -> None:
    asked()
    assert listed("Zhang", NOW + 7 * HOUR) == []
    (line,) = listed("Zhang", NOW + 8 * HOUR)
    first, second = line.split(" | ")
    assert first == "审批 二期循环泵 ¥80 万，等周总监已 8 个工作小时"
    assert second == "11-23 10:00 起没有人处理，甲机电有限公司 到「合同审批」：金额 ¥80 万 超过 ¥50 万"
    set_policy(approval_late_hours=9)
    assert listed("Zhang", NOW + 8 * HOUR) == []


def test_whoever_has_lost_the_customer_reads_nothing_of_what_he_asked_for(rules: None) -> None:
    asked()
    with uow.transaction() as s:
        s.execute(update(Customer).values(owner_id=IDS["qian"]))
    assert listed("Zhang", NOW + DAY) == []


@pytest.mark.parametrize(("live", "before"), [("启用", True), ("停用", False)])
def test_what_others_wait_for_comes_right_behind_what_is_lost_today(rules: None, live: str, before: bool) -> None:
    """A release comes in the night; on trial there is none, and nobody loses anything."""
    set_policy(recycling_live=live)
    asked()
    now = NOW + 45 * DAY
    for name, since in (("今夜回收水务", NOW + DAY), ("明夜回收水务", NOW + 2 * DAY)):
        customer("zhou", name, since)
    with uow.transaction() as s:
        add_todo(s, actor("zhou"), None, "给王总回电话", now, now, entrance="chat")
    others = (ItemKind.STALL, ItemKind.QUEUE)
    in_order = [one.title.split(" ")[0] for one in items("zhou", now) if one.kind not in others]
    first = ["今夜回收水务", "二期循环泵"] if before else ["二期循环泵", "今夜回收水务"]
    assert in_order == [*first, "明夜回收水务", "给王总回电话"]


def test_a_tap_brings_the_card_that_signs_it_and_whoever_asked_may_nudge_and_withdraw(rules: None) -> None:
    approval = asked()
    said, signing_card = card("zhou", ItemKind.APPROVAL, NOW + HOUR)
    assert "卡片" in said
    assert taps(signing_card) == ["同意", "驳回", "批示", "转交", "加签"]
    _, own = card("Zhang", ItemKind.APPROVAL, NOW + DAY)
    assert (own.notice["title"], taps(own)) == ("还在审批：二期循环泵", ["催办", "撤回", "知道了"])
    assert ["等谁", "周总监"] in [list(one.values()) for one in own.notice["facts"]]
    with uow.transaction() as s:
        signing.withdraw(s, actor("Zhang"), approval, NOW + DAY, entrance="chat")
        (row,) = rows(Approval)
        gone = hand_card(s, actor("zhou"), ItemKind.APPROVAL, row.id, "again", NOW + DAY)
    assert "已经处理好了" in gone


def test_a_quote_to_be_signed_is_called_by_its_customer(rules: None) -> None:
    quoted("Zhang", customer("Zhang", "甲机电有限公司"), product(), price=7_500)
    assert listed("zhou", NOW + HOUR) == []  # one after the other: 李主管 first
    (line,) = listed("li", NOW + HOUR)
    assert line.startswith(
        "审批 甲机电有限公司的报价 ¥1.5 万，张三已等 1 个工作小时 | 11-23 10:00 起等您，报价 BJ261123-"
    )


def test_a_quote_is_listed_for_its_last_three_working_days(rules: None) -> None:
    place = customer("Zhang", "甲机电有限公司")
    monday = TODAY + 7 * DAY
    made = quoted("Zhang", place, product(), valid_until=monday)
    friday = NOW + 4 * DAY
    assert listed("Zhang", NOW + DAY) == []  # from Tuesday four working days
    assert listed("Zhang", NOW + 2 * DAY) == [
        f"报价 甲机电有限公司 ¥19,000，还有 5 天到期 | 报价 {made.number} 未结，有效到 11-30"
    ]
    assert "还有 3 天到期" in listed("Zhang", friday)[0]
    assert "今天到期" in listed("Zhang", NOW + 7 * DAY)[0]
    assert items("Zhang", NOW + 7 * DAY)[0].sort == LOST_TODAY
    assert listed("Zhang", NOW + 8 * DAY) == []
    assert listed("li", friday) == []
    _, shown = card("Zhang", ItemKind.QUOTE, friday)
    assert (shown.notice["title"], taps(shown)) == (
        "报价快到期：甲机电有限公司",
        ["再报一次", "已发客户", "撤回报价", "知道了"],
    )
    uow.attempt(lambda s: withdraw_quote(s, actor("Zhang"), made.public_id, friday, entrance="chat"))
    assert listed("Zhang", friday) == []


@pytest.fixture
def clash(rules: None) -> None:
    pump = product()
    quoted("Zhang", customer("Zhang", "苏州瑞衡热能工程有限公司"), pump)
    quoted("qian", twin("qian", "瑞衡热能工程（苏州）有限公司"), pump, price=9_111)


def test_a_contest_waits_for_both_supervisors_until_each_has_spoken_and_shows_no_price(clash: None) -> None:
    for who, company in (("li", "苏州瑞衡热能工程有限公司"), ("wu", "瑞衡热能工程（苏州）有限")):
        (line,) = listed(who, NOW + 2 * HOUR)
        assert line.startswith(f"裁定 {company[:12]}，钱七已等 2 个工作小时 | 11-23 10:00 起等您定，张三先报、钱七后报")
        assert not any(price in line for price in ("9,111", "9,500", "9111", "9500"))
    assert [listed(who) for who in ("zhou", "wang", "Zhang", "qian")] == [[], [], [], []]
    _, shown = card("li", ItemKind.VERDICT, NOW + HOUR)
    assert taps(shown) == ["归张三", "归钱七", "共同"]
    vote("li", QuoteVerdict.FIRST)
    assert (listed("li"), len(listed("wu"))) == ([], 1)
    vote("wu", QuoteVerdict.SECOND)  # they differ: the director
    assert [len(listed(who)) for who in ("li", "wu", "zhou", "wang")] == [0, 0, 1, 0]
    vote("zhou", QuoteVerdict.FIRST)
    assert listed("zhou") == []


def test_without_a_director_an_admin_decides(clash: None) -> None:
    role("zhou", Role.REP)
    vote("li", QuoteVerdict.FIRST)
    vote("wu", QuoteVerdict.SECOND)
    assert [len(listed(who)) for who in ("zhou", "wang")] == [0, 1]


def vote(who: str, verdict: QuoteVerdict) -> None:
    (conflict,) = rows(QuoteConflict)
    uow.attempt(lambda s: quote_conflicts.vote(s, actor(who), conflict.id, verdict, NOW + HOUR, entrance="card"))
