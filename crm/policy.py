"""Today's numbers: the defaults of `config.policy`, and over them what operations changed."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.policy import Policy, parse_value
from crm.rules.days import WorkCalendar
from models.ops import CalendarDay, PolicyChange


def current(s: Session) -> Policy:
    """The numbers in force. One query; ask once per transaction."""
    newest = select(func.max(PolicyChange.id)).group_by(PolicyChange.name)
    rows = s.execute(select(PolicyChange.name, PolicyChange.value).where(PolicyChange.id.in_(newest)))
    changed: dict[str, Any] = {name: parse_value(name, value) for name, value in rows}
    return Policy(**changed)


def calendar(s: Session) -> WorkCalendar:
    """Working days: the public calendar, and over it the company's own days."""
    days = s.execute(select(CalendarDay.day, CalendarDay.working))
    return WorkCalendar(dict(days.all()))
