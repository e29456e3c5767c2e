"""The round of unanswered leads: the owner at the due moment, his supervisor at twice the time."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.prospects import LeadState
from config.vocabulary import PersonStatus
from crm import policy as numbers
from crm.access import leaders_of, supervisor_of
from crm.messages import remind
from crm.usecases.lead_cards import called, late_card, lead_card, queue_card
from crm.usecases.leads import matter_of
from models.leads import Lead
from models.people import Person


def late_candidates(s: Session, now: datetime) -> list[int]:
    """Ids of leads that nobody has answered in time, longest first."""
    rows = select(Lead.id).where(Lead.state == LeadState.NEW, Lead.due_at <= now)
    return list(s.scalars(rows.order_by(Lead.due_at, Lead.id)))


def judge_lead(s: Session, lead_id: int, now: datetime, *, dry_run: bool) -> str | None:
    """Judge one lead afresh, inside this transaction; only the highest step due is told. The line to print, if any."""
    lead = s.scalar(select(Lead).where(Lead.id == lead_id).with_for_update())
    if lead is None or lead.state != LeadState.NEW or lead.due_at > now:
        return None
    policy, calendar = numbers.current(s), numbers.calendar(s)
    owner = s.get(Person, lead.owner_id) if lead.owner_id is not None else None
    here = owner is not None and owner.status == PersonStatus.ACTIVE
    late = now >= lead.late_at
    if owner is None:
        (notice, taps), people = queue_card(s, lead, "超过响应时间还没人接"), leaders_of(s, lead.team_id)
    elif here and not late:
        (notice, taps), people = (
            lead_card(s, lead, "线索到点了", "现在联系还来得及；联系过了就点「已联系」"),
            [owner.id],
        )
    else:
        (notice, taps), people = (
            late_card(s, lead, owner.name, "线索超时没联系", "已经超过要求时间的一倍"),
            supervisor_of(s, owner.id),
        )
    key = f"lead_due:{lead.id}:{lead.owner_id or 0}:{'late' if late else 'due'}"
    # The owner's reminder is his first card once more: whichever copy is tapped, the matter is settled.
    matter = matter_of(lead) if owner is None or (here and not late) else key
    told = [
        dry_run
        or remind(
            s,
            person_id,
            notice,
            taps,
            matter=matter,
            dedupe=f"{key}:{person_id}",
            now=now,
            policy=policy,
            calendar=calendar,
        )
        for person_id in people
    ]
    whom = "主管" if late or not here else owner.name if owner else ""
    return f"线索超时：{called(lead)}（{whom}）" if any(told) else None
