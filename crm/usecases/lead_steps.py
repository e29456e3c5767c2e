"""What is done with a lead: handed out, claimed, answered, found invalid; each step can be taken back for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.prospects import InvalidReason, LeadState, LeadStep, ResponseKind
from config.vocabulary import label
from crm import audit
from crm import policy as numbers
from crm.access import HOLDERS, Actor, get_lead
from crm.cards import close_matter
from crm.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from crm.messages import prompt
from crm.notices import Notice
from crm.usecases.lead_cards import called
from crm.usecases.leads import LONGEST_REMARK, matter_of, step, taker, tell
from models.leads import Lead, LeadEvent
from models.people import Person

# What a step may change, and so what its way back sets.
_MOMENTS = ("first_response_at", "converted_at")
_PLAIN = ("state", "owner_id", "team_id", "response_kind", "customer_id", "deal_id", "invalid_reason", "rival_id")


@dataclass(frozen=True, slots=True)
class StepDone:
    """`event_id` takes it back (`crm.usecases.lead_convert.take_back`); `name` is what the lead is called."""

    lead_id: int
    name: str
    event_id: int
    said: str


def assign(
    s: Session, actor: Actor, lead_id: int | str, to_person: int | str, now: datetime, *, entrance: str
) -> StepDone:
    """A manager gives a lead to somebody he answers for, or takes it from one and gives it to another."""
    if not actor.manages and not actor.sees_all:
        raise NotAllowed("只有主管能分配线索。没有人跟的线索，您可以直接领取")
    lead = open_lead(s, actor, lead_id)
    to = taker(s, actor, to_person)
    return _hand(s, actor, lead, to, now, entrance)


def claim(s: Session, actor: Actor, lead_id: int | str, now: datetime, *, entrance: str) -> StepDone:
    """Take a lead that waits in one's team's queue. Of two at once one has it and the other is told."""
    if actor.role not in HOLDERS:
        raise NotAllowed(f"{label(actor.role)}不跟线索，不能领取")
    lead = open_lead(s, actor, lead_id)
    if lead.owner_id == actor.person_id:
        raise Conflict(f"「{called(lead)}」已经在您名下，直接联系就行")
    if lead.owner_id is not None:
        raise Conflict(f"「{called(lead)}」已经由 {s.get_one(Person, lead.owner_id).name} 在跟，没有重复领取")
    return _hand(s, actor, lead, s.get_one(Person, actor.person_id), now, entrance)


def _hand(s: Session, actor: Actor, lead: Lead, to: Person, now: datetime, entrance: str) -> StepDone:
    if lead.owner_id == to.id:
        raise Conflict(f"「{called(lead)}」本来就在 {to.name} 名下")
    before, matter = standing(lead), matter_of(lead)
    lead.owner_id, lead.team_id, lead.rival_id = to.id, to.team_id, None
    lead.turn += 1
    s.flush()
    event = step(s, lead, LeadStep.ASSIGNED, actor, now, before, f"给 {to.name}")
    audit.record(
        s, actor.person_id, "assign_lead", f"lead:{lead.id}", now, entrance=entrance, name=called(lead), to=to.id
    )
    close_matter(s, matter, f"已给 {to.name}", now, by=actor)
    tell(s, lead, now, but=actor.person_id)
    return StepDone(lead.id, called(lead), event, f"「{called(lead)}」已给 {to.name}")


def respond(
    s: Session, actor: Actor, lead_id: int | str, kind: ResponseKind, words: str, now: datetime, *, entrance: str
) -> StepDone:
    """Somebody was reached: the first time stops the clock. A lead that waited in the queue becomes the actor's."""
    lead = open_lead(s, actor, lead_id)
    said = _words(words)
    if actor.role not in HOLDERS:
        raise NotAllowed(f"{label(actor.role)}不跟线索，请让负责的销售来记")
    before, matter = standing(lead), matter_of(lead)
    if lead.owner_id is None:
        lead.owner_id, lead.team_id, lead.rival_id = actor.person_id, actor.team_id, None
    first = lead.first_response_at is None
    if first:
        lead.first_response_at, lead.response_kind = now, kind
    lead.state = LeadState.CONTACTED
    s.flush()
    event = step(s, lead, LeadStep.RESPONDED, actor, now, before, f"{label(kind)} {said}".strip())
    audit.record(
        s,
        actor.person_id,
        "respond_lead",
        f"lead:{lead.id}",
        now,
        entrance=entrance,
        name=called(lead),
        outcome=label(kind),
    )
    close_matter(s, matter, f"已联系（{label(kind)}）", now, by=actor)
    late = "，比要求的时间晚了" if first and now > lead.due_at else ""
    return StepDone(lead.id, called(lead), event, f"已记：{label(kind)}联系了「{called(lead)}」{late}")


