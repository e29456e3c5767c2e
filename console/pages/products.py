"""产品与价格: what is sold, what it costs from which day on, what a new price would hit, and the rates."""

from datetime import date
from decimal import Decimal, InvalidOperation

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.vocabulary import Currency
from console.desk import EVERYBODY, Desk, actor, asked, asked_number, typed, typed_number
from crm import uow
from crm.access import PRICERS
from crm.errors import Conflict, CrmError, Invalid
from crm.prices import PriceHit
from crm.reads.products import price_hits, product_page, products, rates
from crm.rules.amounts import parse_amount
from crm.rules.days import day_of
from crm.usecases import products as use
from crm.usecases.products import PriceDraft, ProductDraft

_SIZE = 50
_RELOAD = "请刷新页面再试一次"
_KEEPERS = frozenset(PRICERS)


def mount(desk: Desk) -> None:
    clock = desk.deps.clock

    @desk.page("/products", EVERYBODY)
    def product_list() -> ResponseReturnValue:
        return _listed()

    @desk.page("/products", _KEEPERS, "POST")
    def add_product() -> ResponseReturnValue:
        draft = _product()
        try:
            made = uow.attempt(lambda s: use.add_product(s, actor(), draft, clock(), entrance="console"))
        except (Invalid, Conflict) as refused:
            return _listed(refused)
        return redirect(url_for("console.product", product_id=made.public_id), 303)

    @desk.page("/rates", _KEEPERS, "POST")
    def set_rate() -> ResponseReturnValue:
        try:
            currency, day, rate = _currency(typed("currency", 3)), _day(typed("day", 10)), _rate(typed("to_yuan", 20))
            uow.attempt(lambda s: use.set_rate(s, actor(), currency, day, rate, clock(), entrance="console"))
        except Invalid as refused:
            return _listed(refused)
        return redirect(url_for("console.product_list") + "#rates", 303)

    @desk.page("/products/<product_id>", EVERYBODY)
    def product(product_id: str) -> ResponseReturnValue:
        return _drawn(product_id)

    @desk.page("/products/<product_id>/prices", _KEEPERS, "POST")
    def set_price(product_id: str) -> ResponseReturnValue:
        """Looked at first: which quotes it hits; saved by the second button, which is under the list."""
        try:
            draft = _price()
            if "save" not in request.form:
                use.check_price(draft, day_of(clock()))
                with uow.reading() as s:
                    hits = price_hits(s, actor(), product_id, draft.list_price, draft.currency, draft.first_day)
                return _drawn(product_id, hits=hits)
            made = uow.attempt(lambda s: use.set_price(s, actor(), product_id, draft, clock(), entrance="console"))
        except (Invalid, Conflict) as refused:
            return _drawn(product_id, refused)
        told = f"已定价，{draft.first_day} 起生效" + (
            f"；{len(made.hits)} 张未结报价的报价人已收到消息" if made.hits else ""
        )
        return redirect(url_for("console.product", product_id=product_id, said=told), 303)

    @desk.page("/products/<product_id>", _KEEPERS, "POST")
    def change_product(product_id: str) -> ResponseReturnValue:
        try:
            version = typed_number("version", _RELOAD)
            draft = _product()
            uow.attempt(
                lambda s: use.change_product(s, actor(), product_id, draft, version, clock(), entrance="console")
            )
        except (Invalid, Conflict) as refused:
            return _drawn(product_id, refused)
        return redirect(url_for("console.product", product_id=product_id, said="已保存"), 303)

    @desk.page("/products/<product_id>/retire", _KEEPERS, "POST")
    def retire_product(product_id: str) -> ResponseReturnValue:
        try:
            version = typed_number("version", _RELOAD)
            uow.attempt(lambda s: use.retire_product(s, actor(), product_id, version, clock(), entrance="console"))
        except (Invalid, Conflict) as refused:
            return _drawn(product_id, refused)
        return redirect(url_for("console.product", product_id=product_id, said="已停用，以后不能再报"), 303)

    def _listed(refused: CrmError | None = None) -> ResponseReturnValue:
        with uow.reading() as s:
            found = products(s, actor(), asked("q"), clock(), asked_number("page"), _SIZE)
            known = rates(s)
        drawn = render_template(
            "console/products.html", found=found, rates=known, q=asked("q"), keeps=actor().role in _KEEPERS,
            currencies=[one for one in Currency if one is not Currency.CNY], today=day_of(clock()),
            refused=str(refused) if refused else "", sent=request.form if refused else {},
        )  # fmt: skip
        return drawn, refused.http_status if refused else 200

    def _drawn(
        product_id: str, refused: CrmError | None = None, hits: list[PriceHit] | None = None
    ) -> ResponseReturnValue:
        with uow.reading() as s:
            page = product_page(s, actor(), product_id, clock())
        drawn = render_template(
            "console/product.html", page=page, hits=hits, keeps=actor().role in _KEEPERS and not page.retired,
            currencies=list(Currency), today=day_of(clock()), said=asked("said", 120),
            refused=str(refused) if refused else "", sent=request.form,
        )  # fmt: skip
        return drawn, refused.http_status if refused else 200


def _product() -> ProductDraft:
    return ProductDraft(*(typed(name, 80) for name in ("model", "name", "calibre", "pressure", "material", "unit")))


def _price() -> PriceDraft:
    last = typed("last_day", 10)
    return PriceDraft(
        _amount(typed("list_price", 20), "list_price"),
        _amount(typed("floor_price", 20), "floor_price"),
        _currency(typed("currency", 3)),
        _day(typed("first_day", 10)),
        _day(last) if last else None,
    )


def _amount(text: str, name: str) -> Decimal:
    try:
        return parse_amount(text)
    except ValueError as error:
        raise Invalid(str(error), {name: str(error)}) from None


def _rate(text: str) -> Decimal:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal(0)
    if not rate.is_finite() or rate != round(rate, 6):
        raise Invalid("汇率要写成数字，最多六位小数，例如 7.12", {"to_yuan": "看不懂"})
    return rate


def _currency(text: str) -> Currency:
    if text not in set(Currency):
        raise Invalid("请选币种", {"currency": "没有选"})
    return Currency(text)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("请选日期", {"first_day": "没有选"}) from None
    if not 2000 <= day.year < 2100:
        raise Invalid("日期的年份不对", {"first_day": "不对"})
    return day
