"""Quotes as people look at them: a list, one with its lines, versions and contest, and what waits for a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, aliased

from config.quotes import LIVE
from config.vocabulary import ApprovalState, QuoteState, QuoteVerdict, Role
from crm.access import (
    READ,
    Actor,
    directors_over,
    eyes,
    get_quote,
    keeps_quote,
    reads_floor,
    sees_customer,
    sees_quote,
    supervisor_of,
)
from crm.reads.customers import Page
from crm.reads.paging import cut
from crm.rules.quotes import Line
from models.approvals import Approval
from models.customers import Customer
from models.deals import Deal
from models.people import Person, Team
from models.quotes import Product, Quote, QuoteConflict, QuoteLine, QuoteVote


class QuoteBox(StrEnum):
    """Which quotes: those that are not ended, the frozen ones, all but old versions."""

    LIVE = "live"
    FROZEN = "frozen"
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
class Contest:
    """Two teams' quotes for one customer. `votes` are (name, verdict); `may_vote`: this reader's word is asked for.

    `number` is of the second quote, the one that waits. Who quotes reads nothing of the other side, not even who it is.
    """

    public_id: str
    number: str
    customer: str
    first: str
    second: str
    reason: str
    due_at: datetime
    escalated: bool
    verdict: QuoteVerdict | None
    decided_at: datetime | None
    votes: Sequence[tuple[str, QuoteVerdict]]
    may_vote: bool


@dataclass(frozen=True, slots=True)
class QuotePage:
    """`margin` None: none, or not this reader's to see. `below_floor` is told to everybody who sees the quote."""

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
    keeps: bool


def quotes(s: Session, actor: Actor, box: QuoteBox, query: str, page: int, size: int) -> Page[QuoteRow]:
    """Live ones by how soon they run out, else the newest first; `query` is a part of a number or a customer's name."""
    wanted = _rows(actor).where(_IN[box])
    for word in query.split():
        wanted = wanted.where(
            or_(Quote.number.contains(word, autoescape=True), Customer.name.contains(word, autoescape=True))
        )
    order = (Quote.valid_until, Quote.id) if box is QuoteBox.LIVE else (Quote.id.desc(),)
    return cut(s, wanted.order_by(*order), page, size, _row)


def quotes_of(s: Session, actor: Actor, customer_id: int, limit: int) -> list[QuoteRow]:
    """Of one customer, the newest first, without old versions."""
    wanted = _rows(actor).where(Quote.customer_id == customer_id, _IN[QuoteBox.ALL])
    return [_row(*row) for row in s.execute(wanted.order_by(Quote.id.desc()).limit(limit))]


def quote_page(s: Session, actor: Actor, quote_id: str) -> QuotePage:
    quote, customer = get_quote(s, actor, quote_id, to=READ)
    floors = reads_floor(eyes(s, actor))
    versions = s.execute(_rows(actor).where(Quote.root_id == quote.root_id).order_by(Quote.version.desc()))
    deal = None if quote.deal_id is None else s.get_one(Deal, quote.deal_id)
    waits = (Approval.quote_id == quote.id, Approval.state == ApprovalState.WAITING)
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
        _contests(s, actor, or_(QuoteConflict.first_id == quote.root_id, QuoteConflict.second_id == quote.root_id)),
        s.scalar(select(Approval.public_id).where(*waits)) or "",
        keeps_quote(actor, quote, customer),
    )


def contests(s: Session, actor: Actor) -> list[Contest]:
    """Those that wait for this person's word, the oldest first."""
    waiting = QuoteConflict.decided_at.is_(None)
    return [one for one in _contests(s, actor, waiting) if one.may_vote]


_IN: dict[QuoteBox, ColumnElement[bool]] = {
    QuoteBox.LIVE: Quote.state.in_(LIVE),
    QuoteBox.FROZEN: Quote.state == QuoteState.FROZEN,
    QuoteBox.ALL: Quote.state != QuoteState.SUPERSEDED,
}


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


def _contests(s: Session, actor: Actor, wanted: ColumnElement[bool]) -> list[Contest]:
    """Names of people and teams of both sides, prices of neither; the company by the name on this reader's own side."""
    first, second, mine, theirs = aliased(Quote), aliased(Quote), aliased(Person), aliased(Person)
    rows = s.execute(
        select(QuoteConflict, first, second, mine, theirs)
        .join(first, first.id == QuoteConflict.first_id)
        .join(second, second.id == QuoteConflict.second_id)
        .join(mine, mine.id == first.owner_id)
        .join(theirs, theirs.id == second.owner_id)
        .where(wanted)
        .order_by(QuoteConflict.id.desc())
    ).all()
    teams = {one.id: one.name for one in s.scalars(select(Team))} if rows else {}
    files = {quote.customer_id for row in rows for quote in (row[1], row[2])}
    named = select(Customer.id, Customer.name).where(Customer.id.in_(files), sees_customer(actor))
    names = {row.id: row.name for row in s.execute(named)}
    drawn = []
    for conflict, a, b, ours, others in rows:
        votes = s.execute(
            select(Person.name, QuoteVote.verdict, Person.id)
            .join(Person, Person.id == QuoteVote.person_id)
            .where(QuoteVote.conflict_id == conflict.id)
            .order_by(QuoteVote.at)
        ).all()
        judges = {*supervisor_of(s, ours.id), *supervisor_of(s, others.id)}
        judges |= {one for team in {a.team_id, b.team_id} for one in directors_over(s, team)}
        leads = actor.manages and not actor.team_ids.isdisjoint((a.team_id, b.team_id))
        judging = actor.person_id not in (ours.id, others.id) and (
            actor.person_id in judges or leads or actor.role is Role.ADMIN
        )
        waits, known = conflict.decided_at is None, judging or actor.sees_all
        left, right = (
            f"{one.name}（{teams[quote.team_id]}）" if known or quote.team_id == actor.team_id else "另一个团队"
            for one, quote in ((ours, a), (others, b))
        )
        drawn.append(
            Contest(
                conflict.public_id,
                b.number,
                names.get(b.customer_id) or names.get(a.customer_id, "（客户不在您名下）"),
                left,
                right,
                conflict.reason,
                conflict.due_at,
                conflict.escalated_at is not None,
                QuoteVerdict(conflict.verdict) if conflict.verdict else None,
                conflict.decided_at,
                [(name, QuoteVerdict(verdict)) for name, verdict, _ in votes] if known else [],
                waits and judging,
            )
        )
    return drawn
