"""Visits as a phone shows them: a list of whom one sees, and one of them with its reasons, photos and reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import Datum, FileKind, Verdict, label
from crm import policy
from crm.access import DECIDE, JUDGES, Actor, get_photo, get_visit, reads_verdict, visits_for
from crm.access import READ as LOOK
from crm.rules.days import at
from models.customers import Customer
from models.people import Person
from models.visits import Visit, VisitReview, VisitUpload

UNCLEAR = "待补充说明"  # to whoever does not judge: he is asked for words, and accused of nothing
UNJUDGED = "未评"  # recorded before there was a verdict
VISITOR = aliased(Person)  # of its own: whose customers one sees is asked of people too
DOUBT = (Verdict.DOUBTFUL, Verdict.INVALID)


@dataclass(frozen=True, slots=True)
class VisitRow:
    """`verdict` as this reader is told it, "" where there is none; `photos` are ids, in order. Degrees in `datum`."""

    public_id: str
    customer_id: str
    customer_name: str
    person: str
    userid: str
    mine: bool
    at: datetime
    received_at: datetime
    place: str
    latitude: float | None
    longitude: float | None
    datum: Datum
    accuracy_m: float | None
    distance_m: int | None
    why: str
    report: str
    verdict: str
    verdict_label: str
    effective: bool
    photos: tuple[str, ...]

    @property
    def place_in_list(self) -> tuple[datetime, str]:
        return self.at, self.public_id


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """`asked` and `decided` are names; `decided_at` None while it is open."""

    asked: str
    asked_at: datetime
    words: str
    decided: str
    decided_at: datetime | None
    verdict_label: str
    decision_words: str


@dataclass(frozen=True, slots=True)
class VisitPage:
    """`signals` are sentences, the heaviest first; `score` None for whoever does not judge."""

    row: VisitRow
    score: int | None
    signals: tuple[str, ...]
    reviews: tuple[ReviewRow, ...]
    may_report: bool
    may_retract: bool
    may_appeal: bool
    may_review: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to; "" and None narrow nothing."""

    day: date | None = None
    userid: str = ""
    customer_id: str = ""
    verdict: str = ""


def list_visits(
    s: Session, actor: Actor, asked: Asked, after: tuple[datetime, str] | None, limit: int
) -> list[VisitRow]:
    """The newest first, `limit` of those behind `after`."""
    query = with_visitor(visits_for(actor))
    if asked.day is not None:
        midnight = at(asked.day + timedelta(days=1), 0)
        query = query.where(Visit.visited_at >= at(asked.day, 0), Visit.visited_at < midnight)
    if asked.userid:
        query = query.where(VISITOR.userid == asked.userid)
    if asked.customer_id:
        query = query.where(Customer.public_id == asked.customer_id)
    if asked.verdict:
        query = query.where(told_as(actor, Verdict(asked.verdict)))
    return _rows(s, actor, _behind(query, after).limit(limit))


def to_review(s: Session, actor: Actor, after: tuple[datetime, str] | None, limit: int) -> list[VisitRow]:
    """What waits for this supervisor's look: whoever was asked for words, or has said them; the newest first."""
    if actor.role not in JUDGES:
        return []
    return _rows(s, actor, _behind(with_visitor(waiting(actor)), after).limit(limit))


def waiting(actor: Actor) -> Select[Visit]:
    """Other people's visits that this judge has to look at, as a query to build on."""
    of_it = exists().where(VisitReview.visit_id == Visit.id)
    waits = or_(
        of_it.where(VisitReview.decided_at.is_(None)),
        and_(Visit.verdict.in_(DOUBT), ~of_it.where(VisitReview.decided_at.is_not(None))),
    )
    return visits_for(actor, DECIDE).where(waits, Visit.person_id != actor.person_id)


def with_visitor(query: Select[Visit]) -> Select[Visit]:
    return query.join(VISITOR, VISITOR.id == Visit.person_id)


def visit_page(s: Session, actor: Actor, visit_id: str, now: datetime) -> VisitPage:
    """One visit; NotFound also for one whose customer the actor may not see."""
    visit, customer = get_visit(s, actor, visit_id, to=LOOK)
    (row,) = _rows(s, actor, with_visitor(visits_for(actor)).where(Visit.id == visit.id))
    reviews = _reviews(s, visit.id)
    judges = reads_verdict(actor, visit.person_id)
    unclear = visit.verdict in DOUBT
    undo = timedelta(minutes=policy.current(s).undo_minutes)
    return VisitPage(
        row,
        visit.score if judges else None,
        tuple(one["said"] for one in visit.signals if one["weight"] > 0 or judges),
        reviews,
        may_report=row.mine and not visit.report,
        may_retract=row.mine and now <= visit.received_at + undo,
        may_appeal=row.mine and unclear and all(one.decided_at for one in reviews),
        may_review=judges and visit.verdict is not None and _decides(s, actor, customer.id),
    )


