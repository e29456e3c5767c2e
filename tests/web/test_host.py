"""The mini-program as its members use it, in a real Chromium over a running house."""

import json
import re
import shutil
import subprocess
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bootstrap import WEB, find_node
from config.vocabulary import CustomerLevel, CustomerSource
from crm import uow
from crm.access import actor_by_userid
from crm.rules.funnel import Said
from crm.usecases.approvals import move_or_ask
from crm.usecases.customers import CustomerDraft, create_customer
from crm.usecases.deals import open_deal
from crm.usecases.todos import add_todo
from models.approvals import Approval
from models.timeline import TimelineEntry, Todo
from tests.sidebar.conftest import START
from tests.stories.house import House
from tests.support.browser import Open, accessibility_problems, overflows
from tests.support.company import rows
from tests.support.deals import prove_all
from tests.web.conftest import BUILT, Enter, shown, tab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FIRST_PAGE = 1000  # ms until it is drawn
_NUMBER = count(1)


def noted(text: str) -> int:
    with uow.transaction() as s:
        due = START + timedelta(hours=4)
        return add_todo(s, actor_by_userid(s, "liqiang"), None, text, due, START, entrance="chat").id


def is_done(todo: int) -> bool:
    (found,) = rows(Todo, Todo.id == todo)
    return found.done_at is not None


def tick(phone: Page, words: str) -> None:
    """Until the server has said yes."""
    with phone.expect_response(re.compile("/todos/")) as said:
        phone.get_by_role("button", name=words, exact=True).tap()
    assert said.value.ok


