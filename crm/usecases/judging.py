"""What every contest between two teams is decided by: until when the supervisors have, who decides after them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Role
from crm import policy as numbers
from crm.access import directors_over
from crm.rules.days import SHANGHAI, at, day_of
from models.people import Person


def due(s: Session, now: datetime) -> datetime:
    """One working day from now, at the same time of day."""
    calendar, local = numbers.calendar(s), now.astimezone(SHANGHAI)
    return at(calendar.add_working_days(day_of(now), 1), local.hour, local.minute)


def directors_of(s: Session, teams: Iterable[int]) -> set[int]:
    """Who decides alone: the directors over any of these teams, else the administrators."""
    return {director for team in teams for director in directors_over(s, team)} or everywhere(s)


def everywhere(s: Session) -> set[int]:
    admins = select(Person.id).where(Person.role == Role.ADMIN, Person.status == PersonStatus.ACTIVE)
    return set(s.scalars(admins))
