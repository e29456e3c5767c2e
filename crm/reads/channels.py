"""Channel quality: what each source and campaign brought, from the first lead to money, and how long it took."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.prospects import LeadState
from config.vocabulary import CustomerSource, Role, StageKind, label
from crm import policy as numbers
from crm.access import Actor, Reach, eyes, sees_customer, sees_lead
from crm.errors import Invalid, NotAllowed
from crm.reads.customers import Page
from crm.reads.deals import deal_sight
from crm.rules.days import at, day_of
from crm.rules.response_clock import working_minutes
from models.customers import Campaign, Customer
from models.deals import Deal, Stage, StagePeriod
from models.leads import Lead
from models.people import Person

Key = tuple[str, int | None]
What = Literal["customers", "won", "open", "repeat"]
WHATS: tuple[What, ...] = ("customers", "won", "open", "repeat")
SORTS = ("amount_won", "leads", "customers", "conversion", "response", "cycle", "open", "repeat")
_LONGEST, _UNASKED = timedelta(days=1100), timedelta(days=365)
_PAGE = 50


@dataclass(slots=True)
class _Tally:
    leads: int = 0
    answered: int = 0
    in_time: int = 0
    converted: int = 0
    invalid: int = 0
    minutes: list[int] = field(default_factory=list)
    customers: int = 0
    to_deal: list[int] = field(default_factory=list)
    to_won: list[int] = field(default_factory=list)
    amount_won: Decimal = Decimal(0)
    amount_open: Decimal = Decimal(0)
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One source with one campaign (none: `campaign_id` None). Shares are 0 … 100 or None where nothing is counted.

    `response` is the median of working minutes to the first answer; `to_deal` and `to_won` are medians of days since
    the customer was made; money in yuan, None where it is not shown; `repeat` counts customers who bought more than
    once.
    """

    source: CustomerSource
    source_label: str
    campaign_id: int | None
    campaign: str
    leads: int
    answered: int
    in_time: int | None
    response: int | None
    converted: int
    conversion: int | None
    invalid: int
    customers: int
    to_deal: int | None
    to_won: int | None
    amount_won: Decimal | None
    amount_open: Decimal | None
    repeat: int


@dataclass(frozen=True, slots=True)
class CustomerOfChannel:
    public_id: str
    name: str
    owner: str
    created_at: datetime
    deals: int
    amount: Decimal | None


def span(since: date | None, until: date | None, now: datetime) -> tuple[datetime, datetime]:
    """From the first of these days until before the day after the last; the last year where they are left out."""
    for day in (since, until):
        if day is not None and not 2000 <= day.year < 2100:
            raise Invalid(f"年份 {day.year} 不对，请重新选日期", {"since" if day is since else "until": "年份不对"})
    end = at((until or day_of(now)) + timedelta(days=1), 0)
    start = at(since, 0) if since is not None else end - _UNASKED
    if not timedelta(0) < end - start <= _LONGEST:
        raise Invalid("时间段要从早到晚，最长三年，请重新选择", {"until": "要晚于开始，且在三年内"})
    return start, end


def channels(s: Session, actor: Actor, since: datetime, until: datetime, sort: str = SORTS[0]) -> list[ChannelRow]:
    """What came in from `since` until before `until`, of what this actor may see; what came of it up to today."""
    if actor.reach is Reach.NOTHING:
        raise NotAllowed(f"{label(Role(actor.role))}不看渠道效果。需要的话请找销售运营")
    if sort not in SORTS:
        raise Invalid("没有这种排序方式", {"sort": "可选：" + "、".join(SORTS)})
    tallies: defaultdict[Key, _Tally] = defaultdict(_Tally)
    _count_leads(s, actor, since, until, tallies)
    _count_customers(s, actor, since, until, tallies)
    named = {row.id: row.name for row in s.execute(select(Campaign.id, Campaign.name))}
    sums = deal_sight(s, eyes(s, actor)).sums()
    rows = [_row(key, tally, named, sums) for key, tally in tallies.items()]
    return sorted(rows, key=lambda row: (_rank(row, sort), row.source_label, row.campaign))


def _rank(row: ChannelRow, sort: str) -> tuple[bool, Decimal]:
    """The best first: much is good, except of time."""
    values: dict[str, Decimal | int | None] = {
        "amount_won": row.amount_won,
        "open": row.amount_open,
        "leads": row.leads,
        "customers": row.customers,
        "conversion": row.conversion,
        "response": row.response,
        "cycle": row.to_won,
        "repeat": row.repeat,
    }
    value = values[sort]
    sign = 1 if sort in ("response", "cycle") else -1
    return value is None, sign * Decimal(value or 0)


def _count_leads(s: Session, actor: Actor, since: datetime, until: datetime, tallies: dict[Key, _Tally]) -> None:
    calendar = numbers.calendar(s)
    columns = (Lead.source, Lead.campaign_id, Lead.state, Lead.created_at, Lead.due_at, Lead.first_response_at)
    rows = select(*columns).where(sees_lead(actor), Lead.created_at >= since, Lead.created_at < until)
    for one in s.execute(rows):
        tally = tallies[one.source, one.campaign_id]
        tally.leads += 1
        tally.converted += one.state == LeadState.CONVERTED
        tally.invalid += one.state == LeadState.INVALID
        if one.first_response_at is not None:
            tally.answered += 1
            tally.in_time += one.first_response_at <= one.due_at
            tally.minutes.append(working_minutes(one.created_at, one.first_response_at, calendar))


