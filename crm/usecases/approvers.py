"""Whom an approval asks: the people on a rule's seats, their deputies while they are away, never who asks himself."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Role, Seat
from crm.access import directors_over, supervisor_of
from crm.rules.days import day_of
from models.approvals import Absence
from models.people import Person

_MOST_HANDS = 5  # a deputy may be away himself, and his deputy as well; some day somebody is there


@dataclass(frozen=True, slots=True)
class Asked:
    """`for_id`: in whose place."""

    person_id: int
    for_id: int | None = None


def people_on(s: Session, seats: Iterable[str], asking: int, but: Collection[int], now: datetime) -> list[Asked]:
    """Who signs for the one who asks, each once. A seat on which nobody sits is the admins'."""
    named = [person_id for seat in seats for person_id in _on(s, seat, asking)]
    found: dict[int, Asked] = {}
    for person_id in named:
        for one in in_place_of(s, person_id, but, now):
            found.setdefault(one.person_id, one)
    if not found:
        found = {person_id: Asked(person_id) for person_id in _admins(s, but)}
    return list(found.values())


def _on(s: Session, seat: str, asking: int) -> list[int]:
    if seat == Seat.SUPERVISOR:
        return supervisor_of(s, asking)
    if seat == Seat.DIRECTOR:
        return directors_over(s, s.get_one(Person, asking).team_id)
    return [int(seat.removeprefix("person:"))]


def in_place_of(s: Session, person_id: int, but: Collection[int], now: datetime) -> list[Asked]:
    """Like `stand_in`, and where that leads to nobody, the admins: what is asked must not wait for ever, and nobody of
    less weight decides it."""
    return stand_in(s, person_id, but, now) or [Asked(one, person_id) for one in _admins(s, but)]


def stand_in(s: Session, person_id: int, but: Collection[int], now: datetime) -> list[Asked]:
    """The person himself; his deputy while he is away, his superior when he is gone or is who asks.

    Nobody at all where that leads round in a circle.
    """
    hands = [person_id]
    seen: set[int] = set()
    for _ in range(_MOST_HANDS):
        there = [one for one in hands if one not in but and _at_work(s, one) and deputy_of(s, one, now) is None]
        if there:
            return [Asked(one, None if one == person_id else person_id) for one in there]
        seen |= set(hands)
        hands = [one for hand in hands for one in _next(s, hand, now) if one not in seen]
    return []


def _next(s: Session, person_id: int, now: datetime) -> list[int]:
    deputy = deputy_of(s, person_id, now) if _at_work(s, person_id) else None
    return [deputy] if deputy is not None else supervisor_of(s, person_id)


def deputy_of(s: Session, person_id: int, now: datetime) -> int | None:
    """Who is asked in his place today; None while he is there."""
    today = day_of(now)
    away = select(Absence.deputy_id).where(
        Absence.person_id == person_id,
        Absence.ended_at.is_(None),
        Absence.first_day <= today,
        Absence.last_day >= today,
    )
    return s.scalar(away.order_by(Absence.id.desc()).limit(1))


def _at_work(s: Session, person_id: int) -> bool:
    return s.get_one(Person, person_id).status == PersonStatus.ACTIVE


def _admins(s: Session, but: Collection[int]) -> list[int]:
    admins = select(Person.id).where(Person.role == Role.ADMIN, Person.status == PersonStatus.ACTIVE)
    return [one for one in s.scalars(admins.order_by(Person.id)) if one not in but]
