"""A person's day on the road: what was planned, what became of it, and the metres between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import Datum
from crm.access import JUDGES, Actor, sees_customer, visits_for
from crm.reads.visits import told_where
from crm.rules.checkin import Point, metres_between, to_gcj02
from crm.rules.days import at
from models.customers import Customer
from models.people import Person
from models.visits import Visit, VisitPlan


@dataclass(frozen=True, slots=True)
class PlanRow:
    """`visit_id` is "" until it has happened; degrees in GCJ-02, None where the customer's place is not known."""

    public_id: str
    customer_id: str
    customer_name: str
    day: date
    place: int
    note: str
    visit_id: str
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class Stop:
    """`metres` as the crow flies from the stop before that has a place; None for the first, and for one without."""

    customer_id: str
    customer_name: str
    at: datetime | None
    visit_id: str
    latitude: float | None
    longitude: float | None
    metres: int | None


@dataclass(frozen=True, slots=True)
class Route:
    """Planned in its order, actual by the clock. `done` counts plans that happened."""

    planned: tuple[Stop, ...]
    actual: tuple[Stop, ...]
    planned_metres: int
    actual_metres: int
    done: int


def plans_of(s: Session, actor: Actor, day: date, userid: str = "") -> list[PlanRow]:
    """One's own plans of a day, or, for those who judge, another's: of customers that the reader may see."""
    person_id = _whose(s, actor, userid)
    if person_id is None:
        return []
    rows = s.execute(
        select(VisitPlan, Customer, Visit.public_id)
        .join(Customer, Customer.id == VisitPlan.customer_id)
        .outerjoin(Visit, Visit.id == VisitPlan.visit_id)
        .where(
            VisitPlan.person_id == person_id, VisitPlan.day == day, VisitPlan.dropped_at.is_(None),
            Customer.merged_into_id.is_(None), sees_customer(actor),
        )
        .order_by(VisitPlan.place, VisitPlan.client_id)
    )  # fmt: skip
    return [
        PlanRow(
            plan.public_id, customer.public_id, customer.name, plan.day, plan.place, plan.note, visit or "",
            customer.latitude, customer.longitude,
        )
        for plan, customer, visit in rows
    ]  # fmt: skip


def route_of(s: Session, actor: Actor, day: date, userid: str = "") -> Route:
    """The same day as it was planned and as it went."""
    plans = plans_of(s, actor, day, userid)
    whose = _whose(s, actor, userid)
    made = (Visit.person_id == whose, Visit.visited_at >= at(day, 0), Visit.visited_at < at(day + timedelta(days=1), 0))
    found = visits_for(actor).add_columns(Customer.public_id, Customer.name).where(*made, told_where(actor))
    visits = s.execute(found.order_by(Visit.visited_at, Visit.client_id)).all()
    planned = [
        (one.customer_id, one.customer_name, None, one.visit_id, _point(one.latitude, one.longitude, Datum.GCJ02))
        for one in plans
    ]
    actual = [
        (number, name, one.visited_at, one.public_id, _point(one.latitude, one.longitude, Datum(one.datum)))
        for one, number, name in visits
    ]
    there, been = _stops(planned), _stops(actual)
    return Route(
        there, been, sum(one.metres or 0 for one in there), sum(one.metres or 0 for one in been),
        sum(1 for one in plans if one.visit_id),
    )  # fmt: skip


def _whose(s: Session, actor: Actor, userid: str) -> int | None:
    if not userid or userid == actor.userid:
        return actor.person_id
    if actor.role not in JUDGES:
        return None
    return s.scalar(select(Person.id).where(Person.userid == userid))


def _point(latitude: float | None, longitude: float | None, datum: Datum) -> Point | None:
    return None if latitude is None or longitude is None else to_gcj02(Point(latitude, longitude, datum))


def _stops(rows: Sequence[tuple[str, str, datetime | None, str, Point | None]]) -> tuple[Stop, ...]:
    stops: list[Stop] = []
    before: Point | None = None
    for number, name, moment, visit, here in rows:
        north, east = (None, None) if here is None else (here.latitude, here.longitude)
        metres = None if here is None or before is None else round(metres_between(before, here))
        stops.append(Stop(number, name, moment, visit, north, east, metres))
        before = here or before
    return tuple(stops)
