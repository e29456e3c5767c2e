"""The price list as people look at it: products and what they cost today, one with all its prices, and the rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import Currency
from crm.access import PRICERS, Actor, eyes, reads_floor, require
from crm.errors import NotFound
from crm.prices import PriceHit, hit_by_price, prices_on
from crm.reads.customers import Page
from crm.reads.paging import cut
from crm.rules.days import day_of
from crm.rules.quotes import model_key
from models.people import Person
from models.quotes import Price, Product, Rate


@dataclass(frozen=True, slots=True)
class ProductRow:
    """`list_price` None: it has no price today. `floor_price` None: it has none, or this reader may not see it."""

    id: int
    public_id: str
    model: str
    name: str
    calibre: str
    pressure: str
    material: str
    unit: str
    currency: str
    list_price: Decimal | None
    floor_price: Decimal | None
    version: int

    @property
    def specs(self) -> str:
        return " · ".join(one for one in (self.calibre, self.pressure, self.material) if one)


@dataclass(frozen=True, slots=True)
class PriceRow:
    """`holds`: it is the price of today."""

    list_price: Decimal
    floor_price: Decimal | None
    currency: str
    first_day: date
    last_day: date | None
    made_by: str
    made_at: datetime
    holds: bool


@dataclass(frozen=True, slots=True)
class ProductPage:
    row: ProductRow
    prices: Sequence[PriceRow]
    retired: bool


@dataclass(frozen=True, slots=True)
class RateRow:
    currency: Currency
    day: date
    to_yuan: Decimal
    made_by: str


def products(s: Session, actor: Actor, query: str, now: datetime, page: int, size: int) -> Page[ProductRow]:
    """What can be quoted, by model; `query` is a part of a model, or of a name or specification."""
    wanted = select(Product).where(Product.retired_at.is_(None))
    for word in query.split():
        columns = (Product.name, Product.calibre, Product.pressure, Product.material)
        found = Product.model_key.contains(model_key(word), autoescape=True)
        for column in columns:
            found |= column.contains(word, autoescape=True)
        wanted = wanted.where(found)
    cut_ = cut(s, wanted.order_by(Product.model_key), page, size, lambda row: row)
    return Page(_rows(s, actor, cut_.rows, now), cut_.total, cut_.number, cut_.size)


def called(s: Session, actor: Actor, words: str, now: datetime, limit: int) -> list[ProductRow]:
    """Products that these words may mean: the one of exactly this model, else those that hold them."""
    exact = select(Product).where(Product.model_key == model_key(words), Product.retired_at.is_(None))
    named = s.scalars(exact).all()
    return _rows(s, actor, named, now) if named else list(products(s, actor, words, now, 1, limit).rows)


def product_page(s: Session, actor: Actor, product_id: str, now: datetime) -> ProductPage:
    product = s.scalar(select(Product).where(Product.public_id == product_id))
    if product is None:
        raise NotFound("没有这个产品，请在产品列表里选")
    (row,) = _rows(s, actor, [product], now)
    floors, today = reads_floor(eyes(s, actor)), day_of(now)
    prices = s.execute(
        select(Price, Person.name)
        .join(Person, Person.id == Price.made_by_id)
        .where(Price.product_id == product.id)
        .order_by(Price.first_day.desc(), Price.id.desc())
    ).all()
    covers = [one.id for one, _ in prices if one.first_day <= today and (one.last_day is None or today <= one.last_day)]
    drawn = [
        PriceRow(
            one.list_price, one.floor_price if floors else None, one.currency, one.first_day, one.last_day, by,
            one.made_at, one.id == (covers or [0])[0],
        )
        for one, by in prices
    ]  # fmt: skip
    return ProductPage(row, drawn, product.retired_at is not None)


def rates(s: Session) -> list[RateRow]:
    """The newest first."""
    rows = select(Rate, Person.name).join(Person, Person.id == Rate.made_by_id).order_by(Rate.day.desc(), Rate.currency)
    return [RateRow(Currency(one.currency), one.day, one.to_yuan, by) for one, by in s.execute(rows.limit(60))]


def price_hits(
    s: Session, actor: Actor, product_id: str, list_price: Decimal, currency: Currency, first_day: date
) -> list[PriceHit]:
    """涨价影响: every live quote that such a price would hit, before it is saved."""
    require(actor, *PRICERS)
    number = s.scalar(select(Product.id).where(Product.public_id == product_id)) or 0
    return hit_by_price(s, number, list_price, currency, first_day)


def _rows(s: Session, actor: Actor, found: Sequence[Product], now: datetime) -> list[ProductRow]:
    listed = prices_on(s, [one.id for one in found], day_of(now))
    floors = reads_floor(eyes(s, actor))
    drawn = []
    for one in found:
        price = listed.get(one.id)
        drawn.append(
            ProductRow(
                one.id, one.public_id, one.model, one.name, one.calibre, one.pressure, one.material, one.unit,
                price.currency if price else "CNY",
                price.list_price if price else None,
                price.floor_price if price and floors else None,
                one.version,
            )
        )  # fmt: skip
    return drawn
