"""The doors to one deal, to visits and their photos by public id: there for whoever their customer is there for."""

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.orm import Session

from crm.access.actors import JUDGES, Actor
from crm.access.rows import READ, WRITE, To, get_customer, sees_customer, sees_person
from crm.errors import Conflict, NotFound
from models.customers import Customer
from models.deals import Deal
from models.merges import CustomerMerge
from models.people import Person
from models.visits import Visit, VisitUpload

_NO_DEAL = "没有找到这个商机，或者它的客户不在您名下。请刷新页面"
_NO_PHOTO = "没有找到这张照片，或者它不是您的。请刷新后再看"
_NO_VISIT = "没有找到这次拜访，或者它的客户不在您名下。请刷新页面"


def get_deal(s: Session, actor: Actor, deal_id: str, *, to: To = WRITE, lock: bool = False) -> tuple[Deal, Customer]:
    """A deal with its customer, whose row is the lock of the whole file."""
    deal = s.scalar(select(Deal).where(Deal.public_id == deal_id))
    if deal is None:
        raise NotFound(_NO_DEAL)
    customer = _customer(s, actor, deal.customer_id, to, lock, _NO_DEAL)
    if lock:  # whoever had the lock may have taken it back as if it had never been; who puts it off locks only its row
        again = select(Deal).where(Deal.public_id == deal_id).with_for_update()
        if s.scalar(again.execution_options(populate_existing=True)) is None:
            raise NotFound(_NO_DEAL)
    return deal, customer


def get_visit(s: Session, actor: Actor, visit_id: str, *, to: To = WRITE, lock: bool = False) -> tuple[Visit, Customer]:
    """A visit that stands, with its customer. One's own stays there, also when the customer has gone to others."""
    visit = s.scalar(visits_for(actor).where(Visit.public_id == visit_id))
    if visit is None:
        raise no_visit()
    if to is READ or visit.person_id == actor.person_id:
        return visit, customer_of(s, visit, lock=lock)
    customer = _customer(s, actor, visit.customer_id, to, lock, _NO_VISIT)
    if lock:
        s.refresh(visit)
    return visit, customer


def get_visit_to_judge(s: Session, actor: Actor, visit_id: str) -> tuple[Visit, Customer]:
    """A visit of one of his people, with its customer locked; Conflict for his own, which his supervisor judges."""
    query = visits_for(actor).add_columns(judges_visit(actor)).where(Visit.public_id == visit_id)
    visit, judged = s.execute(query).one_or_none() or (None, False)
    if visit is not None and visit.person_id == actor.person_id and actor.role in JUDGES:
        raise Conflict("自己的拜访由主管来看，没有改动")
    if visit is None or not judged:
        raise no_visit()
    return visit, customer_of(s, visit, lock=True)


def get_own_visit(s: Session, actor: Actor, visit_id: str) -> tuple[Visit, Customer]:
    """One's own visit, also one taken back, with its customer locked, whoever holds that by now."""
    wanted = (Visit.public_id == visit_id, Visit.person_id == actor.person_id)
    visit = s.scalar(visits_for(actor, taken_back=True).where(*wanted))
    if visit is None:
        raise NotFound("没有找到这次拜访，或者不是您的")
    return visit, customer_of(s, visit, lock=True)


def customer_of(s: Session, visit: Visit, *, lock: bool = False) -> Customer:
    query = select(Customer).where(Customer.id == visit.customer_id)
    customer = s.scalars(query.with_for_update() if lock else query).one()
    if lock:  # whoever had it meanwhile may have changed the visit
        s.refresh(visit)
    return customer


def no_visit() -> NotFound:
    return NotFound(_NO_VISIT)


def visits_for(actor: Actor, *, taken_back: bool = False) -> Select[Visit]:
    """Visits that stand and are there for this actor, as a query to build on; it has the customers in it.

    Those at customers he may see; and his own, and of whoever judges all that his people made, also where the customer
    has gone to others since: unless another has become part of it, whose name he may not know. `taken_back`: those too.
    """
    theirs = and_(or_(Visit.person_id == actor.person_id, judges_visit(actor)), ~_absorbed())
    there = or_(theirs, sees_customer(actor))
    found = select(Visit).join(Customer, Customer.id == Visit.customer_id)
    found = found.where(Customer.merged_into_id.is_(None), there)
    return found if taken_back else found.where(Visit.retracted_at.is_(None))


def _absorbed() -> ColumnElement[bool]:
    """Whether its file may be another one now than it was made at."""
    return exists().where(CustomerMerge.winner_id == Visit.customer_id, CustomerMerge.undone_at.is_(None))


def judges_visit(actor: Actor) -> ColumnElement[bool]:
    """Visits whose verdict is this actor's to read and to decide: other people's, whose work he answers for."""
    if actor.role not in JUDGES:
        return false()
    people = select(Person.id).where(sees_person(actor))
    return and_(Visit.person_id != actor.person_id, Visit.person_id.in_(people))


def reads_verdict(actor: Actor, visitor_id: int, visitor_team_id: int) -> bool:
    """The same of one visit. The visitor is asked for words where there is doubt, and accused of nothing; everybody
    else who sees the customer learns neither the verdict nor where the visitor stood.
    """
    his = actor.sees_all or visitor_team_id in actor.team_ids
    return actor.role in JUDGES and visitor_id != actor.person_id and his


def get_photo(s: Session, actor: Actor, upload_id: str) -> VisitUpload:
    """A photo by its public id: its sender's alone until it is bound, and then there as its visit is."""
    found = s.scalar(select(VisitUpload).where(VisitUpload.public_id == upload_id))
    if found is None or (found.visit_id is None and found.person_id != actor.person_id):
        raise NotFound(_NO_PHOTO)
    if found.visit_id is not None and s.scalar(visits_for(actor).where(Visit.id == found.visit_id)) is None:
        raise NotFound(_NO_PHOTO)
    return found


def _customer(s: Session, actor: Actor, customer_id: int, to: To, lock: bool, otherwise: str) -> Customer:
    try:
        return get_customer(s, actor, customer_id, to=to, lock=lock)
    except NotFound:
        raise NotFound(otherwise) from None
