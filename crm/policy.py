"""Today's numbers: the defaults of `config.policy`, and over them what operations changed."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from itertools import chain
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.policy import Policy, parse_value
from crm.rules.days import WorkCalendar
from models.base import bare
from models.ops import CalendarDay, PolicyChange

log = logging.getLogger(__name__)

_CHANGE = bare(PolicyChange).c
_NEWEST = (
    select(_CHANGE.name, _CHANGE.value)
    .where(_CHANGE.id.in_(select(func.max(_CHANGE.id)).group_by(_CHANGE.name)))
    .order_by(_CHANGE.id)
)


def current(s: Session) -> Policy:
    """The numbers in force. One query; ask once per transaction.

    Never fails over what is stored: everything the product does asks here, also the mending of a wrong number.
    """
    return in_force(s)[0]


def in_force(s: Session) -> tuple[Policy, frozenset[str]]:
    """The numbers, and the names of those whose stored value cannot count and is passed over (logged each time).

    Of values that are good alone and contradict each other the newest gives way.
    """
    rows = s.execute(_NEWEST).all()
    stored: dict[str, Any] = {}
    for name, value in rows:
        with suppress(ValueError):
            stored[name] = parse_value(name, value)
    policy, kept = _agreeing(stored)
    passed_over = frozenset(name for name, _ in rows) - kept
    if passed_over:
        log.error("policy: stored values of %s cannot count and are passed over", sorted(passed_over))
    return policy, passed_over


def _agreeing(stored: Mapping[str, Any]) -> tuple[Policy, frozenset[str]]:
    """The policy of these values, oldest first, and the names it could keep: all, all but one, or as many as agree."""
    without = ({n: v for n, v in stored.items() if n != one} for one in reversed(list(stored)))
    for values in chain([stored], without):
        with suppress(ValueError):
            return Policy(**values), frozenset(values)
    kept: dict[str, Any] = {}
    for name, value in stored.items():
        with suppress(ValueError):
            Policy(**kept, **{name: value})
            kept[name] = value
    return Policy(**kept), frozenset(kept)


def calendar(s: Session) -> WorkCalendar:
    """Working days: the public calendar, and over it the company's own days."""
    days = s.execute(select(CalendarDay.day, CalendarDay.working))
    return WorkCalendar(dict(days.all()))
