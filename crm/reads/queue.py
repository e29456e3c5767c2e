"""Customers that wait in a queue for a lead's word, and whom he may give them to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from config.vocabulary import OwnershipReason, PersonStatus, label
from crm import policy as numbers
from crm.access import HOLDERS, Actor, sees_person
from crm.holding import former_holder
from crm.reads.customers import Page
from crm.reads.paging import cut
from crm.rules.days import days_between
from models.customers import Customer, OwnershipPeriod
from models.people import Person, Team


@dataclass(frozen=True, slots=True)
class Queued:
    """A customer waiting for a lead's word; `former` held it before, and may have it back while `returnable`."""

    public_id: str
    name: str
    team: str
    days: int
    reason: str
    former: str
    returnable: bool


@dataclass(frozen=True, slots=True)
class Colleague:
    id: int
    name: str
    team_id: int
    team: str


def queue(s: Session, actor: Actor, now: datetime, page: int, size: int) -> Page[Queued]:
    """Customers in the queues this actor decides about, the longest waiting first."""
    if not _decides(actor):
        return Page((), 0, 1, size)
    waiting = _waiting(actor).order_by(OwnershipPeriod.started_at, Customer.id)
    return cut(s, waiting, page, size, lambda *row: _queued(s, now, *row))


def queued_one(s: Session, actor: Actor, public_id: str, now: datetime) -> Queued | None:
    """One customer, if it waits in a queue this actor decides about."""
    if not _decides(actor):
        return None
    found = s.execute(_waiting(actor).where(Customer.public_id == public_id)).one_or_none()
    return None if found is None else _queued(s, now, *found)


def colleagues(s: Session, actor: Actor) -> tuple[Colleague, ...]:
    """Whom this actor may give a customer to."""
    rows = s.execute(
        select(Person.id, Person.name, Team.id, Team.name)
        .join(Team, Team.id == Person.team_id)
        .where(sees_person(actor), Person.status == PersonStatus.ACTIVE, Person.role.in_(HOLDERS))
        .order_by(Team.path, Person.name, Person.id)
    )
    return tuple(Colleague(*row) for row in rows)


def _decides(actor: Actor) -> bool:
    return actor.manages or actor.sees_all


def _waiting(actor: Actor) -> Select[Customer, Team, OwnershipPeriod]:
    waiting = (
        select(Customer, Team, OwnershipPeriod)
        .join(Team, Team.id == Customer.queue_team_id)
        .join(OwnershipPeriod, OwnershipPeriod.customer_id == Customer.id)
        .where(Customer.merged_into_id.is_(None), OwnershipPeriod.ended_at.is_(None))
    )
    return waiting if actor.sees_all else waiting.where(Customer.queue_team_id.in_(actor.team_ids))


def _queued(s: Session, now: datetime, customer: Customer, team: Team, period: OwnershipPeriod) -> Queued:
    former, in_office = _former(s, customer.id)
    return Queued(
        public_id=customer.public_id,
        name=customer.name,
        team=team.name,
        days=days_between(period.started_at, now),
        reason=label(OwnershipReason(period.reason)),
        former=former,
        returnable=in_office and now <= period.started_at + timedelta(days=numbers.current(s).undo_release_days),
    )


def _former(s: Session, customer_id: int) -> tuple[str, bool]:
    """Who held it before, and whether he is still here to have it back."""
    person = s.get(Person, former_holder(s, customer_id) or 0)
    if person is None:
        return "", False
    return person.name, person.status == PersonStatus.ACTIVE and person.role in HOLDERS
