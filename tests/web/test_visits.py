"""拜访 in the mini-program: checked in at the customer's with and without a network, with and without a position."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Geolocation, Page, expect
from sqlalchemy import select

from config.vocabulary import CustomerLevel, CustomerSource
from crm import uow
from crm.access import actor_by_userid
from crm.usecases.customers import CustomerDraft, create_customer
from models.customers import Customer
from models.visits import Visit, VisitPlan, VisitUpload
from tests.sidebar.conftest import START
from tests.stories.house import House
from tests.support.browser import PHONE, Open, accessibility_problems, overflows
from tests.support.company import rows
from tests.web.conftest import BUILT, address, shown, tab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
HERE: Geolocation = {"latitude": 30.7512, "longitude": 120.7563, "accuracy": 24}
_NUMBER = count(1)

Carry = Callable[..., Page]


@pytest.fixture
def carry(house: House, open_page: Open) -> Carry:
    """`carry(allowed=True, who="liqiang")` is his phone at a customer's, its clock that of the house, on the tab 拜访."""
    if not (BUILT / "host" / "index.html").exists():
        pytest.skip("web/ was not built")

    def carried(allowed: bool = True, who: str = "liqiang", name: str = "李强") -> Page:
        phone = open_page(**PHONE, geolocation=HERE, permissions=["geolocation"] if allowed else [])
        phone.clock.install(time=START)
        phone.goto(address(house, who))
        expect(shown(phone)).to_contain_text(name)
        tab(phone, "拜访")
        return phone

    return carried


def known() -> str:
    """A customer of 李强's; its name."""
    trade, stem = divmod(next(_NUMBER), 10)
    name = f"海宁{'甲乙丙丁戊己庚辛壬癸'[stem]}泰{('印染', '化纤', '造纸', '水泥', '制药', '皮革', '食品', '电镀')[trade]}有限公司"
    with uow.transaction() as s:
        draft = CustomerDraft(name, CustomerLevel.NORMAL, CustomerSource.EVENT)
        create_customer(s, actor_by_userid(s, "liqiang"), draft, START, entrance="chat")
    return name


def begin(phone: Page, customer: str) -> None:
    shown(phone).get_by_role("button", name="签到", exact=True).last.tap()
    expect(phone.locator("#title")).to_have_text("拜访签到")
    shown(phone).get_by_role("button", name="选一家客户").tap()
    phone.get_by_label("找客户").fill(customer[:6])
    shown(phone).get_by_role("button", name=customer).tap()
    expect(phone.get_by_label("找客户")).to_have_count(0)


def locate(phone: Page) -> None:
    shown(phone).get_by_role("button", name="取位置").tap()
    expect(shown(phone).get_by_text("位置已记下")).to_be_visible()


def photograph(phone: Page, path: Path, colour: str, place: int) -> None:
    Image.new("RGB", (640, 480), colour).save(path, "JPEG")
    with phone.expect_file_chooser() as chooser:
        shown(phone).get_by_role("button", name="拍照").tap()
    chooser.value.set_files(path)
    expect(shown(phone).get_by_role("button", name=f"看第 {place} 张照片")).to_be_visible()


def visits_at(report: str) -> list[Visit]:
    return rows(Visit, Visit.report == report)


def test_a_check_in_with_a_network_is_there_at_once(carry: Carry) -> None:
    customer, report = known(), "见了设备科陈科长，二车间三台循环泵要换"
    phone = carry()
    begin(phone, customer)
    locate(phone)
    phone.get_by_label("拜访小结").fill(report)
    shown(phone).get_by_role("button", name="签到", exact=True).tap()
    expect(phone.locator("#title")).to_have_text("拜访")
    expect(shown(phone).get_by_text(report)).to_be_visible()
    expect(shown(phone).get_by_text("还在手机上")).to_have_count(0)
    (visit,) = visits_at(report)
    assert (visit.latitude, visit.accuracy_m, bool(visit.device), bool(visit.sent_at)) == (30.7512, 24, True, True)


def test_without_a_network_and_killed_twice_it_arrives_once_with_its_photos(carry: Carry, tmp_path: Path) -> None:
    customer, report = known(), "水泵房漏水，量了法兰，周五前报价"
    phone = carry()
    shown(phone).get_by_role("button", name="签到", exact=True).last.tap()
    shown(phone).get_by_role("button", name="选一家客户").tap()
    expect(shown(phone).get_by_role("button", name=customer)).to_be_visible()  # kept for the way without a network
    phone.goto(f"{phone.url.split('#')[0]}&flight")
    tab(phone, "拜访")
    begin(phone, customer)
    locate(phone)
    photograph(phone, tmp_path / "1.jpg", "navy", 1)
    photograph(phone, tmp_path / "2.jpg", "olive", 2)
    phone.reload()
    tab(phone, "拜访")
    shown(phone).get_by_role("button", name=customer).tap()
    expect(shown(phone).get_by_role("button", name="看第 2 张照片")).to_be_visible()
    phone.get_by_label("拜访小结").fill(report)
    shown(phone).get_by_role("button", name="签到", exact=True).tap()
    expect(shown(phone).get_by_text("待同步 1")).to_be_visible()
    phone.reload()
    tab(phone, "拜访")
    expect(shown(phone).get_by_text("已存在手机上，有网自动上传")).to_be_visible()
    assert visits_at(report) == []
    phone.evaluate("window.postMessage({flight: false}, location.origin)")
    expect(shown(phone).get_by_text(report)).to_be_visible()
    expect(shown(phone).get_by_text("待同步")).to_have_count(0)
    (visit,) = visits_at(report)
    assert len(rows(VisitUpload, VisitUpload.visit_id == visit.id)) == 2


