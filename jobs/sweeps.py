"""Judge each object by itself, or many together and each by itself where that fails: a broken one stops itself only."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from sqlalchemy.orm import Session

from crm import uow
from crm.silence import batched
from crm.usecases import (
    approval_sweep,
    collision_sweep,
    contests,
    lead_sweep,
    milestone_sweep,
    name_folding,
    places,
    quote_conflict_sweep,
    registration_sweep,
    stall_sweep,
    stray_rows,
    sweeps,
)

log = logging.getLogger(__name__)


class Judge(Protocol):
    def __call__(self, s: Session, object_id: int, now: datetime, /, *, dry_run: bool) -> str | None: ...


class JudgeMany(Protocol):
    def __call__(self, s: Session, object_ids: Sequence[int], now: datetime, /, *, dry_run: bool) -> list[str]: ...


Candidates = Callable[[Session, datetime], list[int]]


def _everybody(s: Session, _: datetime) -> list[int]:
    return sweeps.list_candidates(s)


SWEEPS: dict[str, tuple[Candidates, Judge]] = {
    "silent-customers": (sweeps.silent_candidates, sweeps.judge_silence),
    "stale-deals": (stall_sweep.stall_candidates, stall_sweep.judge_stall),
    "milestones": (milestone_sweep.milestone_candidates, milestone_sweep.judge_milestone),
    "collisions": (collision_sweep.overdue, collision_sweep.judge_overdue),
    "quotes": (quote_conflict_sweep.overdue, quote_conflict_sweep.judge_overdue),
    "approvals": (approval_sweep.who_cannot_sign, approval_sweep.pass_on),
    "registrations": (registration_sweep.registration_candidates, registration_sweep.judge_registration),
    "leads": (lead_sweep.late_candidates, lead_sweep.judge_lead),
    "contests": (contests.overdue, contests.let_the_first_have_it),
    "stray-rows": (stray_rows.recent_merges, stray_rows.gather),
    "places": (places.unplaced, places.learn_place),
    "name-index": (name_folding.scattered, name_folding.fold),
    "daily-list": (_everybody, sweeps.promise_list),
}

# Of these there may be tens of thousands in a night, and a transaction each would take until the morning.
TOGETHER: dict[str, JudgeMany] = {"stale-deals": stall_sweep.judge_stalls}
_AT_ONCE = 1_000


def run(name: str, now: datetime, *, dry_run: bool = False) -> Iterator[str]:
    """A line for each object as it is judged, empty where nothing was to do. Stop reading and the sweep stops."""
    with uow.reading() as s:
        found = SWEEPS[name][0](s, now)
    if name not in TOGETHER:
        yield from _each(name, found, now, dry_run)
        return
    for some in batched(found, _AT_ONCE):
        try:
            lines = uow.attempt(partial(_judged_together, TOGETHER[name], some, now, dry_run))
        except uow.StoreDown:
            raise
        except Exception:
            log.exception("sweep %s: one of %s objects failed, judging each by itself", name, len(some))
            yield from _each(name, some, now, dry_run)
        else:
            yield from lines or [""]


def _each(name: str, found: Sequence[int], now: datetime, dry_run: bool) -> Iterator[str]:
    for object_id in found:
        try:
            line = uow.attempt(partial(_judged, SWEEPS[name][1], object_id, now, dry_run))
        except uow.StoreDown:
            raise  # no object is to blame, and none after it would fare better
        except Exception as error:
            log.exception("sweep %s: object %s failed", name, object_id)
            line = f"{name} {object_id}：出错，已跳过（{type(error).__name__}）"
        yield line or ""


def _judged_together(
    judge: JudgeMany, object_ids: Sequence[int], now: datetime, dry_run: bool, s: Session
) -> list[str]:
    return judge(s, object_ids, now, dry_run=dry_run)


def _judged(judge: Judge, object_id: int, now: datetime, dry_run: bool, s: Session) -> str | None:
    return judge(s, object_id, now, dry_run=dry_run)
