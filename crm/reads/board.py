"""看板: the open deals in columns by stage, each with its colour; what many deals come to only for who may read one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select, union_all
from sqlalchemy.orm import Session

from config.vocabulary import StallColour
from crm import policy as numbers
from crm.access import WRITE, Actor, eyes, sees_customer
from crm.errors import Invalid
from crm.milestones import Next, next_of
from crm.reads.deal_scope import EVERYBODYS, Scope, Whose, in_scope
from crm.reads.deals import deal_sight
from crm.reads.rungs import Column, Ladders, ladders_called
from crm.rules.days import day_of
from crm.rules.paces import Pace
from models.base import one_of
from models.customers import Customer
from models.deals import Deal
from models.people import Person

SHOWN = 20  # cards of a column at once
Order = Literal["days", "amount", "newest"]
ORDERS: tuple[Order, ...] = get_args(Order)
_BY: Mapping[Order, tuple[ColumnElement[Any], ...]] = {
    "days": (Deal.stage_since.asc(), Deal.id.asc()),
    "amount": (Deal.amount.desc(), Deal.id.asc()),
    "newest": (Deal.created_at.desc(), Deal.id.desc()),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """`pipeline` is a name, "" for all. With `stage`, a column's key, only that column, its page `page` of `size`."""

    whose: Whose = EVERYBODYS
    pipeline: str = ""
    colour: StallColour | None = None
    order: Order = "days"
    stage: str = ""
    page: int = 1
    size: int = SHOWN


@dataclass(frozen=True, slots=True)
class Card:
    """`days` and `limit` are working days on this stage; `amount` None where it is not shown; `moves`: his to move.

    `due` is the nearest of its moments that is not done.
    """

    public_id: str
    name: str
    customer: str
    customer_id: str
    owner: str
    amount: Decimal | None
    days: int
    limit: int
    colour: StallColour
    since: datetime
    snoozed_until: datetime | None
    moves: bool
    due: Next | None


@dataclass(frozen=True, slots=True)
class Lane:
    """One column. `total` deals, of which so many are yellow and red; sums in yuan, None where they are not shown.

    `weighted` is the sum of amount × chance of its stage.
    """

    key: str
    label: str
    total: int
    yellow: int
    red: int
    amount: Decimal | None
    weighted: Decimal | None
    cards: Sequence[Card]
    page: int
    pages: int

    @property
    def more(self) -> int:
        """How many there are beyond the cards of the first page."""
        return self.total - len(self.cards)


@dataclass(frozen=True, slots=True)
class Board:
    """`sums` says whether the reader is shown what many deals come to."""

    lanes: Sequence[Lane]
    pipelines: tuple[str, ...]
    sums: bool

    @property
    def total(self) -> int:
        return sum(lane.total for lane in self.lanes)

    @property
    def amount(self) -> Decimal | None:
        return sum((lane.amount or Decimal(0) for lane in self.lanes), Decimal(0)) if self.sums else None

    @property
    def weighted(self) -> Decimal | None:
        return sum((lane.weighted or Decimal(0) for lane in self.lanes), Decimal(0)) if self.sums else None


def board(s: Session, actor: Actor, asked: Asked, now: datetime) -> Board:
    """The open deals as columns. As many statements however many deals, columns and people there are."""
    ladders, shown = ladders_called(s, asked.pipeline), deal_sight(s, eyes(s, actor))
    if asked.order == "amount" and not shown.sums():
        raise Invalid("您的岗位看不到商机金额，不能按金额排", {"sort": "不能按金额排"})
    columns = [one for one in ladders.columns if not asked.stage or one.key == asked.stage]
    if asked.stage and not columns:
        raise Invalid(
            f"没有这个阶段，可选：{'、'.join(one.label for one in ladders.columns)}", {"stage": "没有这个阶段"}
        )
    if not columns:  # a company that has not begun
        return Board([], ladders.names, shown.sums())
    calendar = numbers.calendar(s)
    paces = ladders.paces(numbers.current(s), now, calendar)
    scope = in_scope(s, actor, asked.whose)
    sums = _sums(s, scope, columns, asked.colour, paces, now)
    rows = _cards(s, scope, columns, asked, sums, paces, now)
    ids = [row.Deal.id for row in rows]
    movable, due = _movable(s, actor, ids), next_of(s, ids)
    cards: dict[str, list[Card]] = {column.key: [] for column in columns}
    key_of = {one: column.key for column in columns for one in column.stage_ids}
    for deal, customer, customer_id, held_by, owner in rows:
        mine = paces[deal.stage_id]
        cards[key_of[deal.stage_id]].append(
            Card(
                public_id=deal.public_id,
                name=shown.name(deal, held_by),
                customer=customer,
                customer_id=customer_id,
                owner=owner,
                amount=shown.amount(deal, held_by),
                days=calendar.working_days_between(day_of(deal.stage_since), day_of(now)),
                limit=mine.limit,
                colour=mine.colour(deal.stage_since, deal.snoozed_until, now),
                since=deal.stage_since,
                snoozed_until=deal.snoozed_until if deal.snoozed_until and deal.snoozed_until > now else None,
                moves=deal.id in movable,
                due=due.get(deal.id),
            )
        )
    lanes = [_lane(column, sums, ladders, cards[column.key], asked, shown.sums()) for column in columns]
    return Board(lanes, ladders.names, shown.sums())


