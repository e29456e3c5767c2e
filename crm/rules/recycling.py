"""When does silence remind, and when does it take a customer away? One verdict, which also answers 「还剩几天」."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from config.policy import Policy
from crm.rules.days import WorkCalendar, day_of, days_between


class Step(StrEnum):
    KEEP = "keep"
    REMIND = "remind"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Silence:
    """Since when nothing that counts has happened to a customer, and what stops the clock ("" = nothing)."""

    since: datetime
    paused: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reminder_day` is the step to remind of (30, 40 …); `release_on` the first day a release may happen.

    `days_left` are calendar days until `release_on`, never negative; `reason` is what the rep reads.
    """

    step: Step
    reminder_day: int | None
    days: int
    days_left: int
    release_on: date
    reason: str
    paused: bool = False


def judge(
    silent_since: datetime,
    now: datetime,
    policy: Policy,
    calendar: WorkCalendar,
    reminded_on: date | None,
    paused: str = "",
) -> Verdict:
    """Judge by how long the silence is, never by which day the job happens to run (decision 12).

    `reminded_on` is the day the first reminder of *this* silence was due (a later one only postpones); one from
    before the silence began does not count. A release needs the full days and a reminder due at least one working
    day ago; a customer whose reminders were missed is reminded first. The caller's dedupe key (customer, start of
    silence, step) keeps a step from being sent twice.
    """
    began, today = day_of(silent_since), day_of(now)
    days = max(0, days_between(silent_since, now))
    reminded = reminded_on if reminded_on is not None and reminded_on >= began else None
    full_on = began + timedelta(days=policy.release_after_days)
    # Not reminded yet: told today at the earliest, and the next working day is the first that holds.
    warned_on = reminded or max(today, began + timedelta(days=policy.remind_after_days))
    release_on = max(full_on, calendar.add_working_days(warned_on, 1))
    left = max(0, (release_on - today).days)
    if paused:
        return Verdict(Step.KEEP, None, days, left, release_on, f"{paused}，暂停计算，不会被回收", paused=True)
    if days >= policy.release_after_days and reminded is not None and today >= release_on:
        reason = f"已 {days} 天没有跟进，满 {policy.release_after_days} 天，释放给主管重新分配"
        return Verdict(Step.RELEASE, None, days, 0, release_on, reason)
    due = max((step for step in policy.reminder_steps if days >= step), default=None)
    said = f"已 {days} 天没有跟进" if days else "计时从今天开始"
    return Verdict(Step.REMIND if due else Step.KEEP, due, days, left, release_on, f"{said}，还剩 {left} 天")
