"""The inlets of leads as operations see them, and the campaigns a form may name."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.prospects import LeadInlet
from config.vocabulary import CustomerSource, Role, label
from crm.access import Actor, require
from models.customers import Campaign
from models.leads import Lead, LeadSource
from models.people import Person, Team


@dataclass(frozen=True, slots=True)
class SourceRow:
    public_id: str
    inlet: LeadInlet
    name: str
    token: str
    state: str
    source: str
    campaign: str
    owner: str
    team: str
    leads: int
    created_at: datetime
    closed: bool


def lead_sources(s: Session, actor: Actor) -> tuple[SourceRow, ...]:
    """All inlets, the open ones first. For operations and administrators."""
    require(actor, Role.OPERATIONS, Role.ADMIN)
    counted = select(Lead.lead_source_id, func.count().label("many")).group_by(Lead.lead_source_id).subquery()
    rows = s.execute(
        select(LeadSource, Person.name, Team.name, Campaign.name, func.coalesce(counted.c.many, 0))
        .outerjoin(Person, Person.id == LeadSource.owner_id)
        .join(Team, Team.id == LeadSource.team_id)
        .outerjoin(Campaign, Campaign.id == LeadSource.campaign_id)
        .outerjoin(counted, counted.c.lead_source_id == LeadSource.id)
        .order_by(LeadSource.closed_at.is_not(None), LeadSource.id.desc())
    )
    return tuple(
        SourceRow(
            public_id=one.public_id,
            inlet=LeadInlet(one.inlet),
            name=one.name,
            token=one.token,
            state=one.state or "",
            source=label(CustomerSource(one.source)),
            campaign=campaign or "",
            owner=owner or "",
            team=team,
            leads=many,
            created_at=one.created_at,
            closed=one.closed_at is not None,
        )
        for one, owner, team, campaign, many in rows
    )


def campaigns(s: Session) -> list[tuple[int, str]]:
    """Campaigns that run, for a form's drop-down."""
    rows = s.execute(select(Campaign.id, Campaign.name).where(Campaign.retired_at.is_(None)).order_by(Campaign.name))
    return [(row.id, row.name) for row in rows]
