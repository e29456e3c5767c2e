"""Visits as a phone shows them: a list of whom one sees, and one of them with its reasons, photos and reviews."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import Datum, FileKind, Verdict, label
from crm import policy
from crm.access import JUDGES, Actor, get_photo, get_visit, judges_visit, reads_verdict, visits_for
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
    """`verdict` as this reader is told it, "" where there is none or it is not for him; `photos` are ids, in order.

    Degrees in `datum`; where he stood, and why it was written afterwards, only the visitor and whoever judges learn.
    """

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
    return visits_for(actor).where(waits, judges_visit(actor))


def with_visitor(query: Select[Visit]) -> Select[Visit]:
    return query.join(VISITOR, VISITOR.id == Visit.person_id)


def visit_page(s: Session, actor: Actor, visit_id: str, now: datetime) -> VisitPage:
    """One visit; NotFound also for one that is not there for the actor."""
    visit, _ = get_visit(s, actor, visit_id, to=LOOK)
    visitor = s.get_one(Person, visit.person_id)
    (row,) = _rows(s, actor, with_visitor(visits_for(actor)).where(Visit.id == visit.id))
    judges = reads_verdict(actor, visitor.id, visitor.team_id)
    reviews = _reviews(s, actor, visit, visitor) if judges or row.mine else ()
    unclear = visit.verdict in DOUBT
    undo = timedelta(minutes=policy.current(s).undo_minutes)
    return VisitPage(
        row,
        visit.score if judges else None,
        tuple(one["said"] for one in visit.signals if judges or (row.mine and one["weight"] > 0)),
        reviews,
        may_report=row.mine and not visit.report,
        may_retract=row.mine and now <= visit.received_at + undo,
        may_appeal=row.mine and unclear and all(one.decided_at for one in reviews),
        may_review=judges and visit.verdict is not None,
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


def told_verdict(verdict: str | None, *, judges: bool, mine: bool) -> tuple[str, str]:
    """A verdict and its label, as this reader is told them: nothing, if it is neither his visit nor his to judge."""
    if not (judges or mine):
        return "", ""
    if verdict is None:
        return "", UNJUDGED
    if verdict in DOUBT and not judges:
        return Verdict.DOUBTFUL, UNCLEAR
    return verdict, label(Verdict(verdict))


def told_where(actor: Actor) -> ColumnElement[bool]:
    """Visits of which this reader is told where the visitor stood, and what came of it."""
    return or_(Visit.person_id == actor.person_id, judges_visit(actor))


def told_as(actor: Actor, verdict: Verdict) -> ColumnElement[bool]:
    """Visits of which this reader is told this verdict: nobody finds out by asking what he is not told."""
    mine = {Verdict.VALID: (verdict,), Verdict.DOUBTFUL: DOUBT}.get(verdict, ())
    own = and_(Visit.person_id == actor.person_id, Visit.verdict.in_(mine))
    return or_(own, and_(judges_visit(actor), Visit.verdict == verdict))


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
    return query.add_columns(Customer.public_id, Customer.name, VISITOR)


def drawn(s: Session, actor: Actor, found: Sequence[Sequence[Any]]) -> list[VisitRow]:
    photos = photos_of(s, [visit.id for visit, *_ in found])
    return [_row(actor, one, photos) for one in found]


def _row(actor: Actor, one: Sequence[Any], photos: dict[int, tuple[str, ...]]) -> VisitRow:
    visit, customer_id, customer, visitor = one
    mine, judges = visitor.id == actor.person_id, reads_verdict(actor, visitor.id, visitor.team_id)
    verdict, said = told_verdict(visit.verdict, judges=judges, mine=mine)
    row = VisitRow(
        visit.public_id, customer_id, customer, visitor.name, visitor.userid, mine, visit.visited_at,
        visit.received_at, visit.place, visit.latitude, visit.longitude, Datum(visit.datum), visit.accuracy_m,
        visit.distance_m, visit.why, visit.report, verdict, said, visit.effective, photos.get(visit.id, ()),
    )  # fmt: skip
    if mine or judges:
        return row
    return replace(
        row, place="", latitude=None, longitude=None, accuracy_m=None, distance_m=None, why="", effective=False
    )


def _reviews(s: Session, actor: Actor, visit: Visit, visitor: Person) -> tuple[ReviewRow, ...]:
    asked, decided = aliased(Person), aliased(Person)
    rows = s.execute(
        select(VisitReview, asked.name, decided.name)
        .join(asked, asked.id == VisitReview.asked_by_id)
        .outerjoin(decided, decided.id == VisitReview.decided_by_id)
        .where(VisitReview.visit_id == visit.id)
        .order_by(VisitReview.id)
    )
    mine, judges = visitor.id == actor.person_id, reads_verdict(actor, visitor.id, visitor.team_id)
    return tuple(
        ReviewRow(
            who, one.asked_at, one.words, by or "", one.decided_at,
            told_verdict(one.verdict, judges=judges, mine=mine)[1] if one.verdict else "", one.decision_words,
        )
        for one, who, by in rows
    )  # fmt: skip
