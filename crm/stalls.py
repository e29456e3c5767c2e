"""Which deals stand still, judged from the store: the sweep, the lists and the card ask here."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, Row, and_, false, func, or_, select
from sqlalchemy.orm import Session

from config.policy import Policy
from config.vocabulary import PersonStatus, StageKind, TimelineKind
from crm.rules import stalled
from crm.rules.days import WorkCalendar, at, day_of, days_between
from crm.silence import batched
from models.base import one_of
from models.customers import Customer
from models.deals import Deal, Stage, StagePeriod
from models.messages import OutboxMessage
from models.people import Person
from models.timeline import TimelineEntry

_AT_ONCE = 1_000  # deals judged between two questions: what is held in memory, however many there are


@dataclass(frozen=True, slots=True)
class Stuck:
    """A deal that stands still. `topic` is the alert that is due for it; `customer` and `owner` are names.

    `stands`: (id, stage, since, put off until, owner), by which is seen whether the verdict still holds.
    """

    deal_id: int
    public_id: str
    customer_id: int
    customer: str
    name: str
    amount: Decimal
    stage: str
    owner_id: int
    owner: str
    owner_status: PersonStatus
    team_id: int
    stay: stalled.Stay
    stall: stalled.Stall
    topic: str
    stands: tuple[object, ...]


_HELD = (Customer.owner_id.is_not(None), Customer.merged_into_id.is_(None))
_STANDING = (
    select(
        Deal.id, Deal.public_id, Deal.customer_id, Deal.name, Deal.amount, Deal.owner_id, Deal.stage_since,
        Deal.snoozed_until, Deal.stage_id, Stage.key, Stage.label, Stage.days, StagePeriod.id.label("period_id"),
        Customer.name.label("customer"), Person.name.label("owner"), Person.status, Person.team_id,
    )
    .join(Stage, Stage.id == Deal.stage_id)
    .join(Customer, Customer.id == Deal.customer_id)
    .join(Person, Person.id == Deal.owner_id)
    .outerjoin(StagePeriod, and_(StagePeriod.deal_id == Deal.id, StagePeriod.ended_at.is_(None)))
    .where(Stage.kind == StageKind.OPEN, *_HELD)
)  # fmt: skip


def overdue_deals(s: Session, now: datetime, policy: Policy, calendar: WorkCalendar) -> list[int]:
    """Ids of what `stuck_deals` would find among all deals, in its order, without looking at each."""
    over = over_the_limit(s, now, policy, calendar)
    found = select(Deal.id).join(Customer, Customer.id == Deal.customer_id).where(*_HELD, over)
    return list(s.scalars(found.order_by(Deal.stage_since, Deal.id)))


def stuck_deals(
    s: Session, which: ColumnElement[bool], now: datetime, policy: Policy, calendar: WorkCalendar
) -> Iterator[Stuck]:
    """Those of the deals that stand still, the longest on their stage first: one question, read as it is used.

    Of a customer that nobody holds nobody is told; it waits in 等我分配.
    """
    query = _STANDING.where(which, over_the_limit(s, now, policy, calendar)).order_by(Deal.stage_since, Deal.id)
    for row in s.execute(query.execution_options(yield_per=_AT_ONCE)):
        found = _judged(row, now, policy, calendar)
        if found is not None:
            yield found


def stuck_deal(s: Session, deal_id: int, now: datetime, policy: Policy, calendar: WorkCalendar) -> Stuck | None:
    """The same of one deal; None where it does not stand still, or is not there."""
    row = s.execute(_STANDING.where(Deal.id == deal_id)).first()
    return None if row is None else _judged(row, now, policy, calendar)


def untold(s: Session, found: Iterable[Stuck]) -> Iterator[Stuck]:
    """Those whose alert nobody has been promised yet: one question for every thousand."""
    for some in batched(found, _AT_ONCE):
        topics = one_of(s, OutboxMessage.topic, [one.topic for one in some])
        told = set(s.scalars(select(OutboxMessage.topic).where(topics).distinct()))
        yield from (one for one in some if one.topic not in told)


def suggestions(s: Session, found: Sequence[Stuck], now: datetime, policy: Policy) -> dict[int, str]:
    """By deal what usually helps, from the follow-ups of its customer since the stage began: one question for all."""
    said = (
        select(Deal.id, func.count(), func.max(TimelineEntry.at))
        .join(TimelineEntry, TimelineEntry.customer_id == Deal.customer_id)
        .where(
            one_of(s, Deal.id, [one.deal_id for one in found]),
            TimelineEntry.kind == TimelineKind.FOLLOW_UP,
            TimelineEntry.retracted_at.is_(None),
            TimelineEntry.at >= Deal.stage_since,
        )
        .group_by(Deal.id)
    )
    known = {deal_id: (many, last) for deal_id, many, last in s.execute(said)}
    advice = {}
    for one in found:
        many, last = known.get(one.deal_id, (0, one.stay.since))
        advice[one.deal_id] = stalled.suggest(one.stay, stalled.Facts(many, days_between(last, now)), policy)
    return advice


def over_the_limit(
    s: Session, now: datetime, policy: Policy, calendar: WorkCalendar, *, times: int = 1
) -> ColumnElement[bool]:
    """The rule as a condition on deals: those that have stood their stage's limit, twice it where `times` is 2.

    Its days are moments here, so that an index finds the few among all deals.
    """
    of_limit: dict[int, list[int]] = defaultdict(list)
    for stage_id, key, days in s.execute(select(Stage.id, Stage.key, Stage.days).where(Stage.kind == StageKind.OPEN)):
        of_limit[stalled.limit_of(key, days, policy)].append(stage_id)
    over: list[ColumnElement[bool]] = [false()]
    for limit, stages in of_limit.items():
        last_day = calendar.subtract_working_days(day_of(now), times * limit)
        over.append(and_(Deal.stage_id.in_(stages), Deal.stage_since < at(last_day + timedelta(days=1), 0)))
    return and_(or_(*over), or_(Deal.snoozed_until.is_(None), Deal.snoozed_until <= now))


def _judged(row: Row[*tuple[object, ...]], now: datetime, policy: Policy, calendar: WorkCalendar) -> Stuck | None:
    stay = stalled.Stay(row.key, row.days, row.stage_since, row.snoozed_until, row.amount)
    stall = stalled.judge(stay, now, policy, calendar)
    if stall is None:
        return None
    topic = stalled.alert_topic(row.id, row.period_id or 0, stall.step, row.snoozed_until)
    return Stuck(
        row.id, row.public_id, row.customer_id, row.customer, row.name, row.amount, row.label, row.owner_id, row.owner,
        PersonStatus(row.status), row.team_id, stay, stall, topic,
        (row.id, row.stage_id, row.stage_since, row.snoozed_until, row.owner_id),
    )  # fmt: skip


def stalls_over(s: Session, topics: Collection[str]) -> set[str]:
    """Of topics of alerts those whose stay has ended: the deal has moved since."""
    about = {topic: int(topic.split(":")[2]) for topic in topics if topic.startswith("stall:")}
    stays = (one_of(s, StagePeriod.id, about.values()), StagePeriod.ended_at.is_not(None))
    ended = set(s.scalars(select(StagePeriod.id).where(*stays))) if about else set()
    return {topic for topic, period_id in about.items() if period_id in ended}
