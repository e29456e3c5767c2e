"""Companies that two of us want, on the list of whoever is asked whose they are."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import Role
from crm.access import JUDGES, Actor, directors_of, leaders_of_teams, supervisors_of
from crm.agenda.items import OTHERS_WAIT, Item, ItemKind
from crm.rules.days import SHANGHAI
from models.collisions import Collision, CollisionVote
from models.customers import Customer
from models.people import Person

_NAME = 12  # characters of the company, so that both people stay on the first line


def to_judge(s: Session, actor: Actor) -> Sequence[Item]:
    """Those that wait for his word and of which he has not said anything: as their card, with its limit."""
    if actor.role not in JUDGES:
        return []
    asker, holder = aliased(Person), aliased(Person)
    spoken = (CollisionVote.collision_id == Collision.id, CollisionVote.person_id == actor.person_id)
    rows = s.execute(
        select(
            Collision, asker.name, asker.team_id, Customer.owner_id, func.coalesce(holder.name, "待分配"),
            func.coalesce(holder.team_id, Customer.queue_team_id, 0),
        )
        .join(Customer, Customer.id == Collision.customer_id)
        .join(asker, asker.id == Collision.asked_by_id)
        .outerjoin(holder, holder.id == Customer.owner_id)
        .where(Collision.decided_at.is_(None), ~select(CollisionVote.person_id).where(*spoken).exists())
    ).all()  # fmt: skip
    if not rows:
        return []
    people = {one.asked_by_id for one, *_ in rows} | {owner_id for *_, owner_id, _, _ in rows if owner_id}
    teams = {team for _, _, ours, _, _, theirs in rows for team in (ours, theirs) if team}
    queues = {theirs for _, _, _, owner_id, _, theirs in rows if theirs and not owner_id}
    above, over = supervisors_of(s, people), directors_of(s, teams)
    leads = leaders_of_teams(s, queues) if queues else {}
    waiting = []
    for collision, asked_by, ours, owner_id, held_by, theirs in rows:
        holders = above[owner_id] if owner_id else leads.get(theirs, ())
        asked = {*above[collision.asked_by_id], *holders}
        if collision.escalated_at is not None:
            asked |= {*over[ours], *over.get(theirs, ())} or ({actor.person_id} if actor.role is Role.ADMIN else set())
        if actor.person_id in asked:
            due = collision.due_at.astimezone(SHANGHAI)
            waiting.append(
                Item(
                    ItemKind.COLLISION,
                    collision.id,
                    collision.public_id,
                    f"{collision.name[:_NAME]}，{held_by}还是{asked_by}",
                    f"{due:%m-%d %H:%M} 前定归谁，依据：{collision.reason}",
                    "不定，两边都在跟" if collision.escalated_at else "到期没定，就由总监定",
                    OTHERS_WAIT,
                )
            )
    return waiting
