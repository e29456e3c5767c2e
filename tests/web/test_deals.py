"""商机 in the mini-program: the board, a deal's ladder and evidence, its moves and what refuses them."""

import io
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect
from sqlalchemy import select

from config.vocabulary import CustomerLevel, CustomerSource, FieldKind, FieldObject, Role
from crm import uow
from crm.access import actor_by_userid
from crm.rules.funnel import Said
from crm.usecases.customers import CustomerDraft, create_customer
from crm.usecases.deals import move_deal, open_deal
from crm.usecases.fields import FieldDraft, add_field
from models.customers import Customer
from models.deals import Deal, Evidence, Milestone
from tests.sidebar.conftest import START
from tests.stories.house import House
from tests.support.browser import accessibility_problems, overflows
from tests.support.company import rows
from tests.support.deals import prove_all
from tests.web.conftest import Enter, shown, tab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
_NUMBER = count(1)


def opened(amount: int = 860_000) -> tuple[str, str]:
    """A deal of 李强's: its public id and its name."""
    number = next(_NUMBER)
    name = f"{number} 期循环泵"
    with uow.transaction() as s:
        who = actor_by_userid(s, "liqiang")
        draft = CustomerDraft(
            f"海盐{'甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳'[number]}泰纺织机械有限公司",
            CustomerLevel.NORMAL,
            CustomerSource.EVENT,
        )
        customer = create_customer(s, who, draft, START, entrance="chat")
        return open_deal(s, who, customer.id, name, Decimal(amount), START, entrance="chat").public_id, name


def go_to(enter: Enter, name: str) -> Page:
    phone = enter("liqiang")
    expect(shown(phone)).to_contain_text("李强")
    tab(phone, "商机")
    shown(phone).get_by_role("button", name=name).tap()
    expect(shown(phone).get_by_text("走过的路")).to_be_visible()
    return phone


def picture(path: Path, words: str) -> Path:
    image = Image.new("RGB", (640, 480), "white")
    ImageDraw.Draw(image).text((40, 40), words, fill="black", font_size=60)
    content = io.BytesIO()
    image.save(content, "JPEG")
    path.write_bytes(content.getvalue())
    return path


def hand_in(phone: Page, *photos: Path) -> None:
    shown(phone).get_by_role("button", name="交凭证").first.tap()
    with phone.expect_file_chooser() as chooser:
        phone.get_by_role("button", name="拍照或选照片").tap()
    chooser.value.set_files(list(photos))


def test_the_board_is_turned_stage_by_stage_and_filtered(enter: Enter) -> None:
    _, name = opened()
    phone = enter("liqiang")
    expect(shown(phone)).to_contain_text("李强")
    tab(phone, "商机")
    page = shown(phone)
    expect(page.get_by_role("button", name=name)).to_contain_text("¥86 万")
    page.get_by_role("button", name="方案提交").tap()
    expect(page.get_by_text("这一步没有商机")).to_be_visible()
    page.get_by_role("button", name="需求确认").tap()
    page.get_by_role("button", name="红牌", exact=True).tap()
    expect(page.get_by_role("button", name=name)).to_have_count(0)
    page.get_by_role("button", name="正常", exact=True).tap()
    expect(page.get_by_role("button", name=name)).to_be_visible()


def test_photographed_evidence_opens_the_next_stage_and_is_taken_once(enter: Enter, tmp_path: Path) -> None:
    _, name = opened()
    phone = go_to(enter, name)
    phone.get_by_role("button", name="推进").tap()
    phone.get_by_role("button", name="确定").tap()
    expect(shown(phone).locator(".wrong")).to_contain_text("会议纪要")
    phone.get_by_role("button", name="关闭").first.tap()
    photo = picture(tmp_path / "minutes.jpg", "Minutes 11-23")
    hand_in(phone, photo, photo)
    expect(shown(phone).get_by_text("已收下")).to_be_visible()
    expect(shown(phone).locator(".hand .red")).to_be_visible()
    phone.get_by_role("button", name="关闭").last.tap()
    assert len(rows(Evidence, Evidence.removed_at.is_(None))) == 1
    phone.get_by_role("button", name="推进").tap()
    phone.get_by_role("button", name="确定").tap()
    expect(shown(phone).get_by_text("方案提交（现在）")).to_be_visible()


def test_a_move_is_taken_back_on_the_page(enter: Enter) -> None:
    deal, name = opened()
    prove_all(deal)
    phone = go_to(enter, name)
    expect(shown(phone).get_by_role("button", name="撤销")).to_have_count(0)
    phone.get_by_role("button", name="推进").tap()
    phone.get_by_role("button", name="确定").tap()
    expect(shown(phone).get_by_text("方案提交（现在）")).to_be_visible()
    shown(phone).get_by_role("button", name="撤销").tap()
    expect(shown(phone).get_by_text("需求确认（现在）")).to_be_visible()
    expect(shown(phone).get_by_role("button", name="撤销")).to_have_count(0)


