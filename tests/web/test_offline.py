"""What is done about visits without a network: kept, counted where the person sees it, sent once there is one."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from models.visits import Visit, VisitReview
from tests.stories.house import House
from tests.support.browser import accessibility_problems, overflows
from tests.support.company import rows
from tests.web.conftest import shown, tab
from tests.web.test_visits import Carry, begin, carry, known, locate, photograph, write_afterwards  # noqa: F401 - carry is a fixture

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def fly(phone: Page, on: bool) -> None:
    phone.evaluate(f"window.postMessage({{flight: {str(on).lower()}}}, location.origin)")


def good(phone: Page) -> None:
    assert not overflows(phone)
    assert accessibility_problems(phone) == []


def say(phone: Page, button: str, title: str, words: str) -> None:
    phone.get_by_role("button", name=button).tap()
    phone.get_by_role("textbox", name=title).fill(words)
    phone.get_by_role("button", name="确定").tap()


def opened(phone: Page, customer: str) -> None:
    """A visit without a position or a report, as its rep reads it."""
    write_afterwards(phone, customer)
    phone.get_by_role("button", name="补签", exact=True).tap()
    visit = shown(phone).get_by_role("button", name=customer)
    expect(visit).to_contain_text("补签")
    visit.tap()


def test_a_report_and_an_explanation_wait_for_a_network_and_leaving_says_so(carry: Carry) -> None:  # noqa: F811
    customer, report = known(), "设备科要两套机封，月底前定，先报价"
    phone = carry(allowed=False)
    opened(phone, customer)
    fly(phone, True)
    say(phone, "补写小结", "补写拜访小结", report)
    expect(shown(phone).get_by_role("button", name="拜访小结")).to_contain_text("待同步")
    expect(phone.get_by_role("button", name="补充说明")).to_have_count(0)
    good(phone)
    phone.get_by_role("button", name="返回").tap()
    badge = phone.locator("#tabs").get_by_role("button", name="拜访").locator("b")
    expect(badge).to_have_text("1")
    expect(shown(phone).get_by_role("button", name="拜访小结")).to_contain_text("已存在手机上，有网自动上传")
    tab(phone, "我的")
    shown(phone).get_by_role("button", name="退出登录").tap()
    expect(phone.get_by_text("还有 1 条等着同步。退出后它们留在这台手机上")).to_be_visible()
    good(phone)
    phone.get_by_role("button", name="取消").tap()
    fly(phone, False)
    expect(badge).to_have_count(0)
    tab(phone, "拜访")
    shown(phone).get_by_role("button", name=customer).tap()
    expect(shown(phone).get_by_text(report)).to_be_visible()
    fly(phone, True)
    say(phone, "补充说明", "补充说明", "泵房在地下二层，没有信号")
    fly(phone, False)
    expect(shown(phone).get_by_text("等主管看")).to_be_visible()
    (visit,) = rows(Visit, Visit.report == report)
    (review,) = rows(VisitReview, VisitReview.visit_id == visit.id)
    assert (visit.why, review.words) == ("取不到位置", "泵房在地下二层，没有信号")


def test_a_visit_is_taken_back_without_a_network(carry: Carry) -> None:  # noqa: F811
    customer = known()
    phone = carry(allowed=False)
    opened(phone, customer)
    fly(phone, True)
    phone.get_by_role("button", name="撤销").tap()
    phone.get_by_role("button", name="撤销", exact=True).last.tap()
    expect(shown(phone).get_by_role("button", name=f"撤销拜访 {customer}")).to_contain_text("待同步")
    fly(phone, False)
    expect(shown(phone).get_by_text("撤销拜访")).to_have_count(0)
    expect(shown(phone).get_by_role("button", name=customer)).to_have_count(0)


def test_what_the_server_does_not_take_is_shown_and_given_up_by_hand(carry: Carry) -> None:  # noqa: F811
    phone = carry()
    begin(phone, known())
    locate(phone)
    fly(phone, True)
    shown(phone).get_by_role("button", name="签到", exact=True).tap()
    expect(shown(phone).get_by_text("待同步 1")).to_be_visible()
    phone.route(
        "**/api/v1/visits",
        lambda route: route.fulfill(status=422, json={"code": "bad", "message": "这家客户已经合并，请换一家"}),
    )
    fly(phone, False)
    expect(shown(phone).get_by_text("这家客户已经合并，请换一家")).to_be_visible()
    good(phone)
    tab(phone, "我的")
    shown(phone).get_by_role("button", name="待同步").tap()
    expect(shown(phone).get_by_text("没有收下")).to_be_visible()
    good(phone)
    phone.get_by_role("button", name="放弃").tap()
    phone.get_by_role("button", name="放弃", exact=True).last.tap()
    expect(shown(phone).get_by_text("已放弃")).to_be_visible()
    phone.get_by_role("button", name="恢复").tap()
    expect(shown(phone).get_by_text("没有收下")).to_be_visible()
    phone.unroute_all()
    phone.get_by_role("button", name="再发一次").tap()
    expect(shown(phone).get_by_text("都同步好了")).to_be_visible()


def test_a_supervisor_decides_without_a_network_and_reads_a_reps_day(house: House, carry: Carry) -> None:  # noqa: F811
    customer = known()
    house.run("user", "grant", "zhouming", "director")
    opened(carry(allowed=False), customer)
    chief = carry(who="zhouming", name="周明")
    shown(chief).get_by_role("button", name="李强").tap()
    expect(shown(chief).get_by_text("李强 的拜访")).to_be_visible()
    expect(shown(chief).get_by_role("button", name="签到")).to_have_count(0)
    expect(shown(chief).get_by_text("路线")).to_be_visible()
    good(chief)
    shown(chief).get_by_role("button", name=customer).tap()
    fly(chief, True)
    chief.get_by_role("button", name="定下来").tap()
    chief.get_by_role("button", name="有效", exact=True).tap()
    chief.get_by_role("button", name="确定").tap()
    expect(shown(chief).get_by_role("button", name="定拜访")).to_contain_text("待同步")
    good(chief)
    fly(chief, False)
    expect(shown(chief).get_by_text("周明 定为「有效」")).to_be_visible()
    chief.get_by_role("button", name="返回").tap()
    shown(chief).get_by_role("button", name="回到我的拜访").tap()
    expect(shown(chief).get_by_role("button", name="李强")).to_be_visible()


HALF_DONE = """() => {
  for (const key of Object.keys(localStorage).filter((one) => one.includes(' job/'))) {
    const job = JSON.parse(JSON.parse(localStorage.getItem(key)));
    for (const photo of job.photos) photo.safe = false;
    localStorage.setItem(key, JSON.stringify(JSON.stringify(job)));
  }
}"""


def test_a_second_run_of_the_app_ends_what_the_first_left_half_done(carry: Carry, tmp_path: Path) -> None:  # noqa: F811
    customer = known()
    first = carry()
    second = first.context.new_page()
    second.goto(first.url)
    begin(first, customer)
    photograph(first, tmp_path / "1.jpg", "navy", 1)
    first.evaluate(HALF_DONE)  # as a kill does between the picture's arrival and the word that it has arrived
    first.close()
    for there in ("false", "true"):
        second.evaluate(f"window.postMessage({{show: {there}}}, location.origin)")
    tab(second, "拜访")
    shown(second).get_by_role("button", name=customer).tap()
    expect(shown(second).get_by_role("button", name="看第 1 张照片")).to_be_visible()


def test_the_first_page_leads_to_what_is_done_most(carry: Carry) -> None:  # noqa: F811
    phone = carry()
    for name, title in (("签到", "拜访签到"), ("新建客户", "新建客户"), ("审批", "审批")):
        tab(phone, "今日")
        good(phone)
        shown(phone).get_by_role("button", name=name, exact=True).tap()
        expect(phone.locator("#title")).to_have_text(title)
        phone.get_by_role("button", name="返回").tap()