def write_afterwards(phone: Page, customer: str) -> None:
    """A visit without a position, as far as the tap that hands it in."""
    begin(phone, customer)
    shown(phone).get_by_role("button", name="取位置").tap()
    expect(shown(phone).get_by_text("没有取到位置的权限")).to_be_visible()
    phone.get_by_label("地点").fill("海宁市经编园区 3 号门")
    phone.get_by_role("button", name="取不到位置").tap()


def test_who_gives_no_position_is_told_what_to_do_and_writes_the_place_and_why(carry: Carry) -> None:
    customer = known()
    phone = carry(allowed=False)
    write_afterwards(phone, customer)
    phone.get_by_role("button", name="补签", exact=True).tap()
    visit = shown(phone).get_by_role("button", name=customer)
    expect(visit).to_contain_text("补签")
    visit.tap()
    expect(shown(phone).get_by_text("海宁市经编园区 3 号门")).to_be_visible()
    phone.get_by_role("button", name="补写小结").tap()
    phone.get_by_role("button", name="确定").tap()
    expect(shown(phone).locator(".wrong")).to_have_text("请写几句")
    phone.get_by_role("textbox", name="补写拜访小结").fill("设备科要两套机封，月底定")
    phone.get_by_role("button", name="确定").tap()
    expect(shown(phone).get_by_text("设备科要两套机封，月底定")).to_be_visible()
    expect(phone.get_by_role("button", name="补写小结")).to_have_count(0)
    (made,) = visits_at("设备科要两套机封，月底定")
    assert (made.latitude, made.place, made.why) == (None, "海宁市经编园区 3 号门", "取不到位置")
    phone.get_by_role("button", name="撤销").tap()
    phone.get_by_role("button", name="撤销", exact=True).last.tap()
    expect(shown(phone).get_by_role("button", name="前一天")).to_be_visible()
    expect(shown(phone).get_by_role("button", name=customer)).to_have_count(0)
    assert visits_at("设备科要两套机封，月底定")[0].retracted_at is not None


def test_what_is_missing_is_asked_for_and_nothing_is_lost(carry: Carry) -> None:
    customer = known()
    phone = carry()
    shown(phone).get_by_role("button", name="签到", exact=True).last.tap()
    wrong = shown(phone).locator(".wrong")
    shown(phone).get_by_role("button", name="签到", exact=True).tap()
    expect(wrong).to_have_text("请先选客户")
    phone.get_by_label("拜访小结").fill("写了一半")
    shown(phone).get_by_role("button", name="选一家客户").tap()
    phone.get_by_label("找客户").fill("没有这家")
    expect(phone.get_by_text("您名下没有这样的客户")).to_be_visible()
    phone.get_by_label("找客户").fill(customer[:6])
    shown(phone).get_by_role("button", name=customer).tap()
    shown(phone).get_by_role("button", name="签到", exact=True).tap()
    expect(wrong).to_have_text("请先取位置；取不到就写补签原因")
    locate(phone)
    phone.get_by_role("button", name="补签", exact=True).tap()
    expect(wrong).to_have_text("补签要写原因")
    assert phone.get_by_label("拜访小结").input_value() == "写了一半"
    assert visits_at("写了一半") == []


def test_a_check_in_begun_from_the_customers_page_is_one_draft_until_it_is_given_up(
    house: House, open_page: Open
) -> None:
    name = known()
    (made,) = rows(Customer, Customer.name == name)
    phone = open_page(**PHONE, geolocation=HERE, permissions=["geolocation"])
    phone.clock.install(time=START)
    phone.goto(address(house, "liqiang", f"/pages/customer/customer?id={made.public_id}"))
    begun = shown(phone).get_by_role("button", name="放弃")

    def check_in() -> None:
        shown(phone).get_by_role("button", name="签到", exact=True).tap()
        expect(phone.locator("#title")).to_have_text("拜访签到")
        expect(shown(phone).get_by_text(name)).to_be_visible()

    check_in()
    expect(begun).to_have_count(0)
    phone.locator("#back").tap()
    check_in()
    expect(begun).to_have_count(0)  # nothing was kept of the mere look
    locate(phone)
    phone.locator("#back").tap()
    check_in()
    expect(shown(phone).get_by_text("位置已记下")).to_be_visible()
    begun.tap()
    phone.get_by_role("button", name="放弃").last.tap()
    check_in()
    expect(begun).to_have_count(0)


