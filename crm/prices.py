"""What products cost and currencies are worth on a day, and which quotes another price would hit."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.quotes import LIVE, STANDING
from config.vocabulary import Currency, QuoteState
from crm.errors import Invalid
from crm.rules.quotes import Dated, converted, price_on
from models.customers import Customer
from models.people import Person
from models.quotes import Price, Quote, QuoteLine, Rate


def rate_of(s: Session, currency: Currency, day: date) -> Decimal:
    """Yuan for one unit on that day; Invalid says who can mend it."""
    if currency is Currency.CNY:
        return Decimal(1)
    newest = select(Rate.to_yuan).where(Rate.currency == currency, Rate.day <= day).order_by(Rate.day.desc()).limit(1)
    found = s.scalar(newest)
    if found is None:
        why = f"还没有 {currency} 的汇率，请销售运营在「产品与价格」里填"
        raise Invalid(why, {"currency": why})
    return found


def prices_on(s: Session, product_ids: Iterable[int], day: date) -> dict[int, Dated]:
    """What each of these products costs on that day; one without a price is left out."""
    rows = select(Price).where(Price.product_id.in_(set(product_ids)), Price.first_day <= day).order_by(Price.id)
    known: dict[int, list[Dated]] = defaultdict(list)
    for one in s.scalars(rows):
        known[one.product_id].append(Dated(one.list_price, one.floor_price, one.currency, one.first_day, one.last_day))
    found = {product_id: price_on(prices, day) for product_id, prices in known.items()}
    return {product_id: price for product_id, price in found.items() if price is not None}


@dataclass(frozen=True, slots=True)
class PriceHit:
    """An open quote that another list price hits: what it asks for one, and the list price it was made by."""

    public_id: str
    number: str
    customer: str
    owner: str
    owner_id: int
    state: QuoteState
    currency: str
    unit_price: Decimal
    list_price: Decimal | None
    valid_until: date


def hit_by_price(
    s: Session, product_id: int, list_price: Decimal, currency: Currency, first_day: date
) -> list[PriceHit]:
    """Every live quote of the product that still holds on that day and was made by another list price.

    For whoever keeps the price list: he must know all of them, whoever's customers they are for.
    """
    rate = rate_of(s, currency, first_day)
    rows = s.execute(
        select(Quote, QuoteLine, Customer.name, Person.name)
        .join(QuoteLine, QuoteLine.quote_id == Quote.id)
        .join(Customer, Customer.id == Quote.customer_id)
        .join(Person, Person.id == Quote.owner_id)
        .where(QuoteLine.product_id == product_id, Quote.state.in_(LIVE), Quote.valid_until >= first_day)
        .order_by(Quote.made_at, QuoteLine.position)
    )
    hits: dict[int, PriceHit] = {}
    for quote, line, customer, owner in rows:
        if line.list_price != converted(list_price, rate, quote.rate):
            hits.setdefault(
                quote.id,
                PriceHit(
                    quote.public_id, quote.number, customer, owner, quote.owner_id, QuoteState(quote.state),
                    quote.currency, line.unit_price, line.list_price, quote.valid_until,
                ),
            )  # fmt: skip
    return list(hits.values())


def standing_quote(s: Session, deal_id: int) -> Quote | None:
    """The newest quote of a deal that is open, or waits for a signature."""
    theirs = select(Quote).where(Quote.deal_id == deal_id, Quote.state.in_((*STANDING, QuoteState.WON)))
    return s.scalar(theirs.order_by(Quote.id.desc()).limit(1))
