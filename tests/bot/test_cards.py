"""Buttons: one tap wins, everybody else is told, and a key is a name and never a permission."""

from datetime import timedelta
from xml.etree.ElementTree import Element

import pytest
from sqlalchemy import update

from config.vocabulary import ContactState
from crm import uow
from crm.usecases import contacts
from crm.usecases.contacts import Stranger
from models.audit import AuditEntry
from models.customers import Customer
from models.links import ChatLink, ExternalContact
from models.messages import Card
from models.timeline import TimelineEntry
from tests.bot.wecom import ClockFile, Promise, Wecom
from tests.support.company import DAY, MINUTE, NOW, at_once, customer, rows, snapshot

WHO = Stranger("wmAAAA", "王工", "华东泵业有限公司", "采购", "")

IGNORED = ["忽略：供应商", "忽略：同行", "忽略：私人"]


def met(userid: str, stranger: Stranger = WHO) -> None:
    """What the worker does after `add_external_contact`."""
    with uow.transaction() as s:
        contacts.meet(s, userid, stranger, NOW)


def state(external_userid: str = "wmAAAA") -> str:
    return rows(ExternalContact, ExternalContact.external_userid == external_userid)[0].state


def audited() -> list[str]:
    return [row.verb for row in rows(AuditEntry)]


def desc(shown: Element | None) -> str:
    return "" if shown is None else shown.findtext("TemplateCard/MainTitle/Desc", "")


def last_words(wecom: Wecom, userid: str) -> str:
    return wecom.waiting(userid)[-1].body