def test_a_day_is_planned_put_in_order_and_visited_from_its_plan(carry: Carry) -> None:
    first, second = known(), known()
    phone = carry()
    for name in (first, second):
        shown(phone).get_by_role("button", name="加一家客户").tap()
        phone.get_by_label("找客户").fill(name[:6])
        phone.get_by_role("button", name=name).last.tap()
        expect(shown(phone).get_by_role("button", name=f"改计划：{name}")).to_be_visible()
    plans = shown(phone).get_by_role("button", name="改计划：")
    expect(plans.first).to_contain_text(first)
    plans.nth(1).tap()
    phone.get_by_role("button", name="往前挪").tap()
    expect(plans.first).to_contain_text(second)
    plans.first.tap()
    phone.get_by_role("button", name="往后挪").tap()
    expect(plans.first).to_contain_text(first)
    plans.nth(1).tap()
    phone.get_by_role("button", name="往前挪").tap()
    expect(plans.first).to_contain_text(second)
    phone.get_by_role("button", name=f"签到：{second}").tap()
    locate(phone)
    shown(phone).get_by_role("button", name="签到", exact=True).tap()
    expect(shown(phone).get_by_text("已去")).to_be_visible()
    expect(shown(phone).get_by_text("完成 1 / 2")).to_be_visible()
    shown(phone).get_by_role("button", name=f"改计划：{first}").tap()
    phone.get_by_role("button", name="不去了").tap()
    expect(plans).to_have_count(1)
    phone.get_by_role("button", name="前一天").tap()
    expect(shown(phone).get_by_text("这一天没有拜访")).to_be_visible()


def test_everybody_can_use_every_page(carry: Carry, tmp_path: Path) -> None:
    customer = known()
    phone = carry(allowed=False)

    def good() -> None:
        assert not overflows(phone)
        assert accessibility_problems(phone) == []
        small = "(all) => all.filter((one) => one.offsetHeight && one.offsetHeight < 44).map((one) => one.outerHTML)"
        assert shown(phone).locator("[role=button]").evaluate_all(small) == []

    good()
    write_afterwards(phone, customer)
    photograph(phone, tmp_path / "1.jpg", "teal", 1)
    good()
    phone.get_by_role("button", name=f"客户 {customer}").tap()
    expect(phone.get_by_role("button", name=customer).last).to_be_visible()
    good()
    phone.get_by_role("button", name="关闭").tap()
    phone.get_by_role("button", name="补签", exact=True).tap()
    visit = shown(phone).get_by_role("button", name=customer)
    expect(visit).to_contain_text("补签")
    good()
    visit.tap()
    expect(shown(phone).get_by_role("img", name="第 1 张照片")).to_be_visible()
    good()
    phone.get_by_role("button", name="补写小结").tap()
    good()


def test_customers_around_are_offered_once_it_is_known_where_the_phone_is(carry: Carry) -> None:
    customer = known()
    with uow.transaction() as s:
        around = s.scalars(select(Customer).where(Customer.name == customer)).one()
        around.latitude, around.longitude = 30.7490, 120.7610  # GCJ-02, some 100 m from HERE
    phone = carry()
    shown(phone).get_by_role("button", name="签到", exact=True).last.tap()
    locate(phone)
    shown(phone).get_by_role("button", name=customer).tap()
    expect(shown(phone).get_by_role("button", name=f"客户 {customer}")).to_be_visible()
    phone.get_by_label("拜访小结").fill("送了样品册，约了下周看泵房")
    shown(phone).get_by_role("button", name="签到", exact=True).tap()
    expect(shown(phone).get_by_text("送了样品册，约了下周看泵房")).to_be_visible()
    (visit,) = visits_at("送了样品册，约了下周看泵房")
    assert visit.distance_m is not None


def test_a_supervisor_reads_the_explanation_and_decides(house: House, carry: Carry) -> None:
    customer = known()
    house.run("user", "grant", "zhouming", "director")
    phone = carry(allowed=False)
    write_afterwards(phone, customer)
    phone.get_by_role("button", name="补签", exact=True).tap()
    expect(shown(phone).get_by_text("还在手机上")).to_have_count(0)
    shown(phone).get_by_role("button", name=customer).tap()
    phone.get_by_role("button", name="补充说明").tap()
    phone.get_by_role("textbox", name="补充说明").fill("泵房在地下二层，没有信号")
    phone.get_by_role("button", name="确定").tap()
    expect(shown(phone).get_by_text("等主管看")).to_be_visible()
    chief = carry(who="zhouming", name="周明")
    shown(chief).get_by_role("button", name="等我看的拜访").tap()
    shown(chief).get_by_role("button", name=customer).tap()
    expect(shown(chief).get_by_text("泵房在地下二层，没有信号")).to_be_visible()
    chief.get_by_role("button", name="定下来").tap()
    chief.get_by_role("button", name="确定").tap()
    expect(shown(chief).get_by_text("请选一个结论")).to_be_visible()
    assert accessibility_problems(chief) == []
    chief.get_by_role("button", name="有效", exact=True).tap()
    chief.get_by_role("button", name="确定").tap()
    expect(shown(chief).get_by_text("周明 定为「有效」")).to_be_visible()
