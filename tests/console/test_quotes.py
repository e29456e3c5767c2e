"""Products, prices and quotes at the desk: a price is looked at before it is saved, lines show past prices."""

import re

from sqlalchemy import select

from config.vocabulary import Role
from crm import uow
from models.audit import AuditEntry
from models.customers import Customer
from models.quotes import Price, Product, Quote
from tests.console.conftest import SignIn
from tests.console.office import BY_ROLE
from tests.console.test_pages import LEAD, REP
from tests.support.company import rows

ADMIN, FINANCE = BY_ROLE[Role.ADMIN], BY_ROLE[Role.FINANCE]
DAY = "2026-12-01"


def of_rep() -> str:
    """A customer of the rep's."""
    with uow.reading() as s:
        return s.scalars(select(Customer.public_id).where(Customer.name.contains("海门"))).one()


def listed(sign_in: SignIn, price: str = "1万") -> str:
    """A product with a price of today; its page."""
    admin = sign_in(ADMIN)
    sent = {"model": "IHG80-160", "name": "立式化工泵", "calibre": "DN80", "unit": "台"}
    page = str(admin.post("/console/products", data=sent).headers["Location"])
    today = re.search(r'name="first_day" min="([\d-]+)"', admin.get(page).text)
    assert today is not None
    form = {"list_price": price, "floor_price": "8000", "currency": "CNY", "first_day": today[1], "save": "1"}
    assert admin.post(f"{page.split('?')[0]}/prices", data=form).status_code == 303
    return page


def offer(sign_in: SignIn, price: str = "9500", who: str = REP) -> str:
    """A quote of two lines; its page."""
    form = {
        "customer": of_rep(), "rows": "5", "model0": "ihg80-160", "quantity0": "2", "price0": price,
        "model3": "安装指导", "quantity3": "1", "price3": "1,200",
    }  # fmt: skip
    made = sign_in(who).post("/console/quotes/new", data=form)
    assert made.status_code == 303, made.text
    return str(made.headers["Location"]).split("?")[0]


def test_a_price_says_what_it_hits_before_it_is_saved(sign_in: SignIn) -> None:
    page = listed(sign_in)
    offer(sign_in)
    finance = sign_in(FINANCE)
    form = {"list_price": "12000", "floor_price": "9000", "currency": "CNY", "first_day": DAY}
    looked = finance.post(f"{page}/prices", data=form)
    assert ("影响 1 张未结报价" in looked.text, "确认定价" in looked.text) == (True, True)
    assert len(rows(Price)) == 1
    saved = finance.post(f"{page}/prices", data=form | {"save": "1"})
    assert saved.status_code == 303
    assert "还没生效" in finance.get(saved.headers["Location"]).text
    wrong = finance.post(f"{page}/prices", data=form | {"save": "1", "floor_price": "2万"})
    assert (wrong.status_code, "底价不能高于列表价" in wrong.text, 'value="12000"' in wrong.text) == (422, True, True)
    early = finance.post(f"{page}/prices", data=form | {"floor_price": "2万"})  # said before the effect is shown
    assert (early.status_code, "底价不能高于列表价" in early.text) == (422, True)


def test_a_rep_reads_list_prices_and_no_floor_and_a_lead_reads_both(sign_in: SignIn) -> None:
    page = listed(sign_in)
    shown = offer(sign_in)
    for address in (page, "/console/products", shown):
        assert "8,000" not in sign_in(REP).get(address).text
        assert "8,000" in sign_in(LEAD).get(address).text
    assert "定新价" not in sign_in(LEAD).get(page).text


def test_lines_show_what_was_asked_before_and_a_new_version_takes_over(sign_in: SignIn) -> None:
    listed(sign_in)
    page = offer(sign_in)
    rep = sign_in(REP)
    shown = rep.get(page).text
    for words in ("¥20,200", "安装指导", "历史价", "折扣 5%"):
        assert words in shown
    looking = {"customer": of_rep(), "rows": "5", "model0": "IHG80-160", "price0": "9300", "look": "1"}
    past = rep.post("/console/quotes/new", data=looking)
    for words in ("这家客户以前的价", "¥9,500 × 2", 'value="9300"'):
        assert words in past.text
    assert 'value="IHG80-160"' in rep.get(f"{page}/revise").text
    empty = rep.post("/console/quotes/new", data={"customer": of_rep(), "rows": "5"})
    assert (empty.status_code, "请至少填一行" in empty.text) == (422, True)
    much = {"rows": "5", "model0": "IHG80-160", "quantity0": "999999999999", "price0": "1"}
    assert "不超过 100,000,000" in rep.post(f"{page}/revise", data=much).text
    bad = rep.post(f"{page}/revise", data={"rows": "5", "model0": "IHG80-160", "quantity0": "两", "price0": "1"})
    assert (bad.status_code, "第 1 行的数量或单价看不懂" in bad.text, 'value="两"' in bad.text) == (422, True, True)
    again = rep.post(f"{page}/revise", data={"rows": "5", "model0": "IHG80-160", "quantity0": "3", "price0": "9300"})
    assert again.status_code == 303
    assert "第 2 版" in rep.get(again.headers["Location"]).text
    assert [one.state for one in rows(Quote)] == ["superseded", "open"]
    assert rep.post(f"{page}/copy").status_code == 303
    refused = rep.post(f"{page}/send")
    assert (refused.status_code, "已有新版" in refused.text) == (409, True)


