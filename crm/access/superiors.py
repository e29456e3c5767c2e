"""Who answers for whom: leads, the nearest leader upward, directors, and the admins behind them all."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Role
from crm.access.actors import AFTER_EVERYTHING, WHO_BY_ID, actor_of
from models.people import Person, Team, TeamLeader


def supervisor_of(s: Session, person_id: int) -> list[int]:
    """Who answers for this person: the direct leader, else the nearest leader upward, else the admins.

    A leader counts only if active, not the person himself, and if his role lets him see and decide about this team:
    a card that its reader cannot act on is worse than none. One person, or every admin.
    """
    person = s.get_one(Person, person_id)
    direct = person.direct_leader_id
    if direct is not None and direct != person_id and _decides(s, direct, person.team_id):
        return [direct]
    return leaders_of(s, person.team_id, but=person_id)


def leaders_of(s: Session, team_id: int, *, but: int = 0) -> list[int]:
    """The nearest leader of a team, or of a team above it, who may decide about it; else the admins."""
    path = s.get_one(Team, team_id).path
    upward = [int(part) for part in path.strip("/").split("/")]
    rows = s.execute(
        select(TeamLeader.team_id, Person.id)
        .join(Person, Person.id == TeamLeader.person_id)
        .where(TeamLeader.team_id.in_(upward), Person.status == PersonStatus.ACTIVE, Person.id != but)
        .order_by(Person.id)
    ).all()
    for team in reversed(upward):
        for led, leader in rows:
            if led == team and _decides(s, leader, team_id):
                return [leader]
    admins = select(Person.id).where(Person.role == Role.ADMIN, Person.status == PersonStatus.ACTIVE, Person.id != but)
    return list(s.scalars(admins.order_by(Person.id)))


def directors_over(s: Session, team_id: int) -> list[int]:
    """The active directors in whose realm this team lies."""
    directors = select(Person.id).where(Person.role == Role.DIRECTOR, Person.status == PersonStatus.ACTIVE)
    return [director for director in s.scalars(directors.order_by(Person.id)) if _decides(s, director, team_id)]


def _decides(s: Session, person_id: int, team_id: int) -> bool:
    """Whether this person is at work and sees what waits for that team's lead."""
    row = s.execute(WHO_BY_ID, {"id": person_id}).one()
    if row.status != PersonStatus.ACTIVE:
        return False
    actor = actor_of(s, row, AFTER_EVERYTHING)
    return actor.sees_all or team_id in actor.team_ids
