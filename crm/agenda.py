"""What a person has to do today and what is lost otherwise: read by the 08:30 list and the chat alike."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from config.policy import Policy
from config.vocabulary import ContactState, HolderKind, OwnershipReason, StageKind, TimelineKind
from crm.access import Actor, leaders_of, supervisor_of
from crm.rules import recycling, stalled
from crm.rules.days import SHANGHAI, WorkCalendar, at, day_of, days_between
from models.customers import Customer, OwnershipPeriod
from models.deals import Deal, Stage
from models.links import ExternalContact, ExternalFollow
from models.messages import OutboxMessage
from models.people import Person
from models.timeline import TimelineEntry, Todo

_PAUSING = or_(Stage.kind == StageKind.WON, Stage.key == "contract_review")
_LAST_DAYS = 3  # a customer with fewer days left comes before everything else
LOST_DAYS = 3  # a weekend may lie between a release and the next list
_AT_ONCE = 500  # ids in one statement: a database's limit on parameters is not ours to meet


T = TypeVar("T")


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """`itertools.batched`, which Python 3.11 lacks."""
    rest = iter(things)
    while some := list(islice(rest, size)):
        yield some


class ItemKind(StrEnum):
    TODO = "todo"
    SILENT = "silent"
    STALL = "stall"
    CONTACT = "contact"
    QUEUE = "queue"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do: what it is about, why today, and what is lost if not."""

    kind: ItemKind
    object_id: int
    public_id: str  # of the customer, deal or to-do; empty for a contact
    title: str
    why: str
    loss: str
    sort: int  # smaller is more urgent


def silence_key(customer_id: int, silent_since: datetime) -> str:
    """The topic of a reminder: one silence of one customer."""
    return f"silent:{customer_id}:{silent_since:%Y%m%d%H%M%S%f}"


def silence_of(
    s: Session, customer: Customer, now: datetime, policy: Policy, calendar: WorkCalendar
) -> recycling.Verdict:
    """「还剩几天，为什么」 of one held customer, judged from the store."""
    return silences_of(s, [customer], now, policy, calendar)[customer.id]


def silences_of(
    s: Session, customers: Sequence[Customer], now: datetime, policy: Policy, calendar: WorkCalendar
) -> dict[int, recycling.Verdict]:
    """The verdict on each customer, by id: two queries, however many there are."""
    reminded, paused = _first_reminders(s, customers), _pauses(s, [c.id for c in customers])
    return {
        c.id: recycling.judge(c.silent_since, now, policy, calendar, reminded.get(c.id), paused.get(c.id, ""))
        for c in customers
    }


def _first_reminders(s: Session, customers: Sequence[Customer]) -> dict[int, date]:
    """The day on which the first reminder of each running silence was due."""
    topics = {silence_key(c.id, c.silent_since): c.id for c in customers}
    found: dict[int, date] = {}
    for some in batched(topics, _AT_ONCE):
        rows = s.execute(
            select(OutboxMessage.topic, func.min(OutboxMessage.due_at))
            .where(OutboxMessage.topic.in_(some))
            .group_by(OutboxMessage.topic)
        )
        found |= {topics[topic]: day_of(due_at) for topic, due_at in rows.all()}
    return found


def _pauses(s: Session, customer_ids: Sequence[int]) -> dict[int, str]:
    """Why a customer's clock stands still; customers whose clock runs are not in it."""
    found: dict[int, str] = {}
    for some in batched(customer_ids, _AT_ONCE):
        rows = s.execute(
            select(Deal.customer_id, Stage.kind)
            .join(Stage, Stage.id == Deal.stage_id)
            .where(Deal.customer_id.in_(some), _PAUSING)
        ).all()
        found |= {row.customer_id: "合同审批中" for row in rows if row.kind != StageKind.WON}
        found |= {row.customer_id: "已有成交" for row in rows if row.kind == StageKind.WON}
    return found


def paused() -> ColumnElement[bool]:
    """The condition under which a customer's silence clock stands still, for lists."""
    deals = select(Deal.id).join(Stage, Stage.id == Deal.stage_id)
    return deals.where(Deal.customer_id == Customer.id, _PAUSING).exists()


def stall_of(
    s: Session, deal: Deal, stage_key: str, now: datetime, policy: Policy, calendar: WorkCalendar
) -> stalled.Stall | None:
    """Whether an open deal has stood too long on its rung, with the facts of its own follow-ups."""
    said = (
        TimelineEntry.customer_id == deal.customer_id,
        TimelineEntry.kind == TimelineKind.FOLLOW_UP,
        TimelineEntry.retracted_at.is_(None),
    )
    said_since = TimelineEntry.at >= deal.stage_since
    many = s.scalar(select(func.count()).select_from(TimelineEntry).where(*said, said_since)) or 0
    last = s.scalar(select(func.max(TimelineEntry.at)).where(*said, said_since))
    since = days_between(deal.stage_since if last is None else last, now)
    facts = stalled.DealFacts(deal.amount, many, since)
    return stalled.judge(stage_key, deal.stage_since, now, policy, calendar, deal.snoozed_until, facts)


