"""What a person has to do today and what is lost otherwise: read by the 08:30 list and the chat alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from config.policy import Policy
from config.vocabulary import ContactState, NoticeClass, StageKind, TimelineKind
from crm.access import Actor, leaders_of
from crm.rules import recycling, stalled
from crm.rules.days import WorkCalendar, at, day_of, days_between
from models.customers import Customer
from models.deals import Deal, Stage
from models.links import ExternalContact, ExternalFollow
from models.messages import OutboxMessage
from models.timeline import TimelineEntry, Todo

SOON_DAYS = 15  # a customer with so few days left is today's business
_PAUSING_STAGE = "contract_review"


class ItemKind(StrEnum):
    TODO = "todo"
    SILENT = "silent"
    STALL = "stall"
    CONTACT = "contact"
    QUEUE = "queue"


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
    """The part of a reminder's dedupe key that names one silence of one customer."""
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
    keys = {silence_key(c.id, c.silent_since): c.id for c in customers}
    if not keys:
        return {}
    same = or_(*(OutboxMessage.dedupe.startswith(f"{key}:") for key in keys))
    rows = s.execute(
        select(OutboxMessage.dedupe, OutboxMessage.due_at)
        .where(OutboxMessage.notice_class == NoticeClass.REMINDER, same)
        .order_by(OutboxMessage.due_at.desc())
    )
    return {keys[":".join(dedupe.split(":")[:3])]: day_of(due_at) for dedupe, due_at in rows.all()}


def _pauses(s: Session, customer_ids: Sequence[int]) -> dict[int, str]:
    """Why a customer's clock stands still; customers whose clock runs are not in it."""
    rows = s.execute(
        select(Deal.customer_id, Stage.kind)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(Deal.customer_id.in_(customer_ids), or_(Stage.kind == StageKind.WON, Stage.key == _PAUSING_STAGE))
    ).all()
    contracts = {row.customer_id: "合同审批中" for row in rows if row.kind != StageKind.WON}
    return contracts | {row.customer_id: "已有成交" for row in rows if row.kind == StageKind.WON}


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
            -late,
        )
        for todo in s.scalars(due)
        for late in (max(0, days_between(todo.due_at, now)),)
    ]


def _silent(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
    long_ago = at(day_of(now), 0) - timedelta(days=policy.release_after_days - SOON_DAYS - 1)
    mine = select(Customer).where(
        Customer.owner_id == actor.person_id, Customer.merged_into_id.is_(None), Customer.silent_since < long_ago
    )
    held = s.scalars(mine).all()
    verdicts = silences_of(s, held, now, policy, calendar)
    items = []
    for customer in held:
        verdict = verdicts[customer.id]
        if verdict.step is not recycling.Step.KEEP and verdict.days_left <= SOON_DAYS:
            loss = "满期会释放给主管重新分配" if policy.recycling_live else "满期会被回收（现在是试运行，只提醒）"
            items.append(
                Item(
                    ItemKind.SILENT,
                    customer.id,
                    customer.public_id,
                    customer.name,
                    verdict.reason,
                    loss,
                    verdict.days_left,
                )
            )
    return items


def _stalls(s: Session, actor: Actor, now: datetime, policy: Policy, calendar: WorkCalendar) -> Sequence[Item]:
    rows = s.execute(
        select(Deal, Stage.key, Stage.label)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(Deal.owner_id == actor.person_id, Stage.kind == StageKind.OPEN)
    )
    items = []
    for deal, key, label in rows.all():
        stall = stall_of(s, deal, key, now, policy, calendar)
        if stall is not None:
            why = stall.reason.replace("当前阶段", f"「{label}」")  # a list has no column for the stage
            urgency = -1 if stall.colour == "red" else 1
            items.append(Item(ItemKind.STALL, deal.id, deal.public_id, deal.name, why, "越拖越难成交", urgency))
    return items


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
            f"等您分配 {days_between(customer.silent_since, now)} 天",
            "没人跟的客户会被同行抢走",
            0,
        )
        for customer in queued
        if customer.queue_team_id in own
    ]
