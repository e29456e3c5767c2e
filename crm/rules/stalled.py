"""Which deals have stood in a stage too long, who hears of it at which step, and what usually helps."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from config.policy import Policy
from crm.rules.days import WorkCalendar, day_of

# So few contacts in a negotiation mean that nobody on the other side is being spoken to.
FEW_CONTACTS = 3
LONG_QUIET_DAYS = 7


class Step(StrEnum):
    """The ladder of an alert: who hears of it, one after the other."""

    OWNER = "owner"
    LEAD = "lead"
    DIRECTOR = "director"


@dataclass(frozen=True, slots=True)
class Stay:
    """A deal's stay on an open stage. `days` is the limit that the pipeline sets, None where a policy number does.

    `amount` in yuan; `snoozed_until` is the 暂缓 that a person asked for last in this stay, also when it is over.
    """

    stage_key: str
    days: int | None
    since: datetime
    snoozed_until: datetime | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Facts:
    """What the suggestion depends on: follow-ups since the stage began, calendar days since the last one."""

    follow_ups: int
    days_since: int


@dataclass(frozen=True, slots=True)
class Stall:
    """`days` and `limit` are working days; `step` is the highest that is due.

    `next_in`: working days until the next step, None at the last one.
    """

    days: int
    limit: int
    colour: Literal["yellow", "red"]
    step: Step
    next_in: int | None
    reason: str

    @property
    def to_manager(self) -> bool:
        return self.step is not Step.OWNER


def limit_of(stage_key: str, days: int | None, policy: Policy) -> int:
    """Working days that a stage may take: what its pipeline says, else the policy number for it."""
    named = {"proposal": policy.proposal_days, "negotiation": policy.negotiation_days}
    return days if days is not None else named.get(stage_key, policy.stage_days)


def judge(stay: Stay, now: datetime, policy: Policy, calendar: WorkCalendar) -> Stall | None:
    """None while the stage is in time; the caller asks for open stages only (product.md C3, decision 12).

    Colours: yellow at the limit, red at twice the limit, in working days of the Shanghai day on which it entered.

    Steps: the owner hears at the limit. His supervisor hears at `stall_lead_percent` of it, of a negotiation at the
    limit itself, since a price is not the owner's to decide. The directors hear `stall_director_days` after red; of
    more than `director_above` yuan together with the supervisor.

    暂缓: until that moment there is neither colour nor step. The clock itself runs on: from that moment the deal has
    the colour and the step that its days give, and that step is told once more (`alert_topic`), for whoever put it
    off asked to be reminded.
    """
    if stay.snoozed_until is not None and now < stay.snoozed_until:
        return None
    limit = limit_of(stay.stage_key, stay.days, policy)
    days = calendar.working_days_between(day_of(stay.since), day_of(now))
    if days < limit:
        return None
    steps = _steps(stay, limit, policy)
    to_come = [due - days for due in steps.values() if due > days]
    said = {
        "proposal": f"方案交出 {days} 个工作日没有回音",
        "negotiation": f"价格谈判已 {days} 个工作日没有结果",
    }.get(stay.stage_key, f"在当前阶段停留了 {days} 个工作日")
    return Stall(
        days,
        limit,
        "red" if days >= 2 * limit else "yellow",
        [step for step, due in steps.items() if due <= days][-1],
        min(to_come, default=None),
        f"{said}，超过 {limit} 个工作日的期限" if days > limit else f"{said}，已到 {limit} 个工作日的期限",
    )


def _steps(stay: Stay, limit: int, policy: Policy) -> dict[Step, int]:
    """On which working day of the stay each step is due, the lowest step first; never earlier than the one below."""
    lead = limit if stay.stage_key == "negotiation" else -(-limit * policy.stall_lead_percent // 100)
    large = stay.amount > policy.director_above
    director = lead if large else max(lead, 2 * limit + policy.stall_director_days)
    return {Step.OWNER: limit, Step.LEAD: lead, Step.DIRECTOR: director}


def suggest(stay: Stay, facts: Facts, policy: Policy) -> str:
    """For whoever steps into a negotiation: 高层拜访 where little was said, 折扣策略 where much was said in vain.

    Empty for every other stage, where the owner knows best. A large order goes with the director.
    """
    if stay.stage_key != "negotiation":
        return ""
    if facts.follow_ups < FEW_CONTACTS or facts.days_since >= LONG_QUIET_DAYS:
        advice = "建议安排高层拜访：近期接触少，先见到能拍板的人"
    else:
        advice = f"建议商量折扣策略：已跟进 {facts.follow_ups} 次仍没谈拢，卡在价格上"
    return advice + ("；金额较大，请总监一起参加" if stay.amount > policy.director_above else "")


def alert_topic(deal_id: int, period_id: int, step: Step, snoozed_until: datetime | None) -> str:
    """What an alert is about, and therefore told once: a step of one stay, which is a line of the stage ledger.

    A 暂缓 that is over makes another one of it.
    """
    again = "" if snoozed_until is None else f":{snoozed_until.astimezone(UTC):%Y%m%d%H%M}"
    return f"stall:{deal_id}:{period_id}:{step}{again}"


def say_stay(stage: str, days: int) -> str:
    """Where a deal stands and for how many working days: 「在需求确认第 3 个工作日」."""
    return f"在{stage}第 {days} 个工作日" if days else f"今天刚到{stage}"
