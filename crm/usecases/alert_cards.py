"""What the alerts look like: each card says why it came, what is lost, and what one tap does about it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.policy import Policy
from config.vocabulary import PersonStatus, label
from crm.access import HOLDERS
from crm.messages import Tap
from crm.notices import Choice, Fact, Notice, Selection
from crm.rules import recycling, stalled
from crm.rules.amounts import say_amount
from crm.rules.days import SHANGHAI
from crm.stalls import Stuck
from models.customers import Customer
from models.people import Person

Card = tuple[Notice, list[Tap]]

SELECT_PERSON = "person"


def silence_card(customer: Customer, verdict: recycling.Verdict, policy: Policy) -> Card:
    """For the owner of a customer that falls silent."""
    args = {"customer": customer.id}
    notice = Notice(
        title=f"{customer.name} {verdict.days} 天没跟进了",
        desc=verdict.reason,
        facts=(Fact("回收日期", f"{verdict.release_on:%Y-%m-%d}"),),
        body=f"{_then(policy)}。打个电话，发一句 /跟进 就能保住",
    )
    return notice, [
        Tap("写跟进", "write", args, 1),
        Tap("明天联系", "tomorrow", args),
        Tap("主动退回", "give_back", args),
    ]


def absent_owner_card(customer: Customer, verdict: recycling.Verdict, owner: Person, policy: Policy) -> Card:
    """For the supervisor of somebody who is gone, so that no customer is forgotten with him."""
    notice = Notice(
        title=f"{customer.name} {verdict.days} 天没人跟进",
        desc=verdict.reason,
        facts=(
            Fact("回收日期", f"{verdict.release_on:%Y-%m-%d}"),
            Fact("负责人", f"{owner.name}（{label(PersonStatus(owner.status))}）"),
        ),
        body=f"负责人不在岗。{_then(policy)}，届时请您分配",
    )
    return notice, []


def last_days_card(customer: Customer, verdict: recycling.Verdict, owner: Person, policy: Policy) -> Card:
    """For the supervisor of an owner who is about to lose a customer."""
    notice = Notice(
        title=f"{customer.name} 快要被回收",
        desc=verdict.reason,
        facts=(Fact("回收日期", f"{verdict.release_on:%Y-%m-%d}"), Fact("负责人", owner.name)),
        body=f"{_then(policy)}。负责人写一条跟进就能保住",
    )
    return notice, [Tap("催负责人", "nudge_holder", {"customer": customer.id}, 1), Tap("知道了", "seen", {})]


def _then(policy: Policy) -> str:
    return "满期后会释放给主管重新分配" if policy.recycling_live else "满期后会被回收（试运行中，暂时只提醒）"


def stall_card(found: Stuck, advice: str, policy: Policy, *, own: bool) -> Card:
    """For the owner of a deal that stands still, or for whoever has to step in. `advice` may be empty."""
    args = {"deal": found.deal_id, "customer": found.customer_id}
    here = found.owner_status is PersonStatus.ACTIVE
    first = [Tap("写跟进", "write", args, 1), Tap("约拜访", "plan_visit", args)]
    if not own and here:
        first = [
            Tap("安排高层拜访", "plan_visit", args, 1),
            Tap("催负责人", "nudge_owner", args),
            Tap("写跟进", "write", args),
        ]
    word = "红牌" if found.stall.colour == "red" else "黄牌"
    notice = Notice(
        title=f"{word} · {found.name}",
        desc=found.stall.reason,
        facts=(
            Fact("客户", found.customer),
            Fact("阶段", found.stage),
            Fact("金额", say_amount(found.amount)),
            Fact("负责人", found.owner if here else f"{found.owner}（{label(found.owner_status)}）"),
        ),
        body=f"{advice or _usual(own, here)}{_next_step(found.stall)}",
    )
    if found.stay.stage_key == "negotiation":  # elsewhere there is no price to talk about yet, or none any more
        first.append(Tap("申请折扣", "ask_discount", {"deal": found.public_id, "stage": found.stay.stage_key}))
    snooze = Tap(f"暂缓 {policy.snooze_days} 天", "snooze", args | {"days": policy.snooze_days})
    return notice, [*first, snooze]


def _usual(own: bool, here: bool) -> str:
    if own:
        return "今天问一句客户的意见；确实要等，就点暂缓"
    return "问一句负责人卡在哪里；确实要等，就点暂缓" if here else "负责人不在岗，请代为联系客户，或换人跟进"


def _next_step(stall: stalled.Stall) -> str:
    if stall.next_in is None:
        return ""
    return f"。再过 {stall.next_in} 个工作日没有进展，会告诉{'主管' if stall.step is stalled.Step.OWNER else '总监'}"


def assign_card(s: Session, customer: Customer, team_id: int, rep: str, why: str, return_by: datetime | None) -> Card:
    """For the supervisor of a customer that waits in a team's queue.

    `rep` is the name of whom it came from; `return_by` None: it cannot go back to him.
    """
    choices = tuple(Choice(str(row.id), row.name) for row in _team_mates(s, team_id))
    args = {"customer": customer.id}
    taps = [Tap("稍后再说", "later", args)]
    facts = [Fact("原负责人", rep)]
    if return_by is not None:
        taps.insert(0, Tap("退还原负责人", "return", args))
        facts.append(Fact("退还期限", f"{return_by.astimezone(SHANGHAI):%m-%d %H:%M} 前"))
    if choices:
        taps.insert(0, Tap("分配", "assign", args, 1))
    or_back = "，或退还原负责人" if return_by is not None else ""
    notice = Notice(
        title=f"请分配：{customer.name}",
        desc=why,
        facts=tuple(facts),
        body=f"选一位同事接手{or_back}。不处理的话，客户会一直没人跟",
        selection=Selection(SELECT_PERSON, "分配给", choices) if choices else None,
    )
    return notice, taps


def _team_mates(s: Session, team_id: int) -> list[Person]:
    """Whom the card offers: the team's active people who may hold a customer, at most ten (the platform's limit)."""
    rows = select(Person).where(
        Person.team_id == team_id, Person.status == PersonStatus.ACTIVE, Person.role.in_(HOLDERS)
    )
    return list(s.scalars(rows.order_by(Person.id).limit(10)))
