"""Open deals as a person sees them, and one customer's deals; name and amount by the groups that he reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from config.vocabulary import FieldObject, StageKind, StallColour
from crm import policy as numbers
from crm.access import READ, WRITE, Actor, Eyes, Sight, To, eyes, sees_customer
from crm.forms import groups_of
from crm.reads.meant import meant
from crm.reads.rungs import ladders_called
from crm.rules.days import day_of
from models.customers import Customer
from models.deals import Deal, Stage
from models.people import Person


@dataclass(frozen=True, slots=True)
class DealBrief:
    """`amount` in yuan; None where it is not shown to whoever asks. `days` are working days on its stage; `colour` is
    None of a deal that has ended."""

    id: int
    public_id: str
    name: str
    customer: str
    owner: str
    stage: str
    amount: Decimal | None
    stage_since: datetime
    days: int
    colour: StallColour | None


@dataclass(frozen=True, slots=True)
class DealSight:
    """What of a deal one actor reads, wherever operations have put its fields."""

    sight: Sight
    groups: Mapping[str, str]

    def name(self, deal: Deal, held_by: int | None) -> str:
        """`held_by` is the customer's owner."""
        return self.sight.shown(deal.customer_id, held_by, self.groups["name"], deal.name)

    def amount(self, deal: Deal, held_by: int | None) -> Decimal | None:
        return deal.amount if self.sight.whole(deal.customer_id, held_by, self.groups["amount"]) else None

    def sums(self) -> bool:
        """Whether he is shown what many deals come to: only where he reads the amount of each."""
        return self.groups["amount"] in self.sight.groups


def deal_sight(s: Session, seen: Eyes) -> DealSight:
    """One statement, for however many deals."""
    return DealSight(seen.sight(FieldObject.DEAL), groups_of(s, FieldObject.DEAL, ("name", "amount")))


def open_deals(s: Session, actor: Actor, limit: int, now: datetime) -> list[DealBrief]:
    """The open deals of the customers this actor may see, longest on their rung first."""
    rows = _visible(actor).where(Stage.kind == StageKind.OPEN).order_by(Deal.stage_since, Deal.id).limit(limit)
    return _briefs(s, actor, rows, now)


def open_deal_count(s: Session, actor: Actor) -> int:
    """How many `open_deals` there are without its limit."""
    rows = _visible(actor).where(Stage.kind == StageKind.OPEN).subquery()
    return s.scalar(select(func.count()).select_from(rows)) or 0


def deals_called(s: Session, actor: Actor, words: str, limit: int, now: datetime, to: To = WRITE) -> list[DealBrief]:
    """Deals that he works on (or, with `READ`, sees) whose name is this, else holds it; only by a name that he reads.
    Open ones first.
    """
    typed = "".join(words.split())
    if not typed:
        return []
    called = func.replace(func.replace(Deal.name, " ", ""), "\u3000", "")
    small = func.lower(called)  # SQLite makes only Latin letters small: what was typed is looked for as it is, too
    has = called.contains(typed, autoescape=True) | small.contains(typed.lower(), autoescape=True)
    by = (called != typed, Stage.kind != StageKind.OPEN, Deal.owner_id != actor.person_id, Deal.id.desc())
    rows = _briefs(s, actor, _visible(actor, to).where(has).order_by(*by).limit(limit), now)
    found = [one for one in rows if _plain(typed) in _plain(one.name)]
    exact = [one for one in found if _plain(one.name) == _plain(typed)]
    return exact or found


def deals_meant(s: Session, actor: Actor, words: str, limit: int, now: datetime) -> list[DealBrief]:
    """`deals_called`, else the open deals that he works on of the customers so named: many say the customer."""
    found = deals_called(s, actor, words, limit, now)
    named = [] if found else [one.id for one in meant(s, actor, words)]
    if not named:
        return found
    theirs = _visible(actor, WRITE).where(Deal.customer_id.in_(named), Stage.kind == StageKind.OPEN)
    return _briefs(s, actor, theirs.order_by(Deal.stage_since, Deal.id).limit(limit), now)


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def deals_of(s: Session, actor: Actor, customer_id: int, now: datetime) -> list[DealBrief]:
    mine = _visible(actor).where(Deal.customer_id == customer_id)
    return _briefs(s, actor, mine.order_by(Deal.created_at.desc()), now)


def _visible(actor: Actor, to: To = READ) -> Select[Deal, str, int | None, str, str]:
    return (
        select(Deal, Customer.name, Customer.owner_id, Person.name, Stage.label)
        .join(Customer, Customer.id == Deal.customer_id)
        .join(Person, Person.id == Deal.owner_id)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(Customer.merged_into_id.is_(None), sees_customer(actor, to))
    )


def _briefs(s: Session, actor: Actor, query: Select[Deal, str, int | None, str, str], now: datetime) -> list[DealBrief]:
    shown, calendar = deal_sight(s, eyes(s, actor)), numbers.calendar(s)
    paces = ladders_called(s, "").paces(numbers.current(s), now, calendar)
    found = []
    for d, customer, held_by, owner, stage in s.execute(query):
        mine = paces.get(d.stage_id)
        found.append(
            DealBrief(
                id=d.id,
                public_id=d.public_id,
                name=shown.name(d, held_by),
                customer=customer,
                owner=owner,
                stage=stage,
                amount=shown.amount(d, held_by),
                stage_since=d.stage_since,
                days=calendar.working_days_between(day_of(d.stage_since), day_of(now)),
                colour=None if mine is None else mine.colour(d.stage_since, d.snoozed_until, now),
            )
        )
    return found
