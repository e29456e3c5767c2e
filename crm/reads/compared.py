"""One open deal beside those that were won: how long it has stood, how often it was spoken of, what it still lacks."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal
from sqlalchemy.orm import Session

from config.vocabulary import StageKind, StallColour
from crm import policy as numbers
from crm.access import READ, Actor, get_deal
from crm.ladders import course_of, ladder_at
from crm.reads.rungs import ladders_called
from crm.reads.sales_path import TOUCHES, kind_label, path_of, touched
from crm.rules.days import day_of, days_between
from crm.rules.sales_path import Share, Spread, expected_by
from models.base import Instant


@dataclass(frozen=True, slots=True)
class Compared:
    """`days` are calendar days since it was opened, `stage_days` and `limit` working days on its stage.

    The spreads are of the won deals of its pipeline; `expected` is when it would be won if it went on as half of them
    did; `lacking` are the words of what at least every second of them had and it has not.
    """

    pipeline: str
    stage: str
    stage_days: int
    limit: int
    colour: StallColour
    days: int
    cycle: Spread
    touches: int
    usual_touches: Spread
    dwell: Spread
    won_from_here: Share
    expected: datetime | None
    lacking: tuple[str, ...]

    @property
    def told(self) -> str:
        """In one line, for those who have no room for more."""
        mine = f"已 {self.days} 天，接触 {self.touches} 次"
        if self.cycle.middle is None or self.usual_touches.middle is None:
            return f"{mine}。{self.pipeline}的赢单才 {self.cycle.many} 个，太少，还比不出快慢"
        usual = f"接触 {self.touches} 次，赢单通常 {self.usual_touches.middle} 次"
        return f"已 {self.days} 天，同类赢单中位 {self.cycle.middle} 天；{usual}（依据 {self.cycle.many} 个赢单）"


def compared(s: Session, actor: Actor, deal_id: str, now: datetime) -> Compared | None:
    """None for a deal that has ended; NotFound for one that is not his to look at."""
    deal, _ = get_deal(s, actor, deal_id, to=READ)
    course = course_of(s, deal)
    if course.here.kind is not StageKind.OPEN:
        return None
    goes_by = course.ladder if course.ladder.rung(course.here.key) is not None else ladder_at(s, deal.stage_id)
    ladders, calendar = ladders_called(s, goes_by.name), numbers.calendar(s)
    paces = ladders.paces(numbers.current(s), now, calendar)
    mine = paces[goes_by.ids[course.here.key]]
    path = path_of(s, ladders, calendar)
    step = path.steps[[column.key for column in ladders.columns].index(course.here.key)]
    done = touched(s, [deal.id], literal(now, Instant()))[deal.id]
    return Compared(
        pipeline=ladders.name,
        stage=course.here.label,
        stage_days=calendar.working_days_between(day_of(deal.stage_since), day_of(now)),
        limit=mine.limit,
        colour=mine.colour(deal.stage_since, deal.snoozed_until, now),
        days=days_between(deal.created_at, now),
        cycle=path.cycle,
        touches=sum(done.get(kind, 0) for kind in TOUCHES),
        usual_touches=path.touches,
        dwell=step.dwell,
        won_from_here=step.won,
        expected=expected_by(deal.stage_since, step.to_win),
        lacking=tuple(kind_label(kind) for kind in path.key_kinds if kind not in done),
    )
