"""Moments that a deal must not miss: noted, moved, kept or taken away; each of it can be taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.vocabulary import MilestoneKind, StageKind, label
from crm import audit
from crm import policy as numbers
from crm.access import WRITE, Actor, get_deal
from crm.errors import Conflict, Gone, Invalid, NotFound
from crm.messages import Tap, cancel, prompt_card
from crm.notices import Fact, Notice
from crm.rules.days import SHANGHAI
from crm.rules.milestones import LOSS, say_left, step_due
from models.customers import Customer
from models.deals import Deal, Milestone, Stage
from models.people import Person

LONGEST_NOTE, MOST, FARTHEST = 100, 20, timedelta(days=3 * 366)  # characters, open ones of a deal, ahead of today


@dataclass(frozen=True, slots=True)
class Noted:
    """One milestone as it stands now; `was` is the moment before it was moved. `deal_id` is the public id."""

    public_id: str
    deal_id: str
    deal: str
    kind: MilestoneKind
    due_at: datetime
    note: str
    was: datetime | None = None

    @property
    def said(self) -> str:
        return f"「{self.deal}」{label(self.kind)} {self.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def add_milestone(
    s: Session,
    actor: Actor,
    deal_id: str,
    kind: MilestoneKind,
    due_at: datetime,
    note: str,
    now: datetime,
    *,
    entrance: str,
) -> Noted:
    """A moment of an open deal. The owner who notes it himself is reminded of the steps to come, not of those past."""
    deal, _ = get_deal(s, actor, deal_id, to=WRITE, lock=True)
    _running(s, deal)
    there = (Milestone.deal_id == deal.id, Milestone.done_at.is_(None), Milestone.removed_at.is_(None))
    if s.scalar(select(Milestone.id).where(*there, Milestone.kind == kind, Milestone.due_at == due_at)) is not None:
        raise Conflict(f"「{deal.name}」这个时间的{label(kind)}已经记过了")
    if (s.scalar(select(func.count()).select_from(Milestone).where(*there)) or 0) >= MOST:
        raise Conflict(f"「{deal.name}」已经有 {MOST} 个没办完的节点。请先把办完的点「完成」")
    made = Milestone(
        deal_id=deal.id, kind=kind, due_at=_ahead(due_at, now), note=_note(note), made_by_id=actor.person_id,
        made_at=now, reminded=_past_steps(deal, actor, due_at, now),
    )  # fmt: skip
    s.add(made)
    s.flush()
    return _book(s, actor, "add_milestone", deal, made, now, entrance)


def change_milestone(
    s: Session, actor: Actor, milestone_id: str, due_at: datetime, note: str, now: datetime, *, entrance: str
) -> Noted:
    """Another moment: what was promised for the old one is not said any more, and the steps begin anew."""
    found, deal = _own(s, actor, milestone_id)
    if found.done_at is not None or found.removed_at is not None:
        raise Gone("这个节点已经完成或移除了，不用再改。要用的话请先恢复它")
    was, found.note = found.due_at, _note(note)
    if due_at != was:
        found.due_at, found.reminded = _ahead(due_at, now), _past_steps(deal, actor, due_at, now)
        cancel(s, topic_of(found))
    return _book(s, actor, "change_milestone", deal, found, now, entrance, was if due_at != was else None)


def finish_milestone(s: Session, actor: Actor, milestone_id: str, now: datetime, *, entrance: str) -> Noted:
    """It was kept. Gone when it is done, or was taken away, already."""
    found, deal = _own(s, actor, milestone_id)
    return _end(s, actor, found, deal, "finish_milestone", now, entrance)


def remove_milestone(s: Session, actor: Actor, milestone_id: str, now: datetime, *, entrance: str) -> Noted:
    """It should not have been noted."""
    found, deal = _own(s, actor, milestone_id)
    return _end(s, actor, found, deal, "remove_milestone", now, entrance)


def restore_milestone(s: Session, actor: Actor, milestone_id: str, now: datetime, *, entrance: str) -> Noted:
    """The way back from either end; reminders go on where they were."""
    found, deal = _own(s, actor, milestone_id)
    if found.done_at is None and found.removed_at is None:
        raise Conflict("这个节点没有完成，也没有移除，不用恢复")
    found.done_at = found.removed_at = None
    return _book(s, actor, "restore_milestone", deal, found, now, entrance)


def hush(s: Session, deal_id: int) -> None:
    """The deal has ended: what was promised about its moments is not said any more."""
    for one in s.scalars(select(Milestone).where(Milestone.deal_id == deal_id)):
        cancel(s, topic_of(one))


def send_card(s: Session, actor: Actor, milestone_id: str, key: str, now: datetime) -> str:
    """The card of one of them, asked for by whoever may work on it; the sentence that announces it."""
    found, deal = _own(s, actor, milestone_id)
    customer = s.scalars(select(Customer.name).where(Customer.id == deal.customer_id)).one()
    owner = s.scalars(select(Person.name).where(Person.id == deal.owner_id)).one()
    notice, taps = milestone_card(found, deal, customer, owner, now)
    matter, policy = f"again:{key}", numbers.current(s)
    prompt_card(s, actor.person_id, notice, taps, matter=matter, dedupe=matter, now=now, policy=policy)
    return f"「{deal.name}」的{label(MilestoneKind(found.kind))}，请在下面的卡片上处理"


def topic_of(one: Milestone) -> str:
    return f"milestone:{one.id}"


def milestone_card(one: Milestone, deal: Deal, customer: str, owner: str, now: datetime) -> tuple[Notice, list[Tap]]:
    """What is due, when, and what is lost; the tap says that it is done."""
    kind = MilestoneKind(one.kind)
    notice = Notice(
        title=f"{label(kind)}{say_left(one.due_at, now)}：{deal.name}",
        desc=" · ".join(part for part in (f"{one.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", one.note) if part),
        facts=(Fact("客户", customer), Fact("负责人", owner)),
        body=LOSS[kind],
    )
    args = {"milestone": one.public_id}
    return notice, [
        Tap("已完成", "finish_milestone", args, 1),
        Tap("知道了", "seen", {}),
        Tap("移除", "remove_milestone", args),
    ]


def _running(s: Session, deal: Deal) -> None:
    kind = s.scalars(select(Stage.kind).where(Stage.id == deal.stage_id)).one()
    if kind != StageKind.OPEN:
        raise Conflict(f"「{deal.name}」已经{label(StageKind(kind))}，不用再记时间节点。要记的话请先重新打开它")


def _own(s: Session, actor: Actor, milestone_id: str) -> tuple[Milestone, Deal]:
    """A milestone that is his to write to, with its deal, whose customer is locked."""
    found = s.scalar(select(Milestone).where(Milestone.public_id == milestone_id))
    if found is None:
        raise NotFound(_NOT_THERE)
    deal_id = s.scalars(select(Deal.public_id).where(Deal.id == found.deal_id)).one()
    try:
        deal, _ = get_deal(s, actor, deal_id, to=WRITE, lock=True)
    except NotFound:
        raise NotFound(_NOT_THERE) from None
    s.refresh(found, with_for_update=True)  # as the round of reminders does
    return found, deal


_NOT_THERE = "没有找到这个时间节点，或者它的客户不在您名下。请刷新页面"


def _end(s: Session, actor: Actor, found: Milestone, deal: Deal, verb: str, now: datetime, entrance: str) -> Noted:
    if found.done_at is not None or found.removed_at is not None:
        raise Gone("这个节点已经完成或移除了，不用再点")
    if verb == "finish_milestone":
        found.done_at = now
    else:
        found.removed_at = now
    cancel(s, topic_of(found))
    return _book(s, actor, verb, deal, found, now, entrance)


def _ahead(due_at: datetime, now: datetime) -> datetime:
    if not now < due_at < now + FARTHEST:
        raise Invalid("时间要在现在以后、三年以内，比如 2026-12-10 10:00", {"due_at": "要在现在以后、三年以内"})
    return due_at


def _note(note: str) -> str:
    words = note.replace("\x00", "").strip()
    if len(words) > LONGEST_NOTE:
        raise Invalid(f"备注最多 {LONGEST_NOTE} 个字", {"note": "太长"})
    return words


def _past_steps(deal: Deal, actor: Actor, due_at: datetime, now: datetime) -> int | None:
    """Whoever has just written the date down knows it; of a colleague's word the owner hears at once."""
    return step_due(due_at, now) if deal.owner_id == actor.person_id else None


def _book(
    s: Session,
    actor: Actor,
    verb: str,
    deal: Deal,
    one: Milestone,
    now: datetime,
    entrance: str,
    was: datetime | None = None,
) -> Noted:
    """The subject is the customer, whose book tells of everything that hangs on it."""
    kind = MilestoneKind(one.kind)
    audit.record(
        s, actor.person_id, verb, f"customer:{deal.customer_id}", now, entrance=entrance, deal=deal.name,
        kind=label(kind), due_at=one.due_at.isoformat(), note=one.note,
        was="" if was is None else was.isoformat(),
    )  # fmt: skip
    s.flush()
    return Noted(one.public_id, deal.public_id, deal.name, kind, one.due_at, one.note, was)
