"""Products on the phone: what the list asks today, and what was asked for one before."""

from datetime import datetime
from decimal import Decimal

from apiflask import APIBlueprint
from flask import Response

from config.vocabulary import Currency, LoginVia, label
from crm import uow
from crm.access import Actor
from crm.reads.price_history import PastPrice, price_history
from crm.reads.products import ProductRow, products
from crm.rules.quotes import say_quantity
from crm.usecases import products as use
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.sessions import actor_of_session
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.quote_answers import PastPriceOut, PriceHistoryOut, ProductChangedOut, ProductOut, ProductsOut
from miniapp_api.quote_payloads import PriceQuery, ProductIn, ProductQuery, ProductSeenIn
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers

_SIZE = 50
_KEPT = WRITE | {
    403: "已停用或离职，或者您的角色不管价格表",
    404: "没有这个产品，或者已经停用",
    409: "刚被别人改过，或编号已用于另一个请求",
}


def product_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/products")
    @bp.input(ProductQuery, location="query", arg_name="query")
    @bp.output(ProductsOut)
    @bp.doc(
        summary="产品和今天的列表价",
        security="bearer",
        responses=answers(READ),
    )
    def product_list(query: ProductQuery) -> ProductsOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            found = products(s, actor_of_session(s, token, PHONES, now), query.query, now, query.page, _SIZE)
        rows = [_product(one) for one in found.rows]
        return ProductsOut(products=rows, total=found.total, page=found.number, pages=found.pages)

    @bp.patch("/products/<product_id>")
    @bp.input(ProductIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(ProductChangedOut)
    @bp.doc(
        summary="改产品的名称、规格、单位（销售运营、财务、管理员）",
        description="`version` 写读到的那一版：之后被别人改过的不保存。换型号就是另一个产品。",
        security="bearer",
        responses=answers(_KEPT),
    )
    def change_product(product_id: str, json_data: ProductIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _changed(plain_id(product_id), json_data))

    @bp.post("/products/<product_id>/retire")
    @bp.input(ProductSeenIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(ProductChangedOut)
    @bp.doc(
        summary="停用产品：不能再报，报过的不变（销售运营、财务、管理员）",
        security="bearer",
        responses=answers(_KEPT),
    )
    def retire_product(product_id: str, json_data: ProductSeenIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _retired(plain_id(product_id), json_data))

    @bp.get("/customers/<customer_id>/prices")
    @bp.input(PriceQuery, location="query", arg_name="query")
    @bp.output(PriceHistoryOut)
    @bp.doc(
        summary="这个产品以前报过的价：这家客户的，和同行业的",
        security="bearer",
        responses=answers(READ),
    )
    def past_prices(customer_id: str, query: PriceQuery) -> PriceHistoryOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            who = actor_of_session(s, token, PHONES, now)
            past = price_history(s, who, plain_id(customer_id), query.product_id)
        own, others = ([_past(one) for one in lines] for lines in (past.customer, past.industry))
        return PriceHistoryOut(customer=own, industry=others)


def _changed(product_id: str, body: ProductIn) -> Write:
    draft = use.ProductDraft(body.model, body.name, body.calibre, body.pressure, body.material, body.unit)

    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        return done(200, _made(use.change_product(s, actor, product_id, draft, body.version, now, entrance=via)))

    return effect


def _retired(product_id: str, body: ProductSeenIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        return done(200, _made(use.retire_product(s, actor, product_id, body.version, now, entrance=via)))

    return effect


def _made(made: use.ProductMade) -> ProductChangedOut:
    return ProductChangedOut(id=made.public_id, model=made.model, version=made.version)


def said_price(amount: Decimal | None) -> str:
    """Money of any currency as it travels; "" for no price."""
    return "" if amount is None else f"{amount:.2f}"


def _product(row: ProductRow) -> ProductOut:
    return ProductOut(
        id=row.public_id,
        model=row.model,
        name=row.name,
        calibre=row.calibre,
        pressure=row.pressure,
        material=row.material,
        unit=row.unit,
        currency=Currency(row.currency),
        list_price=said_price(row.list_price),
        version=row.version,
    )


def _past(one: PastPrice) -> PastPriceOut:
    return PastPriceOut(
        quote_id=one.quote_id,
        number=one.number,
        customer=one.customer,
        who=one.who,
        at=one.at,
        state=one.state,
        state_label=label(one.state),
        quantity=say_quantity(one.quantity),
        unit_price=said_price(one.unit_price),
        list_price=said_price(one.list_price),
        currency=Currency(one.currency),
    )
