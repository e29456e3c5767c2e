"""Whose deals a board or a figure is about: what one may see, narrowed to oneself, a team, a person or a customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, cast, exists, literal, null, select
from sqlalchemy.orm import Session

from config.vocabulary import DealScope, Role, label
from crm.access import READ, Actor, Reach, get_customer, sees_customer, sees_person
from crm.errors import Invalid, NotAllowed
from models.base import HeldIn, Instant
from models.customers import Customer
from models.deals import Deal
from models.people import Person, Team


@dataclass(frozen=True, slots=True)
class Whose:
    """Narrows what an actor sees. `scope` None: what his role looks at first; `team_id` includes the teams below it."""

    scope: DealScope | None = None
    owner_id: int | None = None
    team_id: int | None = None
    customer_id: str = ""


EVERYBODYS = Whose()


@dataclass(frozen=True, slots=True)
class Scope:
    """Conditions on deals, and whether they speak of the customers, who are joined then."""

    conditions: tuple[ColumnElement[bool], ...]
    by_customer: bool

    def of(self, query: Any) -> Any:
        """This query on deals, of those in scope alone."""
        held = query.join(Customer, Customer.id == Deal.customer_id) if self.by_customer else query
        return held.where(*self.conditions)

    def and_also(self, *conditions: ColumnElement[bool]) -> "Scope":
        return Scope((*self.conditions, *conditions), self.by_customer)


def scopes_of(actor: Actor) -> tuple[DealScope, ...]:
    """What somebody may choose from, and first what he looks at if he chooses nothing."""
    if actor.sees_all:
        return (DealScope.ALL, DealScope.MINE)
    if actor.manages:
        return (DealScope.TEAM, DealScope.MINE, DealScope.ALL)
    return (DealScope.MINE, DealScope.ALL)


def in_scope(s: Session, actor: Actor, whose: Whose) -> Scope:
    """Which deals he means. What is not his to see is not there, whatever is asked for.

    NotAllowed for who holds no customers: their deals are none of his business, though some may be shared with him.
    """
    if actor.reach is Reach.NOTHING:
        raise NotAllowed(f"{label(Role(actor.role))}不看商机看板和统计。需要的话请找销售主管或销售运营")
    scope = whose.scope or scopes_of(actor)[0]
    if scope not in scopes_of(actor):
        raise Invalid(
            f"您没有管理的团队，请看「{label(DealScope.MINE)}」或「{label(DealScope.ALL)}」", {"scope": "不能选团队"}
        )
    # Who sees every customer asks only for the few that were merged: a join would read all there are for a few deals.
    everything = actor.reach is Reach.ALL
    merged = exists().where(Customer.id == Deal.customer_id, Customer.merged_into_id.is_not(None)).correlate(Deal)
    found = [~merged] if everything else [Customer.merged_into_id.is_(None), sees_customer(actor)]
    if scope is DealScope.MINE:
        found.append(Deal.owner_id == actor.person_id)
    elif scope is DealScope.TEAM:
        found.append(_of_people(select(Person.id).where(Person.team_id.in_(actor.team_ids))))
    if whose.owner_id is not None:
        found.append(Deal.owner_id == whose.owner_id)
    if whose.team_id is not None:
        top = select(Team.path).where(Team.id == whose.team_id).scalar_subquery()
        teams = select(Team.id).where(Team.path.startswith(top))
        found.append(_of_people(select(Person.id).where(Person.team_id.in_(teams))))
    if whose.customer_id:
        found.append(Deal.customer_id == get_customer(s, actor, whose.customer_id, to=READ).id)
    return Scope(tuple(found), by_customer=not everything)


def _of_people(people: Any) -> ColumnElement[bool]:
    return HeldIn(Deal.owner_id, people.scalar_subquery())


def by_stage(values: Mapping[int, datetime]) -> ColumnElement[Any]:
    """The moment that belongs to a deal's stage; null for a stage that has none."""
    if not values:
        return cast(null(), Instant())
    return case({one: literal(moment, Instant()) for one, moment in values.items()}, value=Deal.stage_id)


def person_asked(s: Session, actor: Actor, userid: str) -> int | None:
    """The number of somebody whose work the actor may look at; None for nobody in particular."""
    if not userid:
        return None
    found = s.scalar(select(Person.id).where(Person.userid_key == userid.casefold(), sees_person(actor)))
    if found is None:
        raise Invalid("没有这位同事，或者不在您的管辖范围", {"owner": "没有这位同事"})
    return found


def team_asked(s: Session, actor: Actor, department_id: int | None) -> int | None:
    """The same of a department, by its number in WeCom."""
    if department_id is None:
        return None
    seen = select(Person.team_id).where(sees_person(actor))
    found = s.scalar(select(Team.id).where(Team.department_id == department_id, Team.id.in_(seen)))
    if found is None:
        raise Invalid("没有这个部门，或者不在您的管辖范围", {"department": "没有这个部门"})
    return found