def agenda(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> list[Item]:
    """Everything that needs this person today, most urgent first."""
    items = [
        *_todos(s, actor, now),
        *_silent(s, actor, now, policy, calendar),
        *_stalls(s, actor, now, policy, calendar),
        *_contacts(s, actor),
        *_queue(s, actor, now),
        *_lost(s, actor, now),
    ]
    return sorted(items, key=lambda item: (item.sort, item.title))


def _todos(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
    tomorrow = at(day_of(now), 0) + timedelta(days=1)
    due = select(Todo).where(Todo.person_id == actor.person_id, Todo.done_at.is_(None), Todo.due_at < tomorrow)
    return [
        Item(
            ItemKind.TODO,
            todo.id,
            todo.public_id,
            todo.text,
            "今天到期" if late == 0 else f"已过期 {late} 天",
            "答应客户的事会落空",
            0,
        )
        for todo in s.scalars(due)
        for late in (max(0, days_between(todo.due_at, now)),)
    ]


def _silent(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
    long_ago = at(day_of(now), 0) - timedelta(days=policy.remind_after_days - 1)
    mine = select(Customer).where(
        Customer.owner_id == actor.person_id, Customer.merged_into_id.is_(None), Customer.silent_since < long_ago
    )
    held = s.scalars(mine).all()
    verdicts = silences_of(s, held, now, policy, calendar)
    items = []
    for customer in held:
        verdict = verdicts[customer.id]
        if verdict.step is not recycling.Step.KEEP:
            loss = "满期会释放给主管重新分配" if policy.recycling_live else "满期会被回收（现在是试运行，只提醒）"
            items.append(
                Item(
                    ItemKind.SILENT,
                    customer.id,
                    customer.public_id,
                    customer.name,
                    verdict.reason,
                    loss,
                    verdict.days_left - _LAST_DAYS,
                )
            )
    return items


def _stalls(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
    """One's own deals that stand still; a manager's also those of his people that have come to concern him."""
    shortest = min(policy.proposal_days, policy.negotiation_days, policy.stage_days)
    rows = s.execute(
        select(Deal, Stage.key, Stage.label, Person.name)
        .join(Stage, Stage.id == Deal.stage_id)
        .join(Customer, Customer.id == Deal.customer_id)
        .join(Person, Person.id == Deal.owner_id)
        .where(
            or_(Deal.owner_id == actor.person_id, Person.team_id.in_(actor.team_ids)),
            Customer.owner_id == Deal.owner_id,
            Stage.kind == StageKind.OPEN,
            Deal.stage_since < now - timedelta(days=shortest - 1),
        )
    ).all()
    mine: dict[int, bool] = {}
    items = []
    for deal, key, label, owner in rows:
        facts = stalled.DealFacts(deal.amount, 0, 0)  # they only choose the card's suggestion
        stall = stalled.judge(key, deal.stage_since, now, policy, calendar, deal.snoozed_until, facts)
        if stall is None:
            continue
        own = deal.owner_id == actor.person_id
        if not own and deal.owner_id not in mine:
            mine[deal.owner_id] = actor.person_id in supervisor_of(s, deal.owner_id)
        if not own and not (stall.to_manager and mine[deal.owner_id]):
            continue
        why = stall.reason.replace("当前阶段", f"「{label}」")  # a list has no column for the stage
        urgency = -1 if stall.colour == "red" else 1
        title = deal.name if own else f"{deal.name}（{owner}）"
        items.append(Item(ItemKind.STALL, deal.id, deal.public_id, title, why, "越拖越难成交", urgency))
    return items


def _lost(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
    """What silence took from this person in the last days: a single message may have been folded into this list."""
    before = aliased(OwnershipPeriod)
    rows = s.execute(
        select(Customer, OwnershipPeriod.started_at)
        .join(OwnershipPeriod, OwnershipPeriod.customer_id == Customer.id)
        .join(before, and_(before.customer_id == Customer.id, before.ended_at == OwnershipPeriod.started_at))
        .where(
            OwnershipPeriod.reason == OwnershipReason.RECYCLED,
            OwnershipPeriod.ended_at.is_(None),
            OwnershipPeriod.started_at > now - timedelta(days=LOST_DAYS),
            before.holder_kind == HolderKind.PERSON,
            before.holder_id == actor.person_id,
        )
    ).all()
    loss = "其实有跟进的话，请主管退还"
    return [
        Item(ItemKind.LOST, c.id, c.public_id, c.name, f"{at.astimezone(SHANGHAI):%m-%d} 已释放给主管", loss, -1)
        for c, at in rows
    ]


def _contacts(s: Session, actor: Actor) -> Sequence[Item]:
    rows = s.scalars(
        select(ExternalContact)
        .join(ExternalFollow, ExternalFollow.external_contact_id == ExternalContact.id)
        .where(
            ExternalFollow.person_id == actor.person_id,
            ExternalFollow.ended_at.is_(None),
            ExternalContact.state == ContactState.UNLINKED,
        )
    )
    loss = "没建档的客户，换人就丢了"
    return [Item(ItemKind.CONTACT, c.id, "", c.name, "新联系人还没关联客户", loss, 5) for c in rows]


def _queue(s: Session, actor: Actor, now: datetime) -> Sequence[Item]:
    if not actor.manages:
        return []
    waiting = select(Customer).where(Customer.queue_team_id.in_(actor.team_ids), Customer.merged_into_id.is_(None))
    queued = s.scalars(waiting).all()
    teams = {customer.queue_team_id for customer in queued}
    own = {team for team in teams if team is not None and actor.person_id in leaders_of(s, team)}
    return [
        Item(
            ItemKind.QUEUE,
            customer.id,
            customer.public_id,
            customer.name,
            _waited(days_between(customer.silent_since, now)),
            "没人跟的客户会被同行抢走",
            0,
        )
        for customer in queued
        if customer.queue_team_id in own
    ]


def _waited(days: int) -> str:
    return f"等您分配 {days} 天" if days else "今天刚到，等您分配"