def test_it_signs_in_by_itself_and_draws_its_first_page_within_a_second(enter: Enter) -> None:
    noted("给钱经理回电话")
    took = []
    for _ in range(3):
        phone = enter("liqiang")
        expect(shown(phone).get_by_text("给钱经理回电话")).to_be_visible()
        took.append(phone.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    expect(shown(phone)).to_contain_text("李强")
    assert min(took) < FIRST_PAGE, took


def test_a_todo_is_ticked_and_the_tick_taken_back(enter: Enter) -> None:
    todo = noted("寄样品册")
    phone = enter("liqiang")
    tick(phone, "办完：寄样品册")
    assert is_done(todo)
    expect(phone.get_by_text("已办完，再点一下撤销")).to_be_visible()
    tick(phone, "还没办完：寄样品册")
    assert not is_done(todo)
    tick(phone, "办完：寄样品册")
    shown(phone).evaluate("page => page.dispatchEvent(new WheelEvent('wheel', {deltaY: -200}))")
    expect(phone.get_by_text("寄样品册")).to_have_count(0)


def test_without_a_network_what_was_read_last_is_there_and_says_how_old_it_is(enter: Enter) -> None:
    noted("确认交货期")
    phone = enter("liqiang")
    expect(phone.get_by_text("确认交货期")).to_be_visible()
    phone.goto(f"{phone.url}&flight")
    expect(phone.get_by_text("确认交货期")).to_be_visible()
    expect(phone.get_by_text("没有网络，现在看的是")).to_be_visible()
    phone.get_by_role("button", name="办完：确认交货期").tap()
    expect(phone.get_by_role("status")).to_contain_text("网络不通")
    expect(phone.get_by_role("button", name="办完：确认交货期", exact=True)).to_be_visible()


def test_a_new_phone_without_a_network_says_so_and_goes_on_when_it_is_back(enter: Enter) -> None:
    phone = enter("zhangmin", flight=True)
    expect(phone.get_by_text("没有读到今天的事")).to_be_visible()
    phone.evaluate("window.postMessage({flight: false}, location.origin)")
    phone.get_by_role("button", name="再试一次").tap()
    expect(shown(phone)).to_contain_text("张敏")


def test_whoever_may_not_come_in_reads_why(house: House, enter: Enter) -> None:
    house.act("setup", visible_departments=[], visible_users=["wanglei"])
    try:
        phone = enter("liqiang")
        expect(phone.locator("#title")).to_have_text("登录")
        expect(phone.get_by_text("还不能使用")).to_be_visible()
    finally:
        house.act("setup")
    phone.get_by_role("button", name="再试一次").tap()
    expect(phone.locator("#title")).to_have_text("今日")


def test_signing_out_leaves_nothing_to_read_and_signs_in_only_when_asked(enter: Enter) -> None:
    phone = enter("liqiang")
    expect(shown(phone)).to_contain_text("李强")
    tab(phone, "我的")
    expect(shown(phone)).to_contain_text("销售 · liqiang")
    phone.get_by_role("button", name="退出登录").tap()
    phone.get_by_role("button", name="退出", exact=True).tap()
    expect(phone.get_by_text("您已退出")).to_be_visible()
    assert phone.evaluate("Object.keys(localStorage).filter(key => key.includes(' read '))") == []
    phone.get_by_role("button", name="登录").tap()
    expect(shown(phone)).to_contain_text("李强")


def test_work_of_a_closed_app_is_seen_and_goes_once_when_there_is_a_network(enter: Enter) -> None:
    with uow.transaction() as s:
        draft = CustomerDraft("平湖戊泰泵业有限公司", CustomerLevel.NORMAL, CustomerSource.EVENT)
        customer = create_customer(s, actor_by_userid(s, "liqiang"), draft, START, entrance="chat")
    job = {
        "id": "5d1c7c0e-9a4e-4a55-8a8e-0b8f2f1c7a11", "kind": "follow_up", "title": "跟进 平湖戊泰", "made": 0, "turn": 1,
        "state": "waiting", "before": "waiting", "method": "POST", "path": f"/customers/{customer.public_id}/follow-ups",
        "body": {"text": "在现场看了三号泵，轴封要换"}, "stamped": False, "photos": [], "photosMade": 0, "tries": 1, "next": 0,
        "met": False, "said": None, "answer": None, "ended": 0,
    }  # fmt: skip
    phone = enter("liqiang")
    expect(shown(phone)).to_contain_text("李强")
    kept = f"miniapp liqiang job/liqiang/{job['id']}/1"
    phone.evaluate("([key, value]) => localStorage.setItem(key, JSON.stringify(value))", [kept, json.dumps(job)])
    phone.goto(f"{phone.url}&flight")
    tab(phone, "我的")
    shown(phone).get_by_role("button", name="待同步 1").tap()
    expect(shown(phone).get_by_text("跟进 平湖戊泰")).to_be_visible()
    phone.get_by_role("button", name="立即同步").tap()
    expect(shown(phone).get_by_text("网络不通")).to_be_visible()
    phone.evaluate("window.postMessage({flight: false}, location.origin)")
    expect(shown(phone).get_by_text("都同步好了")).to_be_visible()
    phone.reload()
    expect(shown(phone)).to_contain_text("李强")
    assert len(rows(TimelineEntry, TimelineEntry.text == job["body"]["text"])) == 1  # type: ignore[index]


@pytest.fixture(scope="module")
def director(house: House) -> str:
    house.run("user", "grant", "zhouming", "director")
    return "zhouming"


def asked_for() -> str:
    """A deal of 李强's that waits for the director's word; its name."""
    number = next(_NUMBER)
    name = f"{number} 号线改造"
    with uow.transaction() as s:
        who = actor_by_userid(s, "liqiang")
        draft = CustomerDraft(f"嘉善{'甲乙丙丁'[number]}泰阀业有限公司", CustomerLevel.NORMAL, CustomerSource.EVENT)
        customer = create_customer(s, who, draft, START, entrance="chat")
        deal = open_deal(s, who, customer.id, name, Decimal(860_000), START, entrance="chat").public_id
    prove_all(deal)
    with uow.transaction() as s:
        said = Said(reason="客户下周定标")
        move_or_ask(s, actor_by_userid(s, "liqiang"), deal, "contract_review", said, START, entrance="chat")
    return name


def state_of(deal: str) -> str:
    (found,) = [one for one in rows(Approval) if one.facts["deal"] == deal]
    return str(found.state)


def open_approval(phone: Page, deal: str) -> None:
    tab(phone, "我的")
    shown(phone).get_by_role("button", name="审批").tap()
    shown(phone).get_by_role("button", name=deal).tap()
    expect(shown(phone).get_by_text("¥86 万").first).to_be_visible()


def test_an_approval_is_given_with_a_word(director: str, enter: Enter) -> None:
    deal = asked_for()
    phone = enter(director)
    open_approval(phone, deal)
    phone.get_by_role("button", name="同意", exact=True).tap()
    phone.get_by_label("批示").fill("付款条件按 3-6-1")
    phone.get_by_role("button", name="同意", exact=True).last.tap()
    expect(shown(phone).get_by_text("已同意")).to_be_visible()
    expect(shown(phone).get_by_text("「付款条件按 3-6-1」")).to_be_visible()
    assert state_of(deal) == "approved"
    expect(phone.get_by_role("button", name="驳回")).to_have_count(0)


def test_a_rejection_needs_its_reason(director: str, enter: Enter) -> None:
    deal = asked_for()
    phone = enter(director)
    open_approval(phone, deal)
    phone.get_by_role("button", name="驳回").tap()
    phone.get_by_role("button", name="驳回").last.tap()
    expect(phone.get_by_text("请选一个驳回的原因")).to_be_visible()
    phone.get_by_role("button", name="其他原因").tap()
    phone.get_by_role("button", name="驳回").last.tap()
    expect(shown(phone).locator(".wrong")).to_be_visible()  # the product's own word: another reason must be written
    phone.get_by_role("button", name="价格太低").tap()
    phone.get_by_role("button", name="驳回").last.tap()
    expect(shown(phone).get_by_text("已驳回")).to_be_visible()
    assert state_of(deal) == "rejected"


def test_everybody_can_use_every_page(director: str, enter: Enter) -> None:
    deal = asked_for()
    phone = enter(director)
    expect(shown(phone)).to_contain_text("周明")

    def good() -> None:
        assert not overflows(phone)
        assert accessibility_problems(phone) == []
        small = "(all) => all.filter((one) => one.offsetHeight && one.offsetHeight < 44).map((one) => one.outerHTML)"
        assert shown(phone).locator("[role=button]").evaluate_all(small) == []

    good()
    open_approval(phone, deal)
    good()
    phone.get_by_role("button", name="驳回").tap()
    expect(phone.get_by_label("批示")).to_be_visible()
    good()
    phone.get_by_role("button", name="关闭").tap()
    for _ in range(2):
        phone.locator("#back").tap()
        expect(shown(phone)).to_be_visible()
        good()
    shown(phone).get_by_role("button", name="系统记什么").tap()
    expect(phone.locator("#title")).to_have_text("系统记什么")
    good()
    phone.goto(phone.url.replace("#", "") + "#/pages/login/login?left=1")
    phone.reload()
    expect(phone.get_by_text("您已退出")).to_be_visible()
    good()


def test_phones_side_by_side_run_it_apart_and_hear_when_their_member_leaves(house: House, open_page: Open) -> None:
    page = open_page()
    page.goto(house.emulator)
    for name in ("李强", "王磊"):
        phone = page.get_by_role("region", name=f"{name} 的手机")
        phone.get_by_role("button", name="小程序").click()
        expect(phone.frame_locator("iframe").get_by_text(name)).to_be_visible()
    phone = page.get_by_role("region", name="李强 的手机")
    phone.get_by_role("button", name="断网").click()
    phone.get_by_role("button", name="杀掉重开").click()
    expect(phone.frame_locator("iframe").get_by_text("没有网络")).to_be_visible()
    phone.get_by_role("button", name="断网").click()
    todo = "问清楚法兰尺寸"
    noted(todo)
    phone.get_by_role("button", name="客户聊天").click()
    expect(phone.locator("iframe")).to_be_hidden()
    phone.get_by_role("button", name="小程序").click()
    expect(phone.frame_locator("iframe").get_by_text(todo)).to_be_visible()


FIELDS = """<input aria-label="没写多长" /><textarea aria-label="没写多长的几行"></textarea>
<input aria-label="三个字" maxlength="3" /><input aria-label="不限" maxlength="{{-1}}" />"""


def test_a_field_takes_as_many_letters_as_in_the_client(enter: Enter, tmp_path: Path) -> None:
    """140 where the page does not say, any number where it says -1."""
    phone = enter("liqiang")
    privacy = "pages/privacy/privacy"
    shutil.copytree(BUILT / "weapp", tmp_path / "dist" / "weapp")
    (tmp_path / "dist" / "weapp" / f"{privacy}.wxml").write_text(FIELDS, encoding="utf-8")
    for name in ("host", "node_modules"):
        (tmp_path / name).symlink_to(WEB / name)
    build = (
        f"import({json.dumps(str(WEB / 'build_host.mjs'))}).then((one) => one.buildHost({json.dumps(str(tmp_path))}))"
    )
    subprocess.run([*find_node()[0], "-e", build], check=True)
    phone.route("**/miniapp.js", lambda route: route.fulfill(path=tmp_path / "dist" / "host" / "miniapp.js"))
    phone.goto(f"{phone.url}#/{privacy}")
    phone.reload()
    for name, most in (("没写多长", 140), ("没写多长的几行", 140), ("三个字", 3), ("不限", 300)):
        field = shown(phone).get_by_label(name, exact=True)
        field.press_sequentially("字" * 300)
        assert field.input_value() == "字" * most, name