def test_only_a_manager_lets_it_through_with_a_reason_that_stays_on_the_deal(enter: Enter) -> None:
    deal, name = opened()
    phone = go_to(enter, name)
    phone.get_by_role("button", name="推进").tap()
    expect(phone.get_by_label("说明")).to_be_visible()
    expect(phone.get_by_role("switch")).to_have_count(0)
    phone = enter("wanglei", f"/pages/deal/deal?id={deal}")
    phone.get_by_role("button", name="推进").tap()
    phone.get_by_role("switch", name="缺凭证也放行").tap()
    phone.get_by_role("button", name="确定").tap()
    expect(shown(phone).locator(".wrong")).to_contain_text("放行的原因")
    phone.get_by_label("说明").fill("客户当面确认过参数")
    phone.get_by_role("button", name="确定").tap()
    expect(shown(phone).get_by_text("方案提交（现在）")).to_be_visible()
    expect(shown(phone).get_by_text("主管放行 · 客户当面确认过参数")).to_be_visible()


def test_a_file_of_a_chat_is_evidence_under_its_own_name(enter: Enter, tmp_path: Path) -> None:
    _, name = opened()
    phone = go_to(enter, name)
    minutes = tmp_path / "技术交流纪要.txt"
    minutes.write_text("会议纪要：双方确认扬程 32 米，口径 DN200，月底前给方案", encoding="utf-8")
    shown(phone).get_by_role("button", name="交凭证").first.tap()
    with phone.expect_file_chooser() as chooser:
        phone.get_by_role("button", name="从聊天里选文件").tap()
    chooser.value.set_files(minutes)
    taken, again = shown(phone).get_by_text("已收下"), shown(phone).get_by_role("button", name="再试")
    for _ in range(30):  # while what another test has handed in is still being read, nothing is compared with it
        expect(taken.or_(again)).to_be_visible()
        if taken.is_visible():
            break
        phone.wait_for_timeout(4_000)
        again.tap()
    expect(taken).to_be_visible()
    phone.get_by_role("button", name="关闭").last.tap()
    expect(shown(phone).locator(".proof")).to_contain_text("技术交流纪要.txt")


def new_deal(enter: Enter) -> Page:
    """李强's phone with the form of one more deal of a customer of his."""
    deal, _ = opened()
    with uow.reading() as s:
        place = s.scalars(select(Customer.public_id).join(Deal).where(Deal.public_id == deal)).one()
    phone = enter("liqiang", f"/pages/customer/customer?id={place}")
    shown(phone).get_by_role("button", name="新建商机").tap()
    expect(shown(phone).get_by_label("商机名称")).to_be_visible()
    return phone


def test_a_new_deal_is_opened_from_its_customer_with_all_its_fields(enter: Enter) -> None:
    with uow.transaction() as s:
        admin = replace(actor_by_userid(s, "liqiang"), role=Role.ADMIN)
        draft = FieldDraft("输送介质", "basic")
        add_field(s, admin, FieldObject.DEAL, FieldKind.TEXT, draft, START, entrance="console")
    phone = new_deal(enter)
    phone.get_by_role("button", name="保存").tap()
    expect(shown(phone).get_by_text("请填写商机名称")).to_be_visible()
    shown(phone).get_by_label("商机名称").fill("屏蔽泵备件")
    shown(phone).get_by_label("金额").fill("很多")
    shown(phone).get_by_label("输送介质").fill("热水")
    phone.get_by_role("button", name="保存").tap()
    expect(shown(phone).locator(".wrong").last).to_contain_text("80万")
    shown(phone).get_by_label("金额").fill("12万")
    phone.get_by_role("button", name="保存").tap()
    expect(shown(phone).get_by_text("走过的路")).to_be_visible()
    expect(shown(phone).get_by_text("¥12 万").first).to_be_visible()
    expect(shown(phone).get_by_text("热水")).to_be_visible()


def test_without_a_network_a_new_deal_waits_on_the_phone_and_is_opened_once(enter: Enter) -> None:
    phone = new_deal(enter)
    phone.evaluate("window.postMessage({flight: true}, location.origin)")
    shown(phone).get_by_label("商机名称").fill("消防泵更换")
    shown(phone).get_by_label("金额").fill("8万")
    phone.get_by_role("button", name="保存").tap()
    expect(phone.get_by_role("status").last).to_contain_text("联网后自动发出")
    assert rows(Deal, Deal.name == "消防泵更换") == []
    with phone.expect_response("**/customers/*/deals") as sent:
        phone.evaluate("window.postMessage({flight: false}, location.origin)")
    assert sent.value.ok
    assert len(rows(Deal, Deal.name == "消防泵更换")) == 1


