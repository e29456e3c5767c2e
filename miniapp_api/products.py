"""Products on the phone: what the list asks today, and what was asked for one before."""

from decimal import Decimal

from apiflask import APIBlueprint

from config.vocabulary import Currency, label
from crm import uow
from crm.reads.price_history import PastPrice, price_history
from crm.reads.products import ProductRow, products
from crm.rules.quotes import say_quantity
from crm.usecases.sessions import actor_of_session
from miniapp_api.deps import ApiDeps
from miniapp_api.quote_answers import PastPriceOut, PriceHistoryOut, ProductOut, ProductsOut
from miniapp_api.quote_payloads import PriceQuery, ProductQuery
from miniapp_api.repeat import plain_id
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, answers

_SIZE = 50


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
