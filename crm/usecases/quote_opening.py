"""The one door to being open: past every other team's quote that stands, and past whoever has to sign."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import QuoteState, QuoteVerdict
from crm import audit
from crm.access import Actor, actor_by_id, supervisor_of
from crm.approving import quote_needs
from crm.errors import Conflict, NotAllowed
from crm.rules.days import SHANGHAI
from crm.usecases import quote_conflict_cards as cards
from crm.usecases.approvals import file_quote
from crm.usecases.judging import due
from crm.usecases.quote_rivals import Rival, rivals_of
from models.base import insert_once
from models.customers import Customer
from models.quotes import Quote, QuoteConflict

_HINT = "。另一个团队在给一家相像的公司报价（{}），拿不准是不是同一家，请先问您的主管"


def open_or_freeze(s: Session, actor: Actor | None, quote: Quote, now: datetime, *, entrance: str) -> str:
    """What happens now. `actor` None: nobody asks, a contest has ended; who quotes then asks for the signatures.

    Conflict where he asks for what a verdict has given to the other team.
    """
    rivals = rivals_of(s, quote, now)
    same, alike = [one for one in rivals if one.same], [one for one in rivals if not one.same]
    if same:
        if actor is not None:
            _refuse_what_is_settled(s, quote, same)
        return _freeze(s, actor, quote, _one_of_each(same), now, entrance)
    told = _open_or_ask(s, quote, quote.owner_id if actor is None else actor.person_id, now, entrance)
    return told + _HINT.format(alike[0].reason) if alike else told


def _refuse_what_is_settled(s: Session, quote: Quote, rivals: Sequence[Rival]) -> None:
    """The same two, the same customer: while the other's quote stands nobody is asked a second time."""
    theirs, mine = aliased(Quote), aliased(Quote)
    settled = (
        select(QuoteConflict.decided_at)
        .join(theirs, theirs.id == QuoteConflict.first_id)
        .join(mine, mine.id == QuoteConflict.second_id)
        .where(
            QuoteConflict.verdict == QuoteVerdict.FIRST,
            theirs.owner_id.in_({one.quote.owner_id for one in rivals}),
            mine.owner_id == quote.owner_id,
            mine.customer_id == quote.customer_id,
        )
        .order_by(QuoteConflict.decided_at.desc())
        .limit(1)
    )
    decided_at = s.scalar(settled)
    if decided_at is not None:
        raise Conflict(
            f"这家客户 {decided_at.astimezone(SHANGHAI):%m-%d} 已裁定归另一个团队，对方的报价还有效，不能再报。"
            "情况变了，请您的主管和对方主管商量，对方撤回以后就能报"
        )


def _one_of_each(rivals: Sequence[Rival]) -> list[Rival]:
    """The oldest of each who quotes: the supervisors are asked about him once, however many quotes he has."""
    oldest: dict[int, Rival] = {}
    for one in rivals:
        oldest.setdefault(one.quote.owner_id, one)
    return list(oldest.values())


def _freeze(
    s: Session, actor: Actor | None, quote: Quote, rivals: Sequence[Rival], now: datetime, entrance: str
) -> str:
    """The quote waits; both supervisors of each contest are asked. What whoever quotes is told: why, and no price."""
    quote.state, quote.ended_at = QuoteState.FROZEN, None
    s.flush()
    by = None if actor is None else actor.person_id
    for rival in rivals:
        made = insert_once(
            s, QuoteConflict, first_id=rival.quote.root_id, second_id=quote.root_id, reason=rival.reason[:60],
            opened_at=now, due_at=due(s, now),
        )  # fmt: skip
        if made:
            pair = (QuoteConflict.first_id == rival.quote.root_id, QuoteConflict.second_id == quote.root_id)
            conflict = s.scalars(select(QuoteConflict).where(*pair, QuoteConflict.decided_at.is_(None))).one()
            above_first, above_second = supervising(s, conflict)
            for person_id in sorted(above_first | above_second):
                cards.ask(s, conflict, person_id, now)
            audit.record(
                s, by, "freeze_quote", f"quote:{quote.id}", now, entrance=entrance, name=quote.number,
                reason=rival.reason,
            )  # fmt: skip
    return frozen_words(rivals[0].reason)


def frozen_words(reason: str) -> str:
    return f"先冻结，不能发出：另一个团队已经给这家客户报价（{reason}）。已请双方主管裁定，一个工作日内答复"


def supervising(s: Session, conflict: QuoteConflict) -> tuple[set[int], set[int]]:
    """Whoever is above the one who quoted first, and above the one who quoted second."""
    first, second = cards.sides(s, conflict)
    return set(supervisor_of(s, first.quote.owner_id)), set(supervisor_of(s, second.quote.owner_id))


def _open_or_ask(s: Session, quote: Quote, asking: int, now: datetime, entrance: str) -> str:
    """Open, or waiting for the signatures that its prices need, asked for in this person's name."""
    need = quote_needs(s, quote)
    quote.ended_at = None
    if need is None:
        quote.state = QuoteState.OPEN
        s.flush()
        return "可以发给客户了"
    try:
        who = actor_by_id(s, asking, now)
    except NotAllowed:  # he has left meanwhile: nobody asks for it any more
        quote.state, quote.ended_at = QuoteState.CLOSED, now
        s.flush()
        return "报价人已不在岗，报价关闭了"
    quote.state = QuoteState.IN_APPROVAL
    s.flush()
    file_quote(s, who, quote, s.get_one(Customer, quote.customer_id).name, need, now, entrance=entrance)
    return f"{need.told}，要审批，已经提交，同意后自动生效"