def test_a_form_grows_and_keeps_what_was_typed_and_says_the_list_price_in_its_currency(sign_in: SignIn) -> None:
    page = listed(sign_in)
    admin, rep = sign_in(ADMIN), sign_in(REP)
    today = re.search(r'name="first_day" min="([\d-]+)"', admin.get(page).text)
    assert today is not None
    admin.post("/console/rates", data={"currency": "USD", "day": today[1], "to_yuan": "7.12"})
    dollars = {"list_price": "1400", "floor_price": "1300", "currency": "USD", "first_day": today[1], "save": "1"}
    assert admin.post(f"{page}/prices", data=dollars).status_code == 303
    typed = {"customer": of_rep(), "rows": "5", "model0": "IHG80-160", "quantity0": "2", "note": "含税"}
    grown = rep.post("/console/quotes/new", data=typed | {"more": "1"}).text
    for words in ('name="rows" value="10"', 'name="model9"', 'value="IHG80-160"', 'value="含税"'):
        assert words in grown
    assert "今天列表价 USD 1,400" in rep.post("/console/quotes/new", data=typed | {"look": "1"}).text


def test_finance_reads_a_quote_and_finds_nothing_to_press(sign_in: SignIn) -> None:
    listed(sign_in)
    page = offer(sign_in, "7900")
    finance = sign_in(FINANCE)
    assert "海门" in finance.get("/console/quotes").text
    shown = finance.get(page)
    assert (shown.status_code, "底价 ¥8,000" in shown.text) == (200, True)
    for words in ("再报一次", "出新版", "撤回", "/console/customers/"):
        assert words not in shown.text
    approval = re.search(r'href="(/console/approvals/\w+)"', shown.text)
    assert approval is not None
    assert finance.get(approval[1]).status_code == 200
    for form in (finance.get(f"{page}/revise"), finance.post(f"{page}/revise", data={"rows": "5"})):
        assert (form.status_code, "您可以看，不能改" in form.text) == (403, True)
    refused = finance.post(f"{page}/withdraw")
    assert (refused.status_code, "您可以看，不能改" in refused.text) == (403, True)


def test_a_product_is_corrected_and_of_two_at_once_the_second_is_told(sign_in: SignIn) -> None:
    page = listed(sign_in)
    finance, form = sign_in(FINANCE), {"model": "ihg80-160", "name": "卧式化工泵", "unit": "套", "version": "1"}
    assert 'name="version" value="1"' in finance.get(page).text
    assert finance.post(page, data=form).status_code == 303
    assert "卧式化工泵" in finance.get(page).text
    late = finance.post(page, data=form | {"name": "别的泵"})
    assert (late.status_code, "刚被别人改过" in late.text, 'value="别的泵"' in late.text) == (409, True, True)
    other = finance.post(page, data=form | {"version": "2", "model": "IHG100-200"})
    assert (other.status_code, "就是另一个产品" in other.text) == (422, True)
    assert [(one.name, one.unit, one.calibre, one.version) for one in rows(Product)] == [("卧式化工泵", "套", "", 2)]
    (said,) = [one.detail for one in rows(AuditEntry, AuditEntry.verb == "change_product")]
    assert (said["was"], said["new"]) == (
        "型号 IHG80-160，名称 立式化工泵，口径 DN80，单位 台", "型号 ihg80-160，名称 卧式化工泵，口径 空，单位 套"
    )  # fmt: skip
    assert finance.post(f"{page}/retire", data={"version": "1"}).status_code == 409


def test_below_the_floor_the_approval_is_one_click_away(sign_in: SignIn) -> None:
    listed(sign_in)
    page = offer(sign_in, "7900")
    shown = sign_in(REP).get(page).text
    assert "低于底价，要审批" in shown
    approval = re.search(r'href="(/console/approvals/\w+)"', shown)
    assert approval is not None
    assert "看报价" in sign_in(REP).get(approval[1]).text
    assert "报价" in sign_in(REP).get("/console/quotes").text


def test_a_product_is_found_by_its_parts_and_retired(sign_in: SignIn) -> None:
    page = listed(sign_in)
    admin = sign_in(ADMIN)
    assert "IHG80-160" in admin.get("/console/products?q=dn80 化工").text
    assert "没有找到产品" in admin.get("/console/products?q=火箭").text
    assert admin.post(f"{page}/retire", data={"version": "1"}).status_code == 303
    assert "DN80" not in admin.get("/console/products").text
    assert "用同一个型号新增" in admin.get(page).text
    assert rows(Product)[0].retired_at is not None
    rate = {"currency": "USD", "day": DAY, "to_yuan": "7.12"}
    assert admin.post("/console/rates", data=rate).status_code == 303
    assert "USD 美元" in admin.get("/console/products").text
    assert admin.post("/console/rates", data=rate | {"to_yuan": "x"}).status_code == 422


def test_a_withdrawn_quote_comes_back_by_a_button(sign_in: SignIn) -> None:
    listed(sign_in)
    shown, rep = offer(sign_in), sign_in(REP)
    assert "撤销撤回" not in rep.get(shown).text
    assert rep.post(f"{shown}/withdraw").status_code == 303
    assert (rows(Quote)[0].state, "撤销撤回" in rep.get(shown).text) == ("withdrawn", True)
    assert rep.post(f"{shown}/bring_back").status_code == 303
    assert rows(Quote)[0].state == "open"
