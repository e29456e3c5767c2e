"""Who else quotes this customer or project: the same file, the same company by the radar, the same building."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.collisions import CollisionVerdict, RadarEntry
from config.quotes import STANDING
from config.vocabulary import QuoteVerdict
from crm import policy
from crm.rules.days import day_of
from crm.usecases import radar
from crm.usecases.project_meets import facts_of, lock_keys, similar_projects
from crm.usecases.radar import Question
from models.collisions import Collision
from models.customers import Contact, Customer
from models.projects import Project
from models.quotes import Quote, QuoteConflict

SAME_FILE, SAME_PROJECT = "同一客户", "同一项目"


@dataclass(frozen=True, slots=True)
class Rival:
    """Another team's quote that stands already, and why it may be of the same customer.

    `same`: it stands in the way. Else the radar is not sure, and whoever quotes gets a hint.
    """

    quote: Quote
    reason: str
    same: bool


def rivals_of(s: Session, quote: Quote, now: datetime) -> list[Rival]:
    """Quotes of other teams beside this one, oldest first; those that a verdict lets stand beside it are none.

    Whoever quotes this company under any name or number, or this project, at this moment is done before we look.
    """
    customer = s.get_one(Customer, quote.customer_id)
    project = None if quote.project_id is None else s.get_one(Project, quote.project_id)
    question = _question(s, customer)
    _wait_for_others(s, question, project)
    apart = _told_apart(s, customer)
    hits = radar.hits(s, None, question, RadarEntry.QUOTE, policy.current(s))
    alike = {hit.customer_id: hit for hit in hits if hit.certain or hit.customer_id not in apart}
    built = _same_projects(s, project)
    rows = s.scalars(
        select(Quote)
        .where(
            or_(Quote.customer_id.in_({customer.id, *alike}), Quote.project_id.in_(built)),
            Quote.state.in_(STANDING),
            Quote.valid_until >= day_of(now),
            Quote.team_id != quote.team_id,
            Quote.owner_id != quote.owner_id,
            Quote.root_id != quote.root_id,
        )
        .order_by(Quote.id)
    )
    agreed = _agreed_with(s, quote)
    found = []
    for one in rows:
        hit = alike.get(one.customer_id)
        if one.owner_id in agreed:
            continue
        if one.customer_id == customer.id:
            found.append(Rival(one, SAME_FILE, True))
        elif hit is not None and (hit.same or one.project_id not in built):
            found.append(Rival(one, hit.reason, hit.same))
        else:
            found.append(Rival(one, built[one.project_id or 0], True))
    return found


def _wait_for_others(s: Session, question: Question, project: Project | None) -> None:
    numbers = {f"quote:{one}"[:128] for one in (question.uscc, question.website, *question.phones) if one}
    if project is not None:
        numbers.add(f"quote:project:{project.id}")
    radar.lock_names(s, [radar.pieces_of(question.name), frozenset(numbers)])
    if project is not None:
        lock_keys(s, facts_of(project))


def _question(s: Session, customer: Customer) -> Question:
    phones = s.scalars(select(Contact.phone).where(Contact.customer_id == customer.id, Contact.retired_at.is_(None)))
    known = {phone for phone in (customer.phone, *phones) if phone}
    return Question(customer.name, customer.uscc or "", tuple(sorted(known)), customer.website)


def _told_apart(s: Session, customer: Customer) -> set[int]:
    """Customers that supervisors have called another company than this one, whichever was there first."""
    verdict = Collision.verdict == CollisionVerdict.DIFFERENT
    before = select(Collision.customer_id).where(verdict, Collision.name_key == customer.name_key)
    after = select(Collision.name_key).where(verdict, Collision.customer_id == customer.id)
    return {*s.scalars(before), *s.scalars(select(Customer.id).where(Customer.name_key.in_(after)))}


def _same_projects(s: Session, project: Project | None) -> dict[int, str]:
    if project is None:
        return {}
    alike = similar_projects(s, facts_of(project))
    return {one.id: f"{SAME_PROJECT}：{how.reason}" for one, how in alike if how.same} | {project.id: SAME_PROJECT}


def _agreed_with(s: Session, quote: Quote) -> set[int]:
    """Those whom supervisors have let quote beside this one, whichever of theirs the verdict was about."""
    pairs = select(QuoteConflict.first_id, QuoteConflict.second_id).where(
        QuoteConflict.verdict == QuoteVerdict.TOGETHER,
        or_(QuoteConflict.first_id == quote.root_id, QuoteConflict.second_id == quote.root_id),
    )
    others = {one for pair in s.execute(pairs) for one in pair} - {quote.root_id}
    return set(s.scalars(select(Quote.owner_id).where(Quote.root_id.in_(others))))
