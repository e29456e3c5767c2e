"""客户 of the mini-program in a real Chromium: the list, one customer's file, what is written down there, the forms."""

import re

import pytest
from playwright.sync_api import Page, expect

from config.vocabulary import CustomerLevel, CustomerSource
from crm import uow
from crm.access import actor_by_userid
from crm.usecases.customers import CustomerDraft, create_customer
from models.customers import Contact, Customer
from models.timeline import TimelineEntry
from tests.sidebar.conftest import START
from tests.support.browser import accessibility_problems, overflows
from tests.support.company import rows
from tests.web.conftest import Enter, shown, tab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SAID = "电话确认了口径和扬程，周五前给方案"


def held(name: str) -> str:
    with uow.transaction() as s:
        draft = CustomerDraft(name, CustomerLevel.NORMAL, CustomerSource.EVENT)
        return create_customer(s, actor_by_userid(s, "liqiang"), draft, START, entrance="chat").name


def opened(enter: Enter, name: str) -> Page:
    phone = enter("liqiang")
    expect(shown(phone)).to_contain_text("李强")
    tab(phone, "客户")
    shown(phone).get_by_label("搜索客户").fill(name)
    shown(phone).get_by_role("button", name=name).tap()
    expect(shown(phone).get_by_role("button", name="记跟进")).to_be_visible()
    return phone


def good(phone: Page) -> None:
    assert not overflows(phone)
    assert accessibility_problems(phone) == []
    small = "(all) => all.filter((one) => one.offsetHeight && one.offsetHeight < 44).map((one) => one.outerHTML)"
    assert shown(phone).locator("[role=button]").evaluate_all(small) == []


def test_a_list_is_searched_and_says_when_there_is_nothing(enter: Enter) -> None:
    name = held("平湖东港船舶修造有限公司")
    phone = enter("liqiang")
    tab(phone, "客户")
    expect(shown(phone).get_by_role("button", name=name)).to_contain_text(re.compile(r"剩 \d+ 天"))
    good(phone)
    shown(phone).get_by_label("搜索客户").fill("没有这一家")
    expect(shown(phone).get_by_text("没有符合条件的客户")).to_be_visible()
    shown(phone).get_by_role("button", name="筛选").tap()
    expect(shown(phone).get_by_role("button", name="重点客户")).to_be_visible()
    good(phone)


def test_a_follow_up_is_written_and_taken_back(enter: Enter) -> None:
    phone = opened(enter, held("海盐联丰紧固件有限公司"))
    good(phone)
    shown(phone).get_by_role("button", name="记跟进").tap()
    shown(phone).get_by_role("button", name="保存").tap()
    expect(shown(phone).get_by_text("请写下谈了什么")).to_be_visible()
    shown(phone).get_by_label("谈了什么").fill(SAID)
    good(phone)
    shown(phone).get_by_role("button", name="保存").tap()
    expect(shown(phone).get_by_text("跟进已记下")).to_be_visible()
    shown(phone).get_by_role("button", name="动态").tap()
    expect(shown(phone).get_by_text(SAID)).to_be_visible()
    good(phone)
    shown(phone).get_by_role("button", name="撤销").tap()
    expect(shown(phone).get_by_text(SAID)).to_have_count(0)
    assert [one for one in rows(TimelineEntry, TimelineEntry.text == SAID) if one.retracted_at is None] == []


def test_without_a_network_a_follow_up_waits_on_the_phone_and_goes_once(enter: Enter) -> None:
    phone = opened(enter, held("桐乡恒越化纤有限公司"))
    phone.evaluate("window.postMessage({flight: true}, location.origin)")
    shown(phone).get_by_role("button", name="记跟进").tap()
    words = "客户在电话里要了样品册"
    shown(phone).get_by_label("谈了什么").fill(words)
    shown(phone).get_by_role("button", name="保存").tap()
    expect(phone.get_by_role("status").last).to_contain_text("联网后自动发出")
    assert rows(TimelineEntry, TimelineEntry.text == words) == []
    with phone.expect_response(re.compile("/follow-ups")) as sent:
        phone.evaluate("window.postMessage({flight: false}, location.origin)")
    assert sent.value.ok
    assert len(rows(TimelineEntry, TimelineEntry.text == words)) == 1


def test_a_contact_is_added_and_a_wrong_field_says_why(enter: Enter) -> None:
    phone = opened(enter, held("海宁纺科机械有限公司"))
    shown(phone).get_by_role("button", name="添加联系人").tap()
    shown(phone).get_by_role("button", name="保存").tap()
    expect(shown(phone).locator(".wrong").first).to_be_visible()
    good(phone)
    shown(phone).get_by_label("姓名").fill("沈科长")
    shown(phone).get_by_role("button", name="保存").tap()
    expect(shown(phone).get_by_text("沈科长")).to_be_visible()
    assert len(rows(Contact, Contact.name == "沈科长")) == 1


def test_a_customer_is_made_and_its_name_is_not_given_twice(enter: Enter) -> None:
    phone = enter("liqiang")
    name = "嘉兴南湖新材料有限公司"
    for again in (False, True):
        tab(phone, "客户")
        shown(phone).get_by_role("button", name="新建客户").tap()
        shown(phone).get_by_label("公司名称").fill(name)
        shown(phone).get_by_role("button", name=re.compile("^来源")).tap()
        phone.locator("#over").get_by_role("button").nth(1).tap()
        shown(phone).get_by_role("button", name="保存").tap()
        if again:
            expect(shown(phone).get_by_role("dialog", name="可能已经有这一家")).to_contain_text(name)
        else:
            expect(shown(phone).get_by_role("button", name="记跟进")).to_be_visible()
            phone.locator("#back").tap()
    assert len(rows(Customer, Customer.name == name)) == 1