def photo_of(s: Session, actor: Actor, upload_id: str, *, small: bool) -> tuple[str, FileKind]:
    """The name on the disk and the kind of the copy that people see; NotFound as for what was never there."""
    found = get_photo(s, actor, upload_id)
    return (found.thumb_name, FileKind(found.thumb_kind)) if small else (found.shown_name, FileKind(found.shown_kind))


def photos_of(s: Session, visit_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The ids of the photos of many visits, in their order."""
    found: dict[int, tuple[str, ...]] = {}
    bound = select(VisitUpload.visit_id, VisitUpload.public_id).where(VisitUpload.visit_id.in_(visit_ids))
    for visit_id, public_id in s.execute(bound.order_by(VisitUpload.place)) if visit_ids else ():
        found[visit_id or 0] = (*found.get(visit_id or 0, ()), public_id)
    return found


def told_verdict(actor: Actor, visitor_id: int, verdict: str | None) -> tuple[str, str]:
    """A verdict and its label, as this reader is told them."""
    if verdict is None:
        return "", UNJUDGED
    if verdict in DOUBT and not reads_verdict(actor, visitor_id):
        return Verdict.DOUBTFUL, UNCLEAR
    return verdict, label(Verdict(verdict))


def told_as(actor: Actor, verdict: Verdict) -> ColumnElement[bool]:
    """Visits of which this reader is told this verdict: nobody finds out by asking what he is not told."""
    if verdict is Verdict.VALID:
        return Visit.verdict == verdict
    plain = Visit.verdict == verdict
    his = Visit.verdict.in_(DOUBT) if verdict is Verdict.DOUBTFUL else Visit.verdict.in_(())
    if actor.role not in JUDGES:
        return his
    return or_(and_(Visit.person_id != actor.person_id, plain), and_(Visit.person_id == actor.person_id, his))


def _behind(query: Select[Visit], after: tuple[datetime, str] | None) -> Select[Visit]:
    if after is not None:
        moment, public_id = after
        same = and_(Visit.visited_at == moment, Visit.public_id < public_id)
        query = query.where(or_(Visit.visited_at < moment, same))
    return query.order_by(Visit.visited_at.desc(), Visit.public_id.desc())


def _rows(s: Session, actor: Actor, query: Select[Visit]) -> list[VisitRow]:
    return drawn(s, actor, s.execute(named(query)).all())


def named(query: Select[Visit]) -> Select[*tuple[Any, ...]]:
    """The same visits with the columns that a row is drawn from."""
    return query.add_columns(Customer.public_id, Customer.name, VISITOR.name, VISITOR.userid)


def drawn(s: Session, actor: Actor, found: Sequence[Sequence[Any]]) -> list[VisitRow]:
    photos = photos_of(s, [visit.id for visit, *_ in found])
    return [_row(actor, one, photos) for one in found]


def _row(actor: Actor, one: Sequence[Any], photos: dict[int, tuple[str, ...]]) -> VisitRow:
    visit, customer_id, customer, person, userid = one
    verdict, said = told_verdict(actor, visit.person_id, visit.verdict)
    return VisitRow(
        visit.public_id, customer_id, customer, person, userid, visit.person_id == actor.person_id, visit.visited_at,
        visit.received_at, visit.place, visit.latitude, visit.longitude, Datum(visit.datum), visit.accuracy_m,
        visit.distance_m, visit.why, visit.report, verdict, said, visit.effective, photos.get(visit.id, ()),
    )  # fmt: skip


def _reviews(s: Session, visit_id: int) -> tuple[ReviewRow, ...]:
    asked, decided = aliased(Person), aliased(Person)
    rows = s.execute(
        select(VisitReview, asked.name, decided.name)
        .join(asked, asked.id == VisitReview.asked_by_id)
        .outerjoin(decided, decided.id == VisitReview.decided_by_id)
        .where(VisitReview.visit_id == visit_id)
        .order_by(VisitReview.id)
    )
    return tuple(
        ReviewRow(
            who, one.asked_at, one.words, by or "", one.decided_at,
            label(Verdict(one.verdict)) if one.verdict else "", one.decision_words,
        )
        for one, who, by in rows
    )  # fmt: skip


def _decides(s: Session, actor: Actor, customer_id: int) -> bool:
    return s.scalar(visits_for(actor, DECIDE).where(Customer.id == customer_id).limit(1)) is not None
