"""撞单: two of us want one customer. Both supervisors say whose it is; where they differ or wait, the directors do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.collisions import CollisionVerdict, said
from config.vocabulary import HolderKind, OwnershipReason, ShareAccess, TimelineKind
from crm import audit
from crm.access import (
    DECIDE,
    JUDGES,
    Actor,
    actor_by_id,
    leaders_of,
    require,
    sees_customer,
    supervisor_of,
)
from crm.cards import close_matter
from crm.errors import Conflict, CrmError, Gone, Invalid, NotFound
from crm.holding import Holder, holder_of
from crm.rules.naming import name_key
from crm.usecases import pool, sharing
from crm.usecases.collision_cards import (
    ask,
    credit_together,
    left_over,
    matter_of,
    outcome_words,
    tell_outcome,
    tell_reopened,
)
from crm.usecases.customer_identity import Taken
from crm.usecases.customers import CustomerDraft, CustomerMade, create_customer
from crm.usecases.followups import write_entry
from crm.usecases.judging import directors_of, due, everywhere
from crm.usecases.ownership import pass_on
from crm.usecases.radar import COLLEAGUE
from models.base import insert_once
from models.collisions import Collision, CollisionVote
from models.customers import Customer
from models.people import Person

_NOT_THERE = "没有找到这次撞单，或者不归您裁定"
_HELD = f"{COLLEAGUE}这家公司，没有重复新建。"  # no advice to ask somebody: who decides is being asked already


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was made; the sentence says why, and what happens now."""

    said: str


def create_or_report(
    s: Session, actor: Actor, draft: CustomerDraft, now: datetime, *, entrance: str, anyway: bool = False
) -> CustomerMade | Refused:
    """Make a customer, or tell the supervisors that a colleague has it: returned, not raised, for it must commit.

    Raises Taken for one that the actor himself may see: there is nothing to decide, and nothing has happened.
    """
    try:
        return create_customer(s, actor, draft, now, entrance=entrance, anyway=anyway)
    except Taken as taken:
        return Refused(report(s, actor, taken, draft.name, now, entrance=entrance))


def report(s: Session, actor: Actor, taken: Taken, name: str, now: datetime, *, entrance: str) -> str:
    """What to say to who asked. A customer that he may not see becomes a matter for both supervisors, once."""
    if s.scalar(select(Customer.id).where(Customer.id == taken.hit.customer_id, sees_customer(actor))) is not None:
        raise taken
    if taken.leaves is not None:
        taken.leaves(s)
    made = insert_once(
        s, Collision, customer_id=taken.hit.customer_id, asked_by_id=actor.person_id, name=name[:128],
        name_key=name_key(name)[:128], reason=taken.hit.reason, opened_at=now, due_at=due(s, now),
    )  # fmt: skip
    if not made:
        return f"{_HELD}已经报给双方主管，正在等裁定"
    query = select(Collision).where(Collision.customer_id == taken.hit.customer_id, Collision.decided_at.is_(None))
    collision = s.scalars(query.where(Collision.asked_by_id == actor.person_id)).one()
    ask(s, collision, _holders_side(s, collision) | _askers_side(s, collision), now)
    audit.record(
        s, actor.person_id, "collide", f"customer:{collision.customer_id}", now, entrance=entrance,
        collision=collision.id, reason=taken.hit.reason,
    )  # fmt: skip
    return f"{_HELD}已请双方主管裁定，一个工作日内给您答复"


def _holders_side(s: Session, collision: Collision) -> set[int]:
    """Who answers for the customer as it is held now."""
    _, holder, _ = holder_of(s, collision.customer_id)
    if holder.kind is HolderKind.PERSON and holder.id is not None:
        return set(supervisor_of(s, holder.id))
    return set(leaders_of(s, holder.id)) if holder.kind is HolderKind.QUEUE and holder.id is not None else set()


def _askers_side(s: Session, collision: Collision) -> set[int]:
    return set(supervisor_of(s, collision.asked_by_id))


def _judges(s: Session, collision: Collision) -> set[int]:
    """Who decides alone: the directors over either side, else the administrators."""
    _, holder, _ = holder_of(s, collision.customer_id)
    teams = {s.get_one(Person, collision.asked_by_id).team_id}
    if holder.kind is HolderKind.QUEUE and holder.id is not None:
        teams.add(holder.id)
    elif holder.id is not None:
        teams.add(s.get_one(Person, holder.id).team_id)
    return directors_of(s, teams)


