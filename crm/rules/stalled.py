"""Which deals have stood in a stage too long, whom that concerns, and what usually helps."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from config.policy import Policy
from crm.rules.days import WorkCalendar, day_of

# So few contacts in a negotiation mean that nobody on the other side is being spoken to.
FEW_CONTACTS = 3
LONG_QUIET_DAYS = 7


@dataclass(frozen=True, slots=True)
class DealFacts:
    """What the suggestion depends on: yuan, follow-ups since the stage began, calendar days since the last one."""

    amount: Decimal
    follow_ups_in_stage: int
    days_since_follow_up: int


@dataclass(frozen=True, slots=True)
class Stall:
    """`days` and `limit` are working days; `suggestion` is empty when the owner knows best."""

    days: int
    limit: int
    colour: Literal["yellow", "red"]
    to_manager: bool
    reason: str
    suggestion: str


def judge(
    stage_key: str,
    stage_since: datetime,
    now: datetime,
    policy: Policy,
    calendar: WorkCalendar,
    snoozed_until: datetime | None,
    facts: DealFacts,
) -> Stall | None:
    """None while the stage is in time or its owner has put it off; the caller asks for open stages only.

    A proposal unanswered for 7 working days concerns its owner; a negotiation of 15 concerns the manager, with a
    suggestion (product.md C3). Red from twice the limit on, when any stage concerns the manager.
    """
    if snoozed_until is not None and now < snoozed_until:
        return None
    limits = {"proposal": policy.proposal_days, "negotiation": policy.negotiation_days}
    limit = limits.get(stage_key, policy.stage_days)
    days = calendar.working_days_between(day_of(stage_since), day_of(now))
    if days < limit:
        return None
    red = days >= 2 * limit
    negotiating = stage_key == "negotiation"
    said = {
        "proposal": f"方案交出 {days} 个工作日没有回音",
        "negotiation": f"价格谈判已 {days} 个工作日没有结果",
    }.get(stage_key, f"在当前阶段停留了 {days} 个工作日")
    return Stall(
        days,
        limit,
        "red" if red else "yellow",
        negotiating or red,
        f"{said}，超过 {limit} 个工作日的期限" if days > limit else f"{said}，已到 {limit} 个工作日的期限",
        suggest(facts, policy) if negotiating else "",
    )


def suggest(facts: DealFacts, policy: Policy) -> str:
    """高层拜访 where little was said, 折扣策略 where much was said in vain; a large order with the director."""
    quiet = facts.follow_ups_in_stage < FEW_CONTACTS or facts.days_since_follow_up >= LONG_QUIET_DAYS
    if quiet:
        advice = "建议安排高层拜访：近期接触少，先见到能拍板的人"
    else:
        advice = f"建议商量折扣策略：已跟进 {facts.follow_ups_in_stage} 次仍没谈拢，卡在价格上"
    if facts.amount > policy.director_above:
        advice += "；金额较大，请总监一起参加"
    return advice


def period_key(stage_since: datetime) -> str:
    """The stay in a stage as a part of a dedupe key: one alert per stay, another after the deal has moved."""
    return stage_since.astimezone(UTC).strftime("%Y%m%dT%H%M%S%f")
