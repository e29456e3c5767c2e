"""企微接入体检: what was tried of the connection to WeCom, and what the store knows about it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from config.vocabulary import InboxState, PersonStatus, Role
from crm.access import Actor, require
from models.messages import InboxEvent
from models.people import Person, Team

_NAMED = 5
_Person = Row[*tuple[Any, ...]]  # name, userid, userid_key, role, path


class Grade(StrEnum):
    OK = "ok"
    WRONG = "wrong"
    UNSEEN = "unseen"  # something before it has to be mended first


@dataclass(frozen=True, slots=True)
class Finding:
    """One item: `said` is what was found, `mend` how to mend what is wrong."""

    item: str
    grade: Grade
    said: str
    mend: str = ""


def examine(actor: Actor, tried: Iterable[Finding]) -> tuple[Finding, ...]:
    """All items, for an administrator; `tried` tries each only when it is asked for the next."""
    require(actor, Role.ADMIN)
    return tuple(tried)


@dataclass(frozen=True, slots=True)
class Missing:
    """Some people who lack something: how many, and the names of the first."""

    many: int
    names: str


def out_of_range(s: Session, userids: Collection[str], departments: Collection[int]) -> Missing:
    """Active members whom the app does not see: its range is members, and departments with all below them."""
    inside = _inside(s, userids, departments)
    return _missing([one for one in _active(s) if not inside(one)])


def not_serving(
    s: Session, serving: Collection[str], userids: Collection[str], departments: Collection[int]
) -> Missing:
    """Active sales reps whom the app sees, and who may not serve customers at WeCom."""
    may, inside = {userid.casefold() for userid in serving}, _inside(s, userids, departments)
    return _missing([one for one in _active(s) if one.role == Role.REP and inside(one) and one.userid_key not in may])


def one_to_ask_about(s: Session, userids: Collection[str], departments: Collection[int]) -> str | None:
    """The userid of an active member, of one whom the app sees where we know of any."""
    active, inside = _active(s), _inside(s, userids, departments)
    return next((one.userid for one in sorted(active, key=lambda one: not inside(one))), None)


def last_callback(s: Session) -> datetime | None:
    """When WeCom was last heard; None: never."""
    return s.scalar(select(func.max(InboxEvent.received_at)).where(InboxEvent.state != InboxState.FAILED))


def _active(s: Session) -> Sequence[_Person]:
    people = select(Person.name, Person.userid, Person.userid_key, Person.role, Team.path).join(
        Team, Team.id == Person.team_id
    )
    return s.execute(people.where(Person.status == PersonStatus.ACTIVE).order_by(Person.id)).all()


def _inside(s: Session, userids: Collection[str], departments: Collection[int]) -> Callable[[_Person], bool]:
    tops = tuple(s.scalars(select(Team.path).where(Team.department_id.in_(departments))))
    seen = {userid.casefold() for userid in userids}
    return lambda one: one.userid_key in seen or one.path.startswith(tops)


def _missing(people: Sequence[_Person]) -> Missing:
    return Missing(len(people), "、".join(one.name for one in people[:_NAMED]))
