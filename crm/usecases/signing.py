"""What a signer does with an approval: yes, no and why, another one besides him or in his place, a word, and back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from config.vocabulary import (
    ApprovalState,
    PersonStatus,
    QuoteState,
    RejectReason,
    SignMode,
    SignState,
    TimelineKind,
    label,
)
from crm import policy
from crm.access import WRITE, About, Actor, customers_for, get_approval
from crm.errors import Conflict, Gone, Invalid, NotAllowed
from crm.rules.funnel import LEAST_REASON
from crm.usecases import approval_cards as cards
from crm.usecases import quote_states
from crm.usecases.approval_cards import by_of
from crm.usecases.approval_steps import (
    add_step,
    asked_now,
    book,
    checked_words,
    close,
    my_turn,
    steps_with_signers,
    still_waiting,
    void_if_changed,
)
from crm.usecases.approvals import go_on
from crm.usecases.approvers import Asked, stand_in
from crm.usecases.deals import undo_move
from crm.usecases.followups import write_entry
from crm.usecases.unsigning import ask_as_before, nothing_since
from models.approvals import Approval, ApprovalNote, ApprovalSigner, ApprovalStep
from models.customers import Customer
from models.people import Person

_NUDGE_AGAIN = timedelta(hours=2)
_MOST_STEPS = 12  # of one approval, with all that was added: who wants more has a rule to change


@dataclass(frozen=True, slots=True)
class Signed:
    """`outcome` says what it led to; `signer_id` is his signature, which takes it back. 0: nothing was signed."""

    public_id: str
    name: str
    state: ApprovalState
    outcome: str
    signer_id: int = 0


def approve(s: Session, actor: Actor, approval_id: str, now: datetime, *, entrance: str, words: str = "") -> Signed:
    """His yes. Of two at once the second finds it decided; a deal changed meanwhile is not what he was shown."""
    approval, about, mine = _at_his_turn(s, actor, approval_id)
    by = by_of(actor, entrance)
    if changed := void_if_changed(s, approval, about.deal, by, now):
        book(s, actor, "void_approval", approval, now, entrance, told=changed)
        return _signed(approval, changed)
    mine.state, mine.signed_at, mine.words = SignState.APPROVED, now, checked_words(words, least=0)
    book(s, actor, "approve", approval, now, entrance, words=mine.words)
    outcome = go_on(s, approval, by, now)
    if approval.state == ApprovalState.WAITING:
        outcome = f"已同意，{outcome}"
        cards.settle(s, approval, mine, outcome, by, now)
    s.flush()
    return _signed(approval, outcome, mine.id)


def reject(
    s: Session, actor: Actor, approval_id: str, why: RejectReason, words: str, now: datetime, *, entrance: str
) -> Signed:
    """One no ends it, whoever else has signed. 其他原因 needs words."""
    approval, about, mine = _at_his_turn(s, actor, approval_id)
    said = checked_words(words, least=LEAST_REASON if why is RejectReason.OTHER else 0)
    mine.state, mine.signed_at, mine.rejected_for, mine.words = SignState.REJECTED, now, why, said
    told = label(why) if not said else said if why is RejectReason.OTHER else f"{label(why)}，{said}"
    outcome = f"已驳回：{told}"
    by = cards.By(actor)  # what he tapped was the card with the reasons
    close(s, approval, ApprovalState.REJECTED, outcome, by, now)
    cards.tell_end(s, approval, outcome, by, now)
    if about.quote is not None:
        quote_states.end(about.quote, QuoteState.REJECTED, now)
    _write(s, actor, approval, about, f"的审批被驳回：{told}", now)
    book(s, actor, "reject", approval, now, entrance, told=told)
    return _signed(approval, outcome, mine.id)


def ask_again(s: Session, actor: Actor, approval_id: str, now: datetime) -> None:
    """His card once more: he asked for it, or it was closed by a tap that decided nothing."""
    approval, _, mine = _at_his_turn(s, actor, approval_id)
    cards.ask(s, approval, mine, now)


def ask_why(s: Session, actor: Actor, approval_id: str, now: datetime) -> None:
    """驳回: the reasons as buttons; nothing is decided before one of them is tapped."""
    approval, _, _ = _at_his_turn(s, actor, approval_id)
    cards.ask_why(s, approval, actor.person_id, now)


def add_signer(s: Session, actor: Actor, approval_id: str, person_id: int, now: datetime, *, entrance: str) -> Signed:
    """加签: after this step somebody else signs as well. His own signature is still to come."""
    approval, about, mine = _at_his_turn(s, actor, approval_id)
    asked = _somebody_else(s, approval, about, person_id, now)
    here = s.get_one(ApprovalStep, mine.step_id).position
    steps = steps_with_signers(s, approval.id)
    if len(steps) >= _MOST_STEPS:
        raise Conflict(f"这项审批已经有 {len(steps)} 步了，不能再加签。请直接同意或驳回")
    for step, _signers in reversed(steps):  # from the last on: two steps never have one position
        if step.position > here:
            step.position += 1
            s.flush()
    add_step(s, approval, here + 1, SignMode.ANY, [asked], added_by=actor.person_id)
    name = s.get_one(Person, asked.person_id).name
    cards.ask(s, approval, mine, now)
    book(s, actor, "add_signer", approval, now, entrance, who=name)
    return _signed(approval, f"已加签 {name}：您同意以后还要他同意")


def delegate(s: Session, actor: Actor, approval_id: str, person_id: int, now: datetime, *, entrance: str) -> Signed:
    """转交: somebody else is asked in his place."""
    approval, about, mine = _at_his_turn(s, actor, approval_id)
    asked = _somebody_else(s, approval, about, person_id, now)
    mine.state, mine.signed_at = SignState.PASSED_ON, now
    instead = ApprovalSigner(
        step_id=mine.step_id, person_id=asked.person_id, for_id=actor.person_id, added_by_id=actor.person_id,
        position=mine.position, state=SignState.COMING,
    )  # fmt: skip
    s.add(instead)
    s.flush()
    name = s.get_one(Person, asked.person_id).name
    by = by_of(actor, entrance)
    go_on(s, approval, by, now)
    cards.settle(s, approval, mine, f"已转交给 {name}", by, now)
    cards.tell_asker(s, approval, f"{actor.name} 把审批转交给了 {name}", now)
    book(s, actor, "delegate", approval, now, entrance, who=name)
    return _signed(approval, f"已转交给 {name}")


def withdraw(s: Session, actor: Actor, approval_id: str, now: datetime, *, entrance: str) -> Signed:
    """撤回 by whoever asked or owns what it is about, while nobody has decided it."""
    approval, about = _his(s, actor, approval_id)
    outcome = f"{actor.name} 撤回了申请，不用处理了"
    close(s, approval, ApprovalState.WITHDRAWN, outcome, by_of(actor, entrance), now)
    if actor.person_id != approval.requested_by_id:
        cards.tell_asker(s, approval, outcome, now)
    book(s, actor, "withdraw_approval", approval, now, entrance)
    if about.quote is not None:
        quote_states.end(about.quote, QuoteState.WITHDRAWN, now)
        return _signed(approval, "已撤回，这张报价不再有效")
    return _signed(approval, "已撤回，商机没有变动")


def nudge(s: Session, actor: Actor, approval_id: str, now: datetime, *, entrance: str) -> Signed:
    """催办: whoever is asked gets his card again, at most every two hours."""
    approval, _ = _his(s, actor, approval_id)
    last = max(approval.requested_at, approval.nudged_at or approval.requested_at)
    if now < last + _NUDGE_AGAIN:
        minutes = (last + _NUDGE_AGAIN - now) // timedelta(minutes=1) + 1
        raise Conflict(f"刚提醒过，{minutes} 分钟以后可以再催。急的话请直接打电话")
    approval.nudged_at = now
    waiting = asked_now(s, approval.id)
    for one in waiting:
        cards.ask(s, approval, one, now)
    names = "、".join(s.get_one(Person, one.person_id).name for one in waiting)
    book(s, actor, "nudge_approval", approval, now, entrance, who=names)
    return _signed(approval, f"已再次提醒 {names}")


def write_note(
    s: Session, actor: Actor, approval_id: str, words: str, told_id: int | None, now: datetime, *, entrance: str
) -> Signed:
    """批示: a word beside it, to whoever asked and to the colleague it names. His card asks again."""
    approval, about = get_approval(s, actor, approval_id, lock=True)
    _may_write(s, actor, approval, about)
    said = checked_words(words, least=1)
    note = ApprovalNote(approval_id=approval.id, person_id=actor.person_id, told_id=told_id, words=said, at=now)
    s.add(note)
    colleague = None if told_id is None else s.get_one(Person, told_id)
    at = "" if colleague is None else f"@{colleague.name} "
    _write(s, actor, approval, about, f"的批示：{at}{said}", now)
    for person_id in sorted({approval.requested_by_id, *([] if told_id is None else [told_id])} - {actor.person_id}):
        cards.tell(s, approval, person_id, f"{actor.name} 批示：{at}{said}", now)
    if approval.state == ApprovalState.WAITING:
        for one in asked_now(s, approval.id):
            if one.person_id == actor.person_id:
                cards.ask(s, approval, one, now)
    book(s, actor, "write_note", approval, now, entrance, words=said)
    return _signed(approval, "批示已发出")


def take_back(s: Session, actor: Actor, approval_id: str, signer_id: int, now: datetime, *, entrance: str) -> Signed:
    """撤销 of his own yes or no within the undo minutes, unless something has followed from it that is not his."""
    approval, about = get_approval(s, actor, approval_id, lock=True)
    if approval.state in (ApprovalState.WITHDRAWN, ApprovalState.VOID):
        still_waiting(approval)
    mine = s.get(ApprovalSigner, signer_id)
    signed_at = None if mine is None or mine.person_id != actor.person_id else mine.signed_at
    if mine is None or signed_at is None or mine.state not in (SignState.APPROVED, SignState.REJECTED):
        raise Conflict("这次审批的处理已经撤销过了")
    minutes = policy.current(s).undo_minutes
    if now > signed_at + timedelta(minutes=minutes):
        raise Gone(f"超过 {minutes} 分钟，不能撤销了。需要的话请和提交人商量")
    nothing_since(s, approval, about, signed_at, mine)
    if about.quote is not None:
        quote_states.wait_again(s, about.quote, now)
    if about.deal is not None and approval.period_id is not None:
        undo_move(s, actor, about.deal, approval.period_id, approval.requested_by_id, now, entrance=entrance)
    approval.state, approval.decided_at, approval.period_id = ApprovalState.WAITING, None, None
    refused = mine.state == SignState.REJECTED
    mine.state, mine.signed_at, mine.rejected_for, mine.words = SignState.ASKED, None, "", ""
    by = by_of(actor, entrance)
    if refused or by.tapped is None:  # a tap on the card that said yes opens that card again by itself
        cards.ask(s, approval, mine, now)
    ask_as_before(s, approval, mine, by, now)
    cards.tell_asker(s, approval, f"{actor.name} 撤销了刚才的决定，审批还在进行", now)
    book(s, actor, "take_back_decision", approval, now, entrance)
    return _signed(approval, "已撤销，审批还在等您处理")


def _at_his_turn(s: Session, actor: Actor, approval_id: str) -> tuple[Approval, About, ApprovalSigner]:
    approval, about = get_approval(s, actor, approval_id, lock=True)
    still_waiting(approval)
    if approval.requested_by_id == actor.person_id:
        raise NotAllowed("自己提交的审批不能自己处理。要改主意，请撤回它")
    if about.owner_id == actor.person_id:  # it has come to him since: the round passes it on
        raise NotAllowed("它现在由您负责，不能自己批。一分钟内会转给您的上级，不用再处理")
    return approval, about, my_turn(s, actor, approval)


def _his(s: Session, actor: Actor, approval_id: str) -> tuple[Approval, About]:
    approval, about = get_approval(s, actor, approval_id, lock=True)
    still_waiting(approval)
    if actor.person_id not in (approval.requested_by_id, about.owner_id):
        raise NotAllowed("只有提交人和负责人能催办或撤回这项审批")
    return approval, about


def _may_write(s: Session, actor: Actor, approval: Approval, about: About) -> None:
    """Whoever asked or was asked, and whoever works on the customer: the note goes onto its timeline."""
    asked = {one.person_id for _, signers in steps_with_signers(s, approval.id) for one in signers if one.asked_at}
    his = customers_for(actor, WRITE).where(Customer.id == about.customer_id)
    if actor.person_id not in (approval.requested_by_id, *asked) and s.scalar(his) is None:
        raise NotAllowed("这项审批您只能看。要写批示，请联系负责人把客户共享成「一起跟进」")


def _write(s: Session, actor: Actor, approval: Approval, about: About, told: str, now: datetime) -> None:
    """A line on the customer's timeline, named by what it is about."""
    facts = approval.facts
    if about.quote is not None:
        line, kind = f"{facts['deal']} {told}", TimelineKind.QUOTE
    else:
        line, kind = f"商机「{facts['deal']}」到「{facts['to']}」{told}", TimelineKind.DEAL
    write_entry(s, about.customer_id, kind, line, actor.person_id, now, deal_id=about.deal_id)


def _somebody_else(s: Session, approval: Approval, about: About, person_id: int, now: datetime) -> Asked:
    """Who may be asked besides those who are: at work (or his deputy), not who asked, not the owner, not there yet."""
    person = s.get(Person, person_id)
    there = {one.person_id for _, signers in steps_with_signers(s, approval.id) for one in signers}
    if person is None or person.status != PersonStatus.ACTIVE:
        raise Invalid("这位同事不在岗，请换一位", {"person_id": "不在岗"})
    if person_id in (approval.requested_by_id, about.owner_id):
        raise Invalid(f"{person.name} 是提交人或负责人，不能审批自己的。请换一位", {"person_id": "不能自己批自己"})
    asked = stand_in(s, person_id, {approval.requested_by_id, about.owner_id}, now)
    if not asked or asked[0].person_id in there:
        raise Invalid(f"{person.name}（或他的代理人）已经在这项审批里了，请换一位", {"person_id": "已经在里面"})
    return asked[0]


def _signed(approval: Approval, outcome: str, signer_id: int = 0) -> Signed:
    return Signed(approval.public_id, approval.facts["deal"], ApprovalState(approval.state), outcome, signer_id)
