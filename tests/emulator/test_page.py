"""The page with the phones, in a real browser: what a person sees and presses reaches the product and comes back."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.emulator.conftest import CORP, Emulator, Product, until
from tests.support.browser import AXE, PHONE, Open, accessibility_problems, overflows

CARD = {
    "card_type": "button_interaction",
    "task_id": "page-1",
    "main_title": {"title": "商机 15 天未跟进"},
    "horizontal_content_list": [{"keyname": "客户", "value": "昆山恒泽水务"}],
    "button_selection": {
        "question_key": "why",
        "title": "原因",
        "option_list": [{"id": "1", "text": "客户出差"}, {"id": "2", "text": "等预算"}],
    },
    "button_list": [{"text": "写跟进", "key": "follow"}, {"text": "申请延期", "key": "extend"}],
}


def answer(inner: str, kind: str = "text") -> str:
    return (
        f"<xml><ToUserName>liqiang</ToUserName><FromUserName>{CORP}</FromUserName><CreateTime>1</CreateTime>"
        f"<MsgType>{kind}</MsgType>{inner}</xml>"
    )


def visit(page: Page, emulator: Emulator) -> Locator:
    """Open the page; gives 李强's phone, the first."""
    page.goto(emulator.base)
    expect(page.locator(".phone .empty")).to_have_count(3)
    return page.locator(".phone").first


def test_typing_and_enter_sends_and_the_answer_appears(emulator: Emulator, product: Product, open_page: Open) -> None:
    product.answer = lambda _: answer(
        '<Content><![CDATA[<b>今天</b>没有待办，<a href="https://a.example/">看全部</a>]]></Content>'
    )
    phone = visit(open_page(), emulator)
    expect(phone.get_by_text("/帮助")).to_be_visible()
    phone.get_by_label("消息").fill("/待办")
    phone.get_by_label("消息").press("Enter")
    expect(phone.locator(".from-member .bubble")).to_have_text("/待办")
    expect(phone.locator(".from-app .bubble")).to_have_text("<b>今天</b>没有待办，看全部")
    expect(phone.locator(".from-app a")).to_have_attribute("href", "https://a.example/")
    assert "<Content><![CDATA[/待办]]></Content>" in product.received[0].xml


def test_a_card_is_drawn_pressed_with_its_choice_and_turns_grey(
    emulator: Emulator, product: Product, open_page: Open
) -> None:
    product.answer = lambda _: answer("<Button><ReplaceName>已提交</ReplaceName></Button>", "update_button")
    phone = visit(open_page(), emulator)
    emulator.send("template_card", CARD)
    expect(phone.get_by_role("heading", name="商机 15 天未跟进")).to_be_visible()
    expect(phone.locator("dd")).to_have_text("昆山恒泽水务")
    phone.get_by_label("原因").select_option("等预算")
    phone.get_by_role("button", name="申请延期").click()
    expect(phone.locator(".replaced")).to_have_text("已提交")
    expect(phone.get_by_role("button", name="申请延期")).to_have_count(0)
    assert "<EventKey><![CDATA[extend]]>" in product.received[0].xml
    assert "<OptionId><![CDATA[2]]>" in product.received[0].xml


def test_long_words_stay_inside_their_card_and_lines_are_kept(
    emulator: Emulator, product: Product, open_page: Open
) -> None:
    page = open_page()
    phone = visit(page, emulator)
    options = [{"id": "1", "text": "张敏（华东销售部，十六个客户）"}, {"id": "2", "text": "孙悦"}]
    long = {
        "main_title": {"title": "标" * 36, "desc": "W" * 44},
        "quote_area": {"quote_text": "一行\n二行 https://a.example/" + "x" * 90},
        "sub_title_text": "说" * 150 + "\n二行",
        "horizontal_content_list": [{"keyname": "五个字的名", "value": "W" * 30}] * 6,
        "button_selection": {"question_key": "who", "title": "交给谁来跟进这个客户", "option_list": options},
        "button_list": [{"text": "字" * 10, "key": "a"}, {"text": "W" * 10, "key": "b"}],
    }
    assert emulator.send("template_card", {**CARD, **long})["errcode"] == 0
    emulator.send("text", {"content": "一行\n二行\n\n" + "y" * 200})
    expect(phone.locator(".bubble")).to_be_visible()
    wide = "(nodes) => nodes.filter((n) => n.clientWidth && n.scrollWidth > n.clientWidth + 1).map((n) => n.outerHTML)"
    assert phone.locator(".chat, .card, .card *, .bubble").evaluate_all(wide) == []
    for words in ("blockquote", ".sub", ".bubble"):
        assert phone.locator(words).evaluate("(n) => getComputedStyle(n).whiteSpace") == "pre-wrap"
    shown = phone.get_by_label("交给谁来跟进这个客户").bounding_box()
    assert shown is not None
    assert shown["width"] > 240  # the longest option is read whole
    emulator.act("clock", advance=30 * 86400)
    expect(page.get_by_text("回到现在")).to_be_visible()
    bar = page.locator(".bar").bounding_box()
    assert bar is not None
    assert bar["height"] < 70  # one line
    assert not overflows(page)


