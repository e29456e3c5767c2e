"""The round of 项目报备: warn a rep twice before a registration runs out, and settle those that have."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.prospects import ProjectState
from config.vocabulary import PersonStatus
from crm import audit
from crm import policy as numbers
from crm.access import supervisor_of
from crm.messages import remind
from crm.notices import Notice
from crm.rules.days import days_between
from crm.usecases.project_cards import expiring_card
from crm.usecases.project_meets import facts_of, lock_keys
from crm.usecases.registrations import move_up
from models.customers import Customer
from models.people import Person
from models.projects import Project, ProjectRegistration

LAST_DAYS = 1


def registration_candidates(s: Session, now: datetime) -> list[int]:
    """Ids of registrations of running projects that end soon, or have run out and nobody has settled."""
    soon = now + timedelta(days=numbers.current(s).registration_remind_days + 1)
    rows = select(ProjectRegistration.id).where(
        ProjectRegistration.ended_at.is_(None), ProjectRegistration.expires_at < soon
    )
    return list(s.scalars(rows.order_by(ProjectRegistration.expires_at, ProjectRegistration.id)))


def judge_registration(s: Session, registration_id: int, now: datetime, *, dry_run: bool) -> str | None:
    """Judge one registration afresh, inside this transaction. The line to print, if any."""
    wanted = ProjectRegistration.id == registration_id
    registered = select(ProjectRegistration.project_id).where(wanted)
    project = s.scalar(select(Project).where(Project.id.in_(registered)))
    if project is None:
        return None
    lock_keys(s, facts_of(project))  # before the row, as `register` does: who registers finds it as it is left
    one = s.scalar(select(ProjectRegistration).where(wanted).with_for_update())
    if one is None or one.ended_at is not None:
        return None
    dealer = s.get_one(Customer, one.dealer_id).name
    if one.expires_at <= now:
        return f"报备到期：{project.name}（{dealer}）" if dry_run else _run_out(s, one, project, dealer, now)
    left = days_between(now, one.expires_at - timedelta(seconds=1))
    policy, calendar = numbers.current(s), numbers.calendar(s)
    if project.state != ProjectState.OPEN or one.behind_id is not None or left > policy.registration_remind_days:
        return None
    step = LAST_DAYS if left <= LAST_DAYS else policy.registration_remind_days
    key = f"registration:{one.id}:{one.expires_at:%Y%m%d}:{step}"
    told = [
        dry_run
        or remind(
            s,
            person_id,
            *expiring_card(s, one.id, person_id, now, policy),
            matter=key,
            dedupe=f"{key}:{person_id}",
            now=now,
            policy=policy,
            calendar=calendar,
        )
        for person_id in _receivers(s, one.rep_id)
    ]
    return f"提醒：{project.name} 的报备还有 {left} 天到期（{dealer}）" if any(told) else None


def _run_out(s: Session, one: ProjectRegistration, project: Project, dealer: str, now: datetime) -> str:
    """It ended when it ended, not when a sweep found it; who stood behind it moves up, and the rep hears."""
    one.ended_at = one.expires_at
    s.flush()
    move_up(s, one, now)
    audit.record(s, None, "registration_ran_out", f"project:{project.id}", now, entrance="sweep", name=project.name)
    policy, calendar = numbers.current(s), numbers.calendar(s)
    notice = Notice(
        title=f"报备已到期：{project.name}",
        body=f"「{dealer}」不再受保护。还在推进的话，请尽快重新报备",
    )
    key = f"ran_out:{one.id}"
    for person_id in _receivers(s, one.rep_id):
        dedupe = f"{key}:{person_id}"
        remind(s, person_id, notice, (), matter=key, dedupe=dedupe, now=now, policy=policy, calendar=calendar)
    return f"报备到期：{project.name}（{dealer}）"


def _receivers(s: Session, rep_id: int) -> list[int]:
    """The rep, or whoever answers for him where he is gone."""
    here = s.get_one(Person, rep_id).status == PersonStatus.ACTIVE
    return [rep_id] if here else supervisor_of(s, rep_id)
