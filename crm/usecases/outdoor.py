"""What WeCom's own 外出打卡 says of the days of a visit: fetched for those visits alone, and judged with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from crm.ports import OutdoorCheckIn
from crm.usecases.visit_cards import follow
from crm.usecases.visit_judging import AROUND, alone, judge_again
from models.base import insert_each_once
from models.people import Person
from models.visits import OutdoorSign, Visit

_SETTLED = timedelta(minutes=15)  # after a visit came in: whoever signs in with 打卡 as well has done it by then
_GIVEN_UP = timedelta(days=3)  # after that WeCom need not be asked any more
_AT_ONCE = 100  # people of one call
_KEPT = timedelta(days=90)  # a visit may come in thirty days late, and is judged by the two months before it
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to ask WeCom about, and from when to when; `people` by lower-case userid."""

    people: dict[str, int]
    since: datetime
    until: datetime


def next_asked(s: Session, now: datetime) -> Asked | None:
    """The next people with visits that were not yet held against their 外出打卡, a hundred at most."""
    waiting = (
        Visit.compared_at.is_(None),
        Visit.retracted_at.is_(None),
        Visit.received_at <= now - _SETTLED,
        Visit.received_at > now - _GIVEN_UP,
    )
    rows = s.execute(
        select(Person.id, Person.userid, func.min(Visit.visited_at), func.max(Visit.visited_at))
        .join(Visit, Visit.person_id == Person.id)
        .where(*waiting)
        .group_by(Person.id, Person.userid)
        .order_by(Person.id)
        .limit(_AT_ONCE)
    ).all()
    if not rows:
        return None
    since, until = min(first for *_, first, _ in rows), max(last for *_, last in rows)
    return Asked({userid.casefold(): number for number, userid, *_ in rows}, since - AROUND, min(until + AROUND, now))


def keep(s: Session, asked: Asked, told: Sequence[OutdoorCheckIn], now: datetime) -> int:
    """Keep what WeCom told and judge the visits of those people anew; how many of its rows are new.

    Told twice, a row is kept once. What nobody asked about is left out.
    """
    signs = [(asked.people[one.userid.casefold()], one) for one in told if one.userid.casefold() in asked.people]
    rows = [
        {
            "person_id": person_id,
            "at": one.at,
            "latitude": one.latitude,
            "longitude": one.longitude,
            "exception": one.exception[:64],
            "device": one.device[:64],
        }
        for person_id, one in signs
    ]
    alone(s, *asked.people.values())
    made = insert_each_once(s, OutdoorSign, rows)
    mine = (Visit.person_id.in_(asked.people.values()), Visit.compared_at.is_(None))
    s.execute(update(Visit).where(*mine, Visit.received_at <= now - _SETTLED).values(compared_at=now))
    people = sorted({person_id for person_id, _ in signs})
    follow(s, [one for person_id in people for one in judge_again(s, person_id, asked.since)], now)
    return len(made)


def purge_signs(s: Session, now: datetime) -> int:
    """What no judgement looks at any more."""
    old = select(OutdoorSign.id).where(OutdoorSign.at <= now - _KEPT).order_by(OutdoorSign.id).limit(_BATCH)
    ids = s.scalars(old).all()
    s.execute(delete(OutdoorSign).where(OutdoorSign.id.in_(ids)), execution_options={"synchronize_session": False})
    return len(ids)
