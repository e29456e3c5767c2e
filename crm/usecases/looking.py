"""Looks at what is not one's own: a whole telephone number, whether a colleague has a company. Counted and kept."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.grants import REACH
from crm import audit
from crm import policy as numbers
from crm.access import READ, Actor, get_customer, sight, supervisor_of
from crm.errors import Conflict, NotFound, UsedUp
from crm.rules.days import day_of
from models.base import insert_once
from models.customers import Contact, Customer
from models.people import Person
from models.sharing import LookCount


class Look(StrEnum):
    """What is counted, each by itself."""

    PHONE = "phone"
    TWIN = "twin"


@dataclass(frozen=True, slots=True)
class Revealed:
    """`left` is how many more today; None where nothing was counted: the number was his to see."""

    phone: str
    left: int | None
    contact_name: str
    customer_name: str


def reveal_phone(s: Session, actor: Actor, contact_id: str, now: datetime, *, entrance: str) -> Revealed:
    """A contact's whole number. Of customers that are not one's own it is counted, and written into the book.

    Raises NotFound like every look at a customer that is not there; UsedUp says whom to ask.
    """
    contact = s.scalar(select(Contact).where(Contact.public_id == contact_id))
    if contact is None:
        raise NotFound("没有找到这位联系人，或者不在您能看的客户里")
    try:
        customer = get_customer(s, actor, contact.customer_id, to=READ)
    except NotFound:
        raise NotFound("没有找到这位联系人，或者不在您能看的客户里") from None
    if not contact.phone:
        raise NotFound(f"{contact.name} 还没有填电话")
    if sight(s, actor, "contact").whole(customer.id, customer.owner_id, REACH):
        return Revealed(contact.phone, None, contact.name, customer.name)
    limit = numbers.current(s).reveals_per_day
    left = _count(s, actor, Look.PHONE, limit, now)
    if left is None:
        raise UsedUp(f"今天看完整电话的 {limit} 次已经用完，明天再来。急用请找{_whom_to_ask(s, customer, actor)}要号码")
    subject = f"customer:{customer.id}"
    audit.record(s, actor.person_id, "reveal_phone", subject, now, entrance=entrance, contact=contact.name, left=left)
    return Revealed(contact.phone, left, contact.name, customer.name)


def count_twins(s: Session, actor: Actor, typed: str, hits: int, now: datetime, *, entrance: str) -> None:
    """A look-up that met `hits` customers of others. Of one's own nobody counts how often he looks them up.

    Raises UsedUp; the caller must then tell nothing of what was found, nor that nothing was.
    """
    limit = numbers.current(s).lookups_per_day
    if _count(s, actor, Look.TWIN, limit, now) is None:
        raise UsedUp(_no_more_look_ups(limit))
    subject = f"person:{actor.person_id}"
    audit.record(s, actor.person_id, "look_alikes", subject, now, entrance=entrance, typed=typed[:64], hits=hits)


def told_apart(s: Session, actor: Actor, typed: str, hidden: int, own: int, now: datetime, *, entrance: str) -> None:
    """After a look-up that met `hidden` customers of others and `own` that are his to see: counted, or refused.

    Once the day's number is used up, 「没有」 is not told any more either: it would say as much as a hit.
    """
    if hidden:
        count_twins(s, actor, typed, hidden, now, entrance=entrance)
    elif not own:
        may_look_up(s, actor, now)


def counted(actor: Actor, typed: str, refusal: Conflict) -> Conflict:
    """A refusal by which somebody learns of a colleague's customer: it is counted although nothing was done."""
    refusal.leaves = lambda s: count_twins(s, actor, typed, 1, actor.at, entrance="radar")
    return refusal


def may_look_up(s: Session, actor: Actor, now: datetime) -> None:
    """Raises UsedUp for somebody whose look-ups of today are spent: not even 没有 is told him any more."""
    limit = numbers.current(s).lookups_per_day
    if _counted(s, actor, Look.TWIN, now) >= limit:
        raise UsedUp(_no_more_look_ups(limit))


def _no_more_look_ups(limit: int) -> str:
    return f"今天查重命中同事客户已有 {limit} 次，明天再查。您自己的客户照常能查；急用请找您的主管，或请销售运营帮您查"


def _counted(s: Session, actor: Actor, look: Look, now: datetime) -> int:
    mine = (LookCount.person_id == actor.person_id, LookCount.day == day_of(now), LookCount.kind == look)
    return s.scalar(select(LookCount.count).where(*mine)) or 0


def _count(s: Session, actor: Actor, look: Look, limit: int, now: datetime) -> int | None:
    """One more; how many are left, None if there was none. Compare-and-set: two at once do not share the last one."""
    key = {"person_id": actor.person_id, "day": day_of(now), "kind": look}
    insert_once(s, LookCount, **key, count=0)
    one_more = update(LookCount).filter_by(**key).where(LookCount.count < limit).values(count=LookCount.count + 1)
    count = s.scalar(one_more.returning(LookCount.count).execution_options(synchronize_session=False))
    return None if count is None else limit - count


def _whom_to_ask(s: Session, customer: Customer, actor: Actor) -> str:
    owner = s.scalar(select(Person.name).where(Person.id == customer.owner_id))
    if owner:
        return f"负责人 {owner} "
    names = s.scalars(select(Person.name).where(Person.id.in_(supervisor_of(s, actor.person_id))).order_by(Person.id))
    return "您的主管 " + "、".join(names) + " "
