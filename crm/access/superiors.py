"""Who answers for whom: leads, the nearest leader upward, directors, and the admins behind them all."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus, Role
from crm.access.actors import JUDGES, SEES_ALL, SEES_SUBTREE
from models.base import bare, one_of
from models.people import Person, Team, TeamLeader, TeamScope

_PERSON, _TEAM, _LED, _GIVEN = bare(Person).c, bare(Team).c, bare(TeamLeader).c, bare(TeamScope).c


def supervisor_of(s: Session, person_id: int) -> list[int]:
    """Who answers for this person: the direct leader, else the nearest leader upward, else the admins.

    A leader counts only if active, not the person himself, and if his role lets him see and decide about this team:
    a card that its reader cannot act on is worse than none. One person, or every admin.
    """
    return supervisors_of(s, [person_id])[person_id]


def supervisors_of(s: Session, person_ids: Collection[int]) -> dict[int, list[int]]:
    """The same of many people, by id: as many statements as for one."""
    asked = select(_PERSON.id, _PERSON.team_id, _PERSON.direct_leader_id).where(one_of(s, _PERSON.id, person_ids))
    house = _house(s)
    found = {}
    for person in s.execute(asked).all():
        direct = person.direct_leader_id
        is_direct = direct is not None and direct != person.id and house.decides(direct, person.team_id)
        found[person.id] = [direct] if is_direct else house.leaders(person.team_id, person.id)
    return found


def leaders_of(s: Session, team_id: int, *, but: int = 0) -> list[int]:
    """The nearest leader of a team, or of a team above it, who may decide about it; else the admins."""
    return _house(s).leaders(team_id, but)


def leaders_of_teams(s: Session, team_ids: Collection[int]) -> dict[int, list[int]]:
    """The same of many teams, by id."""
    house = _house(s)
    return {team_id: house.leaders(team_id, 0) for team_id in team_ids}


def directors_over(s: Session, team_id: int) -> list[int]:
    """The active directors in whose realm this team lies."""
    return directors_of(s, [team_id])[team_id]


def directors_of(s: Session, team_ids: Collection[int]) -> dict[int, list[int]]:
    """The same of many teams, by id."""
    house = _house(s)
    directors = sorted(person for person, role in house.roles.items() if role is Role.DIRECTOR)
    return {team: [director for director in directors if house.decides(director, team)] for team in team_ids}


@dataclass(frozen=True, slots=True)
class _House:
    """The teams, and whoever decides about one: `roles` of who is active, `paths` by team, `led`, `given` by person."""

    roles: Mapping[int, Role]
    paths: Mapping[int, str]
    led: Mapping[int, Collection[int]]
    given: Mapping[int, Collection[int]]

    def decides(self, person_id: int, team_id: int) -> bool:
        """Whether this person is at work and sees what waits for that team's lead: as `Actor` has it."""
        role = self.roles.get(person_id)
        if role is None or role in SEES_ALL:
            return role is not None
        led = self.led.get(person_id, ())
        if role not in SEES_SUBTREE:
            return team_id in led
        tops = {*led, *self.given.get(person_id, ())}
        return any(self.paths[team_id].startswith(self.paths[top]) for top in tops)

    def leaders(self, team_id: int, but: int) -> list[int]:
        upward = [int(part) for part in self.paths[team_id].strip("/").split("/")]
        for team in reversed(upward):
            for person in sorted(self.roles):
                if person != but and team in self.led.get(person, ()) and self.decides(person, team_id):
                    return [person]
        return sorted(person for person, role in self.roles.items() if role is Role.ADMIN and person != but)


def _house(s: Session) -> _House:
    """Four statements over tables that hold some hundred rows in a company of five hundred reps."""
    here = (_PERSON.status == PersonStatus.ACTIVE, _PERSON.role.in_(JUDGES))
    led: dict[int, set[int]] = {}
    given: dict[int, set[int]] = {}
    for person, team in s.execute(select(_LED.person_id, _LED.team_id)):
        led.setdefault(person, set()).add(team)
    for person, team in s.execute(select(_GIVEN.person_id, _GIVEN.team_id)):
        given.setdefault(person, set()).add(team)
    return _House(
        {person: Role(role) for person, role in s.execute(select(_PERSON.id, _PERSON.role).where(*here))},
        dict(s.execute(select(_TEAM.id, _TEAM.path)).all()),
        led,
        given,
    )
