"""The console in a real browser: every page at 1360 and 390 pixels, its keys and forms, no violation of the policy."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from config.vocabulary import OutboxState, Role
from console.guard import COOKIE
from crm import uow
from models.customers import Customer
from models.deals import Deal, Evidence
from models.files import Attachment
from models.messages import OutboxMessage
from tests.console.conftest import STATIC, World, session_of
from tests.console.office import BY_ROLE
from tests.console.test_duplicates import twin
from tests.support.browser import DESK, PHONE, Open, accessibility_problems, overflows

PAGES = (
    "",
    "customers",
    "board",
    "board?stage=proposal",
    "funnel",
    "sales-path",
    "endings",
    "endings/deals?kind=won",
    "duplicates",
    "duplicates?q=苏州恒力",
    "messages",
    "messages?box=in",
    "messages?tab=dead",
    "people",
    "rules",
    "audit",
    "login",
)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    if not (STATIC / "manifest.json").is_file():
        pytest.fail("web/dist/static is not built: cd web && npm ci --ignore-scripts && node build.mjs")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/console/"
    server.shutdown()


def signed_in(page: Page, address: str, role: Role = Role.ADMIN) -> Page:
    page.context.add_cookies([{"name": COOKIE, "value": session_of(BY_ROLE[role]), "url": address}])
    return page


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_fits_its_window_and_is_accessible(open_page: Open, address: str, size: dict[str, object]) -> None:
    page = signed_in(open_page(**size), address)
    with uow.reading() as s:
        first = s.scalars(select(Customer.public_id).where(Customer.owner_id.is_not(None))).first()
    for path in (*PAGES, f"customers/{first}", "nowhere"):
        page.goto(address + path)
        assert not overflows(page), path
        assert accessibility_problems(page) == [], path


def test_the_slash_goes_to_the_search_and_typing_narrows_the_list(desk: Page, address: str) -> None:
    signed_in(desk, address).goto(address + "customers")
    desk.keyboard.press("/")
    desk.keyboard.type("hengli")
    expect(desk.locator("tbody tr")).to_have_count(1)
    expect(desk.locator("tbody")).to_contain_text("苏州恒力")
    expect(desk).to_have_url(address + "customers?q=hengli&state=&level=&team=&owner=&sort=days_left&add=")
    desk.locator(".filters select[name=state]").select_option("queued")
    expect(desk.locator("#list")).to_contain_text("没有符合条件的客户")


def test_a_dead_letter_opens_beside_the_list_and_is_sent_again(desk: Page, address: str) -> None:
    signed_in(desk, address).goto(address + "messages?tab=dead")
    desk.get_by_role("link", name="客户快要回收").click()
    expect(desk.get_by_role("dialog")).to_contain_text("不在应用的可见范围")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("dialog")).to_have_count(0)
    desk.get_by_role("link", name="客户快要回收").click()
    desk.get_by_role("button", name="重发这一条").click()
    expect(desk.locator("#list")).to_contain_text("没有送不出去的消息")
    expect(desk.get_by_role("dialog")).to_have_count(0)
    with uow.reading() as s:
        assert s.scalars(select(OutboxMessage.id).where(OutboxMessage.state == OutboxState.DEAD)).all() == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_lead_gives_a_customer_away_in_two_taps(open_page: Open, address: str, size: dict[str, object]) -> None:
    page = signed_in(open_page(**size), address, Role.TEAM_LEAD)
    page.goto(address)
    page.get_by_label("把扬州永盛阀门有限公司分配给").select_option(label="张伟")
    page.get_by_role("button", name="分配", exact=True).click()
    expect(page.locator("#queue")).to_contain_text("已分配给 张伟")


def test_a_bad_number_is_refused_beside_its_field_and_a_good_one_saved(desk: Page, address: str) -> None:
    signed_in(desk, address).goto(address + "rules")
    row = desk.locator("#rule-card_days")
    row.get_by_role("textbox").fill("900")
    row.get_by_role("button").click()
    expect(row.get_by_role("alert")).to_contain_text("要在 1 到 60")
    row.get_by_role("textbox").fill("20")
    row.get_by_role("button").click()
    expect(row).to_contain_text("王敏 改于")
    expect(desk.locator("#toasts")).to_contain_text("已保存")


def test_a_role_that_cannot_be_taken_springs_back_and_says_why(desk: Page, address: str) -> None:
    signed_in(desk, address).goto(address + "people")
    role = desk.get_by_label("王敏的角色")
    role.select_option("rep")
    desk.get_by_role("button", name="保存").click()
    expect(desk.locator("#toasts")).to_contain_text("最后一位")
    expect(role).to_have_value("admin")
    desk.get_by_label("李娜的角色").select_option("director")
    desk.get_by_role("button", name="保存").click()
    expect(desk.get_by_label("给李娜加分管部门")).to_be_visible()


def test_arrow_keys_in_a_role_grant_nothing(desk: Page, address: str) -> None:
    signed_in(desk, address).goto(address + "people")
    role = desk.get_by_label("李娜的角色")
    expect(desk.get_by_role("button", name="保存")).to_have_count(0)
    role.focus()
    role.press("ArrowDown")
    expect(desk.get_by_role("button", name="保存")).to_have_count(1)
    desk.reload()
    expect(desk.get_by_label("李娜的角色")).to_have_value("rep")


def test_a_refused_filter_leaves_the_list_standing(desk: Page, address: str) -> None:
    signed_in(desk, address).goto(address + "audit")
    swap = "{target: '#list', select: '#list', swap: 'outerHTML'}"
    desk.evaluate(f"htmx.ajax('GET', '/console/audit?since=0002-01-01', {swap})")
    expect(desk.locator("#toasts .bad")).to_be_visible()
    expect(desk.locator("#list")).to_be_visible()


def test_a_date_that_is_still_being_typed_asks_for_nothing(desk: Page, address: str) -> None:
    signed_in(desk, address).goto(address + "audit")
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url))
    desk.get_by_label("从", exact=True).fill("0002-11-01")
    desk.wait_for_timeout(600)
    assert asked == []
    desk.get_by_label("从", exact=True).fill("2030-11-01")
    expect(desk.locator("#list")).to_contain_text("没有符合条件的记录")
    expect(desk.locator("#toasts .bad")).to_have_count(0)


def test_checking_the_book_says_that_it_is_busy(desk: Page, address: str) -> None:
    signed_in(desk, address).goto(address + "audit")
    held: list[Route] = []
    desk.route("**/audit/verify", lambda route: held.append(route))
    desk.get_by_role("button", name="校验").click()
    expect(desk.locator("#verifying")).to_be_visible()
    held[0].continue_()
    expect(desk.locator("#verdict")).to_contain_text("记录完好")
    expect(desk.locator("#verifying")).to_be_hidden()


def test_a_session_that_ended_leads_to_the_login_page(desk: Page, address: str, world: World) -> None:
    signed_in(desk, address).goto(address + "audit")
    world.now = world.now.replace(hour=23)
    desk.get_by_role("button", name="校验").click()
    expect(desk.get_by_role("link", name="企业微信扫码登录")).to_be_visible()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_counts_follow_what_is_done_and_taken_back(open_page: Open, address: str, size: dict[str, object]) -> None:
    page = signed_in(open_page(**size), address, Role.TEAM_LEAD)
    page.goto(address)
    tile, heading = page.locator("#counts [href$='queued'] b"), page.locator("#queue-total")
    expect(tile).to_have_text("1")
    page.get_by_label("把扬州永盛阀门有限公司分配给").select_option(label="张伟")
    page.get_by_role("button", name="分配", exact=True).click()
    expect(tile).to_have_text("0")
    expect(heading).to_have_text("0 个")
    page.locator("#queue").get_by_role("button", name="撤销").click()
    expect(tile).to_have_text("1")
    expect(page.get_by_label("把扬州永盛阀门有限公司分配给")).to_be_visible()


def test_a_contact_is_linked_in_the_drawer_without_leaving_the_desk(desk: Page, address: str) -> None:
    signed_in(desk, address, Role.REP).goto(address)
    desk.get_by_role("link", name="给赵工关联客户").click()
    drawer = desk.get_by_role("dialog")
    expect(drawer).to_contain_text("没有找到「江阴船舶」")
    drawer.get_by_role("searchbox").fill("hengli")
    assert accessibility_problems(desk) == []
    drawer.get_by_role("button", name="关联到苏州恒力").click()
    expect(desk.locator("#contacts")).to_contain_text("已关联到「苏州恒力泵业有限公司」")
    expect(desk.locator("#contacts-total")).to_have_text("0 位")
    expect(drawer).to_have_count(0)
    desk.locator("#contacts").get_by_role("button", name="撤销").click()
    expect(desk.locator("#contacts-total")).to_have_text("1 位")


def test_an_assignment_on_the_customers_page_shows_the_new_owner(desk: Page, address: str) -> None:
    with uow.reading() as s:
        queued = s.scalars(select(Customer.public_id).where(Customer.name.contains("扬州永盛"))).one()
    signed_in(desk, address, Role.TEAM_LEAD).goto(f"{address}customers/{queued}")
    desk.get_by_label("把扬州永盛阀门有限公司分配给").select_option(label="张伟")
    desk.get_by_role("button", name="分配", exact=True).click()
    expect(desk.locator("#file dl.facts")).to_contain_text("张伟")
    desk.get_by_role("button", name="撤销").click()
    expect(desk.locator("#file dl.facts")).to_contain_text("待分配")


def test_any_other_number_of_ticks_than_two_is_said_in_place(desk: Page, address: str) -> None:
    twin()
    signed_in(desk, address).goto(address + "duplicates?q=苏州恒力")
    ticks = desk.locator("input[name=one]")
    ticks.first.check()
    desk.get_by_text("对比两份", exact=True).click()
    expect(desk.locator("[data-two-note]")).to_contain_text("现在勾了 1 份")
    expect(ticks.first).to_be_checked()
    ticks.nth(1).check()
    desk.get_by_text("对比两份", exact=True).click()
    expect(desk.locator("h1")).to_have_text("对比两份档案")


def test_on_a_telephone_the_menu_shows_whole_entries_and_begins_where_one_is(open_page: Open, address: str) -> None:
    page = signed_in(open_page(**PHONE), address)
    for path in ("", "audit"):
        page.goto(address + path)
        edges = page.locator(".menu a").evaluate_all(
            "all => all.map(a => a.getBoundingClientRect()).map(r => [r.left, r.right])"
        )
        cut = [(left, right) for left, right in edges if left < -1 < right - 1 or left + 1 < 390 < right - 1]
        assert cut == [], path
        left, right = edges[page.locator(".menu a").evaluate_all("all => all.findIndex(a => a.matches('.here'))")]
        assert 0 <= left < right <= 390


def test_a_new_field_asks_for_options_only_where_one_chooses(desk: Page, address: str) -> None:
    signed_in(desk, address).goto(address + "fields/new")
    for kind, shown in (("text", False), ("select", True), ("date", False), ("multi_select", True)):
        desk.select_option("#kind", kind)
        expect(desk.locator("#added")).to_be_visible(visible=shown)


def test_a_card_is_dragged_and_told_what_it_lacks_and_one_that_may_move_is_taken_back(desk: Page, address: str) -> None:
    signed_in(desk, address, Role.REP).goto(address + "board")
    lanes = desk.locator(".lane")
    card = desk.locator(".deal", has_text="海门液压二期循环泵")
    card.drag_to(lanes.nth(2))
    note = desk.locator("#board-note")
    expect(note.get_by_role("alert")).to_contain_text("缺 2 项")
    expect(note.get_by_role("link", name="去这个商机")).to_be_visible()
    expect(lanes.nth(1)).to_contain_text("海门液压二期循环泵")
    assert accessibility_problems(desk) == []
    prove("海门液压二期循环泵", ("technical_draft", "quotation"))
    card.drag_to(lanes.nth(2))
    expect(lanes.nth(2)).to_contain_text("海门液压二期循环泵")
    expect(note).to_contain_text("从「方案提交」到「价格谈判」")
    note.get_by_role("button", name="撤销").click()
    expect(lanes.nth(1)).to_contain_text("海门液压二期循环泵")
    expect(note.get_by_role("button", name="撤销")).to_have_count(0)


def prove(name: str, kinds: tuple[str, ...]) -> None:
    """Evidence for 价格谈判, as rows."""
    with uow.transaction() as s:
        deal = s.scalars(select(Deal).where(Deal.name == name)).one()
        for kind in kinds:
            file = Attachment(
                customer_id=deal.customer_id, name=f"{kind}.txt", kind="text", size=1, sha256=kind, stored_name=kind,
                uploaded_by_id=deal.owner_id, at=deal.created_at,
            )  # fmt: skip
            s.add(file)
            s.flush()
            proof = Evidence(
                deal_id=deal.id, stage_key="negotiation", kind=kind, attachment_id=file.id,
                added_by_id=deal.owner_id, at=deal.created_at,
            )  # fmt: skip
            s.add(proof)


def test_on_a_telephone_the_board_shows_one_column_and_a_tap_shows_another(open_page: Open, address: str) -> None:
    page = signed_in(open_page(**PHONE), address, Role.REP)
    page.goto(address + "board")
    expect(page.locator(".lane:visible")).to_have_count(1)
    expect(page.locator(".lane:visible")).to_contain_text("方案提交")
    page.locator(".segments label", has_text="价格谈判").click()
    expect(page.locator(".lane:visible")).to_have_count(1)
    expect(page.locator(".lane:visible")).to_contain_text("恒力泵业二期循环泵")


def test_the_board_is_narrowed_without_a_button(desk: Page, address: str) -> None:
    signed_in(desk, address, Role.TEAM_LEAD).goto(address + "board")
    desk.get_by_label("颜色").select_option(label="正常")
    expect(desk).to_have_url(address + "board?scope=team&pipeline=&team=&owner=&colour=green&sort=days")
    expect(desk.locator("#board")).not_to_contain_text("红牌")
