"""Whether a ladder can stand beside the others, and what a new version of it changes; plans in, sentences out."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from config.funnel import LadderPlan, StageKind, StagePlan
from config.vocabulary import label
from crm.rules.amounts import say_amount

LONGEST_NAME, LONGEST_LABEL, LONGEST_DAYS, MOST_OPEN = 20, 12, 180, 12
HIGHEST_BOUND = Decimal(10) ** 12
ENDS = (StageKind.WON, StageKind.LOST, StageKind.SHELVED)


def problems(plan: LadderPlan, others: Mapping[str, Decimal | None]) -> dict[str, str]:
    """What keeps this plan from standing, by the field to mend: `name`, `below`, `stages`, or `label.2` of a row.

    `others` are the bounds in yuan of the other ladders in use, by name. Exactly one ladder takes what is under no
    bound: then every amount has one, and none has two.
    """
    found = _bounds(plan, others) | _rows(plan.stages)
    if not 1 <= len(plan.name) <= LONGEST_NAME:
        found["name"] = f"流程名称要写 1 到 {LONGEST_NAME} 个字"
    found |= {"stages": said} if (said := _whole(plan.stages)) else {}
    return found


def _whole(stages: Sequence[StagePlan]) -> str:
    """What is wrong with the ladder as a whole; empty where nothing is."""
    open_rungs = [one for one in stages if one.kind is StageKind.OPEN]
    if not open_rungs:
        return "至少要有一个进行中的阶段"
    if len(open_rungs) > MOST_OPEN:
        return f"进行中的阶段最多 {MOST_OPEN} 个，再多没有人分得清"
    if open_rungs[0].needs:
        return f"「{open_rungs[0].label}」是第一个阶段，商机一建就在这里，不能要凭证"
    for kind in ENDS:
        if sum(one.kind is kind for one in stages) != 1:
            return f"「{label(kind)}」要有一个，也只能有一个"
    if len({one.key for one in stages}) != len(stages):
        return "同一个阶段出现了两次，请刷新页面后再改"
    return ""


def _bounds(plan: LadderPlan, others: Mapping[str, Decimal | None]) -> dict[str, str]:
    takes_the_rest = next((name for name, below in others.items() if below is None), None)
    if plan.below is None:
        said = f"其余金额已经走「{takes_the_rest}」，这个流程要写多少元以下"
        return {"below": said} if takes_the_rest is not None else {}
    if takes_the_rest is None:
        return {"below": "要有一个流程接住其余金额，这里请留空"}
    if not 0 < plan.below <= HIGHEST_BOUND:
        return {"below": "金额要大于 0，可以写成 5万"}
    same = next((name for name, below in others.items() if below == plan.below), None)
    if same is None:
        return {}
    return {"below": f"「{same}」也是 {say_amount(plan.below)} 以下，两个流程的金额不能一样"}


def _rows(stages: Sequence[StagePlan]) -> dict[str, str]:
    found, seen = {}, set[str]()
    for number, one in enumerate(stages):
        if not 1 <= len(one.label) <= LONGEST_LABEL:
            found[f"label.{number}"] = f"阶段名称要写 1 到 {LONGEST_LABEL} 个字"
        elif one.label in seen:
            found[f"label.{number}"] = f"有两个阶段都叫「{one.label}」"
        seen.add(one.label)
        if one.days is not None and not 1 <= one.days <= LONGEST_DAYS:
            found[f"days.{number}"] = f"期限要在 1 到 {LONGEST_DAYS} 个工作日之间，或者留空"
        if not 0 <= one.probability <= 100:
            found[f"probability.{number}"] = "赢单概率要在 0 到 100 之间"
    return found


def changes(old: LadderPlan, new: LadderPlan) -> list[str]:
    """One sentence for each thing that differs; empty where nothing does."""
    had, has = ({one.key: one for one in plan.stages} for plan in (old, new))
    said = [f"适用金额：{_bound(old)} 改为 {_bound(new)}"] if old.below != new.below else []
    said += [f"去掉「{one.label}」" for key, one in had.items() if key not in has]
    said += [f"新增「{one.label}」" for key, one in has.items() if key not in had]
    kept = [key for key in had if key in has]
    if kept != [key for key in has if key in had]:
        said.append(f"顺序：{' → '.join(one.label for one in new.stages if one.kind is StageKind.OPEN)}")
    for key in kept:
        said += _stage_changes(had[key], has[key])
    return said


def _stage_changes(old: StagePlan, new: StagePlan) -> list[str]:
    said = [f"「{old.label}」改名「{new.label}」"] if old.label != new.label else []
    for word, before, after in (
        ("要的凭证", _needs(old), _needs(new)),
        ("期限", _days(old), _days(new)),
        ("赢单概率", f"{old.probability}%", f"{new.probability}%"),
    ):
        if before != after:
            said.append(f"「{new.label}」{word}：{before} 改为 {after}")
    return said


def _bound(plan: LadderPlan) -> str:
    return "其余金额" if plan.below is None else f"{say_amount(plan.below)} 以下"


def _needs(one: StagePlan) -> str:
    return "、".join(sorted(label(kind) for kind in one.needs)) or "不要凭证"


def _days(one: StagePlan) -> str:
    return "按规则数字" if one.days is None else f"{one.days} 个工作日"