def test_a_lost_deal_needs_its_reason_and_its_rival(enter: Enter) -> None:
    _, name = opened()
    phone = go_to(enter, name)
    phone.get_by_role("button", name="结果或退回").tap()
    phone.get_by_role("button", name="输单").tap()
    phone.get_by_role("button", name="确定").tap()
    expect(phone.get_by_text("请选主要原因")).to_be_visible()
    phone.get_by_role("button", name="价格").tap()
    phone.get_by_role("button", name="确定").tap()
    expect(shown(phone).locator(".wrong")).to_contain_text("竞争对手")
    phone.get_by_label("竞争对手").fill("格兰富")
    phone.get_by_role("button", name="确定").tap()
    expect(shown(phone).get_by_text("主要原因：价格，竞争对手：格兰富")).to_be_visible()
    expect(phone.get_by_role("button", name="重新打开")).to_be_visible()


def test_a_move_that_needs_a_signature_asks_for_it_and_stays_while_nobody_can_give_it(
    house: House, enter: Enter
) -> None:
    deal, _ = opened()
    prove_all(deal)
    with uow.transaction() as s:
        for stage in ("proposal", "negotiation"):
            move_deal(s, actor_by_userid(s, "liqiang"), deal, stage, Said(), START, entrance="chat")
    phone = enter("liqiang", f"/pages/deal/deal?id={deal}")
    phone.get_by_role("button", name="推进").tap()
    phone.get_by_role("button", name="确定").tap()
    expect(shown(phone).locator(".wrong")).to_contain_text("没有能审批的人")
    house.run("user", "grant", "zhouming", "director")
    phone.get_by_role("button", name="确定").tap()
    expect(shown(phone).get_by_text("正在等审批")).to_be_visible()
    expect(phone.get_by_role("button", name="确定")).to_have_count(0)
    shown(phone).get_by_role("button", name="正在等审批").tap()
    expect(shown(phone).get_by_text("周明").first).to_be_visible()


def test_its_amount_and_its_moments_are_changed_and_a_removal_taken_back(enter: Enter) -> None:
    deal, name = opened()
    phone = go_to(enter, name)
    shown(phone).get_by_role("button", name="金额").tap()
    phone.get_by_label("金额").last.fill("很多")
    phone.get_by_role("button", name="保存").tap()
    expect(shown(phone).locator(".wrong")).to_be_visible()
    phone.get_by_label("金额").last.fill("120万")
    phone.get_by_role("button", name="保存").tap()
    expect(shown(phone).get_by_text("¥120 万").first).to_be_visible()
    (found,) = rows(Deal, Deal.public_id == deal)
    assert found.amount == Decimal(1_200_000)
    shown(phone).get_by_role("button", name="记一个节点").tap()
    phone.get_by_role("button", name="记下").tap()
    expect(phone.get_by_text("请选是什么节点")).to_be_visible()
    phone.get_by_role("button", name="截标", exact=True).tap()
    phone.get_by_role("button", name="记下").tap()
    expect(shown(phone).locator(".wrong")).to_have_text("请选日期")
    phone.get_by_label("备注").tap()
    expect(phone.get_by_label("备注")).to_be_focused()
    phone.get_by_label("日期").tap()
    phone.locator("#over input").fill("2026-12-20")
    phone.locator("#over").get_by_role("button", name="确定").tap()
    phone.get_by_role("button", name="记下").tap()
    expect(shown(phone).get_by_role("button", name="12-20 17:00")).to_be_visible()
    shown(phone).get_by_role("button", name="12-20 17:00").tap()
    phone.get_by_role("button", name="记错了").tap()
    shown(phone).get_by_role("button", name="撤销").tap()
    expect(shown(phone).get_by_role("button", name="12-20 17:00")).to_be_visible()
    (one,) = rows(Milestone, Milestone.deal_id == found.id)
    assert one.removed_at is None


def test_everybody_can_use_both_pages(enter: Enter) -> None:
    _, name = opened()
    phone = enter("liqiang")
    expect(shown(phone)).to_contain_text("李强")

    def good() -> None:
        assert not overflows(phone)
        assert accessibility_problems(phone) == []
        small = "(all) => all.filter((one) => one.offsetHeight && one.offsetHeight < 44).map((one) => one.outerHTML)"
        assert shown(phone).locator("[role=button]").evaluate_all(small) == []

    tab(phone, "商机")
    expect(shown(phone).get_by_role("button", name=name)).to_be_visible()
    good()
    shown(phone).get_by_role("button", name=name).tap()
    expect(shown(phone).get_by_text("走过的路")).to_be_visible()
    good()
    shown(phone).get_by_role("button", name="推进").tap()
    expect(phone.get_by_label("说明")).to_be_visible()
    good()
    phone.goto(f"{phone.url}&flight")
    tab(phone, "商机")
    expect(shown(phone).get_by_text("没有网络，现在看的是")).to_be_visible()
