"""Moves of customers between holders, and the one look at the ledger that every test of them ends with."""

from datetime import datetime
from itertools import pairwise

from sqlalchemy import select

from config.policy import Policy
from config.vocabulary import HolderKind
from crm import policy as numbers
from crm import uow
from crm.access import Actor
from crm.usecases import pool
from models.customers import Customer, OwnershipPeriod
from tests.support.company import IDS, NOW, rows

POLICY = Policy(recycling_live=True)
Holding = tuple[str, int]


def release(customer_id: int, now: datetime) -> bool:
    def work(s: uow.Session) -> bool:
        found = s.scalars(select(Customer).where(Customer.id == customer_id).with_for_update()).one()
        return pool.release(s, found, "已 45 天没有跟进", now, POLICY, numbers.calendar(s))

    return uow.attempt(work)


def assign(who: Actor, customer_id: int, to: str, now: datetime = NOW) -> pool.Assigned:
    return uow.attempt(lambda s: pool.assign(s, who, customer_id, IDS[to], now, entrance="card"))


def periods(customer_id: int) -> list[OwnershipPeriod]:
    return rows(OwnershipPeriod, OwnershipPeriod.customer_id == customer_id)


def clock_of(customer_id: int) -> datetime:
    return rows(Customer, Customer.id == customer_id)[0].silent_since


def check(customer_id: int, holding: Holding) -> None:
    """The ledger is gapless with one open end, which says the same as the model and as the customer's own row."""
    found = periods(customer_id)
    assert [p.ended_at is None for p in found] == [False] * (len(found) - 1) + [True]
    assert all(before.ended_at == after.started_at for before, after in pairwise(found))
    last = found[-1]
    assert (last.holder_kind, last.holder_id) == holding
    (row,) = rows(Customer, Customer.id == customer_id)
    person, queue = row.owner_id, row.queue_team_id
    assert (person, queue) == ((holding[1], None) if holding[0] == HolderKind.PERSON else (None, holding[1]))
