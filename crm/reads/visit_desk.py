"""Visits as the desk shows them: narrowed and in pages, what waits for a look with all that speaks in it, and where."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from config.vocabulary import Datum, Verdict
from crm.access import JUDGES, Actor, customers_for, visits_for
from crm.errors import NotFound
from crm.reads.customers import Page
from crm.reads.paging import cut
from crm.reads.visits import VisitRow, drawn, named, told_as, told_where, waiting, with_visitor
from crm.rules.checkin import Point
from crm.rules.days import at
from models.customers import Customer
from models.visits import Visit, VisitReview


class VisitSort(StrEnum):
    """The newest first, or whoever stood farthest from the customer; without a distance last."""

    NEWEST = "newest"
    FAR = "far"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to, days inclusive; None and "" narrow nothing. `query`: words of a customer's name."""

    since: date | None = None
    until: date | None = None
    person_id: int | None = None
    query: str = ""
    verdict: Verdict | None = None
    effective: bool | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A visit that waits for a look. `signals` are sentences; `words` what its rep said, "" while he has not."""

    row: VisitRow
    score: int | None
    signals: tuple[str, ...]
    words: str
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a customer is, None where nobody knows yet; `learnt` from visits."""

    point: Point | None
    learnt: bool


def _order(actor: Actor, sort: VisitSort) -> tuple[Any, ...]:
    newest = (Visit.visited_at.desc(), Visit.public_id.desc())
    if sort is VisitSort.NEWEST:
        return newest
    return (case((told_where(actor), func.coalesce(Visit.distance_m, -1)), else_=-1).desc(), *newest)


def visits(s: Session, actor: Actor, wanted: Wanted, sort: VisitSort, page: int, size: int) -> Page[VisitRow]:
    """Of the customers this actor sees."""
    query = with_visitor(visits_for(actor))
    if wanted.since is not None:
        query = query.where(Visit.visited_at >= at(wanted.since, 0))
    if wanted.until is not None:
        query = query.where(Visit.visited_at < at(wanted.until + timedelta(days=1), 0))
    if wanted.person_id is not None:
        query = query.where(Visit.person_id == wanted.person_id)
    for word in wanted.query.split():
        query = query.where(Customer.name.contains(word, autoescape=True))
    if wanted.verdict is not None:
        query = query.where(told_as(actor, wanted.verdict))
    if wanted.effective is not None:
        query = query.where(told_where(actor), Visit.effective.is_(wanted.effective))
    found = _cut(s, query.order_by(*_order(actor, sort)), page, size)
    return Page(drawn(s, actor, found.rows), found.total, found.number, size)


def reviews(s: Session, actor: Actor, page: int, size: int) -> Page[Waiting]:
    """What waits for this judge: whoever has explained himself first, then the newest."""
    if actor.role not in JUDGES:
        return Page([], 0, 1, size)
    asked = select(func.max(VisitReview.asked_at)).where(
        VisitReview.visit_id == Visit.id, VisitReview.decided_at.is_(None)
    )
    order = (asked.scalar_subquery().is_(None), Visit.visited_at.desc(), Visit.public_id.desc())
    found = _cut(s, with_visitor(waiting(actor)).order_by(*order), page, size)
    ids = [visit.id for visit, *_ in found.rows]
    said = select(VisitReview).where(VisitReview.visit_id.in_(ids), VisitReview.decided_at.is_(None))
    words = {one.visit_id: one for one in s.scalars(said.order_by(VisitReview.id))}
    rows = [
        _waiting(visit, row, words.get(visit.id))
        for (visit, *_), row in zip(found.rows, drawn(s, actor, found.rows), strict=True)
    ]
    return Page(rows, found.total, found.number, size)


def place_of(s: Session, actor: Actor, customer_id: str) -> Place:
    """Where the customer of that public id is, for whoever sees it."""
    customer = s.scalar(customers_for(actor).where(Customer.public_id == customer_id))
    if customer is None:
        raise NotFound("没有找到这个客户，或者不在您名下。请刷新页面")
    if customer.latitude is None or customer.longitude is None:
        return Place(None, learnt=False)
    point = Point(customer.latitude, customer.longitude, Datum.GCJ02)
    return Place(point, learnt=customer.place_learnt_at is not None)


def _cut(s: Session, query: Select[Visit], page: int, size: int) -> Page[tuple[Any, ...]]:
    return cut(s, named(query), page, size, lambda *columns: columns)


def _waiting(visit: Visit, row: VisitRow, asked: VisitReview | None) -> Waiting:
    return Waiting(
        row,
        visit.score,
        tuple(one["said"] for one in visit.signals),
        asked.words if asked is not None else "",
        asked.asked_at if asked is not None else None,
    )
