"""客户 in the mini-program: calls, files, others' customers, companies alike, fields of operations, no network."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from config.vocabulary import CustomerLevel, CustomerSource, FieldKind, FieldObject, ShareAccess
from crm import uow
from crm.access import actor_by_userid
from crm.usecases.contact_file import add_contact
from crm.usecases.customers import CustomerDraft, create_customer
from crm.usecases.fields import FieldDraft, add_field
from crm.usecases.sharing import Wish, share_customer
from models.customers import Customer
from models.files import Attachment
from models.visits import PhoneCall
from tests.sidebar.conftest import START
from tests.stories.house import House
from tests.support.browser import accessibility_problems, overflows
from tests.support.company import rows
from tests.web.conftest import Enter, shown, tab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
KINDS = {
    FieldKind.TEXT: "泵房编号",
    FieldKind.LONG_TEXT: "现场情况",
    FieldKind.NUMBER: "在用台数",
    FieldKind.MONEY: "年度预算",
    FieldKind.DATE: "大修日期",
    FieldKind.SELECT: "主要介质",
    FieldKind.MULTI_SELECT: "关心什么",
    FieldKind.PERSON: "技术支持",
    FieldKind.REGION: "项目所在地",
    FieldKind.ATTACHMENT: "现场照片",
}


def held(name: str, phone: str = "", userid: str = "liqiang") -> str:
    """A customer of his, with 沈科长 where a telephone is given; its public id."""
    with uow.transaction() as s:
        who = actor_by_userid(s, userid)
        made = create_customer(
            s, who, CustomerDraft(name, CustomerLevel.NORMAL, CustomerSource.EVENT), START, entrance="chat"
        )
        if phone:
            add_contact(s, who, made.id, {"name": "沈科长", "phone": phone}, START, entrance="chat")
        return made.public_id


def listed(enter: Enter, userid: str = "liqiang", name: str = "李强") -> Page:
    phone = enter(userid)
    expect(shown(phone)).to_contain_text(name)
    tab(phone, "客户")
    expect(shown(phone).get_by_label("搜索客户")).to_be_visible()
    return phone


def opened(phone: Page, name: str) -> None:
    shown(phone).get_by_label("搜索客户").fill(name)
    shown(phone).get_by_role("button", name=name).tap()
    expect(shown(phone).get_by_text("归谁负责").or_(shown(phone).get_by_text("联系人", exact=True))).to_be_visible()


def good(phone: Page) -> None:
    assert not overflows(phone)
    assert accessibility_problems(phone) == []
    small = "(all) => all.filter((one) => one.offsetHeight && one.offsetHeight < 44).map((one) => one.outerHTML)"
    assert shown(phone).locator("[role=button]").evaluate_all(small) == []


def flight(phone: Page, on: bool) -> None:
    phone.evaluate("flight => window.postMessage({flight}, location.origin)", on)


def picked(phone: Page, path: Path, tap: Callable[[], None], way: str) -> None:
    tap()
    with phone.expect_file_chooser() as chooser:
        phone.locator("#over").get_by_role("button", name=way).tap()
    chooser.value.set_files(path)


def photo(folder: Path) -> Path:
    Image.new("RGB", (640, 480), "navy").save(folder / "pump.jpg", "JPEG")
    return folder / "pump.jpg"


def test_a_call_is_logged_and_on_return_asks_how_it_went_also_without_a_network(enter: Enter) -> None:
    customer = "平湖明辉印染有限公司"
    held(customer, "13800138001")
    phone = listed(enter)
    opened(phone, customer)
    shown(phone).get_by_role("button", name="拨打沈科长").tap()
    phone.get_by_role("button", name="呼叫 13800138001").tap()
    asked = shown(phone).get_by_role("dialog", name="给沈科长的电话打通了吗")
    expect(asked).to_be_visible()
    good(phone)
    asked.get_by_role("button", name="保存").tap()
    expect(asked.get_by_text("请选接通还是未接通")).to_be_visible()
    asked.get_by_role("button", name="接通", exact=True).tap()
    asked.get_by_role("button", name="保存").tap()
    expect(asked.get_by_text("接通了，请写一句说了什么")).to_be_visible()
    asked.get_by_label("说了什么").fill("下周二看样机")
    asked.get_by_role("button", name="保存").tap()
    expect(asked).to_have_count(0)
    flight(phone, True)
    shown(phone).get_by_role("button", name="拨打沈科长").tap()
    phone.get_by_role("button", name="呼叫 13800138001").tap()
    asked.get_by_role("button", name="未接通").tap()
    asked.get_by_role("button", name="保存").tap()
    expect(phone.get_by_role("status").last).to_contain_text("联网后自动发出")
    with phone.expect_response(lambda answer: answer.request.method == "PATCH" and "/calls/" in answer.url) as told:
        flight(phone, False)
    assert told.value.ok
    calls = sorted(rows(PhoneCall), key=lambda one: one.at)
    assert [(one.reached, one.note) for one in calls] == [(True, "下周二看样机"), (False, "")]


def test_files_of_a_customer_are_attached_and_looked_at(enter: Enter, tmp_path: Path) -> None:
    customer = "平湖广源阀门有限公司"
    held(customer)
    phone = listed(enter)
    opened(phone, customer)
    shown(phone).get_by_role("button", name="附件").tap()
    expect(shown(phone).get_by_text("还没有附件")).to_be_visible()
    add = shown(phone).get_by_role("button", name="添加附件")
    picked(phone, photo(tmp_path), add.tap, "拍照或选图片")
    expect(shown(phone).get_by_role("button", name="照片 20")).to_be_visible()
    (tmp_path / "口径清单.csv").write_text("口径,台数\n150,4\n", encoding="utf-8")
    picked(phone, tmp_path / "口径清单.csv", add.tap, "选聊天里的文件")
    expect(shown(phone).get_by_role("button", name="口径清单.csv")).to_be_visible()
    good(phone)
    assert len(rows(Attachment, Attachment.name == "口径清单.csv")) == 1
    shown(phone).get_by_role("button", name="照片 20").tap()
    expect(phone.locator("#over img")).to_be_visible()


def test_a_lead_reads_his_team_and_a_colleague_what_is_shared_with_him(enter: Enter) -> None:
    customer = "平湖同心纸业有限公司"
    public_id = held(customer, "13800138002")
    with uow.transaction() as s:
        wish = Wish("zhangmin", ShareAccess.READ)
        share_customer(s, actor_by_userid(s, "liqiang"), public_id, wish, START, entrance="chat")
    phone = listed(enter, "zhangmin", "张敏")
    expect(shown(phone).get_by_text("您名下还没有客户")).to_be_visible()
    good(phone)
    assert shown(phone).get_by_role("button", name="公海").count() == 0
    shown(phone).get_by_role("button", name="共享给我").tap()
    opened(phone, customer)
    expect(shown(phone).get_by_text("这个客户您只能看")).to_be_visible()
    expect(shown(phone).get_by_text("138****8002")).to_be_visible()
    assert shown(phone).get_by_role("button", name="记跟进").count() == 0
    good(phone)
    shown(phone).get_by_role("button", name="拨打沈科长").tap()
    expect(phone.get_by_role("button", name="呼叫 13800138002")).to_be_visible()  # his look at it is counted
    lead = listed(enter, "wanglei", "王磊")
    shown(lead).get_by_role("button", name="公海").tap()
    expect(shown(lead).get_by_text("公海里没有等待分配的客户")).to_be_visible()
    good(lead)
    shown(lead).get_by_role("button", name="团队").tap()
    opened(lead, customer)
    stranger = enter("sunyue", f"pages/customer/customer?id={public_id}")
    expect(shown(stranger).get_by_text("没有读到这个客户")).to_be_visible()


def test_what_looks_like_another_is_shown_before_it_is_made(enter: Enter) -> None:
    there = "嘉善宏达泵业有限公司"
    held(there)
    phone = listed(enter)

    def write(name: str) -> None:
        shown(phone).get_by_role("button", name="新建客户").tap()
        good(phone)
        shown(phone).get_by_label("公司名称").fill(name)
        shown(phone).get_by_role("button", name=re.compile("^来源")).tap()
        phone.locator("#over").get_by_role("button").nth(1).tap()
        shown(phone).get_by_role("button", name="保存").tap()

    write(there)
    alike = shown(phone).get_by_role("dialog", name="可能已经有这一家")
    expect(alike.get_by_text("不能再建一份")).to_be_visible()
    assert alike.get_by_role("button", name="仍要新建").count() == 0
    good(phone)
    alike.get_by_role("button", name=there).tap()
    expect(shown(phone).get_by_role("button", name="记跟进")).to_be_visible()
    phone.locator("#back").tap()
    write("嘉善宏达泵业股份有限公司")
    expect(alike.get_by_role("button", name=there)).to_be_visible()
    good(phone)
    alike.get_by_role("button", name="仍要新建").tap()
    expect(shown(phone).get_by_text("嘉善宏达泵业股份有限公司")).to_be_visible()
    assert len(rows(Customer, Customer.name.startswith("嘉善宏达泵业"))) == 2


def test_a_field_of_each_kind_is_filled_in_shown_and_narrows_the_list(
    enter: Enter, house: House, tmp_path: Path
) -> None:
    house.run("user", "grant", "linlan", "operations")
    with uow.transaction() as s:
        for kind, label in KINDS.items():
            added = ("清水", "热水") if kind in (FieldKind.SELECT, FieldKind.MULTI_SELECT) else ()
            draft = FieldDraft(label, "basic", added=added)
            add_field(s, actor_by_userid(s, "linlan"), FieldObject.CUSTOMER, kind, draft, START, entrance="console")
    customer = "海宁斜桥热电有限公司"
    held(customer)
    phone = listed(enter)
    opened(phone, customer)
    shown(phone).get_by_role("button", name="资料").tap()
    good(phone)
    shown(phone).get_by_role("button", name="修改资料").tap()
    typed = {
        FieldKind.TEXT: "P-101",
        FieldKind.LONG_TEXT: "三号泵轴封漏水",
        FieldKind.NUMBER: "12",
        FieldKind.MONEY: "300000",
        FieldKind.REGION: "浙江海宁",
    }
    for kind, words in typed.items():
        shown(phone).get_by_label(KINDS[kind]).fill(words)
    for kind, choice in ((FieldKind.SELECT, "热水"), (FieldKind.PERSON, "张敏")):
        shown(phone).get_by_role("button", name=KINDS[kind]).tap()
        phone.locator("#over").get_by_role("button", name=choice, exact=True).tap()
    shown(phone).get_by_role("button", name="清水", exact=True).tap()
    picked(
        phone, photo(tmp_path), shown(phone).get_by_role("button", name=KINDS[FieldKind.ATTACHMENT]).tap, "拍照或选图片"
    )
    expect(shown(phone).get_by_role("button", name="现场照片：照片")).to_be_visible()
    good(phone)
    shown(phone).get_by_role("button", name="保存").tap()
    expect(phone.locator("#title")).to_have_text("客户")
    for words in ("P-101", "三号泵轴封漏水", "浙江海宁", "热水", "张敏", "清水"):
        expect(shown(phone).get_by_text(words, exact=True)).to_be_visible()
    phone.locator("#back").tap()
    held("海宁斜桥热电二厂有限公司")
    shown(phone).get_by_label("搜索客户").fill("海宁斜桥热电")
    for kind, words in ((FieldKind.TEXT, "P-1"), (FieldKind.NUMBER, "10..20"), (FieldKind.MONEY, "10万..50万")):
        shown(phone).get_by_role("button", name="筛选").tap()
        more = shown(phone).get_by_role("button", name="更多条件")
        if more.count():
            more.tap()
        shown(phone).get_by_label(KINDS[kind]).fill(words)
        shown(phone).get_by_role("button", name="查看").tap()
        expect(shown(phone).get_by_text("1 家 · 按剩余天数")).to_be_visible()
    shown(phone).get_by_role("button", name="筛选").tap()
    sheet = shown(phone).get_by_role("dialog", name="筛选和排序")
    sheet.get_by_role("button", name="清水").first.tap()
    good(phone)
    shown(phone).get_by_role("button", name="查看").tap()
    expect(shown(phone).get_by_text("没有符合条件的客户")).to_be_visible()


def test_a_long_list_comes_by_pages_each_customer_once(enter: Enter) -> None:
    names = [f"桐乡{a}{b}丝绸有限公司" for a in "甲乙丙丁戊己庚" for b in "天地玄黄宇宙洪荒"]
    for name in names:
        held(name)
    phone = listed(enter)
    shown(phone).get_by_label("搜索客户").fill("桐乡")
    expect(shown(phone).get_by_text(f"{len(names)} 家 · ")).to_be_visible()
    lines = shown(phone).get_by_role("button", name="丝绸有限公司")
    expect(lines).to_have_count(50)
    shown(phone).evaluate("page => page.scrollTo(0, page.scrollHeight)")
    expect(lines).to_have_count(len(names))
    expect(shown(phone).get_by_text("没有更多了")).to_be_visible()
    assert {re.split(r"\s", words.strip())[0][:8] for words in lines.all_inner_texts()} == {name[:8] for name in names}


def test_without_a_network_the_list_and_the_files_opened_are_there_after_the_app_was_killed(enter: Enter) -> None:
    customer, never = "平湖新埭工具有限公司", "平湖新仓缝纫机有限公司"
    held(customer, "13800138003", "sunyue")
    held(never, "", "sunyue")
    phone = listed(enter, "sunyue", "孙悦")
    shown(phone).get_by_role("button", name=customer).tap()
    for part in ("动态", "资料", "附件", "概况"):
        shown(phone).get_by_role("button", name=part).first.tap()
    phone.wait_for_load_state("networkidle")
    phone.goto(f"{phone.url.split('#')[0]}&flight")
    expect(shown(phone)).to_contain_text("孙悦")
    expect(shown(phone).get_by_text("没有网络，现在看的是")).to_be_visible()
    tab(phone, "客户")
    expect(shown(phone).get_by_text("没有网络，现在看的是")).to_be_visible()
    shown(phone).get_by_role("button", name=customer).tap()
    expect(shown(phone).get_by_text("沈科长")).to_be_visible()
    expect(shown(phone).get_by_text("没有网络，现在看的是")).to_be_visible()
    good(phone)
    phone.locator("#back").tap()
    shown(phone).get_by_role("button", name=never).tap()
    expect(shown(phone).get_by_text("没有读到这个客户")).to_be_visible()
    flight(phone, False)
    shown(phone).get_by_role("button", name="再试一次").tap()
    expect(shown(phone).get_by_role("button", name="记跟进")).to_be_visible()
