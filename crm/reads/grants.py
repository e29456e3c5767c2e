"""Who reads and edits which group of fields, role by role, and how far each role sees."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.grants import FLOOR_PRICE, Grant, default
from config.vocabulary import FieldObject, PersonStatus, Role
from crm.access import Actor, require
from models.fields import FieldGroup
from models.people import Person, Team, TeamScope
from models.sharing import FieldGrant

_OF_EVERY_COMPANY = {FieldObject.DEAL: {FLOOR_PRICE: "底价"}}


@dataclass(frozen=True, slots=True)
class Row:
    """One group of fields; `cells` in the order of `Role`, `changed` where it is not the default."""

    key: str
    label: str
    cells: tuple[tuple[Role, Grant, bool], ...]


@dataclass(frozen=True, slots=True)
class ExtraScope:
    person: str
    role: Role
    team: str


def matrix(s: Session, actor: Actor, record: FieldObject) -> tuple[Row, ...]:
    """Every group of fields of a kind of record, and what each role may do with it."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    stored = {
        (one.role, one.group_key): Grant(one.may_read, one.may_edit)
        for one in s.scalars(select(FieldGrant).where(FieldGrant.record == record))
    }

    def cell(role: Role, key: str) -> tuple[Role, Grant, bool]:
        usual = default(role, key)
        granted = stored.get((role.value, key), usual)
        return role, granted, granted != usual

    return tuple(Row(key, label, tuple(cell(role, key) for role in Role)) for key, label in groups(s, record).items())


def groups(s: Session, record: FieldObject) -> dict[str, str]:
    """Key and heading of the groups that a kind of record has."""
    made = select(FieldGroup.key, FieldGroup.label).where(FieldGroup.object_kind == record)
    found = dict(s.execute(made.order_by(FieldGroup.position, FieldGroup.id)).all())
    return found | {key: label for key, label in _OF_EVERY_COMPANY.get(record, {}).items() if key not in found}


def headcount(s: Session, actor: Actor) -> dict[Role, int]:
    """How many people at work have each role."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    active = select(Person.role, func.count()).where(Person.status == PersonStatus.ACTIVE).group_by(Person.role)
    counted = dict(s.execute(active).all())
    return {role: counted.get(role.value, 0) for role in Role}


def extra_scopes(s: Session, actor: Actor) -> tuple[ExtraScope, ...]:
    """Departments that somebody was given beyond what the directory says he leads."""
    require(actor, Role.ADMIN, Role.OPERATIONS)
    rows = (
        select(Person.name, Person.role, Team.name)
        .join(TeamScope, TeamScope.person_id == Person.id)
        .join(Team, Team.id == TeamScope.team_id)
        .order_by(Person.name, Person.id, Team.path)
    )
    return tuple(ExtraScope(name, Role(role), team) for name, role, team in s.execute(rows))
