"""What was asked for a product before: of this customer, and of others of its industry; who, when, won or lost."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from config.vocabulary import QuoteState
from crm.access import READ, Actor, get_customer, sees_quote
from crm.errors import NotFound
from models.customers import Customer
from models.people import Person
from models.quotes import Product, Quote, QuoteLine

SHOWN = 10


@dataclass(frozen=True, slots=True)
class PastPrice:
    """One line of an earlier quote; `list_price` is what the list asked then."""

    quote_id: str
    number: str
    customer: str
    who: str
    at: datetime
    state: QuoteState
    what: str
    quantity: Decimal
    unit_price: Decimal
    list_price: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class PriceHistory:
    """Both the latest first, and only of quotes that are there for whoever looks."""

    customer: Sequence[PastPrice]
    industry: Sequence[PastPrice]


def price_history(s: Session, actor: Actor, customer_id: int | str, product_id: str) -> PriceHistory:
    """Same product × this customer, and same product × its industry: prices that a customer was or may be told."""
    customer = get_customer(s, actor, customer_id, to=READ)
    product = s.scalar(select(Product.id).where(Product.public_id == product_id))
    if product is None:
        raise NotFound("没有这个产品，请在产品列表里选")
    theirs = _lines(actor).where(QuoteLine.product_id == product, _OFFERED)
    mine = theirs.where(Quote.customer_id == customer.id).order_by(Quote.made_at.desc(), QuoteLine.id.desc())
    others: list[PastPrice] = []
    if customer.industry:
        alike = theirs.where(Customer.industry == customer.industry, Customer.id != customer.id)
        others = _read(s, alike.order_by(QuoteLine.id.desc()))
    return PriceHistory(_read(s, mine), others)


def line_history(s: Session, actor: Actor, customer_id: str, product_ids: Collection[str]) -> dict[str, PriceHistory]:
    """The same of this customer alone, for all lines of a quote at once: by the product's public id."""
    wanted = _lines(actor).where(Customer.public_id == customer_id, Product.public_id.in_(product_ids), _OFFERED)
    rows = s.execute(wanted.add_columns(Product.public_id).order_by(Quote.made_at.desc(), QuoteLine.id.desc()))
    found: dict[str, list[PastPrice]] = {one: [] for one in product_ids}
    for *row, product_id in rows:
        if len(found[product_id]) < SHOWN:
            found[product_id].append(_past(*row))
    return {product_id: PriceHistory(past, []) for product_id, past in found.items()}


def past_prices(s: Session, actor: Actor, customer_id: int | str) -> list[PastPrice]:
    """Whatever was quoted to this customer, the latest first."""
    customer = get_customer(s, actor, customer_id, to=READ)
    mine = _lines(actor).where(Quote.customer_id == customer.id)
    return _read(s, mine.order_by(Quote.made_at.desc(), Quote.id.desc(), QuoteLine.position))


# Not what was refused, given up, frozen or waits for a signature: nobody got it for that.
_OFFERED = or_(Quote.state.in_((QuoteState.OPEN, QuoteState.WON, QuoteState.LOST)), Quote.sent_at.is_not(None))


def _lines(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(QuoteLine, Quote, Customer.name, Person.name, Product.model)
        .join(Quote, Quote.id == QuoteLine.quote_id)
        .join(Customer, Customer.id == Quote.customer_id)
        .join(Person, Person.id == Quote.owner_id)
        .outerjoin(Product, Product.id == QuoteLine.product_id)
        .where(sees_quote(actor), Quote.state != QuoteState.SUPERSEDED)
    )


def _read(s: Session, lines: Select[*tuple[Any, ...]]) -> list[PastPrice]:
    return [_past(*row) for row in s.execute(lines.limit(SHOWN))]


def _past(line: QuoteLine, quote: Quote, customer: str, who: str, model: str | None) -> PastPrice:
    return PastPrice(
        quote.public_id, quote.number, customer, who, quote.made_at, QuoteState(quote.state), model or line.words,
        line.quantity, line.unit_price, line.list_price, quote.currency,
    )  # fmt: skip
