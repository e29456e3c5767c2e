"""Quotes and products over the API: once per key, no floor price, who is frozen reads why and what happens next."""

from decimal import Decimal

from config.vocabulary import Currency, Role, ShareAccess
from crm import uow
from crm.access import actor_by_userid
from crm.usecases.products import PriceDraft, ProductDraft, add_product, set_price
from crm.usecases.quote_lines import LineDraft
from crm.usecases.quotes import QuoteDraft, make_quote
from crm.usecases.sharing import Wish, share_customer
from models.people import Person
from models.quotes import Quote
from tests.api.conftest import CANARY, MINE, NOW, OTHERS, Phone
from tests.support.company import rows


def listed() -> str:
    """A product at 10,000, floor 8,000; its id. 李 keeps the price list."""
    with uow.transaction() as s:
        s.get_one(Person, 2).role = Role.FINANCE
        s.flush()
        keeper = actor_by_userid(s, "li", NOW)
        made = add_product(s, keeper, ProductDraft("IHG80-160", "化工泵"), NOW, entrance="console")
        price = PriceDraft(Decimal(10_000), Decimal(8_000), Currency.CNY, NOW.date())
        set_price(s, keeper, made.public_id, price, NOW, entrance="console")
    return made.public_id


def test_a_quote_is_made_once_and_tells_no_floor_price(phone: Phone) -> None:
    body = {"lines": [{"product_id": listed(), "quantity": "2", "unit_price": "9500"}]}
    made = phone.post(f"/customers/{MINE}/quotes", body, key="q1")
    assert (made.status_code, made.get_json()["state"]) == (201, "open")
    assert phone.post(f"/customers/{MINE}/quotes", body, key="q1").get_json() == made.get_json()
    assert len(rows(Quote)) == 1
    page = phone.get(f"/quotes/{made.get_json()['id']}").get_data(as_text=True)
    assert ("10000.00" in page, "8000" in page) == (True, False)
    assert phone.post(f"/customers/{OTHERS}/quotes", body).status_code == 404
    for wrong in ("1e3", "-1", "1.001", "NaN", ""):
        line = {"words": "备件", "quantity": "1", "unit_price": wrong}
        assert phone.post(f"/customers/{MINE}/quotes", {"lines": [line]}).status_code == 422


def test_who_is_frozen_reads_why_and_what_happens_next(phone: Phone) -> None:
    with uow.transaction() as s:
        wish = Wish(4, ShareAccess.TOGETHER, None, 0)
        share_customer(s, actor_by_userid(s, "zhang", NOW), MINE, wish, NOW, entrance="chat")
        draft = QuoteDraft([LineDraft(Decimal(1), Decimal(4_321), words="备件")])
        make_quote(s, actor_by_userid(s, CANARY, NOW), MINE, draft, NOW, entrance="chat")
    line = {"words": "备件", "quantity": "1", "unit_price": "5000"}
    made = phone.post(f"/customers/{MINE}/quotes", {"lines": [line]}).get_json()
    assert made["state"] == "frozen"
    for words in ("另一个团队已经给这家客户报价（同一客户）", "双方主管裁定", "一个工作日内答复"):
        assert words in made["told"]
    sent = phone.post(f"/quotes/{made['id']}/send", None)
    assert (sent.status_code, "另一个团队已经给这家客户报价" in sent.get_json()["message"]) == (409, True)
    told = phone.get(f"/quotes/{made['id']}").get_data(as_text=True) + phone.get("/quotes?box=all").get_data(
        as_text=True
    )
    assert ("4321" in told, CANARY in told) == (False, False)


def test_a_product_is_changed_by_whoever_keeps_the_list_and_by_the_version_he_saw(phone_of, phone: Phone) -> None:  # type: ignore[no-untyped-def]
    at = f"/products/{listed()}"
    body = {"model": "IHG80-160", "name": "卧式化工泵", "unit": "套", "version": 1}
    assert phone.patch(at, body).status_code == 403
    keeper = phone_of("li")
    assert keeper.patch(at, body).get_json()["version"] == 2
    late = keeper.patch(at, body | {"name": "别的"})
    assert (late.status_code, "刚被别人改过" in late.get_json()["message"]) == (409, True)
    (row,) = phone.get("/products").get_json()["products"]
    assert (row["name"], row["unit"], row["version"]) == ("卧式化工泵", "套", 2)
    assert keeper.post(f"{at}/retire", {"version": 1}).status_code == 409
    assert keeper.post(f"{at}/retire", {"version": 2}).status_code == 200
    assert phone.get("/products").get_json()["products"] == []
    assert keeper.post(f"{at}/retire", {"version": 3}).status_code == 404
