"""Quotes as people look at them: a list, and one with its lines, versions and contests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from config.quotes import LIVE, STANDING
from config.vocabulary import ApprovalState, QuoteState
from crm.access import HOLDERS, READ, Actor, eyes, get_quote, keeps_quote, reads_floor, sees_customer, sees_quote
from crm.reads.customers import Page
from crm.reads.paging import cut
from crm.reads.quote_contests import Contest, contests_of
from crm.rules.days import day_of
from crm.rules.quotes import Line
from models.approvals import Approval
from models.customers import Customer
from models.deals import Deal
from models.people import Person, Team
from models.quotes import Product, Quote, QuoteLine


class QuoteBox(StrEnum):
    """Which quotes: those that hold, the frozen ones, those whose last day is past, all but old versions."""

    LIVE = "live"
    FROZEN = "frozen"
    EXPIRED = "expired"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """`total` in its currency; `discount` in percent off the list, None without list prices."""

    id: int
    public_id: str
    number: str
    version: int
    customer: str
    customer_id: str
    owner: str
    team: str
    state: QuoteState
    total: Decimal
    currency: str
    discount: Decimal | None
    valid_until: date
    made_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """`product_id` and `model` are "" for what is not on the list. `floor_price` None: none, or it is not shown."""

    product_id: str
    model: str
    what: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    sum: Decimal
    list_price: Decimal | None
    floor_price: Decimal | None


@dataclass(frozen=True, slots=True)
class QuotePage:
    """`margin` None: none, or not this reader's to see. `below_floor` is told to everybody who sees the quote.

    `approval_id` is of the last one asked for, "" for none. `opens_file`: the customer is there for this reader too;
    `quotes`: he may offer it again; `keeps`: he may change this one.
    """

    row: QuoteRow
    deal_id: str
    deal: str
    note: str
    margin: Decimal | None
    below_floor: bool
    lines: Sequence[LineRow]
    versions: Sequence[QuoteRow]
    contests: Sequence[Contest]
    approval_id: str
    approval: ApprovalState | None
    ended_at: datetime | None
    opens_file: bool
    quotes: bool
    keeps: bool


def quotes(
    s: Session, actor: Actor, box: QuoteBox, query: str, now: datetime, page: int, size: int, customer: str = ""
) -> Page[QuoteRow]:
    """Live ones by how soon they run out, else the newest first; `query` is a part of a number or a customer's name.

    `customer`, a public id, asks for its quotes alone.
    """
    wanted = _rows(actor).where(*_in(box, day_of(now)))
    if customer:
        wanted = wanted.where(Customer.public_id == customer)
    for word in query.split():
        wanted = wanted.where(
            or_(Quote.number.contains(word, autoescape=True), Customer.name.contains(word, autoescape=True))
        )
    order = (Quote.valid_until, Quote.id) if box is QuoteBox.LIVE else (Quote.id.desc(),)
    return cut(s, wanted.order_by(*order), page, size, _row)


def quotes_of(s: Session, actor: Actor, customer_id: int, limit: int) -> list[QuoteRow]:
    """Of one customer, the newest first, without old versions."""
    wanted = _rows(actor).where(Quote.customer_id == customer_id, Quote.state != QuoteState.SUPERSEDED)
    return [_row(*row) for row in s.execute(wanted.order_by(Quote.id.desc()).limit(limit))]


def quote_page(s: Session, actor: Actor, quote_id: str) -> QuotePage:
    quote, customer = get_quote(s, actor, quote_id, to=READ)
    floors = reads_floor(eyes(s, actor))
    opens = s.scalar(select(Customer.id).where(Customer.id == customer.id, sees_customer(actor))) is not None
    versions = s.execute(_rows(actor).where(Quote.root_id == quote.root_id).order_by(Quote.version.desc()))
    deal = None if quote.deal_id is None else s.get_one(Deal, quote.deal_id)
    asked = select(Approval.public_id, Approval.state).where(Approval.quote_id == quote.id)
    approval = s.execute(asked.order_by(Approval.id.desc()).limit(1)).one_or_none()
    (row,) = s.execute(_rows(actor).where(Quote.id == quote.id)).all()
    return QuotePage(
        _row(*row),
        deal.public_id if deal is not None else "",
        deal.name if deal is not None else "",
        quote.note,
        quote.margin if floors else None,
        quote.below_floor,
        _lines(s, quote, floors),
        [_row(*one) for one in versions],
        contests_of(s, actor, quote),
        "" if approval is None else approval.public_id,
        None if approval is None else ApprovalState(approval.state),
        quote.ended_at,
        opens,
        opens and actor.role in HOLDERS,
        opens and keeps_quote(actor, quote, customer),
    )


def _in(box: QuoteBox, today: date) -> list[ColumnElement[bool]]:
    return {
        QuoteBox.LIVE: [Quote.state.in_(LIVE), Quote.valid_until >= today],
        QuoteBox.FROZEN: [Quote.state == QuoteState.FROZEN],
        QuoteBox.EXPIRED: [Quote.state.in_(STANDING), Quote.valid_until < today],
        QuoteBox.ALL: [Quote.state != QuoteState.SUPERSEDED],
    }[box]


def _rows(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(Quote, Customer.name, Customer.public_id, Person.name, Team.name)
        .join(Customer, Customer.id == Quote.customer_id)
        .join(Person, Person.id == Quote.owner_id)
        .join(Team, Team.id == Quote.team_id)
        .where(sees_quote(actor))
    )


def _row(quote: Quote, customer: str, customer_id: str, owner: str, team: str) -> QuoteRow:
    return QuoteRow(
        quote.id, quote.public_id, quote.number, quote.version, customer, customer_id, owner, team,
        QuoteState(quote.state), quote.total, quote.currency, quote.discount, quote.valid_until, quote.made_at,
        quote.sent_at,
    )  # fmt: skip


def _lines(s: Session, quote: Quote, floors: bool) -> list[LineRow]:
    rows: Select[*tuple[Any, ...]] = (
        select(QuoteLine, Product)
        .outerjoin(Product, Product.id == QuoteLine.product_id)
        .where(QuoteLine.quote_id == quote.id)
        .order_by(QuoteLine.position)
    )
    return [
        LineRow(
            product.public_id if product is not None else "",
            product.model if product is not None else "",
            f"{product.model} {product.name}" if product is not None else line.words,
            product.unit if product is not None else "",
            line.quantity,
            line.unit_price,
            Line(line.quantity, line.unit_price).sum,
            line.list_price,
            line.floor_price if floors else None,
        )
        for line, product in s.execute(rows)
    ]
