"""Approvals as people look at them: what waits for me, what I asked for, how one stands, how long they take."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import ApprovalState, RejectReason, SignMode, SignState
from crm import policy
from crm.access import Actor, eyes, get_approval, sees_approval, sees_person, with_matter
from crm.reads.customers import Page
from crm.reads.deals import deal_sight
from crm.reads.paging import cut
from models.approvals import Approval, ApprovalNote, ApprovalSigner, ApprovalStep
from models.customers import Customer
from models.deals import Deal
from models.people import Person
from models.quotes import Quote


class Box(StrEnum):
    """Which approvals: those that wait for me, those I asked for, those I signed, all that I may see."""

    MINE = "mine"
    ASKED = "asked"
    SIGNED = "signed"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """Of a deal or of a quote: `quote_id` is "" of the one, `deal_id` of the other; `deal` is what people call it.

    `amount` None: not shown to this reader. `waits_for` are names; `hours` since it was asked for, to its end.
    """

    public_id: str
    deal_id: str
    quote_id: str
    deal: str
    customer: str
    amount: Decimal | None
    told: str
    to: str
    asked_by: str
    asked_at: datetime
    state: ApprovalState
    waits_for: tuple[str, ...]
    hours: float
    my_turn: bool


@dataclass(frozen=True, slots=True)
class SignerRow:
    """`in_place_of` is a name, "" for nobody; `hours` that he took, None while he has not signed.

    `undo` is the number of the signature where this reader may still take it back, else 0.
    """

    step: int
    mode: SignMode
    name: str
    in_place_of: str
    state: SignState
    asked_at: datetime | None
    signed_at: datetime | None
    hours: float | None
    rejected_for: RejectReason | None
    words: str
    undo: int


@dataclass(frozen=True, slots=True)
class NoteRow:
    by: str
    told: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    row: ApprovalRow
    reason: str
    signers: Sequence[SignerRow]
    notes: Sequence[NoteRow]
    mine: bool  # to nudge and to withdraw: he asked for it, or owns what it is about


def approvals(s: Session, actor: Actor, box: Box, now: datetime, page: int, size: int) -> Page[ApprovalRow]:
    """What waits comes first, the oldest on top; what has ended after it, the newest first."""
    waits = Approval.state == ApprovalState.WAITING
    order = (~waits, case((waits, Approval.requested_at)), Approval.decided_at.desc(), Approval.id)
    found = cut(s, _rows().where(*_in(actor, box)).order_by(*order), page, size, lambda *columns: columns)
    return Page(_drawn(s, actor, found.rows, now), found.total, found.number, found.size)


def waiting_for_me(s: Session, actor: Actor) -> int:
    """How many approvals wait for this person now."""
    return s.scalar(select(func.count()).select_from(Approval).where(_in(actor, Box.MINE)[0])) or 0


def approval_page(s: Session, actor: Actor, approval_id: str, now: datetime) -> ApprovalPage:
    approval, about = get_approval(s, actor, approval_id)
    (row,) = _drawn(s, actor, s.execute(_rows().where(Approval.id == approval.id)).all(), now)
    return ApprovalPage(
        row,
        approval.move["reason"],
        _signers(s, approval.id, actor, now),
        _notes(s, approval.id),
        actor.person_id in (approval.requested_by_id, about.owner_id),
    )


def _rows() -> Select[*tuple[Any, ...]]:
    asked = with_matter(select(Approval, Deal, Quote.public_id, Customer.owner_id, Person.name))
    return asked.join(Person, Person.id == Approval.requested_by_id)


def _in(actor: Actor, box: Box) -> list[ColumnElement[bool]]:
    me = actor.person_id
    steps = select(ApprovalStep.approval_id).join(ApprovalSigner, ApprovalSigner.step_id == ApprovalStep.id)
    match box:
        case Box.MINE:
            asked = steps.where(ApprovalSigner.person_id == me, ApprovalSigner.state == SignState.ASKED)
            return [and_(Approval.id.in_(asked), Approval.state == ApprovalState.WAITING)]
        case Box.ASKED:
            return [Approval.requested_by_id == me, sees_approval(actor)]
        case Box.SIGNED:
            signed = (ApprovalSigner.person_id == me, ApprovalSigner.signed_at.is_not(None))
            return [Approval.id.in_(steps.where(*signed))]
        case Box.ALL:
            return [sees_approval(actor)]


def _drawn(s: Session, actor: Actor, rows: Sequence[Any], now: datetime) -> list[ApprovalRow]:
    """Whoever asks or signs must know what about; everybody else reads of the deal what his role may."""
    ids = [approval.id for approval, *_ in rows]
    turns = (
        select(ApprovalStep.approval_id, Person.id, Person.name, ApprovalSigner.state)
        .join(ApprovalSigner, ApprovalSigner.step_id == ApprovalStep.id)
        .join(Person, Person.id == ApprovalSigner.person_id)
        .where(ApprovalStep.approval_id.in_(ids), ApprovalSigner.asked_at.is_not(None))
        .order_by(ApprovalStep.position, ApprovalSigner.position)
    )
    asked: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for approval_id, person_id, name, state in s.execute(turns):
        asked[approval_id].append((person_id, name, state))
    shown = deal_sight(s, eyes(s, actor))
    drawn = []
    for approval, deal, quote_id, holder, asker in rows:
        waits = approval.state == ApprovalState.WAITING
        now_asked = [(one, name) for one, name, state in asked[approval.id] if waits and state == SignState.ASKED]
        concerned = {approval.requested_by_id, *(one for one, *_ in asked[approval.id])}
        mine, facts = actor.person_id in concerned, approval.facts
        # Who sees a quote at all reads its prices.
        may_sum = mine or deal is None or shown.amount(deal, holder) is not None
        drawn.append(
            ApprovalRow(
                approval.public_id,
                deal.public_id if deal is not None else "",
                quote_id or "",
                facts["deal"] if mine or deal is None else shown.name(deal, holder),
                facts["customer"],
                Decimal(facts["amount"]) if may_sum else None,
                facts["told"] if may_sum else "",
                facts["to"],
                asker,
                approval.requested_at,
                ApprovalState(approval.state),
                tuple(name for _, name in now_asked),
                _hours(approval.requested_at, approval.decided_at or now),
                actor.person_id in {one for one, _ in now_asked},
            )
        )
    return drawn


def _hours(since: datetime, until: datetime) -> float:
    return round((until - since) / timedelta(hours=1), 1)


def _signers(s: Session, approval_id: int, actor: Actor, now: datetime) -> list[SignerRow]:
    lately = now - timedelta(minutes=policy.current(s).undo_minutes)
    signer, instead = aliased(Person), aliased(Person)
    rows = (
        select(ApprovalStep, ApprovalSigner, signer.name, instead.name)
        .join(ApprovalSigner, ApprovalSigner.step_id == ApprovalStep.id)
        .join(signer, signer.id == ApprovalSigner.person_id)
        .outerjoin(instead, instead.id == ApprovalSigner.for_id)
        .where(ApprovalStep.approval_id == approval_id)
        .order_by(ApprovalStep.position, ApprovalSigner.position, ApprovalSigner.id)
    )
    return [
        SignerRow(
            step.position + 1,
            SignMode(step.mode),
            name,
            place_of or "",
            SignState(one.state),
            one.asked_at,
            one.signed_at,
            _hours(one.asked_at, one.signed_at) if one.asked_at and one.signed_at else None,
            RejectReason(one.rejected_for) if one.rejected_for else None,
            one.words,
            one.id if _his_and_fresh(one, actor, lately) else 0,
        )
        for step, one, name, place_of in s.execute(rows)
    ]


def _his_and_fresh(one: ApprovalSigner, actor: Actor, lately: datetime) -> bool:
    signed = one.state in (SignState.APPROVED, SignState.REJECTED) and one.signed_at is not None
    return signed and one.person_id == actor.person_id and (one.signed_at or lately) >= lately


def _notes(s: Session, approval_id: int) -> list[NoteRow]:
    by, told = aliased(Person), aliased(Person)
    rows = (
        select(ApprovalNote, by.name, told.name)
        .join(by, by.id == ApprovalNote.person_id)
        .outerjoin(told, told.id == ApprovalNote.told_id)
        .where(ApprovalNote.approval_id == approval_id)
        .order_by(ApprovalNote.id)
    )
    return [NoteRow(name, to or "", note.words, note.at) for note, name, to in s.execute(rows)]


@dataclass(frozen=True, slots=True)
class Taken:
    """How long signatures took somebody in a period: their number, and hours of the median and of the slowest tenth."""

    name: str
    signed: int
    median: float
    slowest: float
    waiting: int


def hours_taken(s: Session, actor: Actor, since: datetime) -> list[Taken]:
    """Per signer whom this actor may look at, the slowest first; what still waits is counted beside it."""
    rows = s.execute(
        select(Person.id, Person.name, ApprovalSigner.asked_at, ApprovalSigner.signed_at, ApprovalSigner.state)
        .join(Person, Person.id == ApprovalSigner.person_id)
        .where(ApprovalSigner.asked_at >= since, sees_person(actor))
    ).all()
    names: dict[int, str] = {}
    hours: dict[int, list[float]] = defaultdict(list)
    waits: Counter[int] = Counter()
    for person_id, name, asked_at, signed_at, state in rows:
        names[person_id] = name
        if asked_at is not None and signed_at is not None and state in (SignState.APPROVED, SignState.REJECTED):
            hours[person_id].append(_hours(asked_at, signed_at))
        elif state == SignState.ASKED:
            waits[person_id] += 1
    taken = [
        Taken(name, len(hours[one]), median(hours[one]) if hours[one] else 0.0, _slow(hours[one]), waits[one])
        for one, name in names.items()
    ]
    return sorted(taken, key=lambda one: (-one.median, one.name))


def _slow(hours: Sequence[float]) -> float:
    return sorted(hours)[int(len(hours) * 0.9)] if hours else 0.0