def _is(colour: StallColour, pace: Pace, now: datetime) -> ColumnElement[bool]:
    """Whether a deal on a stage of this pace has that colour."""
    put_off = and_(Deal.snoozed_until.is_not(None), Deal.snoozed_until > now)
    if colour is StallColour.GREEN:
        return or_(put_off, Deal.stage_since >= pace.yellow_before)
    if colour is StallColour.RED:
        return and_(~put_off, Deal.stage_since < pace.red_before)
    return and_(~put_off, Deal.stage_since >= pace.red_before, Deal.stage_since < pace.yellow_before)


@dataclass(frozen=True, slots=True)
class _Sum:
    many: int
    yellow: int
    red: int
    amount: Decimal


def _sums(
    s: Session,
    scope: Scope,
    columns: Sequence[Column],
    colour: StallColour | None,
    paces: Mapping[int, Pace],
    now: datetime,
) -> dict[int, _Sum]:
    """What there is on each stage, of one colour or of all. A stage without deals is left out."""
    stages = [one for column in columns for one in column.stage_ids]

    def of(tone: StallColour) -> ColumnElement[bool]:
        return or_(*(and_(Deal.stage_id == one, _is(tone, paces[one], now)) for one in stages))

    yellow, red = of(StallColour.YELLOW), of(StallColour.RED)
    # The same key, but no index leads along it: a store would walk all deals of each stage to save itself the
    # grouping, where whose they are leaves few of them. PostgreSQL only groups by it: of a bare column it knows how
    # many deals are left, and SQLite alone would be led along the stages by the condition, too.
    stage = func.coalesce(Deal.stage_id, 0)
    held = stage if s.get_bind().dialect.name == "sqlite" else Deal.stage_id
    counted = select(
        stage,
        func.count(),
        func.sum(case((yellow, 1), else_=0)),
        func.sum(case((red, 1), else_=0)),
        func.sum(Deal.amount),
    )
    there = [held.in_(stages)] + ([] if colour is None else [of(colour)])
    found = s.execute(scope.of(counted).where(*there).group_by(stage))
    return {stage_id: _Sum(*rest) for stage_id, *rest in found}


def _cards(
    s: Session,
    scope: Scope,
    columns: Sequence[Column],
    asked: Asked,
    stages: Collection[int],
    paces: Mapping[int, Pace],
    now: datetime,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The first deals of every column, or one page of one column, with what a card tells.

    Each of `stages` is walked along its own index as far as the page goes: of all together every deal would be sorted.
    """
    if not stages:
        return []
    skip = (asked.page - 1) * asked.size if asked.stage else 0
    some = scope.of(select(Deal.id)).order_by(*_BY[asked.order]).limit(skip + asked.size)
    mine = {one: [] if asked.colour is None else [_is(asked.colour, paces[one], now)] for one in stages}
    walked = [select(some.where(Deal.stage_id == one, *also).subquery()) for one, also in mine.items()]
    ids = [row.id for row in s.execute(union_all(*walked))]
    told = (
        select(Deal, Customer.name, Customer.public_id, Customer.owner_id, Person.name)
        .join(Customer, Customer.id == Deal.customer_id)
        .join(Person, Person.id == Deal.owner_id)
    )
    rows = s.execute(told.where(one_of(s, Deal.id, ids)).order_by(*_BY[asked.order])).all()
    kept = []
    for column in columns:
        kept += [row for row in rows if row.Deal.stage_id in column.stage_ids][skip : skip + asked.size]
    return kept


def _movable(s: Session, actor: Actor, ids: Sequence[int]) -> frozenset[int]:
    mine = select(Deal.id).join(Customer, Customer.id == Deal.customer_id)
    return frozenset(s.scalars(mine.where(one_of(s, Deal.id, ids), sees_customer(actor, WRITE))))


def _lane(
    column: Column, sums: Mapping[int, _Sum], ladders: Ladders, cards: Sequence[Card], asked: Asked, told: bool
) -> Lane:
    mine = {one: sums[one] for one in column.stage_ids if one in sums}
    total = sum(one.many for one in mine.values())
    amount = sum((one.amount for one in mine.values()), Decimal(0))
    return Lane(
        key=column.key,
        label=column.label,
        total=total,
        yellow=sum(one.yellow for one in mine.values()),
        red=sum(one.red for one in mine.values()),
        amount=amount if told else None,
        weighted=weighted({one: found.amount for one, found in mine.items()}, ladders.chance) if told else None,
        cards=cards,
        page=asked.page if asked.stage else 1,
        pages=max(1, -(-total // asked.size)),
    )


def weighted(amounts: Mapping[int, Decimal], chance: Mapping[int, int]) -> Decimal:
    """Yuan by stage, each times its chance in percent."""
    return sum((amount * chance[one] / 100 for one, amount in amounts.items()), Decimal(0)).quantize(Decimal("0.01"))
