"""How many of the outside contacts of each team are on file: the figure that is to be 100 %."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, distinct, func, select
from sqlalchemy.orm import Session

from config.vocabulary import ContactState, PersonStatus
from crm.access import Actor, sees_person
from models.links import ExternalContact, ExternalFollow
from models.people import Person, Team


@dataclass(frozen=True, slots=True)
class Covered:
    """Of `all` contacts of a team so many are linked to a customer, and so many ignored for a reason."""

    team: str
    all: int
    linked: int
    ignored: int

    @property
    def waiting(self) -> int:
        return self.all - self.linked - self.ignored

    @property
    def percent(self) -> int:
        """Whole and never rounded up: 100 means that nobody waits."""
        return 100 * (self.linked + self.ignored) // self.all if self.all else 100


def covered(s: Session, actor: Actor) -> tuple[Covered, ...]:
    """Of the people whose work this actor may look at, by team, the worst first; a contact counts once a team."""
    rows = s.execute(
        select(Team.name, func.count(distinct(ExternalContact.id)), _in(ContactState.LINKED), _in(ContactState.IGNORED))
        .select_from(ExternalFollow)
        .join(ExternalContact, ExternalContact.id == ExternalFollow.external_contact_id)
        .join(Person, and_(Person.id == ExternalFollow.person_id, Person.status == PersonStatus.ACTIVE))
        .join(Team, Team.id == Person.team_id)
        .where(ExternalFollow.ended_at.is_(None), sees_person(actor))
        .group_by(Team.id, Team.name)
    )
    found = [Covered(*row) for row in rows]
    return tuple(sorted(found, key=lambda one: (one.percent, -one.waiting, one.team)))


def _in(state: ContactState) -> ColumnElement[int]:
    return func.count(distinct(case((ExternalContact.state == state, ExternalContact.id))))
