"""The round of moments that deals must not miss: each step is told once, at once, at night and on holidays too."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import MilestoneKind, PersonStatus, StageKind, label
from crm import policy as numbers
from crm.access import WRITE, actor_by_id, deals_for, leaders_of, supervisor_of
from crm.messages import prompt_card
from crm.rules.milestones import HOURS, LATE, say_left, to_tell
from crm.usecases.milestones import milestone_card, topic_of
from models.customers import Customer
from models.deals import Deal, Milestone, Stage
from models.people import Person


def milestone_candidates(s: Session, now: datetime) -> list[int]:
    """Ids of the moments of open deals of which a step is due and was not told, the nearest first."""
    rows = (
        select(Milestone.id, Milestone.due_at, Milestone.reminded)
        .join(Deal, Deal.id == Milestone.deal_id)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(
            Milestone.due_at <= now + timedelta(hours=max(HOURS)),
            Milestone.due_at > now - LATE,
            Milestone.done_at.is_(None),
            Milestone.removed_at.is_(None),
            Stage.kind == StageKind.OPEN,
        )
        .order_by(Milestone.due_at, Milestone.id)
    )
    return [number for number, due_at, told in s.execute(rows) if to_tell(due_at, told, now) is not None]


def judge_milestone(s: Session, milestone_id: int, now: datetime, *, dry_run: bool) -> str | None:
    """Judge one afresh and tell whoever can still keep it. The line to print, if any.

    The row is locked, and keeps which step was told last: of two rounds at once the second finds nothing to say.
    """
    one = s.scalar(select(Milestone).where(Milestone.id == milestone_id).with_for_update())
    if one is None or one.done_at is not None or one.removed_at is not None:
        return None
    step = to_tell(one.due_at, one.reminded, now)
    deal, kind, customer, owner = s.execute(
        select(Deal, Stage.kind, Customer, Person)
        .join(Stage, Stage.id == Deal.stage_id)
        .join(Customer, Customer.id == Deal.customer_id)
        .join(Person, Person.id == Deal.owner_id)
        .where(Deal.id == one.deal_id)
    ).one()
    if step is None or kind != StageKind.OPEN:
        return None
    if not dry_run:
        name, concerned = _concerned(s, deal, customer, owner, now)
        notice, taps = milestone_card(one, deal, customer.name, name, now)
        matter = f"{topic_of(one)}:{step}:{now:%Y%m%d%H%M%S}"
        for person_id in concerned:
            prompt_card(
                s, person_id, notice, taps, matter=matter, dedupe=f"{matter}:{person_id}", now=now,
                policy=numbers.current(s), topic=topic_of(one),
            )  # fmt: skip
        one.reminded = step
        s.flush()
    return f"节点：{deal.name} {label(MilestoneKind(one.kind))}{say_left(one.due_at, now)}"


def _concerned(s: Session, deal: Deal, customer: Customer, owner: Person, now: datetime) -> tuple[str, list[int]]:
    """The owner as the card names him, and whom to tell: him, or whoever has to find somebody in his place.

    A customer that was released waits for its new holder, and its deals still bear the old one's name.
    """
    if owner.status != PersonStatus.ACTIVE:
        name, his = f"{owner.name}（{label(PersonStatus(owner.status))}）", None
    else:
        name, his = owner.name, deals_for(actor_by_id(s, owner.id, now), WRITE).where(Deal.id == deal.id)
    if his is not None and s.scalar(his) is not None:
        return name, [owner.id]
    if customer.queue_team_id is not None:
        return f"{name}，客户待分配", leaders_of(s, customer.queue_team_id)
    return name, supervisor_of(s, owner.id)