def _count_customers(s: Session, actor: Actor, since: datetime, until: datetime, tallies: dict[Key, _Tally]) -> None:
    """Customers by one grouped query, their deals by another: a customer without a deal costs no row."""
    made = (
        Customer.merged_into_id.is_(None),
        sees_customer(actor),
        Customer.created_at >= since,
        Customer.created_at < until,
    )
    grouped = select(Customer.source, Customer.campaign_id, func.count()).where(*made)
    for source, campaign_id, many in s.execute(grouped.group_by(Customer.source, Customer.campaign_id)):
        tallies[source, campaign_id].customers = many
    deals = s.execute(
        select(Customer.id, Customer.source, Customer.campaign_id, Customer.created_at)
        .add_columns(Deal.created_at.label("opened_at"), Deal.amount, Stage.kind, StagePeriod.started_at.label("since"))
        .join(Deal, Deal.customer_id == Customer.id)
        .join(Stage, Stage.id == Deal.stage_id)
        .outerjoin(
            StagePeriod,
            (StagePeriod.deal_id == Deal.id) & (StagePeriod.stage_id == Deal.stage_id) & StagePeriod.ended_at.is_(None),
        )
        .where(*made)
        .order_by(Deal.created_at)
    ).all()
    of_customer: defaultdict[int, list[tuple[int | None, int | None]]] = defaultdict(list)
    keys: dict[int, Key] = {}
    for one in deals:
        key = keys.setdefault(one.id, (one.source, one.campaign_id))
        tally = tallies[key]
        won = one.kind == StageKind.WON
        tally.amount_won += one.amount if won else 0
        tally.amount_open += one.amount if one.kind == StageKind.OPEN else 0
        closed = (one.since or one.opened_at) if won else None
        of_customer[one.id].append((_days(one.created_at, one.opened_at), closed and _days(one.created_at, closed)))
    for customer_id, spans in of_customer.items():
        tally = tallies[keys[customer_id]]
        tally.to_deal.append(min(opened for opened, _ in spans if opened is not None))
        bought = [closed for _, closed in spans if closed is not None]
        tally.to_won += [min(bought)] if bought else []
        tally.repeat += len(bought) > 1


def _days(start: datetime, end: datetime) -> int:
    return max(0, (end - start).days)


def _row(key: Key, tally: _Tally, named: dict[int, str], sums: bool) -> ChannelRow:
    source, campaign_id = CustomerSource(key[0]), key[1]
    return ChannelRow(
        source=source,
        source_label=label(source),
        campaign_id=campaign_id,
        campaign=named.get(campaign_id, "") if campaign_id is not None else "",
        leads=tally.leads,
        answered=tally.answered,
        in_time=_share(tally.in_time, tally.answered),
        response=_median(tally.minutes),
        converted=tally.converted,
        conversion=_share(tally.converted, tally.leads),
        invalid=tally.invalid,
        customers=tally.customers,
        to_deal=_median(tally.to_deal),
        to_won=_median(tally.to_won),
        amount_won=tally.amount_won if sums else None,
        amount_open=tally.amount_open if sums else None,
        repeat=tally.repeat,
    )


def _share(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def _median(values: Iterable[int]) -> int | None:
    """The upper one of two in the middle."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None


def channel_customers(
    s: Session,
    actor: Actor,
    what: What,
    source: CustomerSource,
    campaign_id: int | None,
    since: datetime,
    until: datetime,
    page: int,
) -> Page[CustomerOfChannel]:
    """The rows behind a number: the customers it counts, and of `won` or `open` the money of those deals."""
    kind = {"won": StageKind.WON, "repeat": StageKind.WON, "open": StageKind.OPEN}.get(what)
    if actor.reach is Reach.NOTHING:
        raise NotAllowed(f"{label(Role(actor.role))}不看渠道效果。需要的话请找销售运营")
    dealt = select(Deal.customer_id, func.count().label("many"), func.sum(Deal.amount).label("amount"))
    dealt = dealt.join(Stage, Stage.id == Deal.stage_id).group_by(Deal.customer_id)
    counted = (dealt if kind is None else dealt.where(Stage.kind == kind)).subquery()
    many, amount = func.coalesce(counted.c.many, 0), func.coalesce(counted.c.amount, 0)
    sums = deal_sight(s, eyes(s, actor)).sums()
    wanted = [
        Customer.merged_into_id.is_(None),
        sees_customer(actor),
        Customer.source == source,
        Customer.campaign_id.is_(None) if campaign_id is None else Customer.campaign_id == campaign_id,
        Customer.created_at >= since,
        Customer.created_at < until,
    ]
    if kind is not None:
        wanted.append(many >= (2 if what == "repeat" else 1))
    query = (
        select(Customer.public_id, Customer.name, Person.name, Customer.created_at, many, amount)
        .outerjoin(Person, Person.id == Customer.owner_id)
        .outerjoin(counted, counted.c.customer_id == Customer.id)
        .where(*wanted)
        .order_by(*([amount.desc()] if sums else []), Customer.id)
    )
    total = s.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page = min(page, max(1, -(-total // _PAGE)))
    found = s.execute(query.limit(_PAGE).offset((page - 1) * _PAGE))
    rows = [
        CustomerOfChannel(public_id, name, owner or "", created_at, deals, Decimal(money) if sums else None)
        for public_id, name, owner, created_at, deals, money in found
    ]
    return Page(rows, total, page, _PAGE)