def vote(
    s: Session, actor: Actor, collision_id: int, verdict: CollisionVerdict, now: datetime, *, entrance: str
) -> str:
    """What this supervisor or director holds to be right, and whether it decides. The sentence for his card.

    Supervisors who come to agree after all decide it also when the directors were asked, as long as these have not.
    Raises NotFound for everybody else, Gone when it is decided.
    """
    collision = s.scalar(select(Collision).where(Collision.id == collision_id).with_for_update())
    if collision is None:
        raise NotFound(_NOT_THERE)
    sides = _sides_of(s, actor, collision)
    decides_alone = len(sides) == 2 or actor.person_id in _judges(s, collision) | everywhere(s)
    if not sides and not decides_alone:
        raise NotFound(_NOT_THERE)
    if collision.decided_at is not None:
        raise Gone(f"这次撞单已经裁定：{outcome_words(s, collision)}")
    if verdict is CollisionVerdict.DIFFERENT and name_key(_called(s, collision)) == collision.name_key:
        raise Invalid("两边的名称完全一样，不能判成不是同一家。请选归谁，或共同跟进")
    side = sides[0] if sides else ""
    s.merge(CollisionVote(collision_id=collision.id, person_id=actor.person_id, side=side, verdict=verdict, at=now))
    s.flush()
    audit.record(
        s, actor.person_id, "vote_collision", f"customer:{collision.customer_id}", now, entrance=entrance,
        collision=collision.id, verdict=said(verdict),
    )  # fmt: skip
    if decides_alone:
        return _decide(s, actor, collision, verdict, now, entrance)
    other_side = (CollisionVote.collision_id == collision.id, CollisionVote.side.not_in((side, "")))
    others = set(s.scalars(select(CollisionVote.verdict).where(*other_side)))
    if not others:
        return "已记下您的意见，等另一方主管"
    if others == {verdict}:
        return _decide(s, actor, collision, verdict, now, entrance)
    escalate(s, collision, now)
    return "双方主管意见不同，已请总监定"


def _sides_of(s: Session, actor: Actor, collision: Collision) -> list[str]:
    """For whom this person speaks: the holder's side, the asker's, both or none."""
    held = select(Customer.id).where(Customer.id == collision.customer_id, sees_customer(actor, DECIDE))
    asker = s.get_one(Person, collision.asked_by_id)
    for_holder = actor.person_id in _holders_side(s, collision) or (actor.manages and s.scalar(held) is not None)
    for_asker = actor.person_id in _askers_side(s, collision) or (actor.manages and asker.team_id in actor.team_ids)
    return ["holder"] * for_holder + ["asker"] * for_asker


def vote_on(
    s: Session, actor: Actor, public_id: str, verdict: CollisionVerdict, now: datetime, *, entrance: str
) -> str:
    """The same from a list, for those who have one; the card that asked for it is closed."""
    require(actor, *JUDGES)
    number = s.scalar(select(Collision.id).where(Collision.public_id == public_id))
    told = vote(s, actor, number or 0, verdict, now, entrance=entrance)
    close_matter(s, matter_of(number or 0, actor.person_id), told, now, by=actor)
    return told


def escalate(s: Session, collision: Collision, now: datetime) -> None:
    """The directors decide; whoever has voted need not do anything more."""
    if collision.escalated_at is not None:
        return
    collision.escalated_at = now
    ask(s, collision, _judges(s, collision), now)


def _decide(
    s: Session, actor: Actor, collision: Collision, verdict: CollisionVerdict, now: datetime, entrance: str
) -> str:
    collision.decided_at, collision.decided_by_id, collision.verdict = now, actor.person_id, verdict
    judging, held_by = _asked(s, collision), _holding_person(s, collision)
    collision.effect = _carry_out(s, actor, collision, verdict, now, entrance)
    s.flush()
    outcome = outcome_words(s, collision)
    write_entry(s, collision.customer_id, TimelineKind.OWNERSHIP, f"撞单裁定：{outcome}", actor.person_id, now)
    audit.record(
        s, actor.person_id, "decide_collision", f"customer:{collision.customer_id}", now, entrance=entrance,
        collision=collision.id, verdict=said(verdict),
    )  # fmt: skip
    tell_outcome(s, collision, actor, held_by, judging, now)
    return f"已裁定：{outcome}{left_over(s, collision)[0]}"