def test_an_untouched_drop_down_is_reported_from_the_page_as_from_the_control_api(
    emulator: Emulator, product: Product, open_page: Open
) -> None:
    phone = visit(open_page(), emulator)
    emulator.send("template_card", CARD)
    expect(phone.get_by_label("原因")).to_have_value("1")
    phone.get_by_role("button", name="申请延期").click()
    until(lambda: len(product.received) == 1)
    emulator.act("click", userid="liqiang", task_id="page-1", key="extend")
    said = [re.search("<SelectedItems>.*</SelectedItems>", call.xml) for call in product.received]
    assert said[0]
    assert said[1]
    assert said[0].group() == said[1].group()
    assert "<OptionId><![CDATA[1]]>" in said[0].group()


def test_a_message_that_did_not_arrive_says_so_and_goes_again(
    emulator: Emulator, product: Product, open_page: Open
) -> None:
    phone = visit(open_page(), emulator)
    product.statuses = [500] * 4
    phone.get_by_label("消息").fill("在吗")
    phone.get_by_role("button", name="发送", exact=True).first.click()
    again = phone.get_by_role("button", name="没送达：HTTP 500，点此重发")
    again.click()
    expect(again).to_have_count(0)
    assert len({call.xml for call in product.received}) == 1


def test_the_plus_panel_sends_a_place_and_a_picture(emulator: Emulator, product: Product, open_page: Open) -> None:
    phone = visit(open_page(), emulator)
    phone.get_by_label("位置、图片、语音、文件").click()
    phone.get_by_role("button", name="锦澜环保").click()
    expect(phone.locator(".place")).to_contain_text("锦澜环保")
    phone.get_by_label("位置、图片、语音、文件").click()
    phone.get_by_role("button", name="拍一张").click()
    expect(phone.locator("img.picture")).to_be_visible()
    kinds = ["location", "image"]
    until(lambda: len(product.received) == len(kinds))  # the page draws a message before the product has heard of it
    assert [kind for call, kind in zip(product.received, kinds, strict=True) if f"[{kind}]" in call.xml] == kinds


def test_a_stranger_a_fault_and_tomorrow_are_a_click_away(
    emulator: Emulator, product: Product, open_page: Open
) -> None:
    page = open_page()
    visit(page, emulator)
    page.get_by_role("button", name="陌生客户添加").click()
    page.locator("#stranger").get_by_role("button", name="添加", exact=True).click()
    expect(page.locator("#toast")).to_contain_text("加上了")
    assert "add_external_contact" in product.received[0].xml
    page.get_by_role("button", name="故障开关").click()
    page.get_by_label("平台繁忙").check()
    expect(page.locator("#faults-open")).to_have_text("故障：开着 1 项")
    assert emulator.look("faults")["api"] == {"*": {"busy": True}}
    page.keyboard.press("Escape")
    page.get_by_role("button", name="+1 天").click()
    expect(page.locator("#clock")).to_contain_text("快 1 天")
    assert emulator.look("clock")["offset"] == 86400


