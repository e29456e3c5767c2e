"""What a phone may send of quotes: lines with how many and for how much each, as text, never as binary fractions."""

from typing import Annotated

from pydantic import Field

from config.vocabulary import Currency, QuoteVerdict
from crm.reads.quotes import QuoteBox
from crm.rules.quotes import LONGEST_NOTE, LONGEST_WORDS, MOST_LINES
from crm.usecases.products import LONGEST_MODEL, LONGEST_NAME, LONGEST_SPEC, LONGEST_UNIT
from miniapp_api.payloads import Day, Payload, Words

_Quantity = Annotated[Words, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,3})?$")]
_Price = Annotated[Words, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,2})?$")]


class QuoteLineIn(Payload):
    """`product_id`, or `words` for what is not on the price list; `unit_price` of one, in the quote's currency."""

    product_id: Words = Field(default="", max_length=64)
    words: Words = Field(default="", max_length=LONGEST_WORDS)
    quantity: _Quantity
    unit_price: _Price


class QuoteIn(Payload):
    """`valid_until` null: so many days as the policy says. `deal_id` and `project_id` only count for a new quote."""

    lines: list[QuoteLineIn] = Field(min_length=1, max_length=MOST_LINES)
    currency: Currency = Currency.CNY
    valid_until: Day | None = None
    note: Words = Field(default="", max_length=LONGEST_NOTE)
    deal_id: Words = Field(default="", max_length=64)
    project_id: Words = Field(default="", max_length=64)


class QuoteVerdictIn(Payload):
    """`first`: the quote that was there before stands; `second`: the frozen one; `together`: both."""

    verdict: QuoteVerdict


class QuoteQuery(Payload):
    """`live` hold, `frozen` wait for a verdict, `expired` are past their last day, `all` are all but old versions.
    `customer`: the quotes of the one with this id.
    """

    box: QuoteBox = Field(default=QuoteBox.LIVE, strict=False)  # an address carries text
    query: Words = Field(default="", max_length=60)
    customer: str = Field(default="", pattern=r"^[0-9a-f]{0,64}$")
    page: int = Field(default=1, ge=1, le=100_000, strict=False)


class ProductQuery(Payload):
    """`query`: a part of a model, a name or a specification."""

    query: Words = Field(default="", max_length=60)
    page: int = Field(default=1, ge=1, le=100_000, strict=False)


class ProductSeenIn(Payload):
    """`version` is the one that was read: a product that somebody has changed since is left as it is (409)."""

    version: int = Field(ge=1, le=2**31)


class ProductIn(ProductSeenIn):
    """All of it as it shall be; the model may be spelt anew, another one is another product."""

    model: Words = Field(min_length=1, max_length=LONGEST_MODEL)
    name: Words = Field(min_length=1, max_length=LONGEST_NAME)
    calibre: Words = Field(default="", max_length=LONGEST_SPEC)
    pressure: Words = Field(default="", max_length=LONGEST_SPEC)
    material: Words = Field(default="", max_length=LONGEST_SPEC)
    unit: Words = Field(min_length=1, max_length=LONGEST_UNIT)


class PriceQuery(Payload):
    product_id: Words = Field(min_length=1, max_length=64)
