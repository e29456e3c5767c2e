"""The round of approvals: what waits for somebody who cannot sign it goes to whoever stands in for him."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from config.vocabulary import ApprovalState, PersonStatus, SignState
from crm.access import with_matter
from crm.rules.days import day_of
from crm.usecases.absences import hand_over
from models.approvals import Absence, Approval, ApprovalSigner, ApprovalStep
from models.deals import Deal
from models.people import Person
from models.quotes import Quote


def who_cannot_sign(s: Session, now: datetime) -> list[int]:
    """Ids of people whose signature somebody waits for, and who are not there, or own by now what they are to sign."""
    today = day_of(now)
    away = select(Absence.person_id).where(
        Absence.ended_at.is_(None), Absence.first_day <= today, Absence.last_day >= today
    )
    asked = (
        select(ApprovalSigner.person_id)
        .join(ApprovalStep, ApprovalStep.id == ApprovalSigner.step_id)
        .join(Approval, Approval.id == ApprovalStep.approval_id)
        .join(Person, Person.id == ApprovalSigner.person_id)
    )
    owns = Person.id == func.coalesce(Deal.owner_id, Quote.owner_id)
    rows = (
        with_matter(asked)
        .where(
            Approval.state == ApprovalState.WAITING,
            ApprovalSigner.state.in_((SignState.ASKED, SignState.COMING)),
            or_(Person.status != PersonStatus.ACTIVE, Person.id.in_(away), owns),
        )
        .distinct()
        .order_by(ApprovalSigner.person_id)
    )
    return list(s.scalars(rows))


def pass_on(s: Session, person_id: int, now: datetime, *, dry_run: bool) -> str | None:
    name = s.scalars(select(Person.name).where(Person.id == person_id).with_for_update()).one()
    if dry_run:
        return f"审批转交：{name} 现在不能批"
    many = hand_over(s, person_id, now)
    return f"审批转交：{name} 现在不能批，{many} 件转给别人" if many else None
