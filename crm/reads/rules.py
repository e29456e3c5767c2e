"""The history of the business numbers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import Role
from crm.access import Actor, require
from models.ops import PolicyChange
from models.people import Person


@dataclass(frozen=True, slots=True)
class Change:
    """`who` is empty for the shell."""

    name: str
    value: str
    at: datetime
    who: str


def changes(s: Session, actor: Actor, most: int = 30) -> list[Change]:
    """The latest changes, newest first."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    rows = s.execute(
        select(PolicyChange, Person.name)
        .outerjoin(Person, Person.id == PolicyChange.actor_id)
        .order_by(PolicyChange.id.desc())
        .limit(most)
    )
    return [Change(change.name, change.value, change.at, who or "") for change, who in rows]