def test_a_contact_is_linked_to_the_candidate_with_one_tap(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    met("Zhang")
    card = wecom.card("Zhang")
    assert card.title == "新联系人：王工"
    assert card.taps == ["关联", "新建", "选其他客户", *IGNORED]
    assert "已关联 华东泵业有限公司" in desc(wecom.press("Zhang", card, "关联"))
    assert state() == ContactState.LINKED
    assert audited() == ["create_customer", "link"]


def test_the_same_tap_sent_four_times_is_one_link_and_one_answer(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    met("Zhang")
    card = wecom.card("Zhang")
    tap = wecom.pressing("Zhang", card.key("关联"), card.id)
    answers = [wecom.opened(wecom.post(tap)) for _ in range(4)]
    assert {desc(answer) for answer in answers} == {desc(answers[0])}
    assert audited().count("link") == 1


def test_another_customer_can_be_chosen_in_the_drop_down(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    other = customer("Zhang", "华东泵业设备有限公司")
    met("Zhang")
    card = wecom.card("Zhang")
    wecom.press("Zhang", card, "关联", str(other))
    assert rows(ChatLink)[0].customer_id == other


@pytest.mark.parametrize("forged", ["999999", "-1", "0x1", "1 OR 1=1", "colleague", "", "9" * 400])
def test_an_option_that_the_card_never_offered_counts_as_none(wecom: Wecom, forged: str) -> None:
    own = customer("Zhang", "华东泵业有限公司")
    met("Zhang")
    wecom.press("Zhang", wecom.card("Zhang"), "关联", forged)
    assert [link.customer_id for link in rows(ChatLink)] == [own]


def test_a_colleagues_customer_stands_there_without_a_name_and_its_supervisors_are_asked(wecom: Wecom) -> None:
    customer("qian", "华东泵业有限公司")
    met("Zhang")
    card = wecom.card("Zhang")
    assert "同事在跟进" in str(card.notice)
    assert "钱七" not in str(card.notice)
    answered = desc(wecom.press("Zhang", card, "关联"))
    assert "同事在跟进" in answered
    assert "钱七" not in answered
    assert rows(ChatLink) == []
    assert [wecom.card(lead).notice["title"] for lead in ("li", "wu")] == ["撞单：华东泵业有限公司"] * 2


def test_a_customer_is_made_out_of_the_contact_and_linked(wecom: Wecom) -> None:
    met("Zhang")
    card = wecom.card("Zhang")
    assert card.taps == ["新建", "选其他客户", *IGNORED]
    assert "已新建并关联 华东泵业有限公司" in desc(wecom.press("Zhang", card, "新建"))
    assert [c.source for c in rows(Customer)] == ["wecom"]


def test_a_contact_without_a_company_is_asked_for_it(wecom: Wecom) -> None:
    met("Zhang", Stranger("wmAAAA", "", "", "", ""))
    wecom.press("Zhang", wecom.card("Zhang"), "新建")
    assert "哪家公司" in last_words(wecom, "Zhang")
    assert "并关联联系人" in wecom.say("Zhang", "华东泵业")
    assert state() == ContactState.LINKED


def test_a_link_is_taken_back_within_ten_minutes_and_can_be_made_again(wecom: Wecom, clock: ClockFile) -> None:
    customer("Zhang", "华东泵业有限公司")
    met("Zhang")
    card = wecom.card("Zhang")
    shown = wecom.press("Zhang", card, "关联")
    clock.forward(9 * MINUTE)
    back = wecom.undo("Zhang", card, shown)
    assert (state(), rows(ChatLink)) == (ContactState.UNLINKED, [])
    assert back is not None
    assert len(list(back.iter("ButtonList"))) == 6
    assert wecom.undo("Zhang", card, shown) is not None
    assert "已经撤销过了" in last_words(wecom, "Zhang")
    wecom.press("Zhang", card, "忽略：同行")
    assert state() == ContactState.IGNORED


def test_after_ten_minutes_nothing_is_taken_back(wecom: Wecom, clock: ClockFile) -> None:
    customer("Zhang", "华东泵业有限公司")
    met("Zhang")
    card = wecom.card("Zhang")
    shown = wecom.press("Zhang", card, "关联")
    clock.forward(10 * MINUTE + timedelta(seconds=2))
    wecom.undo("Zhang", card, shown)
    assert state() == ContactState.LINKED
    assert "撤销的时间已经过了" in last_words(wecom, "Zhang")


def test_an_old_way_back_does_not_open_a_card_that_was_decided_anew(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    met("Zhang")
    card = wecom.card("Zhang")
    shown = wecom.press("Zhang", card, "忽略：同行")
    wecom.undo("Zhang", card, shown)
    wecom.press("Zhang", card, "关联")
    wecom.undo("Zhang", card, shown)
    assert state() == ContactState.LINKED
    assert rows(Card)[-1].closed_at is not None


def test_two_reps_tap_for_the_same_contact_at_once_and_one_wins(wecom: Wecom) -> None:
    for owner, name in (("Zhang", "华东泵业有限公司"), ("sun", "华东泵业设备有限公司")):
        customer(owner, name)
        met(owner)
    taps = []
    for who in ("Zhang", "sun"):
        card = wecom.card(who)
        taps.append(wecom.pressing(who, card.key("关联"), card.id))
    answers = at_once([lambda tap=tap: wecom.post(tap).status_code for tap in taps])  # type: ignore[misc]
    assert answers == [200, 200]
    assert len(rows(ChatLink)) == 1
    assert audited().count("link") == 1
    told = [p.body for who in ("Zhang", "sun") for p in wecom.waiting(who) if not p.notice["buttons"]]
    assert len(told) == 2
    assert [sum(words in one for one in told) for words in ("已经关联到", "他关联的客户您看不到")] == [1, 1]


def test_a_card_of_last_month_is_refused_and_greyed(wecom: Wecom, clock: ClockFile) -> None:
    customer("Zhang", "华东泵业有限公司")
    met("Zhang")
    card = wecom.card("Zhang")
    clock.forward(31 * DAY)
    shown = wecom.press("Zhang", card, "关联")
    assert shown is not None
    assert shown.findtext("Button/ReplaceName") == "已失效"
    assert "已经过期" in last_words(wecom, "Zhang")
    assert rows(ChatLink) == []


def test_a_key_works_for_nobody_but_whom_the_card_was_sent_to(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    met("Zhang")
    card = wecom.card("Zhang")
    before = snapshot()
    for thief in ("sun", "li", "wang"):
        assert wecom.press(thief, card, "关联") is None
        assert "不是发给您的" in last_words(wecom, thief)
    for thief in ("off", "left", "nobody"):
        shown = wecom.press(thief, card, "关联")
        assert shown is not None
        assert shown.findtext("Button/ReplaceName") == "账号不可用，请找管理员"
    after = snapshot()
    assert {name for name in after if after[name] != before[name]} == {"inbox_event", "outbox_message"}


@pytest.mark.parametrize("key", ["", "link", "undo:link", "x" * 22, "' OR 1=1 --", "键" * 200, "a" * 5000])
def test_a_key_that_we_never_gave_away_does_nothing(wecom: Wecom, key: str) -> None:
    before = snapshot()
    assert wecom.opened(wecom.post(wecom.pressing("Zhang", key))) is None
    assert "已经失效" in last_words(wecom, "Zhang")
    after = snapshot()
    assert {name for name in after if after[name] != before[name]} == {"inbox_event", "outbox_message"}


def test_a_contact_is_linked_after_the_customer_was_named(wecom: Wecom) -> None:
    met("Zhang", Stranger("wmBBBB", "", "", "", ""))
    own = customer("Zhang", "华东泵业有限公司")
    assert "下面这张卡片" in wecom.say("Zhang", "/关联 华东泵业")
    card = wecom.card("Zhang")
    (choice,) = card.notice["selection"]["choices"]
    assert choice["text"]
    assert wecom.press("Zhang", card, "关联") is None
    wecom.press("Zhang", card, "关联", choice["id"])
    assert state("wmBBBB") == ContactState.LINKED
    assert [link.customer_id for link in rows(ChatLink) if link.kind == "external_contact"] == [own]


@pytest.mark.parametrize("change", ["released", "merged", "given away"])
def test_a_card_about_a_customer_that_is_no_longer_yours_changes_nothing(wecom: Wecom, change: str) -> None:
    own, other = customer("Zhang", "华东泵业有限公司"), customer("sun", "苏州阀门厂")
    wecom.say("Zhang", "华东泵业王总要两台样机")
    card = wecom.card("Zhang")
    lost: dict[str, dict[str, int | None]] = {
        "released": {"owner_id": None, "queue_team_id": 2},
        "merged": {"merged_into_id": other},
        "given away": {"owner_id": 2},
    }
    with uow.transaction() as s:
        s.execute(update(Customer).where(Customer.id == own).values(**lost[change]))
    before = len(rows(TimelineEntry))
    assert wecom.press("Zhang", card, "是") is None
    assert "没有找到这个客户" in last_words(wecom, "Zhang")
    assert len(rows(TimelineEntry)) == before
    assert "没有找到" in wecom.say("Zhang", "/关联 华东泵业")


def test_a_tap_that_is_drained_later_speaks_through_the_outbox(wecom: Wecom) -> None:
    customer("Zhang", "华东泵业有限公司")
    met("Zhang")
    card: Promise = wecom.card("Zhang")
    query, body = wecom.seal(wecom.pressing("Zhang", card.key("关联"), card.id))
    assert wecom.push(query, body, **wecom.drained(query, body)).data == b""
    assert "已关联 华东泵业有限公司" in last_words(wecom, "Zhang")
    for words, said in (("/客户", "您的客户"), ("/关联 火星", "没有找到")):
        query, body = wecom.seal(wecom.text("Zhang", words))
        assert wecom.push(query, body, **wecom.drained(query, body)).data == b""
        assert said in last_words(wecom, "Zhang")
