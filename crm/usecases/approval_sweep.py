"""The round of approvals: what waits for somebody who is away or gone goes to whoever stands in for him."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.vocabulary import ApprovalState, PersonStatus, SignState
from crm.rules.days import day_of
from crm.usecases.absences import hand_over
from models.approvals import Absence, Approval, ApprovalSigner, ApprovalStep
from models.people import Person


def absent_signers(s: Session, now: datetime) -> list[int]:
    """Ids of people who are not there and whose signature somebody waits for."""
    today = day_of(now)
    away = select(Absence.person_id).where(
        Absence.ended_at.is_(None), Absence.first_day <= today, Absence.last_day >= today
    )
    rows = (
        select(ApprovalSigner.person_id)
        .join(ApprovalStep, ApprovalStep.id == ApprovalSigner.step_id)
        .join(Approval, Approval.id == ApprovalStep.approval_id)
        .join(Person, Person.id == ApprovalSigner.person_id)
        .where(
            Approval.state == ApprovalState.WAITING,
            ApprovalSigner.state.in_((SignState.ASKED, SignState.COMING)),
            or_(Person.status != PersonStatus.ACTIVE, Person.id.in_(away)),
        )
        .distinct()
        .order_by(ApprovalSigner.person_id)
    )
    return list(s.scalars(rows))


def pass_on(s: Session, person_id: int, now: datetime, *, dry_run: bool) -> str | None:
    name = s.scalars(select(Person.name).where(Person.id == person_id).with_for_update()).one()
    if dry_run:
        return f"审批转交：{name} 不在"
    many = hand_over(s, person_id, now)
    return f"审批转交：{name} 不在，{many} 件转给代理人" if many else None
