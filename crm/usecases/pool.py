"""Silence releases a customer to the supervisor's queue; a person gives it to the next one, or gives it back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.policy import Policy
from config.vocabulary import HolderKind, OwnershipReason, PersonStatus, Role, TimelineKind, label
from crm import audit
from crm.access import DECIDE, HOLDERS, Actor, get_customer, supervisor_of
from crm.cards import close_matter
from crm.errors import Conflict, Gone, NotAllowed, NotFound
from crm.holding import Holder, former_holder, holder_of, tenure_began
from crm.messages import prompt, prompt_card, remind
from crm.notices import Notice
from crm.rules.days import WorkCalendar, at, day_of
from crm.rules.recycling import Step
from crm.silence import silence_of
from crm.usecases.alert_cards import assign_card
from crm.usecases.followups import rewind, write_entry
from crm.usecases.ownership import pass_on
from models.customers import Customer, OwnershipPeriod
from models.ops import PolicyChange
from models.people import Person


def queue_matter(customer_id: int, period_id: int) -> str:
    return f"queue:{customer_id}:{period_id}"


@dataclass(frozen=True, slots=True)
class Assigned:
    customer_id: int
    customer_name: str
    person_name: str
    period_id: int  # the new open period, for taking it back


def released_today(s: Session, now: datetime) -> int:
    """How many customers silence has released on this Shanghai day.

    The newest row of the switch is locked: of two sweeps at once the second counts what the first has released.
    """
    switch = select(PolicyChange.id).where(PolicyChange.name == "recycling_live")
    s.execute(switch.order_by(PolicyChange.id.desc()).limit(1).with_for_update())
    return (
        s.scalar(
            select(func.count())
            .select_from(OwnershipPeriod)
            .where(OwnershipPeriod.reason == OwnershipReason.RECYCLED, OwnershipPeriod.started_at >= at(day_of(now), 0))
        )
        or 0
    )


def release(s: Session, customer: Customer, why: str, now: datetime, policy: Policy, calendar: WorkCalendar) -> bool:
    """Take a silent customer from its rep into the queue of his team, if it is still as silent as it was read.

    The supervisor's 分配 card, the rep's word, the timeline and the audit commit with it. False: somebody was faster.
    """
    period_id, holder, _ = holder_of(s, customer.id)
    if holder.kind is not HolderKind.PERSON or holder.id is None:
        return False
    rep = s.get_one(Person, holder.id)
    queue = Holder.queue(rep.team_id)
    if not pass_on(s, customer.id, period_id, customer.silent_since, queue, OwnershipReason.RECYCLED, None, now):
        return False
    write_entry(s, customer.id, TimelineKind.OWNERSHIP, f"{why}，已从 {rep.name} 释放到待分配", None, now)
    audit.record(s, None, "recycle", f"customer:{customer.id}", now, entrance="sweep", was=rep.id, why=why)
    opened, _, _ = holder_of(s, customer.id)
    notice, taps = assign_card(s, customer, rep.team_id, rep.name, why, return_by(s, customer.id, policy))
    matter = queue_matter(customer.id, opened)
    for person_id in supervisor_of(s, rep.id):
        key = f"assign:{customer.id}:{opened}:{person_id}"
        remind(s, person_id, notice, taps, matter=matter, dedupe=key, now=now, policy=policy, calendar=calendar)
    if rep.status == PersonStatus.ACTIVE:
        lost = Notice(
            title=f"{customer.name} 已释放",
            body=f"{why}，客户已转给主管重新分配。其实有跟进的话请联系主管，{policy.undo_release_days} 天内可以退还",
        )
        key = f"released:{customer.id}:{opened}"
        remind(s, rep.id, lost, (), matter=key, dedupe=f"{key}:{rep.id}", now=now, policy=policy, calendar=calendar)
    return True


def assign(
    s: Session, actor: Actor, customer_id: int | str, to_person_id: int, now: datetime, *, entrance: str
) -> Assigned:
    """A manager gives a queued customer to somebody he answers for (or to himself)."""
    if not actor.manages and not actor.sees_all:
        raise NotAllowed("只有主管能分配客户")
    customer = get_customer(s, actor, customer_id, to=DECIDE)
    period_id, holder, _ = holder_of(s, customer.id)
    if holder.kind is HolderKind.PERSON:
        who = s.get_one(Person, holder.id).name
        raise Conflict(f"「{customer.name}」已经在 {who} 名下，没有重复分配")
    to = s.get(Person, to_person_id)
    within = to is not None and (actor.sees_all or to.team_id in actor.team_ids or to.id == actor.person_id)
    if to is None or not within or to.status != PersonStatus.ACTIVE:
        raise NotFound("没有找到这位同事，或者他不在您的团队里、已经停用")
    if to.role not in HOLDERS:
        raise Conflict(f"{to.name} 的角色是{label(Role(to.role))}，不能负责客户。请选一位销售或主管")
    new_holder = Holder.person(to.id)
    seen = customer.silent_since
    if not pass_on(s, customer.id, period_id, seen, new_holder, OwnershipReason.ASSIGNED, actor.person_id, now):
        raise Conflict(f"「{customer.name}」刚刚被别人处理了，请刷新再看")
    opened, _, _ = holder_of(s, customer.id)
    _tell(s, customer, actor, to, f"把客户分配给 {to.name}", now)
    audit.record(
        s, actor.person_id, "assign", f"customer:{customer.id}", now, entrance=entrance, to=to.id, period=opened
    )
    close_matter(s, queue_matter(customer.id, period_id), f"已分配给 {to.name}", now, by=actor)
    return Assigned(customer.id, customer.name, to.name, opened)


def _tell(s: Session, customer: Customer, actor: Actor, to: Person, words: str, now: datetime) -> None:
    write_entry(s, customer.id, TimelineKind.OWNERSHIP, words, actor.person_id, now)
    if to.id == actor.person_id:
        return
    notice = Notice(
        title=f"分配给您：{customer.name}",
        body=f"{actor.name} 把这个客户交给您。今天联系一次，发 /跟进 {customer.name} 记一句；沉默计时从现在开始",
    )
    prompt(s, to.id, notice, dedupe=f"assigned:{customer.id}:{to.id}:{now:%Y%m%d%H%M%S%f}", now=now)


def return_by(s: Session, customer_id: int, policy: Policy) -> datetime:
    """Until when a queued customer may go back to the person it came from."""
    return tenure_began(s, customer_id) + timedelta(days=policy.undo_release_days)


def give_to_former(
    s: Session, actor: Actor, customer_id: int | str, now: datetime, policy: Policy, *, entrance: str
) -> Assigned:
    """Undo a release within its days: the customer goes back to whom silence took it from."""
    if not actor.manages and not actor.sees_all:
        raise NotAllowed("只有主管能退还客户")
    customer = get_customer(s, actor, customer_id, to=DECIDE)
    period_id, holder, _ = holder_of(s, customer.id)
    if holder.kind is not HolderKind.QUEUE:
        raise Conflict(f"「{customer.name}」已经有人接手，不能再退还")
    if now > return_by(s, customer.id, policy):
        raise Conflict(f"释放已超过 {policy.undo_release_days} 天，不能退还了。可以直接分配给同事，也可以分配给他")
    former = s.get(Person, former_holder(s, customer.id) or 0)
    if former is None:
        raise Conflict(f"「{customer.name}」没有原负责人，请直接分配")
    if former.status != PersonStatus.ACTIVE:
        raise Conflict(f"原负责人 {former.name} 已不在岗，请分配给其他同事")
    if former.role not in HOLDERS:
        raise Conflict(f"{former.name} 现在的角色是{label(Role(former.role))}，不能负责客户。请分配给其他同事")
    back, seen = Holder.person(former.id), customer.silent_since
    if not pass_on(s, customer.id, period_id, seen, back, OwnershipReason.RETURNED, actor.person_id, now):
        raise Conflict(f"「{customer.name}」刚刚被别人处理了，请刷新再看")
    opened, _, _ = holder_of(s, customer.id)
    _tell(s, customer, actor, former, f"把客户退还给 {former.name}", now)
    audit.record(s, actor.person_id, "return", f"customer:{customer.id}", now, entrance=entrance, to=former.id)
    close_matter(s, queue_matter(customer.id, period_id), f"已退还给 {former.name}", now, by=actor)
    return Assigned(customer.id, customer.name, former.name, opened)


def give_back(s: Session, actor: Actor, customer_id: int, now: datetime, policy: Policy, *, entrance: str) -> Assigned:
    """主动退回: a rep who cannot serve a customer hands it to his supervisor's queue."""
    customer = get_customer(s, actor, customer_id, to=DECIDE)
    if customer.owner_id != actor.person_id:
        raise NotAllowed("只能退回自己名下的客户")
    period_id, _, _ = holder_of(s, customer.id)
    queue, seen = Holder.queue(actor.team_id), customer.silent_since
    if not pass_on(s, customer.id, period_id, seen, queue, OwnershipReason.GIVEN_BACK, actor.person_id, now):
        raise Conflict(f"「{customer.name}」刚刚被别人处理了，请刷新再看")
    opened, _, _ = holder_of(s, customer.id)
    write_entry(s, customer.id, TimelineKind.OWNERSHIP, "主动退回，等待分配", actor.person_id, now)
    audit.record(s, actor.person_id, "give_back", f"customer:{customer.id}", now, entrance=entrance)
    said = f"{actor.name} 主动退回，等待分配"
    until = return_by(s, customer.id, policy)
    notice, taps = assign_card(s, customer, actor.team_id, actor.name, said, until)
    matter = queue_matter(customer.id, opened)
    for person_id in supervisor_of(s, actor.person_id):
        key = f"assign:{customer.id}:{opened}:{person_id}"
        prompt_card(s, person_id, notice, taps, matter=matter, dedupe=key, now=now, policy=policy)
    return Assigned(customer.id, customer.name, "待分配", opened)


