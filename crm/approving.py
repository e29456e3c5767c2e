"""Which approvals a move of a deal needs, and whether somebody gave them for exactly this deal as it is."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from config.vocabulary import ApprovalState, Measure, SignMode, StageKind
from crm import policy
from crm.ladders import Course
from crm.rules.approvals import Case, Rule, Step, fingerprint
from crm.rules.funnel import Lack, Missing, Rung
from models.approvals import Approval, ApprovalRule, ApprovalRuleStep
from models.base import bare
from models.deals import Deal, Evidence, Stage
from models.files import Attachment

_RULE, _STEP = bare(ApprovalRule).c, bare(ApprovalRuleStep).c


def current_rules(s: Session) -> list[Rule]:
    """The rules that hold now, in the order in which they were made."""
    rows = s.execute(select(bare(ApprovalRule)).where(_RULE.retired_at.is_(None)).order_by(_RULE.id)).all()
    steps: dict[int, list[Step]] = defaultdict(list)
    asked = select(bare(ApprovalRuleStep)).where(_STEP.rule_id.in_([row.id for row in rows]))
    for one in s.execute(asked.order_by(_STEP.rule_id, _STEP.position)):
        steps[one.rule_id].append(Step(SignMode(one.mode), tuple(one.seats)))
    above = policy.current(s).director_above
    return [
        Rule(row.id, row.name, row.stage_key, Measure(row.measure), above if row.bound is None else row.bound,
             tuple(steps[row.id]))
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Need:
    """The approval that a move waits for: the rules that ask, and the print of what would be signed."""

    rules: tuple[Rule, ...]
    case: Case
    fingerprint: str

    @property
    def told(self) -> str:
        return "；".join(rule.told(self.case) for rule in self.rules)


def approval_needed(s: Session, deal: Deal, course: Course, to: Rung) -> Need | None:
    """What still has to be signed before the deal may stand on `to`; None where nothing has, or somebody has signed it.

    A rule holds from its stage on: whoever jumps over the stage, or raises the amount behind it, is asked as well. A
    win is behind every stage, also of a ladder that has not got it: many small orders are a large one in parts.
    """
    if to.kind in (StageKind.LOST, StageKind.SHELVED):
        return None
    won = to.kind is StageKind.WON
    reached = {rung.key for rung in course.ladder.rungs if rung.position <= to.position}
    rules = [rule for rule in current_rules(s) if won or rule.stage_key in reached]
    if not rules:
        return None
    case = case_of(s, deal)
    asking = tuple(rule for rule in rules if rule.asks(case))
    if not asking:
        return None
    ids, stages = [rule.id for rule in asking], {rule.stage_key for rule in asking}
    need = Need(asking, case, print_of(s, deal, ids, stages))
    signed = exists().where(
        Approval.deal_id == deal.id,
        Approval.fingerprint == need.fingerprint,
        Approval.state == ApprovalState.APPROVED,
    )
    return None if s.scalar(select(signed)) else need


def case_of(s: Session, deal: Deal) -> Case:
    """A lost or shelved deal no longer counts with the others."""
    around = timedelta(days=policy.current(s).split_days)
    others = (
        select(Deal.amount)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(
            Deal.customer_id == deal.customer_id,
            Deal.id != deal.id,
            Deal.created_at.between(deal.created_at - around, deal.created_at + around),
            Stage.kind.in_((StageKind.OPEN, StageKind.WON)),
        )
        .order_by(Deal.id)
    )
    return Case(deal.amount, tuple(s.scalars(others)))


def print_of(s: Session, deal: Deal, rule_ids: Collection[int], stages: Collection[str]) -> str:
    """With the files that were given for the stages of these rules: another contract draft is another matter."""
    shown = (
        select(Evidence.kind, Attachment.sha256)
        .join(Attachment, Attachment.id == Evidence.attachment_id)
        .where(Evidence.deal_id == deal.id, Evidence.stage_key.in_(stages), Evidence.removed_at.is_(None))
    )
    files = [(str(kind), str(sha256)) for kind, sha256 in s.execute(shown)]
    return fingerprint(deal.id, deal.amount, rule_ids, files)


def waiting_approval(s: Session, deal_id: int) -> Approval | None:
    return s.scalar(select(Approval).where(Approval.deal_id == deal_id, Approval.state == ApprovalState.WAITING))


def missing_approval(s: Session, deal: Deal, to: Rung, need: Need) -> Missing:
    """As one of the things that a move lacks."""
    waiting = waiting_approval(s, deal.id)
    if waiting is not None and waiting.fingerprint == need.fingerprint:
        how = "已经提交，正在等审批。发 /审批 看进展、催办或撤回"
    else:
        how = "别的齐了以后，点推进就自动提交审批"
    return Missing(Lack.APPROVAL, to.key, f"要审批：{need.told}", how)
