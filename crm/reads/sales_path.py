"""赢单路径: what the newest closed deals of a pipeline teach.

Learnt from the whole company's deals, since one person's are too few; it holds days, counts and shares, and no name,
no customer and no amount of anybody's.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, union_all
from sqlalchemy.orm import Session

from config.vocabulary import EvidenceKind, Role, StageKind, TimelineKind, label
from crm import policy as numbers
from crm.access import Actor, Reach
from crm.errors import NotAllowed
from crm.reads.rungs import Ladders, ladders_each
from crm.rules.days import WorkCalendar, day_of
from crm.rules.sales_path import Path, Stayed, Step, Story, learn
from models.base import bare, one_of
from models.customers import Customer
from models.deals import Deal, Evidence, StagePeriod
from models.timeline import TimelineEntry

LEARNT = 500  # the newest closed deals: enough for a middle that stands still, and markets change
TOUCHES = (TimelineKind.FOLLOW_UP, TimelineKind.VISIT)
_DEAL, _STAY, _ENTRY, _PROOF = bare(Deal).c, bare(StagePeriod).c, bare(TimelineEntry).c, bare(Evidence).c


def kind_label(kind: str) -> str:
    """The word for a kind of contact or evidence."""
    return label(TimelineKind(kind) if kind in TOUCHES else EvidenceKind(kind))


@dataclass(frozen=True, slots=True)
class PipelinePath:
    """One pipeline with what its closed deals teach; `stages` are the words of `path.steps`."""

    pipeline: str
    stages: tuple[str, ...]
    path: Path

    @property
    def named(self) -> Sequence[tuple[str, Step]]:
        """Each stage with what is known of it."""
        return list(zip(self.stages, self.path.steps, strict=True))


def sales_paths(s: Session, actor: Actor) -> list[PipelinePath]:
    """Of every pipeline, the one for large deals first."""
    if actor.reach is Reach.NOTHING:
        raise NotAllowed(f"{label(Role(actor.role))}不看商机看板和统计。需要的话请找销售主管或销售运营")
    calendar = numbers.calendar(s)
    return [
        PipelinePath(one.name, tuple(column.label for column in one.columns), path_of(s, one, calendar))
        for one in ladders_each(s)
    ]


def path_of(s: Session, ladders: Ladders, calendar: WorkCalendar) -> Path:
    """What the newest closed deals of one pipeline teach. Four statements, however many deals there are."""
    rows = _closed(s, ladders)
    ids, place = [row.id for row in rows], ladders.place
    stays: dict[int, list[Stayed]] = defaultdict(list)
    found = select(_STAY.deal_id, _STAY.stage_id, _STAY.started_at, _STAY.ended_at).order_by(_STAY.id)
    for row in s.execute(found.where(one_of(s, _STAY.deal_id, ids), _STAY.stage_id.in_(list(place)))):
        stays[row.deal_id].append(Stayed(place[row.stage_id], row.started_at, row.ended_at))
    done, won = touched(s, ids, _DEAL.stage_since), set(ladders.ends[StageKind.WON])
    stories = [
        Story(
            opened=row.created_at,
            closed=row.stage_since,
            won=row.stage_id in won,
            stays=stays[row.id],
            touches=sum(done[row.id].get(kind, 0) for kind in TOUCHES),
            kinds=tuple(done[row.id]),
        )
        for row in rows
    ]

    def working_days(start: datetime, end: datetime) -> int:
        return calendar.working_days_between(day_of(start), day_of(end))

    return learn(stories, len(ladders.columns), working_days)


def _closed(s: Session, ladders: Ladders) -> Sequence[Row[*tuple[Any, ...]]]:
    """The newest, read from the index of each end: of the ends together the store would sort all there are."""
    columns = (_DEAL.id, _DEAL.created_at, _DEAL.stage_since, _DEAL.stage_id)
    there = _DEAL.customer_id.in_(select(Customer.id).where(Customer.merged_into_id.is_(None)))
    by_day = select(*columns).where(there).order_by(_DEAL.stage_since.desc(), _DEAL.id.desc()).limit(LEARNT)
    ends = [one for ids in ladders.ends.values() for one in ids]
    newest = [select(by_day.where(_DEAL.stage_id == one).subquery()) for one in ends]
    found = s.execute(union_all(*newest)).all()
    return sorted(found, key=lambda row: (row.stage_since, row.id), reverse=True)[:LEARNT]


def touched(s: Session, ids: Sequence[int], until: ColumnElement[datetime]) -> Mapping[int, dict[str, int]]:
    """How often each kind of contact or evidence is there from the opening of a deal until that moment.

    People write of customers, not of deals: what was said while several deals of one were open counts for each. A
    follow-up that does not count as activity, since it says nothing, is none here either.
    """
    found: dict[int, dict[str, int]] = defaultdict(dict)
    meanwhile = (_ENTRY.customer_id == _DEAL.customer_id) & (_ENTRY.at >= _DEAL.created_at) & (_ENTRY.at <= until)
    spoken = select(_DEAL.id, _ENTRY.kind, func.count()).join(bare(TimelineEntry), meanwhile)
    said = (_ENTRY.kind.in_(TOUCHES), _ENTRY.counts, _ENTRY.retracted_at.is_(None))
    for deal_id, kind, many in s.execute(spoken.where(one_of(s, _DEAL.id, ids), *said).group_by(_DEAL.id, _ENTRY.kind)):
        found[deal_id][kind] = many
    proved = select(_PROOF.deal_id, _PROOF.kind).where(one_of(s, _PROOF.deal_id, ids), _PROOF.removed_at.is_(None))
    for deal_id, kind in s.execute(proved.distinct()):
        found[deal_id][kind] = 1
    return found
