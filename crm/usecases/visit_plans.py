"""Whom a rep means to see on a day: planned once however often it is sent, moved, dropped, and fulfilled by a visit."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import audit
from crm.access import READ, Actor, get_customer
from crm.errors import Gone, NotFound
from models.base import bare
from models.people import Person
from models.visits import VisitPlan


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """`client_id` is the phone's own name of it; `place` None puts it behind what the day has."""

    client_id: str
    customer_id: str
    day: date
    place: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    public_id: str
    again: bool


def plan_visit(s: Session, actor: Actor, draft: PlanDraft, now: datetime, *, entrance: str) -> Planned:
    """A plan of the actor's own for a customer that he sees; the same `client_id` again is the first one."""
    _alone(s, actor)
    mine = (VisitPlan.person_id == actor.person_id, VisitPlan.client_id == draft.client_id)
    known = s.scalar(select(VisitPlan).where(*mine))
    if known is not None:
        return Planned(known.public_id, again=True)
    customer = get_customer(s, actor, draft.customer_id, to=READ)
    last = select(func.max(VisitPlan.place)).where(VisitPlan.person_id == actor.person_id, VisitPlan.day == draft.day)
    place = (s.scalar(last) or 0) + 1 if draft.place is None else draft.place
    made = VisitPlan(
        client_id=draft.client_id, person_id=actor.person_id, customer_id=customer.id, day=draft.day, place=place,
        note=draft.note, made_at=now,
    )  # fmt: skip
    s.add(made)
    s.flush()
    subject = f"customer:{customer.id}"
    audit.record(s, actor.person_id, "plan_visit", subject, now, entrance=entrance, day=draft.day.isoformat())
    return Planned(made.public_id, again=False)


def replan_visit(
    s: Session,
    actor: Actor,
    plan_id: str,
    now: datetime,
    *,
    entrance: str,
    day: date | None = None,
    place: int | None = None,
    note: str | None = None,
) -> None:
    """What is None stays. Gone for one that was dropped."""
    plan = _own(s, actor, plan_id)
    if plan.dropped_at is not None:
        raise Gone("这条拜访计划已经取消了，没有改动。请重新安排一次")
    before = (plan.day, plan.place, plan.note)
    plan.day = day or plan.day
    plan.place = plan.place if place is None else place
    plan.note = plan.note if note is None else note
    if before == (plan.day, plan.place, plan.note):
        return
    subject = f"customer:{plan.customer_id}"
    audit.record(s, actor.person_id, "replan_visit", subject, now, entrance=entrance, day=plan.day.isoformat())
    s.flush()


def drop_plan(s: Session, actor: Actor, plan_id: str, now: datetime, *, entrance: str) -> None:
    """Twice is once."""
    plan = _own(s, actor, plan_id)
    if plan.dropped_at is not None:
        return
    plan.dropped_at = now
    subject = f"customer:{plan.customer_id}"
    audit.record(s, actor.person_id, "drop_plan", subject, now, entrance=entrance, day=plan.day.isoformat())
    s.flush()


def _alone(s: Session, actor: Actor) -> None:
    """One phone of his waits for the other, and then finds what it brought."""
    s.execute(select(bare(Person).c.id).where(bare(Person).c.id == actor.person_id).with_for_update())


def _own(s: Session, actor: Actor, plan_id: str) -> VisitPlan:
    _alone(s, actor)
    plan = s.scalar(select(VisitPlan).where(VisitPlan.public_id == plan_id, VisitPlan.person_id == actor.person_id))
    if plan is None:
        raise NotFound("没有找到这条拜访计划，或者不是您的")
    return plan
