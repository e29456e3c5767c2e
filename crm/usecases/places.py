"""A customer without a place on the map gets one from visits that were believed; learnt in the night, or at once when a
supervisor has confirmed one, so that no order in which phones send decides what a visit is measured by."""

from datetime import datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from config.vocabulary import Datum, Verdict
from crm import audit
from crm.access import Actor, get_customer
from crm.errors import Conflict
from crm.rules.checkin import Point, to_gcj02
from crm.rules.days import day_of
from crm.rules.places import LEAST_DAYS, learnt
from models.customers import Customer
from models.visits import Visit, VisitReview

_TEACHES = (
    Visit.verdict == Verdict.VALID,
    Visit.retracted_at.is_(None),
    Visit.latitude.is_not(None),
    Visit.why == "",
    or_(Customer.place_forgotten_at.is_(None), Visit.received_at > Customer.place_forgotten_at),
)
_CONFIRMED = exists().where(VisitReview.visit_id == Visit.id, VisitReview.verdict == Verdict.VALID)


def unplaced(s: Session, _: datetime) -> list[int]:
    """Customers without a place that have been visited often enough, or once and confirmed."""
    query = select(Customer.id).join(Visit, Visit.customer_id == Customer.id)
    where = (Customer.latitude.is_(None), Customer.merged_into_id.is_(None), *_TEACHES)
    often = query.where(*where).group_by(Customer.id).having(func.count() >= LEAST_DAYS)
    return sorted({*s.scalars(often), *s.scalars(query.where(*where, _CONFIRMED).distinct())})


def learn_place(s: Session, customer_id: int, now: datetime, *, dry_run: bool = False) -> str | None:
    """The line to print; None where nothing is learnt. A place that was given or learnt before stays."""
    customer = s.scalars(select(Customer).where(Customer.id == customer_id).with_for_update()).one()
    s.refresh(customer)
    if customer.latitude is not None or customer.merged_into_id is not None:
        return None
    query = select(Visit, _CONFIRMED).join(Customer, Customer.id == Visit.customer_id)
    rows = s.execute(query.where(Visit.customer_id == customer_id, *_TEACHES).order_by(Visit.visited_at)).all()
    place, confirmed = None, [visit for visit, sure in rows if sure]
    if confirmed:
        place = to_gcj02(_point(confirmed[-1]))
    else:
        place = learnt([(day_of(visit.visited_at), _point(visit)) for visit, _ in rows])
    if place is None:
        return None
    if not dry_run:
        customer.latitude, customer.longitude, customer.place_learnt_at = place.latitude, place.longitude, now
        s.flush()
        subject = f"customer:{customer.id}"
        audit.record(s, None, "learn_place", subject, now, entrance="sweep", visits=len(rows))
    return f"位置：从 {len(rows)} 次拜访学到「{customer.name}」在哪里"


def unlearn_place(s: Session, customer: Customer, moment: datetime) -> None:
    """What a confirmation of that moment has taught goes with it; the caller holds the customer."""
    if customer.place_learnt_at == moment:
        customer.latitude = customer.longitude = customer.place_learnt_at = None
        s.flush()


def forget_place(s: Session, actor: Actor, customer_id: str, now: datetime, *, entrance: str) -> None:
    """A place that was learnt wrongly is taken back; what was seen until now teaches nothing more. Twice is once."""
    customer = get_customer(s, actor, customer_id, lock=True)
    if customer.place_learnt_at is None:
        if customer.place_forgotten_at is not None and customer.latitude is None:
            return
        raise Conflict("这个客户的位置不是从拜访学来的，没有改动。要改位置，请改客户地址")
    customer.latitude = customer.longitude = customer.place_learnt_at = None
    customer.place_forgotten_at = now
    s.flush()
    audit.record(s, actor.person_id, "forget_place", f"customer:{customer.id}", now, entrance=entrance)


def place_at(s: Session, actor: Actor, customer: Customer, visit: Visit, now: datetime, *, entrance: str) -> None:
    """The customer is where this visit was made, whatever stood before: it has moved, or was marked wrongly.

    Said by whoever has judged the visit; the customer is locked. Conflict for a visit without a position.
    """
    if visit.latitude is None:
        raise Conflict("这次拜访没有定位，不能用来标客户的位置", {"here": "没有定位"})
    place = to_gcj02(_point(visit))
    customer.latitude, customer.longitude, customer.place_learnt_at = place.latitude, place.longitude, now
    customer.place_forgotten_at = now  # what was seen elsewhere teaches nothing more
    s.flush()
    subject = f"customer:{customer.id}"
    audit.record(s, actor.person_id, "place_customer", subject, now, entrance=entrance, visit=visit.id)


def _point(visit: Visit) -> Point:
    return Point(visit.latitude or 0.0, visit.longitude or 0.0, Datum(visit.datum))
