"""One deal on its ladder: where it stands, what it has proved, what the next stage still asks for, how it came here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import EndReason, EvidenceKind, StageKind
from crm import policy
from crm.access import DECIDE, READ, WRITE, Actor, eyes, get_deal, sees_customer
from crm.approving import approval_needed, missing_approval, waiting_approval
from crm.ladders import Course, course_of, held_by
from crm.reads.deals import deal_sight
from crm.reads.milestones import MilestoneRow, milestones_of
from crm.rules.days import day_of
from crm.rules.funnel import Missing, Rung, Said, judge
from models.customers import Customer
from models.deals import Deal, Evidence, Stage, StagePeriod
from models.files import Attachment
from models.people import Person


@dataclass(frozen=True, slots=True)
class ProofRow:
    """A file that was given as evidence; `sealed` once its stage was opened by it."""

    public_id: str
    stage: str
    kind: EvidenceKind
    attachment_id: str
    file: str
    by: str
    at: datetime
    sealed: bool


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay on a stage. `days` are working days, until now where it still stands there."""

    stage: str
    since: datetime
    until: datetime | None
    days: int
    by: str
    reason: str
    forced: bool


@dataclass(frozen=True, slots=True)
class DealPage:
    """`towards` is the next stage up, None at an end; `missing` what it still asks for. `amount` None: not shown.

    `may_force`: he may let it through without the evidence. `undo_until`: till then he may take back the move that
    brought it here, None where it is not his or too late. `approval_id` is of the approval that it waits for.
    """

    public_id: str
    customer_id: str
    customer: str
    name: str
    amount: Decimal | None
    owner: str
    here: Rung
    since: datetime
    ended_for: EndReason | None
    competitor: str
    ladder: Sequence[Rung]
    towards: Rung | None
    missing: Sequence[Missing]
    evidence: Sequence[ProofRow]
    history: Sequence[Stay]
    milestones: Sequence[MilestoneRow]
    may_write: bool
    may_force: bool
    undo_until: datetime | None
    approval_id: str | None


def deal_page(s: Session, actor: Actor, deal_id: str, now: datetime) -> DealPage:
    """NotFound also for a deal of a customer that is not his to look at."""
    deal, customer = get_deal(s, actor, deal_id, to=READ)
    course, shown = course_of(s, deal), deal_sight(s, eyes(s, actor))
    amount = shown.amount(deal, customer.owner_id)
    towards = next_rung(course)
    missing: Sequence[Missing] = ()
    if towards is not None:
        judged = judge(course.ladder.rungs, course.here, course.stood, towards, held_by(s, deal.id), Said())
        need = approval_needed(s, deal, course, towards)
        signed = [] if need is None else [missing_approval(s, deal, towards, need, sums=amount is not None)]
        missing = [*judged.missing, *signed]
    allowed = select(sees_customer(actor, WRITE), sees_customer(actor, DECIDE)).where(Customer.id == customer.id)
    writes, decides = map(bool, s.execute(allowed).one())  # a customer without a team is nobody's: null
    stays, newest = _stays(s, deal, now)
    return DealPage(
        public_id=deal.public_id,
        customer_id=customer.public_id,
        customer=customer.name,
        name=shown.name(deal, customer.owner_id),
        amount=amount,
        owner=s.get_one(Person, deal.owner_id).name,
        here=course.here,
        since=deal.stage_since,
        ended_for=EndReason(deal.ended_for) if deal.ended_for else None,
        competitor=deal.competitor,
        ladder=course.rungs,
        towards=towards,
        missing=missing,
        evidence=_proofs(s, deal, course),
        history=stays,
        milestones=milestones_of(s, deal),
        may_write=writes,
        may_force=decides and (actor.manages or actor.sees_all),
        undo_until=_undo_until(s, newest, now)
        if writes and len(stays) > 1 and newest.actor_id == actor.person_id
        else None,
        approval_id=None if (waiting := waiting_approval(s, deal.id)) is None else waiting.public_id,
    )


def next_rung(course: Course) -> Rung | None:
    """The next open rung above, else the win; None for a deal that has ended."""
    if course.here.kind is not StageKind.OPEN:
        return None
    above = [one for one in course.ladder.rungs if one.kind is StageKind.OPEN and one.position > course.here.position]
    won = [one for one in course.ladder.rungs if one.kind is StageKind.WON]
    return min(above, key=lambda one: one.position) if above else won[0]


def _proofs(s: Session, deal: Deal, course: Course) -> list[ProofRow]:
    rows = (
        select(Evidence, Attachment.public_id, Attachment.name, Person.name)
        .join(Attachment, Attachment.id == Evidence.attachment_id)
        .join(Person, Person.id == Evidence.added_by_id)
        .where(Evidence.deal_id == deal.id, Evidence.removed_at.is_(None))
        .order_by(Evidence.id)
    )
    names = {rung.key: rung.label for rung in course.ladder.rungs}
    return [
        ProofRow(
            one.public_id, names.get(one.stage_key, one.stage_key), EvidenceKind(one.kind), file, name, who, one.at,
            one.sealed_at is not None,
        )
        for one, file, name, who in s.execute(rows)
    ]  # fmt: skip


def _undo_until(s: Session, newest: StagePeriod, now: datetime) -> datetime | None:
    until = newest.started_at + timedelta(minutes=policy.current(s).undo_minutes)
    return until if now <= until else None


def _stays(s: Session, deal: Deal, now: datetime) -> tuple[list[Stay], StagePeriod]:
    """The ledger, the newest stay first, and that one's line."""
    rows = (
        select(StagePeriod, Stage.label, Person.name)
        .join(Stage, Stage.id == StagePeriod.stage_id)
        .outerjoin(Person, Person.id == StagePeriod.actor_id)
        .where(StagePeriod.deal_id == deal.id)
        .order_by(StagePeriod.id.desc())
    )
    calendar = policy.calendar(s)
    lines = s.execute(rows).all()
    stays = [
        Stay(
            stage, one.started_at, one.ended_at,
            calendar.working_days_between(day_of(one.started_at), day_of(one.ended_at or now)),
            who or "系统", one.reason, one.forced,
        )
        for one, stage, who in lines
    ]  # fmt: skip
    return stays, lines[0][0]
