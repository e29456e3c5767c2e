"""When somebody is reminded of a moment that a deal must not miss, and how that is said."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from config.vocabulary import MilestoneKind
from crm.rules.days import days_between

HOURS = (7 * 24, 3 * 24, 24, 2)  # before the moment: seven, three and one day, and two hours (product.md C3)
LATE = timedelta(days=1)  # a round that slept through the moment still says so, a day long
LISTED_DAYS = 3  # in the daily list from so many days before
LISTED_LATE_DAYS = 7  # and so long after, unless somebody says that it is done
LOSS: Final[Mapping[MilestoneKind, str]] = {
    MilestoneKind.BID_DEADLINE: "过了时间就投不了标",
    MilestoneKind.DEPOSIT: "保证金没到账，标书会被拒收",
    MilestoneKind.BID_OPENING: "没有人到场，可能按弃标处理",
    MilestoneKind.DELIVERY: "晚交货要赔违约金，下一单也难谈",
}


def step_due(due_at: datetime, now: datetime) -> int | None:
    """The nearest reminder whose moment has come, as hours before; None before the first and a day after the moment.

    A late round finds one step, not all that it has missed.
    """
    if now >= due_at + LATE:
        return None
    return min((hours for hours in HOURS if due_at - timedelta(hours=hours) <= now), default=None)


def to_tell(due_at: datetime, told: int | None, now: datetime) -> int | None:
    """The step that is still to be told, None where there is none. `told`: the last one that was."""
    step = step_due(due_at, now)
    return step if step is not None and (told is None or step < told) else None


def say_left(due_at: datetime, now: datetime) -> str:
    """「还有 3 天」「还有 2 小时」「还有 20 分钟」「已经过了」."""
    left = due_at - now
    if left <= timedelta(0):
        return "已经过了"
    if left < timedelta(hours=1):
        return f"还有 {-(-int(left.total_seconds()) // 60)} 分钟"
    if left <= timedelta(hours=23):
        return f"还有 {-(-int(left.total_seconds()) // 3600)} 小时"
    return f"还有 {days_between(now, due_at)} 天"