def _asked(s: Session, collision: Collision) -> set[int]:
    """Whoever was asked, or has said his opinion: both sides, and the directors where it has gone to them."""
    voted = s.scalars(select(CollisionVote.person_id).where(CollisionVote.collision_id == collision.id))
    judges = set() if collision.escalated_at is None else _judges(s, collision)
    return {*voted, *_holders_side(s, collision), *_askers_side(s, collision), *judges}


def _called(s: Session, collision: Collision) -> str:
    return s.get_one(Customer, collision.customer_id).name


def _holding_person(s: Session, collision: Collision) -> int | None:
    _, holder, _ = holder_of(s, collision.customer_id)
    return holder.id if holder.kind is HolderKind.PERSON else None


def _carry_out(
    s: Session, actor: Actor, collision: Collision, verdict: CollisionVerdict, now: datetime, entrance: str
) -> dict[str, Any]:
    """What the verdict changes, done in the name of whoever answers for the customer. Enough to take it back."""
    asker = s.get_one(Person, collision.asked_by_id)
    responsible = _in_whose_name(s, actor, collision)
    if verdict is CollisionVerdict.ASKER:
        period, _, _ = holder_of(s, collision.customer_id)
        customer = s.get_one(Customer, collision.customer_id)
        to, why = Holder.person(asker.id), OwnershipReason.DECIDED
        if not pass_on(s, customer.id, period, customer.silent_since, to, why, responsible.person_id, now):
            raise Conflict("客户刚刚被别人处理了，没有裁定。请再点一次")
        opened, _, _ = holder_of(s, collision.customer_id)
        return {"as": responsible.person_id, "period": opened}
    if verdict is CollisionVerdict.TOGETHER:
        wish = sharing.Wish(asker.id, ShareAccess.TOGETHER, None, credit_together(s, collision, now))
        done = sharing.share_customer(s, responsible, collision.customer_id, wish, now, entrance=entrance)
        return {"as": responsible.person_id, "share": done.id}
    return {}


def _in_whose_name(s: Session, actor: Actor, collision: Collision) -> Actor:
    """The decider where he may decide about the customer, else the supervisor on the holder's side."""
    mine = select(Customer.id).where(Customer.id == collision.customer_id, sees_customer(actor, DECIDE))
    if (actor.manages or actor.sees_all) and s.scalar(mine) is not None:
        return actor
    side = sorted(_holders_side(s, collision))
    return actor_by_id(s, side[0]) if side else actor


def take_back_vote(s: Session, actor: Actor, collision_id: int, now: datetime, *, entrance: str) -> str:
    """Undo an own vote, and what it decided; the question is open again. What to say, also of a share that stays."""
    collision = s.scalar(select(Collision).where(Collision.id == collision_id).with_for_update())
    own, stays = s.get(CollisionVote, (collision_id, actor.person_id)), ""
    if collision is None or own is None:
        raise NotFound(_NOT_THERE)
    if collision.decided_at is not None:
        if collision.decided_by_id != actor.person_id:
            decider = s.get_one(Person, collision.decided_by_id)
            outcome = outcome_words(s, collision)
            raise Gone(f"{decider.name} 已经裁定，裁定生效了：{outcome}。您的意见没有撤销，要改请找 {decider.name}")
        stays = _undo_effect(s, collision, now, entrance)
        collision.decided_at = collision.decided_by_id = None
        collision.verdict, collision.effect = "", {}
        tell_reopened(s, collision, actor, _holding_person(s, collision), _asked(s, collision), now)
    s.delete(own)
    audit.record(
        s, actor.person_id, "take_back_vote", f"customer:{collision.customer_id}", now, entrance=entrance,
        collision=collision.id,
    )  # fmt: skip
    return f"已撤销您的意见，「{collision.name}」等待裁定{stays}"


def _undo_effect(s: Session, collision: Collision, now: datetime, entrance: str) -> str:
    effect = collision.effect
    if "period" in effect:
        who = actor_by_id(s, effect["as"])
        pool.take_back(s, who, collision.customer_id, effect["period"], now, entrance=entrance)
    if "share" in effect:
        try:
            sharing.take_back_share(s, actor_by_id(s, effect["as"]), effect["share"], now, entrance=entrance)
        except CrmError as refused:  # the vote is the voter's all the same
            return f"。共享还在：{refused}"
    return ""
