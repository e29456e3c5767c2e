"""What a phone is told of products, past prices, quotes and their contests. Money is text, in the quote's currency."""

from datetime import date, datetime

from config.vocabulary import Currency, QuoteState, QuoteVerdict
from miniapp_api.answers import Answer


class ProductOut(Answer):
    """`list_price` "" where it has no price today. The floor price does not travel. A change names `version`."""

    id: str
    model: str
    name: str
    calibre: str
    pressure: str
    material: str
    unit: str
    currency: Currency
    list_price: str
    version: int


class ProductChangedOut(Answer):
    """`version` is the new one."""

    id: str
    model: str
    version: int


class ProductsOut(Answer):
    products: list[ProductOut]
    total: int
    page: int
    pages: int


class PastPriceOut(Answer):
    """`list_price` is what the list asked then, "" for nothing."""

    quote_id: str
    number: str
    customer: str
    who: str
    at: datetime
    state: QuoteState
    state_label: str
    quantity: str
    unit_price: str
    list_price: str
    currency: Currency


class PriceHistoryOut(Answer):
    """Of this customer, and of others of its industry; both the latest first."""

    customer: list[PastPriceOut]
    industry: list[PastPriceOut]


class QuoteOut(Answer):
    """`discount` in percent off the list, "" where nothing of it is on the list."""

    id: str
    number: str
    version: int
    customer_id: str
    customer: str
    owner: str
    team: str
    state: QuoteState
    state_label: str
    total: str
    currency: Currency
    discount: str
    valid_until: date
    made_at: datetime
    sent_at: datetime | None


class QuotesOut(Answer):
    quotes: list[QuoteOut]
    total: int
    page: int
    pages: int


class QuoteLineOut(Answer):
    product_id: str
    what: str
    unit: str
    quantity: str
    unit_price: str
    sum: str
    list_price: str


class QuoteConflictOut(Answer):
    """`first` and `second` say who quotes, as far as the reader may know; `verdict` null: none yet, or none needed."""

    id: str
    number: str
    customer: str
    first: str
    second: str
    reason: str
    due_at: datetime
    escalated: bool
    verdict: QuoteVerdict | None
    decided_at: datetime | None
    may_vote: bool


class QuoteConflictsOut(Answer):
    conflicts: list[QuoteConflictOut]


class QuotePageOut(Answer):
    """`keeps`: who asks may revise, send and withdraw it. `approval_id` of the last that was asked for, or null."""

    quote: QuoteOut
    deal_id: str | None
    deal: str
    note: str
    below_floor: bool
    lines: list[QuoteLineOut]
    versions: list[QuoteOut]
    conflicts: list[QuoteConflictOut]
    approval_id: str | None
    keeps: bool


class PriceChangeOut(Answer):
    """A line whose list price was another then; "" for none."""

    model: str
    was: str
    now: str


class QuoteMadeOut(Answer):
    """`told` is what happens now, for people; `changes` only of a copy."""

    id: str
    number: str
    version: int
    state: QuoteState
    state_label: str
    total: str
    currency: Currency
    told: str
    changes: list[PriceChangeOut]


class QuoteSaidOut(Answer):
    said: str
