"""Two teams' quotes for one customer as people look at them: what waits for whose word, and how it ended."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from config.vocabulary import QuoteState, QuoteVerdict, Role
from crm.access import JUDGES, Actor, directors_of, reads_every_quote, sees_customer, supervisors_of
from models.customers import Customer
from models.people import Person, Team
from models.quotes import Quote, QuoteConflict, QuoteVote


@dataclass(frozen=True, slots=True)
class Contest:
    """Two teams' quotes for one customer. `votes` are (name, verdict); `may_vote`: this reader's word is asked for.

    `number` is of the second quote, the one that waits. Who quotes reads nothing of the other side, not even who it is.
    """

    public_id: str
    number: str
    customer: str
    first: str
    second: str
    reason: str
    due_at: datetime
    escalated: bool
    verdict: QuoteVerdict | None
    decided_at: datetime | None
    votes: Sequence[tuple[str, QuoteVerdict]]
    may_vote: bool


def contests(s: Session, actor: Actor) -> list[Contest]:
    """Those that wait for this person's word, the newest first."""
    if actor.role not in JUDGES:
        return []
    return [one for one in _drawn(s, actor, QuoteConflict.decided_at.is_(None)) if one.may_vote]


def contests_of(s: Session, actor: Actor, quote: Quote) -> list[Contest]:
    """Of one quote on either side, the newest first."""
    theirs = or_(QuoteConflict.first_id == quote.root_id, QuoteConflict.second_id == quote.root_id)
    return _drawn(s, actor, theirs)


def _drawn(s: Session, actor: Actor, wanted: ColumnElement[bool]) -> list[Contest]:
    """Names of people and teams of both sides, prices of neither; the company by the name on this reader's own side.

    Both quotes as their last versions stand. A few statements, however many contests.
    """
    first, second = aliased(Quote), aliased(Quote)
    rows = s.execute(
        select(QuoteConflict, first, second)
        .join(first, first.root_id == QuoteConflict.first_id)
        .join(second, second.root_id == QuoteConflict.second_id)
        .where(wanted, first.state != QuoteState.SUPERSEDED, second.state != QuoteState.SUPERSEDED)
        .order_by(QuoteConflict.id.desc())
    ).all()
    if not rows:
        return []
    quotes = [quote for _, *pair in rows for quote in pair]
    named = _names(s, actor, quotes)
    votes = _votes(s, [conflict.id for conflict, *_ in rows])
    above = supervisors_of(s, {one.owner_id for one in quotes})
    over = directors_of(s, {one.team_id for one in quotes})
    drawn = []
    for conflict, *pair in rows:
        judges = {person for one in pair for person in (*above[one.owner_id], *over[one.team_id])}
        leads = actor.manages and any(one.team_id in actor.team_ids for one in pair)
        own = actor.person_id in {one.owner_id for one in pair}
        judging = not own and (actor.person_id in judges or leads or actor.role is Role.ADMIN)
        known = judging or actor.sees_all
        left, right = (named.whose(one) if known or one.team_id == actor.team_id else "另一个团队" for one in pair)
        drawn.append(
            Contest(
                conflict.public_id,
                pair[1].number,
                named.company(pair),
                left,
                right,
                conflict.reason,
                conflict.due_at,
                conflict.escalated_at is not None,
                QuoteVerdict(conflict.verdict) if conflict.verdict else None,
                conflict.decided_at,
                votes[conflict.id] if known else [],
                conflict.decided_at is None and judging,
            )
        )
    return drawn


@dataclass(frozen=True, slots=True)
class _Named:
    people: Mapping[int, str]
    teams: Mapping[int, str]
    files: Mapping[int, str]  # those that are there for the reader

    def whose(self, quote: Quote) -> str:
        return f"{self.people[quote.owner_id]}（{self.teams[quote.team_id]}）"

    def company(self, pair: Sequence[Quote]) -> str:
        found = [self.files[one.customer_id] for one in reversed(pair) if one.customer_id in self.files]
        return found[0] if found else "（客户不在您名下）"


def _names(s: Session, actor: Actor, quotes: Sequence[Quote]) -> _Named:
    def of(table: Any, ids: set[int], *there: ColumnElement[bool]) -> dict[int, str]:
        return dict(s.execute(select(table.id, table.name).where(table.id.in_(ids), *there)).all())

    there = () if reads_every_quote(actor) else (sees_customer(actor),)
    return _Named(
        of(Person, {one.owner_id for one in quotes}),
        of(Team, {one.team_id for one in quotes}),
        of(Customer, {one.customer_id for one in quotes}, *there),
    )


def _votes(s: Session, conflict_ids: Sequence[int]) -> Mapping[int, list[tuple[str, QuoteVerdict]]]:
    rows = (
        select(QuoteVote.conflict_id, Person.name, QuoteVote.verdict)
        .join(Person, Person.id == QuoteVote.person_id)
        .where(QuoteVote.conflict_id.in_(conflict_ids))
        .order_by(QuoteVote.at)
    )
    votes: dict[int, list[tuple[str, QuoteVerdict]]] = defaultdict(list)
    for conflict_id, name, verdict in s.execute(rows):
        votes[conflict_id].append((name, QuoteVerdict(verdict)))
    return votes
