"""The round of deals that stand still: each step of each stay is told once, to whom it concerns."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import PersonStatus
from crm import policy as numbers
from crm.access import directors_of, supervisors_of
from crm.messages import Reminder, remind_all
from crm.rules.stalled import Step
from crm.stalls import Stuck, overdue_deals, stuck_deals, suggestions, untold
from crm.usecases.alert_cards import stall_card
from models.base import one_of
from models.deals import Deal


def stall_candidates(s: Session, now: datetime) -> list[int]:
    """Ids of the deals that stand still, the longest on their stage first; most have been told of on another night."""
    return overdue_deals(s, now, numbers.current(s), numbers.calendar(s))


def judge_stall(s: Session, deal_id: int, now: datetime, *, dry_run: bool) -> str | None:
    """One deal, as `judge_stalls` judges many."""
    return next(iter(judge_stalls(s, [deal_id], now, dry_run=dry_run)), None)


def judge_stalls(s: Session, deal_ids: Sequence[int], now: datetime, *, dry_run: bool) -> list[str]:
    """Tell of each of these deals the highest step that is due. A line for each of which somebody was told."""
    policy, calendar = numbers.current(s), numbers.calendar(s)
    found = _held(s, list(untold(s, stuck_deals(s, one_of(s, Deal.id, deal_ids), now, policy, calendar))))
    concerned = _concerned(s, found)
    if not dry_run:
        advice = suggestions(s, found, now, policy)
        reminders = [
            Reminder(
                person_id, *stall_card(one, advice[one.deal_id], policy, own=person_id == one.owner_id),
                matter=one.topic, dedupe=f"{one.topic}:{person_id}", topic=one.topic,
            )
            for one in found
            for person_id in concerned[one.deal_id]
        ]  # fmt: skip
        remind_all(s, reminders, now=now, policy=policy, calendar=calendar)
    words = {"red": "红牌", "yellow": "黄牌"}
    told = [one for one in found if concerned[one.deal_id]]
    return [f"{words[one.stall.colour]}：{one.name}（{one.customer}，{one.stall.reason}）" for one in told]


def _held(s: Session, due: Sequence[Stuck]) -> list[Stuck]:
    """Those that are locked now as they were judged: of two rounds the second finds what the first has promised.

    Of a deal that has moved meanwhile the next round tells, if there is still something to tell.
    """
    if not due:
        return []
    here = (Deal.id, Deal.stage_id, Deal.stage_since, Deal.snoozed_until, Deal.owner_id)
    these = select(*here).where(one_of(s, Deal.id, [one.deal_id for one in due])).order_by(Deal.id)
    stand = {row.id: tuple(row) for row in s.execute(these.with_for_update())}
    return list(untold(s, [one for one in due if stand.get(one.deal_id) == one.stands]))


def _concerned(s: Session, found: Sequence[Stuck]) -> Mapping[int, Sequence[int]]:
    """By deal: the owner; of one who is gone, his supervisor. The directors hear together with the supervisor."""
    step_in = [
        one for one in found if one.stall.step is not Step.OWNER or one.owner_status is not PersonStatus.ACTIVE
    ]  # fmt: skip
    above = supervisors_of(s, {one.owner_id for one in step_in})
    directors = directors_of(s, {one.team_id for one in step_in if one.stall.step is Step.DIRECTOR})
    return {one.deal_id: [one.owner_id] for one in found} | {
        one.deal_id: sorted({*above[one.owner_id], *directors[one.team_id]})
        if one.stall.step is Step.DIRECTOR
        else above[one.owner_id]
        for one in step_in
    }