def nudge_holder(
    s: Session, actor: Actor, customer_id: int, card_id: int, now: datetime, policy: Policy, calendar: WorkCalendar
) -> str:
    """The supervisor asks the owner of a customer that is about to be released to move. The owner's name."""
    customer = get_customer(s, actor, customer_id, to=DECIDE)
    owner = s.get(Person, customer.owner_id or 0)
    if owner is None or owner.status != PersonStatus.ACTIVE:
        raise Gone(f"「{customer.name}」现在没有在岗的负责人，催不到人")
    if silence_of(s, customer, now, policy, calendar).step is Step.KEEP:
        raise Gone(f"「{customer.name}」已经有新的跟进，{owner.name} 不用再催")
    notice = Notice(
        title=f"{actor.name} 请您联系「{customer.name}」",
        body=f"客户快要被回收了。今天联系一次，发 /跟进 {customer.name} 说说情况，就能保住",
    )
    prompt(s, owner.id, notice, dedupe=f"nudge:{card_id}:{owner.id}", now=now)
    return owner.name


def take_back(s: Session, actor: Actor, customer_id: int, period_id: int, now: datetime, *, entrance: str) -> str:
    """Undo an own assignment, return or giving back: the holder before goes on, his clock too. The customer's name."""
    own_move = (OwnershipPeriod.id == period_id, OwnershipPeriod.actor_id == actor.person_id)
    period = s.scalar(select(OwnershipPeriod).where(*own_move, OwnershipPeriod.customer_id == customer_id))
    if period is None:
        raise Conflict("这一步之后又有变动，不能撤销了。请刷新后再看")
    customer = s.scalars(select(Customer).where(Customer.id == customer_id).with_for_update()).one()
    open_id, _, _ = holder_of(s, customer_id)
    if open_id != period_id:
        raise Conflict(f"「{customer.name}」之后又有变动，不能撤销了")
    before = s.scalars(
        select(OwnershipPeriod)
        .where(OwnershipPeriod.customer_id == customer_id, OwnershipPeriod.id < period_id)
        .order_by(OwnershipPeriod.id.desc())
        .limit(1)
    ).one()
    if customer.silent_since != period.started_at:
        raise Conflict(f"「{customer.name}」接手后已经有跟进，不能撤销了")
    back, seen = Holder(HolderKind(before.holder_kind), before.holder_id), customer.silent_since
    if not pass_on(s, customer_id, period_id, seen, back, OwnershipReason.UNDONE, actor.person_id, now):
        raise Conflict(f"「{customer.name}」刚刚被别人处理了，请刷新再看")
    s.refresh(customer)
    rewind(s, customer)
    close_matter(s, queue_matter(customer_id, period_id), f"{actor.name} 撤销了退回", now, by=actor)
    if period.holder_kind == HolderKind.PERSON and period.holder_id not in (None, actor.person_id):
        gone = Notice(title=f"{customer.name} 的分配已撤销", body=f"{actor.name} 撤销了刚才的分配，您不用再跟进")
        prompt(s, period.holder_id, gone, dedupe=f"unassigned:{period_id}:{period.holder_id}", now=now)
    write_entry(s, customer_id, TimelineKind.OWNERSHIP, "撤销了刚才的操作", actor.person_id, now)
    audit.record(s, actor.person_id, "take_back", f"customer:{customer_id}", now, entrance=entrance, period=period_id)
    return customer.name
