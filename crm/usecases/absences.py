"""请假: from which day to which somebody is away, who is asked in his place, and what waits for him goes over."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from config.vocabulary import ApprovalState, PersonStatus, SignState
from crm import audit
from crm.access import JUDGES, Actor, sees_person
from crm.errors import Invalid, NotAllowed, NotFound
from crm.messages import prompt
from crm.notices import Notice
from crm.rules.days import day_of
from crm.usecases import approval_cards as cards
from crm.usecases.approvals import go_on
from crm.usecases.approvers import in_place_of
from models.approvals import Absence, Approval, ApprovalSigner, ApprovalStep
from models.customers import Customer
from models.deals import Deal
from models.people import Person
from models.quotes import Quote

LONGEST_ABSENCE = 366  # days


@dataclass(frozen=True, slots=True)
class Away:
    public_id: str
    person: str
    deputy: str
    first_day: date
    last_day: date


def go_away(
    s: Session, actor: Actor, deputy_id: int, first: date, last: date, now: datetime, *, entrance: str,
    person_id: int | None = None,
) -> Away:  # fmt: skip
    """Somebody says for himself, or his manager for him, who is asked meanwhile. An absence on the same days ends."""
    person = _whose(s, actor, person_id)
    deputy = s.get(Person, deputy_id)
    if deputy is None or deputy.status != PersonStatus.ACTIVE or deputy.id == person.id:
        raise Invalid("代理人要选一位在岗的同事，不能是请假的人自己", {"deputy_id": "请换一位"})
    if not day_of(now) <= last or first > last:
        raise Invalid("日期不对：最后一天不能早于第一天，也不能已经过去", {"last_day": "请改日期"})
    if (last - first).days >= LONGEST_ABSENCE:
        raise Invalid(f"一次最多 {LONGEST_ABSENCE} 天，请改短", {"last_day": "太久"})
    s.execute(select(Person.id).where(Person.id == person.id).with_for_update())  # two at once: one after the other
    for older in s.scalars(_live(person.id).where(Absence.first_day <= last, Absence.last_day >= first)):
        older.ended_at = now
    made = Absence(person_id=person.id, deputy_id=deputy.id, first_day=first, last_day=last, made_at=now)
    s.add(made)
    s.flush()
    days = _days(first, last)
    audit.record(
        s, actor.person_id, "go_away", f"person:{person.id}", now, entrance=entrance, name=person.name,
        deputy=deputy.name, days=days,
    )  # fmt: skip
    notice = Notice(title=f"请您代理 {person.name}", body=f"{days}，等 {person.name} 处理的审批会转给您")
    prompt(s, deputy.id, notice, dedupe=f"deputy:{made.id}", now=now)
    hand_over(s, person.id, now)
    return Away(made.public_id, person.name, deputy.name, first, last)


def come_back(s: Session, actor: Actor, absence_id: str, now: datetime, *, entrance: str) -> Away:
    """Back earlier, or never gone. What the deputy has been asked meanwhile stays with him."""
    found = s.scalar(
        select(Absence)
        .join(Person, Person.id == Absence.person_id)
        .where(Absence.public_id == absence_id, Absence.ended_at.is_(None), sees_person(actor))
        .with_for_update(of=Absence)
    )
    if found is None:
        raise NotFound("没有找到这次请假，或者已经结束了")
    person = _whose(s, actor, found.person_id)
    found.ended_at = now
    deputy = s.get_one(Person, found.deputy_id)
    audit.record(s, actor.person_id, "come_back", f"person:{person.id}", now, entrance=entrance, name=person.name)
    notice = Notice(title=f"{person.name} 回来了", body="新的审批不再转给您；已经转给您的，还请您处理")
    prompt(s, deputy.id, notice, dedupe=f"deputy_end:{found.id}", now=now)
    s.flush()
    return Away(found.public_id, person.name, deputy.name, found.first_day, found.last_day)


def hand_over(s: Session, person_id: int, now: datetime) -> int:
    """What waits for somebody who is not there, or has come to own it, goes to whoever stands in for him; how many."""
    waiting = (
        select(ApprovalSigner, Approval)
        .join(ApprovalStep, ApprovalStep.id == ApprovalSigner.step_id)
        .join(Approval, Approval.id == ApprovalStep.approval_id)
        .where(
            Approval.state == ApprovalState.WAITING,
            ApprovalSigner.person_id == person_id,
            ApprovalSigner.state.in_((SignState.ASKED, SignState.COMING)),
        )
        .order_by(Approval.id)
    )
    return sum(_pass_on(s, signer, approval, now) for signer, approval in s.execute(waiting).all())


def _pass_on(s: Session, signer: ApprovalSigner, approval: Approval, now: datetime) -> bool:
    about = s.get_one(Deal, approval.deal_id) if approval.quote_id is None else s.get_one(Quote, approval.quote_id)
    s.execute(select(Customer.id).where(Customer.id == about.customer_id).with_for_update())  # as whoever signs it does
    s.refresh(approval)
    s.refresh(signer)
    if approval.state != ApprovalState.WAITING or signer.state not in (SignState.ASKED, SignState.COMING):
        return False
    instead = in_place_of(s, signer.person_id, {approval.requested_by_id, about.owner_id}, now)
    rows = s.scalars(select(ApprovalSigner).where(ApprovalSigner.step_id == signer.step_id))
    there = {one.person_id: one for one in rows}
    if not instead or signer.person_id in {one.person_id for one in instead}:
        return False
    asked = signer.state == SignState.ASKED
    signer.state = SignState.PASSED_ON
    for one in instead:
        known = there.get(one.person_id)
        if known is None:
            fresh = ApprovalSigner(
                step_id=signer.step_id, person_id=one.person_id, for_id=signer.person_id, position=signer.position,
                state=SignState.COMING,
            )  # fmt: skip
            s.add(fresh)
        elif known.state == SignState.PASSED_ON:  # he had passed it on himself, and is back
            known.state, known.signed_at = SignState.COMING, None
    s.flush()
    if asked:
        by = cards.By(None)
        owns = signer.person_id == about.owner_id
        why = "现在由您负责，不能自己批，已转给您的上级" if owns else "您不在，已转给代理人"
        cards.settle(s, approval, signer, why, by, now)
        go_on(s, approval, by, now)
    return True


def _whose(s: Session, actor: Actor, person_id: int | None) -> Person:
    if person_id is None or person_id == actor.person_id:
        return s.get_one(Person, actor.person_id)
    seen = s.scalar(select(Person).where(Person.id == person_id, sees_person(actor)))
    if seen is None or actor.role not in JUDGES:
        raise NotAllowed("只能给自己请假，或者由主管代为登记")
    return seen


def _live(person_id: int) -> Select[Absence]:
    return select(Absence).where(Absence.person_id == person_id, Absence.ended_at.is_(None))


def _days(first: date, last: date) -> str:
    return f"{first:%m-%d}" if first == last else f"{first:%m-%d} 到 {last:%m-%d}"