def invalidate(
    s: Session, actor: Actor, lead_id: int | str, reason: InvalidReason, words: str, now: datetime, *, entrance: str
) -> StepDone:
    """No customer will come of it; the reason is kept, since it tells which channel brings what."""
    lead = open_lead(s, actor, lead_id)
    before, matter = standing(lead), matter_of(lead)
    lead.state, lead.invalid_reason = LeadState.INVALID, reason
    s.flush()
    event = step(s, lead, LeadStep.INVALIDATED, actor, now, before, f"{label(reason)} {_words(words)}".strip())
    audit.record(
        s,
        actor.person_id,
        "invalidate_lead",
        f"lead:{lead.id}",
        now,
        entrance=entrance,
        name=called(lead),
        why=label(reason),
    )
    close_matter(s, matter, f"无效：{label(reason)}", now, by=actor)
    return StepDone(lead.id, called(lead), event, f"「{called(lead)}」判为无效：{label(reason)}")


def nudge(s: Session, actor: Actor, lead_id: int, card_id: int, now: datetime) -> str:
    """A supervisor's 催负责人: the owner is told by name, once per card. The owner's name."""
    lead = open_lead(s, actor, lead_id)
    if lead.owner_id is None:
        raise Conflict(f"「{called(lead)}」还没有人负责，请直接分配")
    notice = Notice(
        title=f"{actor.name} 请您联系线索「{called(lead)}」",
        body=f"对方在等回音。联系后发 /线索，点「已联系」。电话：{lead.phone or '见线索详情'}",
    )
    prompt(s, lead.owner_id, notice, dedupe=f"nudge_lead:{card_id}:{lead.owner_id}", now=now)
    return s.get_one(Person, lead.owner_id).name


def standing(lead: Lead) -> dict[str, Any]:
    """How a lead stands, as the way back to it."""
    moments = {name: getattr(lead, name) for name in _MOMENTS}
    return {name: getattr(lead, name) for name in _PLAIN} | {
        name: None if at is None else at.isoformat() for name, at in moments.items()
    }


def put_back(lead: Lead, before: dict[str, Any]) -> None:
    for name in _PLAIN:
        setattr(lead, name, before[name])
    for name in _MOMENTS:
        setattr(lead, name, None if before[name] is None else datetime.fromisoformat(before[name]))


def undoable(s: Session, actor: Actor, event_id: int, now: datetime) -> tuple[Lead, LeadEvent]:
    """One's own newest step of a lead, within the undo minutes; the lead is locked."""
    minutes = numbers.current(s).undo_minutes
    event = s.get(LeadEvent, event_id)
    if event is None or event.actor_id != actor.person_id or event.step == LeadStep.CAPTURED:
        raise NotFound("没有找到您刚才对这条线索做的操作")
    lead = s.scalars(select(Lead).where(Lead.id == event.lead_id).with_for_update()).one()
    s.refresh(event)
    done = (LeadEvent.undone_at.is_(None), LeadEvent.step != LeadStep.UNDONE)
    newest = select(LeadEvent.id).where(LeadEvent.lead_id == lead.id, *done).order_by(LeadEvent.id.desc()).limit(1)
    if event.undone_at is not None or s.scalar(newest) != event.id:
        raise Conflict(f"线索「{called(lead)}」之后又有变动，没有撤销")
    if now > event.at + timedelta(minutes=minutes):
        raise Gone(f"超过 {minutes} 分钟，不能撤销了。线索还可以继续处理或改派")
    return lead, event


def open_lead(s: Session, actor: Actor, lead_id: int | str) -> Lead:
    """A lead of this actor's that is not settled; locked."""
    lead = get_lead(s, actor, lead_id, lock=True)
    if lead.state == LeadState.CONVERTED:
        raise Conflict(f"「{called(lead)}」已经转成客户，请到客户档案里继续跟进")
    if lead.state == LeadState.INVALID:
        raise Conflict(f"「{called(lead)}」已经判为无效（{label(InvalidReason(lead.invalid_reason))}），没有再动它")
    return lead


def _words(words: str) -> str:
    told = words.replace("\x00", "").strip()
    if len(told) > LONGEST_REMARK:
        raise Invalid(f"备注请控制在 {LONGEST_REMARK} 字以内", {"words": "太长"})
    return told
