"""Change a number of the business, and show who changed which."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from config.policy import Number, Policy, parse_value
from config.vocabulary import Role
from crm import audit
from crm.access import Actor, require
from crm.errors import Invalid
from crm.policy import current, in_force
from models.ops import PolicyChange
from models.people import Person


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    value: Any
    default: Any
    number: Number
    changed_by: str
    changed_at: datetime | None


def listing(s: Session) -> list[Setting]:
    """Every number with its bounds, its reason, and who changed it last."""
    newest = select(func.max(PolicyChange.id)).group_by(PolicyChange.name)
    rows = s.execute(
        select(PolicyChange, Person.name)
        .outerjoin(Person, Person.id == PolicyChange.actor_id)
        .where(PolicyChange.id.in_(newest))
    )
    changed = {change.name: (change, who) for change, who in rows}
    numbers = current(s)
    return [
        Setting(
            name=name,
            value=getattr(numbers, name),
            default=default,
            number=number,
            changed_by=(changed[name][1] or "命令行") if name in changed else "",
            changed_at=changed[name][0].at if name in changed else None,
        )
        for name, default, number in Policy()
    ]


def change(s: Session, actor: Actor | None, name: str, typed: str, now: datetime, *, entrance: str) -> Any:
    """Set one number; `actor` None is the shell. The new set is checked as a whole before it counts.

    One change at a time: two that are good alone must not become a set that is not.
    """
    if actor is not None:
        require(actor, Role.ADMIN, Role.OPERATIONS)
    who = None if actor is None else actor.person_id
    _one_at_a_time(s)
    policy, passed_over = in_force(s)
    before = {key: value for key, value, _ in policy}
    try:
        value = parse_value(name, typed)
        Policy(**{**before, name: value})
    except ValueError as error:
        raise Invalid(str(error), {name: str(error)}) from None
    if value == before[name] and name not in passed_over:
        return value
    s.add(PolicyChange(name=name, value=_stored(value), at=now, actor_id=who))
    audit.record(
        s,
        who,
        "change_policy",
        f"policy:{name}",
        now,
        entrance=entrance,
        old=_stored(before[name]),
        new=_stored(value),
    )
    return value


def _one_at_a_time(s: Session) -> None:
    """SQLite has one writer anyway; on PostgreSQL other changes wait until this one is committed, readers do not."""
    if s.get_bind().dialect.name == "postgresql":
        s.execute(text("LOCK TABLE policy_change IN SHARE ROW EXCLUSIVE MODE"))


def _stored(value: int | bool | Decimal) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
