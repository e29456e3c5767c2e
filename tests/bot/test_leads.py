"""Leads and registrations in the chat: answered, converted and found invalid by one tap, and taken back."""

from datetime import timedelta

import pytest

from config.prospects import InvalidReason, LeadInlet, LeadState
from config.vocabulary import CustomerSource
from crm import uow
from crm.rules.days import at, day_of
from crm.usecases import contacts, lead_sources, leads, projects, registrations
from crm.usecases.registration_sweep import judge_registration
from models.customers import Customer
from models.leads import Lead
from models.projects import ProjectRegistration
from tests.bot.wecom import ClockFile, Wecom
from tests.support.company import IDS, MINUTE, NOW, ONE, actor, customer, rows


def lead(who: str = "Zhang", company: str = "苏州恒力泵业有限公司", **told: object) -> int:
    draft = leads.LeadDraft(LeadInlet.EXHIBITION, company, "王工", "13800138000", **told)  # type: ignore[arg-type]
    return uow.attempt(lambda s: leads.capture(s, actor(who), draft, NOW, entrance="console")).id


def state(lead_id: int) -> LeadState:
    return LeadState(rows(Lead, Lead.id == lead_id)[0].state)


def test_the_list_gives_a_card_by_its_number_and_the_tap_can_be_taken_back(wecom: Wecom) -> None:
    one = lead()
    assert "1. 苏州恒力泵业有限公司" in wecom.say("Zhang", "/线索")
    wecom.say("Zhang", "1")
    card = wecom.card("Zhang")
    assert card.taps == ["已联系", "转客户", "无效"]
    shown = wecom.press("Zhang", card, "已联系")
    assert state(one) is LeadState.CONTACTED
    wecom.undo("Zhang", card, shown)
    assert state(one) is LeadState.NEW


def test_a_number_behind_the_command_opens_that_one(wecom: Wecom) -> None:
    lead()
    assert wecom.say("Zhang", "/线索 1") == "「苏州恒力泵业有限公司」请在下面的卡片上处理"
    assert wecom.card("Zhang").taps == ["已联系", "转客户", "无效"]
    assert "没有第 2 条" in wecom.say("Zhang", "/线索 2")


def test_one_tap_makes_the_customer_and_one_takes_it_back(wecom: Wecom) -> None:
    one = lead()
    wecom.say("Zhang", "/xiansuo")
    wecom.say("Zhang", "1")
    card = wecom.card("Zhang")
    shown = wecom.press("Zhang", card, "转客户")
    assert state(one) is LeadState.CONVERTED
    assert [c.name for c in rows(Customer)] == ["苏州恒力泵业有限公司"]
    wecom.undo("Zhang", card, shown)
    assert state(one) is LeadState.NEW


def test_without_a_company_its_name_is_asked_for(wecom: Wecom) -> None:
    one = lead(company="")
    wecom.say("Zhang", "/线索")
    wecom.say("Zhang", "1")
    wecom.press("Zhang", wecom.card("Zhang"), "转客户")
    assert "已新建客户「无锡甲环保有限公司」" in wecom.say("Zhang", "无锡甲环保有限公司")
    assert state(one) is LeadState.CONVERTED


def test_invalid_wants_its_reason(wecom: Wecom) -> None:
    one = lead()
    wecom.say("Zhang", "/线索")
    wecom.say("Zhang", "1")
    card = wecom.card("Zhang")
    wecom.press("Zhang", card, "无效")
    assert state(one) is LeadState.NEW
    wecom.press("Zhang", card, "无效", InvalidReason.SUPPLIER)
    assert state(one) is LeadState.INVALID


def test_the_leader_hands_out_what_waits(wecom: Wecom) -> None:
    one = lead("wang", team_id=ONE)
    wecom.press("li", wecom.card("li"), "分配", str(IDS["sun"]))
    assert rows(Lead, Lead.id == one)[0].owner_id == IDS["sun"]
    assert wecom.card("sun").title == "新线索：苏州恒力泵业有限公司"
    assert "没有等您联系的线索" in wecom.say("Zhang", "/线索")


def test_it_stands_in_the_list_of_the_day(wecom: Wecom) -> None:
    lead()
    assert "【线索】苏州恒力泵业有限公司" in wecom.say("Zhang", "/待办")
    wecom.say("Zhang", "1")
    assert "已联系" in wecom.card("Zhang").taps


def test_who_came_by_a_code_of_ours_is_a_lead_and_his_chat_follows_the_conversion(wecom: Wecom) -> None:
    draft = lead_sources.SourceDraft(LeadInlet.WECOM_CONTACT, "展会码", CustomerSource.EVENT, ONE, state="fair26")
    uow.attempt(lambda s: lead_sources.open_source(s, actor("wang"), draft, NOW, entrance="console"))
    who = contacts.Stranger("wmAAAA", "王工", "无锡甲环保有限公司", "设备科长", "", "fair26")
    for _ in range(2):
        uow.attempt(lambda s: contacts.meet(s, "Zhang", who, NOW))
    (one,) = rows(Lead)
    assert (one.inlet, one.source, one.company) == ("wecom_contact", "event", "无锡甲环保有限公司")
    cards = [card for card in wecom.waiting("Zhang") if card.notice["buttons"]]
    assert [card.title for card in cards] == ["新线索：无锡甲环保有限公司"]
    shown = wecom.press("Zhang", cards[0], "转客户")
    assert wecom.say("Zhang", "/待办").count("【新联系人】") == 0
    wecom.undo("Zhang", cards[0], shown)
    assert state(one.id) is LeadState.NEW


@pytest.mark.parametrize("tap", ["延期", "放弃"])
def test_a_registration_that_runs_out_is_extended_or_given_up_by_a_tap(
    wecom: Wecom, clock: ClockFile, tap: str
) -> None:
    dealer = customer("Zhang", "苏州甲泵阀经销有限公司")
    draft = projects.ProjectDraft("二期循环水泵", "常熟新泰纺织机械有限公司")
    made = uow.attempt(lambda s: projects.create_project(s, actor("Zhang"), draft, NOW, entrance="console"))
    done = uow.attempt(
        lambda s: registrations.register(s, actor("Zhang"), made.id, dealer, "", NOW, entrance="console")
    )
    near = at(day_of(done.expires_at) - timedelta(days=5), 10)
    clock.set(near)
    uow.attempt(lambda s: judge_registration(s, done.id, near, dry_run=False))
    card = wecom.card("Zhang")
    shown = wecom.press("Zhang", card, tap)
    (row,) = rows(ProjectRegistration)
    assert (row.extensions, row.ended_at is not None) == ((1, False) if tap == "延期" else (0, True))
    clock.forward(MINUTE)
    wecom.undo("Zhang", card, shown)
    (row,) = rows(ProjectRegistration)
    assert (row.extensions, row.ended_at, row.expires_at) == (0, None, done.expires_at)
