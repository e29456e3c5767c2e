"""Companies that two of us want, on the list of whoever is asked whose they are."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import Role
from crm.access import JUDGES, Actor, directors_of, leaders_of, supervisors_of
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
        select(Collision, asker, holder, Customer.queue_team_id)
        .join(Customer, Customer.id == Collision.customer_id)
        .join(asker, asker.id == Collision.asked_by_id)
        .outerjoin(holder, holder.id == Customer.owner_id)
        .where(Collision.decided_at.is_(None), ~select(CollisionVote.person_id).where(*spoken).exists())
    ).all()
    if not rows:
        return []
    above = supervisors_of(s, {one.id for _, *both, _ in rows for one in both if one})
    teams = {_side(held_by, queue) for _, _, held_by, queue in rows} | {wants.team_id for _, wants, *_ in rows}
    over = directors_of(s, {team for team in teams if team is not None})
    waiting = []
    for collision, wants, held_by, queue in rows:
        asked = {*above[wants.id], *(above[held_by.id] if held_by else leaders_of(s, queue) if queue else ())}
        if collision.escalated_at is not None:
            judges = {one for team in (wants.team_id, _side(held_by, queue)) for one in over.get(team, ())}
            asked |= judges or ({actor.person_id} if actor.role is Role.ADMIN else set())
        if actor.person_id in asked:
            due = collision.due_at.astimezone(SHANGHAI)
            waiting.append(
                Item(
                    ItemKind.COLLISION,
                    collision.id,
                    collision.public_id,
                    f"{collision.name[:_NAME]}，{held_by.name if held_by else '待分配'}还是{wants.name}",
                    f"{due:%m-%d %H:%M} 前定归谁，依据：{collision.reason}",
                    "不定，两边都在跟" if collision.escalated_at else "到期没定，就由总监定",
                    OTHERS_WAIT,
                )
            )
    return waiting


def _side(held_by: Person | None, queue: int | None) -> int | None:
    return held_by.team_id if held_by else queue
