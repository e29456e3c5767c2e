"""The lines of a quote: what was typed, checked, and what the price list asks for the same on the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.vocabulary import Currency
from crm.errors import Invalid
from crm.prices import prices_on, rate_of
from crm.rules.quotes import CEILING, LONGEST_WORDS, MOST_LINES, converted, model_key
from models.quotes import Product, QuoteLine

_MOST_QUANTITY = Decimal(100_000_000)


@dataclass(frozen=True, slots=True)
class LineDraft:
    """A product by its public id, or `words` for what is not on the list; the price of one in the quote's currency."""

    quantity: Decimal
    unit_price: Decimal
    product_id: str = ""
    words: str = ""


def priced(s: Session, drafts: Sequence[LineDraft], rate: Decimal, today: date) -> list[QuoteLine]:
    """Each line with its product and what the list asks for it today, in the quote's currency."""
    if not drafts:
        raise Invalid("请至少填一行：型号或名称、数量、单价", {"lines": "一行也没有"})
    if len(drafts) > MOST_LINES:
        raise Invalid(f"一张报价最多 {MOST_LINES} 行，请分成几张", {"lines": "行数太多"})
    meant = _meant(s, drafts)
    listed = prices_on(s, {one.id for one in meant if one is not None}, today)
    rates = {one.currency: rate_of(s, Currency(one.currency), today) for one in listed.values()}
    lines = []
    for number, (one, product) in enumerate(zip(drafts, meant, strict=True), 1):
        if wrong := _wrong(one, product):
            raise Invalid(f"第 {number} 行：{wrong}", {f"lines.{number}": wrong})
        price = None if product is None else listed.get(product.id)
        lines.append(
            QuoteLine(
                product_id=product and product.id,
                words="" if product is not None else _plain(one.words),
                quantity=one.quantity,
                unit_price=one.unit_price,
                list_price=price and converted(price.list_price, rates[price.currency], rate),
                floor_price=price and converted(price.floor_price, rates[price.currency], rate),
            )
        )
    return lines


def _meant(s: Session, drafts: Sequence[LineDraft]) -> list[Product | None]:
    """The product of each line. Words that are a model of the list are that product: nobody passes its floor so."""
    ids, keys = {one.product_id for one in drafts}, {model_key(one.words) for one in drafts if not one.product_id}
    offered = (or_(Product.public_id.in_(ids), Product.model_key.in_(keys)), Product.retired_at.is_(None))
    products = s.scalars(select(Product).where(*offered)).all()
    by_id, by_key = {one.public_id: one for one in products}, {one.model_key: one for one in products}
    return [by_id.get(one.product_id) if one.product_id else by_key.get(model_key(one.words)) for one in drafts]


def _wrong(one: LineDraft, product: Product | None) -> str:
    if one.product_id and product is None:
        return "没有这个产品，或者已经停用"
    if not one.product_id and not 1 <= len(_plain(one.words)) <= LONGEST_WORDS:
        return f"价格表里没有的，要写明是什么，最多 {LONGEST_WORDS} 个字"
    if not Decimal(0) < one.quantity <= _MOST_QUANTITY or one.quantity != round(one.quantity, 3):
        return f"数量要大于 0、不超过 {_MOST_QUANTITY:,f}，最多三位小数"
    if not Decimal(0) <= one.unit_price < CEILING or one.unit_price != round(one.unit_price, 2):
        return "单价不能是负数，要小于一万亿，最多精确到分"
    return ""


def _plain(words: str) -> str:
    return " ".join(words.replace("\x00", "").split())
