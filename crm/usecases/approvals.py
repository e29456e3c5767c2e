"""An approval from the asking to the end: filed with its steps, asked in turn, and when all have signed the deal moves,
or the quote is open.

What one signer does is in `signing`; here is what follows from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from config.vocabulary import ApprovalState, EndReason, SignMode, SignState, TimelineKind
from crm.access import WRITE, Actor, actor_by_id, get_deal
from crm.approving import Need, QuoteNeed, approval_needed, in_yuan, waiting_approval
from crm.errors import Conflict, CrmError, NotAllowed, NotFound
from crm.ladders import course_of
from crm.rules.approvals import Signer, Step, done, steps_of, to_ask
from crm.rules.funnel import Lack, Rung, Said
from crm.usecases import approval_cards as cards
from crm.usecases import quote_states
from crm.usecases.approval_cards import By, by_of
from crm.usecases.approval_steps import add_step, asked_now, book, close, steps_with_signers
from crm.usecases.approvers import people_on
from crm.usecases.deals import GateClosed, Moved, move_deal
from crm.usecases.followups import write_entry
from models.approvals import Approval, ApprovalSigner
from models.customers import Customer
from models.deals import Deal
from models.people import Person
from models.quotes import Quote


@dataclass(frozen=True, slots=True)
class Filed:
    """A move that waits for its approval. `waits_for` are the names of those whose turn it is."""

    public_id: str
    deal_id: str
    name: str
    to: str
    told: str
    waits_for: tuple[str, ...]


def move_or_ask(
    s: Session,
    actor: Actor,
    deal_id: str,
    to_key: str,
    said: Said,
    now: datetime,
    *,
    entrance: str,
    force: bool = False,
) -> Moved | Filed:
    """Through the gate; where nothing but an approval is missing, it is asked for, and the move follows by itself."""
    try:
        return move_deal(s, actor, deal_id, to_key, said, now, entrance=entrance, force=force)
    except GateClosed as closed:
        if any(one.lack is not Lack.APPROVAL for one in closed.missing):
            raise
    deal, customer = get_deal(s, actor, deal_id, to=WRITE, lock=True)
    course = course_of(s, deal)
    to = course.ladder.rung(to_key)
    need = approval_needed(s, deal, course, to) if to is not None else None
    if to is None or need is None:
        raise Conflict(f"「{deal.name}」刚刚有变动，请再推进一次")
    return _file(s, actor, deal, customer, to, need, said, force, now, entrance)


def _file(
    s: Session, actor: Actor, deal: Deal, customer: Customer, to: Rung, need: Need, said: Said, force: bool,
    now: datetime, entrance: str,
) -> Filed:  # fmt: skip
    waiting = waiting_approval(s, deal.id)
    if waiting is not None and waiting.fingerprint == need.fingerprint and waiting.move["to"] == to.key:
        return filed_as(s, waiting, deal)
    if waiting is not None:
        close(s, waiting, ApprovalState.VOID, "申请的内容改了，这次作废，请看新的一次", by_of(actor, entrance), now)
    made = Approval(
        deal_id=deal.id,
        fingerprint=need.fingerprint,
        facts={
            "deal": deal.name,
            "customer": customer.name,
            "amount": str(deal.amount),
            "to": to.label,
            "told": need.told,
            "rules": [rule.id for rule in need.rules],
            "stages": sorted({rule.stage_key for rule in need.rules}),
        },
        move={
            "to": to.key, "force": force, "reason": said.reason, "ended_for": said.ended_for,
            "competitor": said.competitor,
        },
        requested_by_id=actor.person_id,
        requested_at=now,
        state=ApprovalState.WAITING,
    )  # fmt: skip
    _add_steps(s, made, steps_of(need.rules), deal.owner_id, now)
    words = f"商机「{deal.name}」申请到「{to.label}」，等审批"  # no amounts: not everybody reads them who reads this
    write_entry(s, deal.customer_id, TimelineKind.DEAL, words, actor.person_id, now, deal_id=deal.id)
    book(s, actor, "ask_approval", made, now, entrance, told=need.told, to=to.label)
    go_on(s, made, by_of(actor, entrance), now)
    return filed_as(s, made, deal)


def _add_steps(s: Session, made: Approval, steps: Sequence[Step], owner_id: int, now: datetime) -> None:
    s.add(made)
    s.flush()
    asking = made.requested_by_id
    for position, step in enumerate(steps):
        signers = people_on(s, step.seats, asking, {asking, owner_id}, now)
        if not signers:
            raise Conflict("没有能审批的人：规则里的人都不在，也没有在岗的管理员。请联系管理员")
        add_step(s, made, position, step.mode, signers)


def file_quote(
    s: Session, asking: Actor, quote: Quote, customer: str, need: QuoteNeed, now: datetime, *, entrance: str
) -> None:
    """The quote waits for these signatures, in the name of whoever asks; the last one opens it."""
    made = Approval(
        quote_id=quote.id,
        fingerprint=need.fingerprint,
        facts={
            "deal": f"报价 {quote.number}",
            "customer": customer,
            "amount": str(in_yuan(quote)),
            "discount": "—" if quote.discount is None else f"{quote.discount}%",
            "to": "报价生效",
            "told": need.told,
            "rules": [rule.id for rule in need.rules],
            "stages": [],
        },
        move={"to": "", "force": False, "reason": quote.note, "ended_for": "", "competitor": ""},
        requested_by_id=asking.person_id,
        requested_at=now,
        state=ApprovalState.WAITING,
    )
    _add_steps(s, made, need.steps, quote.owner_id, now)
    book(s, asking, "ask_approval", made, now, entrance, told=need.told, to="报价生效")
    go_on(s, made, by_of(asking, entrance), now)


def filed_as(s: Session, approval: Approval, deal: Deal) -> Filed:
    facts = approval.facts
    names = tuple(s.get_one(Person, one.person_id).name for one in asked_now(s, approval.id))
    return Filed(approval.public_id, deal.public_id, deal.name, facts["to"], facts["told"], names)


def go_on(s: Session, approval: Approval, by: By, now: datetime) -> str:
    """Ask whoever comes next; after the last step, do what was asked for. What happened, in a sentence.

    Who has signed an earlier step has signed this one as well: nobody is asked the same twice.
    """
    s.flush()
    signed: set[int] = set()
    spared: list[ApprovalSigner] = []
    for step, signers in steps_with_signers(s, approval.id):
        for one in signers:
            if one.state == SignState.COMING and one.person_id in signed:
                one.state, one.asked_at, one.signed_at = SignState.APPROVED, now, now
        mode = SignMode(step.mode)
        if done(mode, [_value(one) for one in signers]):
            spared += _spared(signers)
            signed |= {one.person_id for one in signers if one.state == SignState.APPROVED}
            continue
        turn = {one.id for one in to_ask(mode, [_value(one) for one in signers])}
        for one in signers:
            if one.id in turn:
                one.state, one.asked_at = SignState.ASKED, now
                s.flush()
                cards.ask(s, approval, one, now)
        for one in spared:
            cards.settle(s, approval, one, "已有人同意，不用处理了", by, now)
        names = "、".join(s.get_one(Person, one.person_id).name for one in signers if one.state == SignState.ASKED)
        return f"等 {names} 处理"
    return _grant(s, approval, by, now)


def _value(one: ApprovalSigner) -> Signer:
    return Signer(one.id, one.position, SignState(one.state))


def _spared(signers: Sequence[ApprovalSigner]) -> list[ApprovalSigner]:
    """Nobody waits for them any more; those of them who have a card."""
    asked = [one for one in signers if one.state == SignState.ASKED]
    for one in signers:
        if one.state in (SignState.COMING, SignState.ASKED):
            one.state = SignState.SPARED
    return asked


def _grant(s: Session, approval: Approval, by: By, now: datetime) -> str:
    """All have signed: the deal moves for whoever asked. What keeps it from moving is told; the signature stands."""
    approval.state, approval.decided_at = ApprovalState.APPROVED, now
    s.flush()
    if approval.quote_id is not None:
        outcome = quote_states.signed(s, s.get_one(Quote, approval.quote_id), now)
        cards.tell_end(s, approval, outcome, by, now)
        return outcome
    deal, asking = s.get_one(Deal, approval.deal_id), s.get_one(Person, approval.requested_by_id)
    try:
        moved = move_deal(
            s, actor_by_id(s, asking.id, now), deal.public_id, approval.move["to"], words_of(approval), now,
            entrance="approval", force=bool(approval.move["force"]),
        )  # fmt: skip
    except (NotFound, NotAllowed):
        outcome = f"已同意，但 {asking.name} 现在动不了这个商机，要由负责人再推进一次"
    except CrmError as kept:
        outcome = f"已同意，但现在还推不动：{kept}"
    else:
        approval.period_id = moved.period_id
        outcome = f"已同意，商机从「{moved.before}」到「{moved.now}」"
    cards.tell_end(s, approval, outcome, by, now)
    if approval.period_id is None and deal.owner_id != asking.id:
        cards.tell(s, approval, deal.owner_id, f"{by.name}：{outcome}", now)
    return outcome


def words_of(approval: Approval) -> Said:
    """What was said of the move when it was asked for."""
    said: dict[str, Any] = approval.move
    ended_for = EndReason(said["ended_for"]) if said["ended_for"] else None
    return Said(said["reason"], ended_for, said["competitor"])