def test_a_customer_agrees_to_the_archive_and_takes_it_back_and_the_button_shows_it(
    emulator: Emulator, product: Product, open_page: Open
) -> None:
    page = open_page()
    phone = visit(page, emulator)
    phone.get_by_role("button", name="客户聊天").click()
    phone.get_by_role("button", name="钱经理").click()
    phone.get_by_role("button", name="客户同意存档").click()
    expect(phone.get_by_role("button", name="客户撤回同意")).to_be_visible()
    expect(page.locator("#toast")).to_contain_text("客户同意了")
    assert "msg_audit_approved" in product.received[-1].xml
    phone.get_by_role("button", name="返回聊天列表").click()
    phone.get_by_role("button", name="钱经理").click()
    phone.get_by_role("button", name="客户撤回同意").click()
    expect(phone.get_by_role("button", name="客户同意存档")).to_be_visible()
    expect(page.locator("#toast")).to_contain_text("客户撤回了同意")
    assert not any(one.get("agreed") for one in emulator.look("talks", userid="liqiang")["chats"])


def test_another_person_and_a_fourth_phone_find_room(emulator: Emulator, product: Product, open_page: Open) -> None:
    page = open_page()
    phone = visit(page, emulator)
    phone.get_by_label("换一个人").select_option("sunyue")
    page.get_by_role("button", name="再加一部手机").first.click()
    expect(page.locator(".phone .empty")).to_have_count(4)
    emulator.send("text", {"content": "给孙悦"}, touser="sunyue")
    expect(phone.locator(".bubble")).to_have_text("给孙悦")
    expect(phone.locator(".badge")).to_have_text("1")
    page.reload()
    expect(page.locator(".phone")).to_have_count(4)
    expect(page.locator(".phone").first.get_by_label("换一个人")).to_have_value("sunyue")
    assert not overflows(page)


def test_on_a_small_screen_one_phone_fills_it_and_tabs_choose(
    emulator: Emulator, product: Product, open_page: Open
) -> None:
    page = open_page(**PHONE)
    visit(page, emulator)
    emulator.act("clock", advance=30 * 86400)
    expect(page.get_by_text("快 30 天")).to_be_visible()  # the page listens: what comes now is news to it
    expect(page.locator(".phone:visible")).to_have_count(1)
    emulator.send("text", {"content": "给王磊"}, touser="wanglei")
    tab = page.get_by_role("tab", name="王磊")
    expect(tab.locator(".badge")).to_have_text("1")
    tab.tap()
    expect(page.locator(".phone:visible .bubble")).to_have_text("给王磊")
    assert not overflows(page)


def test_the_log_opens_and_shows_what_crossed(emulator: Emulator, product: Product, open_page: Open) -> None:
    page = open_page()
    phone = visit(page, emulator)
    phone.get_by_role("button", name="/待办").click()
    page.get_by_text("往来记录").click()
    row = page.locator(".wire-list li", has_text="企微 → 系统").first
    row.locator("summary").click()
    expect(row.locator("pre").first).to_contain_text("<Content>/待办</Content>")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed in web/node_modules")
@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])
def test_everybody_can_use_it(emulator: Emulator, product: Product, open_page: Open, screen: dict[str, object]) -> None:
    page = open_page(**screen)
    visit(page, emulator)
    emulator.send("template_card", CARD)
    product.statuses = [500] * 4
    emulator.act("say", userid="liqiang", text="在吗")
    expect(page.locator(".phone").first.locator(".failed")).to_be_visible()
    assert accessibility_problems(page) == []


def test_a_renamed_member_keeps_his_phone(emulator: Emulator, product: Product, open_page: Open) -> None:
    page = open_page()
    phone = visit(page, emulator)
    emulator.send("text", {"content": "旧账号"})
    expect(phone.locator(".bubble")).to_have_text("旧账号")
    page.get_by_role("button", name="成员换账号").click()
    page.get_by_label("成员").last.select_option("liqiang")
    page.get_by_label("新账号").fill("li.qiang")
    page.get_by_role("button", name="改账号").click()
    expect(page.locator("#toast")).to_contain_text("账号改好了")
    assert "<NewUserID><![CDATA[li.qiang]]>" in product.received[0].xml
    expect(phone.get_by_label("换一个人")).to_have_value("li.qiang")
    expect(phone.locator(".bubble")).to_have_text("旧账号")
    emulator.send("text", {"content": "新账号"}, touser="li.qiang")
    expect(phone.locator(".bubble").last).to_have_text("新账号")


def test_a_reset_empties_the_phones(emulator: Emulator, product: Product, open_page: Open) -> None:
    phone = visit(open_page(), emulator)
    emulator.send("text", {"content": "旧话"})
    expect(phone.locator(".bubble")).to_have_text("旧话")
    emulator.act("reset")
    expect(phone.locator(".empty")).to_be_visible()
