"""One price per customer: the second team's quote is frozen until both supervisors, or a director, say which stands."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.quotes import STANDING
from config.vocabulary import QuoteState, QuoteVerdict, TimelineKind, label
from crm import audit
from crm.access import Actor
from crm.cards import close_matter
from crm.errors import Conflict, Gone, NotFound
from crm.usecases import quote_conflict_cards as cards
from crm.usecases.approval_cards import CARD, By, by_of
from crm.usecases.followups import write_entry
from crm.usecases.judging import directors_of, everywhere
from crm.usecases.quote_opening import open_or_freeze, supervising
from crm.usecases.quote_rivals import rivals_of
from crm.usecases.quote_states import void_approval
from models.customers import Customer
from models.quotes import Quote, QuoteConflict, QuoteVote

_NOT_THERE = "没有找到这次报价冻结，或者不归您裁定"


def _judges(s: Session, conflict: QuoteConflict) -> set[int]:
    """Who decides alone; nobody about a quote of his own."""
    own = _owners(s, conflict)
    found = directors_of(s, {side.quote.team_id for side in cards.sides(s, conflict)}) - own
    return found or everywhere(s) - own


def _supervisors(s: Session, conflict: QuoteConflict) -> set[int]:
    return {one for side in supervising(s, conflict) for one in side}


def _owners(s: Session, conflict: QuoteConflict) -> set[int]:
    return {side.quote.owner_id for side in cards.sides(s, conflict)}


def vote(
    s: Session, actor: Actor, conflict_id: int | str, verdict: QuoteVerdict, now: datetime, *, entrance: str
) -> str:
    """What this supervisor or director holds to be right, and whether it decides. The sentence for his card.

    Raises NotFound for everybody else, Gone when it is decided.
    """
    conflict = locked(s, conflict_id)
    spoken = _spoken_for(s, actor, conflict)
    alone = len(spoken) == 2 or actor.person_id in (_judges(s, conflict) | everywhere(s)) - _owners(s, conflict)
    if not spoken and not alone:
        raise NotFound(_NOT_THERE)
    if conflict.decided_at is not None:
        raise Gone(f"这次报价冻结已经有结果：{cards.outcome_words(conflict, *cards.sides(s, conflict))}")
    side = spoken[0] if spoken else ""
    s.merge(QuoteVote(conflict_id=conflict.id, person_id=actor.person_id, side=side, verdict=verdict, at=now))
    s.flush()
    _book(s, actor, "vote_quote", conflict, now, entrance, verdict)
    if alone:
        return _decide(s, actor, conflict, verdict, now, entrance)
    other = (QuoteVote.conflict_id == conflict.id, QuoteVote.side.not_in((side, "")))
    others = set(s.scalars(select(QuoteVote.verdict).where(*other)))
    if others == {verdict}:
        return _decide(s, actor, conflict, verdict, now, entrance)
    _close_own_card(s, actor, conflict, "已记下您的意见", now, entrance)
    if not others:
        return "已记下您的意见，等另一方主管"
    escalate(s, conflict, now)
    return "双方主管意见不同，已请总监定"


def locked(s: Session, conflict_id: int | str) -> QuoteConflict:
    """Held with the files of both customers, in the order in which everybody locks files: then nobody else decides."""
    mine = QuoteConflict.id == conflict_id if isinstance(conflict_id, int) else QuoteConflict.public_id == conflict_id
    found = s.scalar(select(QuoteConflict).where(mine))
    if found is None:
        raise NotFound(_NOT_THERE)
    _hold(s, {found.first_id, found.second_id})
    s.refresh(found, with_for_update=True)
    return found


def hold_files(s: Session, quote_id: str) -> None:
    """The files of this quote and of all that are contested with it: its end may let them go."""
    root = s.scalar(select(Quote.root_id).where(Quote.public_id == quote_id))
    ours = or_(QuoteConflict.first_id == root, QuoteConflict.second_id == root)
    open_ = select(QuoteConflict.first_id, QuoteConflict.second_id).where(ours, QuoteConflict.decided_at.is_(None))
    _hold(s, {root, *(one for pair in s.execute(open_) for one in pair)})


def _hold(s: Session, roots: Collection[int | None]) -> None:
    files = select(Quote.customer_id).where(Quote.root_id.in_(roots))
    s.execute(select(Customer.id).where(Customer.id.in_(files)).order_by(Customer.id).with_for_update())


def _spoken_for(s: Session, actor: Actor, conflict: QuoteConflict) -> list[str]:
    """For whom this person speaks: the first one's side, the second one's, both or none; none about his own quote."""
    if actor.person_id in _owners(s, conflict):
        return []
    found = []
    for name, side, above in zip(("first", "second"), cards.sides(s, conflict), supervising(s, conflict), strict=True):
        leads = actor.manages and side.quote.team_id in actor.team_ids
        if actor.person_id in above or leads:
            found.append(name)
    return found


def escalate(s: Session, conflict: QuoteConflict, now: datetime) -> None:
    """The directors decide; whoever has voted need not do anything more."""
    if conflict.escalated_at is None:
        conflict.escalated_at = now
        for person_id in sorted(_judges(s, conflict)):
            cards.ask(s, conflict, person_id, now)


def _decide(
    s: Session, actor: Actor, conflict: QuoteConflict, verdict: QuoteVerdict, now: datetime, entrance: str
) -> str:
    first, second = (side.quote for side in cards.sides(s, conflict))
    losing = [first, *_beside(s, first, second, now)] if verdict is QuoteVerdict.SECOND else []
    before = {quote.id: quote.state for quote in (first, second, *losing)}
    conflict.decided_at, conflict.decided_by_id, conflict.verdict = now, actor.person_id, verdict
    s.flush()
    by = by_of(actor, entrance)
    for quote in losing:
        if quote.state in STANDING:
            _close(s, quote, by, now)
    if verdict is QuoteVerdict.FIRST:
        _close(s, second, by, now)
        _others_end(s, second, conflict, by, now)
    else:
        _let_go(s, second, now, entrance)
    changed = {str(quote.id): [before[quote.id], quote.state] for quote in (first, second, *losing)}
    conflict.effect = {key: pair for key, pair in changed.items() if pair[0] != pair[1]}
    s.flush()
    outcome = cards.outcome_words(conflict, *cards.sides(s, conflict))
    for quote in (first, second):
        write_entry(s, quote.customer_id, TimelineKind.QUOTE, f"报价裁定：{outcome}", actor.person_id, now)
    _book(s, actor, "decide_quote", conflict, now, entrance, verdict)
    cards.tell_outcome(s, conflict, actor, _asked(s, conflict), outcome, now, but=by.tapped)
    return f"已裁定：{outcome}"


def _beside(s: Session, first: Quote, second: Quote, now: datetime) -> list[Quote]:
    """What else the first one quotes in these two files: he was asked about once, with all of it."""
    files = (first.customer_id, second.customer_id)  # held
    rivals = [one.quote for one in rivals_of(s, second, now) if one.same]
    return [one for one in rivals if one.owner_id == first.owner_id and one.id != first.id and one.customer_id in files]


def _close(s: Session, quote: Quote, by: By, now: datetime) -> None:
    quote.state, quote.ended_at = QuoteState.CLOSED, now
    void_approval(s, quote, "裁定归了另一个团队，不用审批了", by, now)
    s.flush()


def _let_go(s: Session, quote: Quote, now: datetime, entrance: str) -> None:
    """Open, unless somebody else still keeps it: by another contest, or by a quote that was made meanwhile."""
    waiting = (QuoteConflict.second_id == quote.root_id, QuoteConflict.decided_at.is_(None))
    if quote.state == QuoteState.FROZEN and s.scalar(select(QuoteConflict.id).where(*waiting).limit(1)) is None:
        open_or_freeze(s, None, quote, now, entrance=entrance)


def _others_end(s: Session, quote: Quote, but: QuoteConflict, by: By, now: datetime) -> None:
    """It is closed: nothing of it is left to be decided elsewhere."""
    others = (QuoteConflict.second_id == quote.root_id, QuoteConflict.decided_at.is_(None), QuoteConflict.id != but.id)
    for other in s.scalars(select(QuoteConflict).where(*others)).all():
        end_by_itself(s, other, by.actor, "后报的一张已经结束，不用裁定了", now)


def end_by_itself(s: Session, conflict: QuoteConflict, by: Actor | None, outcome: str, now: datetime) -> None:
    conflict.decided_at = now
    s.flush()
    cards.tell_outcome(s, conflict, by, _asked(s, conflict), outcome, now)


def given_up(s: Session, actor: Actor, quote: Quote, now: datetime, *, entrance: str) -> None:
    """The quote has ended: what was contested by it is decided by that, on either side."""
    theirs = or_(QuoteConflict.first_id == quote.root_id, QuoteConflict.second_id == quote.root_id)
    open_ = select(QuoteConflict).where(theirs, QuoteConflict.decided_at.is_(None)).order_by(QuoteConflict.id)
    for conflict in s.scalars(open_).all():
        if conflict.second_id == quote.root_id:
            end_by_itself(s, conflict, actor, "后报的一张已经撤回，不用裁定了", now)
        else:
            let_go(s, conflict, now, entrance=entrance)


def let_go(s: Session, conflict: QuoteConflict, now: datetime, *, entrance: str) -> None:
    """The first quote is gone: the second need not wait for a verdict."""
    conflict.decided_at = now
    s.flush()
    first, second = cards.sides(s, conflict)
    _let_go(s, second.quote, now, entrance)
    outcome = cards.outcome_words(conflict, first, second)
    cards.tell_outcome(s, conflict, None, _asked(s, conflict), outcome, now)


def _asked(s: Session, conflict: QuoteConflict) -> set[int]:
    voted = s.scalars(select(QuoteVote.person_id).where(QuoteVote.conflict_id == conflict.id))
    judges = set() if conflict.escalated_at is None else _judges(s, conflict)
    return {*voted, *_supervisors(s, conflict), *judges}


def take_back_vote(s: Session, actor: Actor, conflict_id: int, now: datetime, *, entrance: str) -> str:
    """Undo an own vote, and what it decided, while both quotes stand as the verdict left them."""
    conflict = locked(s, conflict_id)
    own = s.get(QuoteVote, (conflict.id, actor.person_id))
    if own is None:
        raise NotFound(_NOT_THERE)
    decided = conflict.decided_at is not None
    if decided:
        if conflict.decided_by_id != actor.person_id:
            outcome = cards.outcome_words(conflict, *cards.sides(s, conflict))
            raise Gone(f"已经有结果，您的意见没有撤销：{outcome}")
        _undo(s, conflict, by_of(actor, entrance), now, entrance)
        conflict.decided_at = conflict.decided_by_id = None
        conflict.verdict, conflict.effect = "", {}
    s.delete(own)
    s.flush()
    if decided:
        cards.tell_reopened(s, conflict, actor, _asked(s, conflict), now)
    audit.record(s, actor.person_id, "take_back_quote_vote", f"quote:{conflict.second_id}", now, entrance=entrance)
    return "已撤销您的意见，报价等待裁定"


def _undo(s: Session, conflict: QuoteConflict, by: By, now: datetime, entrance: str) -> None:
    quotes = {one.id: one for one in s.scalars(select(Quote).where(Quote.id.in_(map(int, conflict.effect))))}
    for key, (_, after) in conflict.effect.items():
        quote = quotes[int(key)]
        if quote.state != after or (quote.sent_at or conflict.opened_at) > (conflict.decided_at or now):
            raise Conflict("裁定以后报价又有变动，没有撤销。要改，请双方主管协商后撤回报价")
    stood = []
    for key, (before, _) in conflict.effect.items():
        quote = quotes[int(key)]
        void_approval(s, quote, "裁定撤销了，先不用审批", by, now)
        if before in STANDING:
            stood.append(quote)
        else:
            quote.state, quote.ended_at = QuoteState(before), None
    s.flush()
    for quote in stood:  # after the other is frozen again: it must not meet that one
        open_or_freeze(s, None, quote, now, entrance=entrance)


def _close_own_card(
    s: Session, actor: Actor, conflict: QuoteConflict, outcome: str, now: datetime, entrance: str
) -> None:
    """From a list or a phone: the card that asked the same is done with."""
    if entrance != CARD:
        close_matter(s, cards.matter_of(conflict.id, actor.person_id), outcome, now, by=actor)


def _book(
    s: Session, actor: Actor, verb: str, conflict: QuoteConflict, now: datetime, entrance: str, verdict: QuoteVerdict
) -> None:
    number = s.get_one(Quote, conflict.second_id).number
    subject = f"quote:{conflict.second_id}"
    audit.record(s, actor.person_id, verb, subject, now, entrance=entrance, name=number, verdict=label(verdict))
