"""Who is away and who stands in for whom; and the colleagues that somebody may name."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import PersonStatus
from crm.access import Actor, sees_person
from crm.errors import Invalid
from crm.rules.days import day_of
from models.approvals import Absence
from models.people import Person, Team


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    public_id: str
    person: str
    deputy: str
    first_day: date
    last_day: date
    mine: bool


def absences(s: Session, actor: Actor, now: datetime) -> list[AbsenceRow]:
    """Who is away or will be, of the people whom this actor may look at, and whom he stands in for."""
    away, deputy = aliased(Person), aliased(Person)
    seen = select(Person.id).where(sees_person(actor))
    rows = (
        select(Absence, away.name, deputy.name)
        .join(away, away.id == Absence.person_id)
        .join(deputy, deputy.id == Absence.deputy_id)
        .where(
            Absence.ended_at.is_(None),
            Absence.last_day >= day_of(now),
            or_(Absence.person_id.in_(seen), Absence.deputy_id == actor.person_id),
        )
        .order_by(Absence.first_day, Absence.id)
    )
    return [
        AbsenceRow(one.public_id, name, instead, one.first_day, one.last_day, one.person_id == actor.person_id)
        for one, name, instead in s.execute(rows)
    ]


@dataclass(frozen=True, slots=True)
class Colleague:
    id: int
    name: str
    team: str


def colleagues(s: Session, actor: Actor, words: str, limit: int) -> list[Colleague]:
    """Active people besides himself, by name or userid; his own team first. All of them where nothing is typed."""
    typed = words.strip().lstrip("@")
    named = or_(Person.name.contains(typed, autoescape=True), Person.userid_key == typed.casefold())
    rows = (
        select(Person.id, Person.name, Team.name)
        .join(Team, Team.id == Person.team_id)
        .where(Person.status == PersonStatus.ACTIVE, Person.id != actor.person_id, named)
        .order_by(Person.name != typed, Person.team_id != actor.team_id, Person.name, Person.id)
        .limit(limit)
    )
    found = [Colleague(*row) for row in s.execute(rows)]
    exact = [one for one in found if one.name == typed]
    return exact or found


def colleague_called(s: Session, userid: str) -> int:
    """The active person of a userid, in any case; Invalid where there is none."""
    key = userid.strip().casefold()
    found = s.scalar(select(Person.id).where(Person.userid_key == key, Person.status == PersonStatus.ACTIVE))
    if found is None:
        raise Invalid("没有这位在岗的同事，请重新选", {"userid": "不在岗"})
    return found


def one_colleague(s: Session, actor: Actor, words: str) -> int:
    """The one active colleague of that name or userid; Invalid says why there is none, or more than one."""
    found = colleagues(s, actor, words, 2) if words.strip() else []
    if len(found) == 1:
        return found[0].id
    problem = "叫这个名字的同事不止一位，请写账号" if found else f"没有找到叫「{words[:20]}」的在岗同事，请写全名"
    raise Invalid(problem, {"who": problem})
