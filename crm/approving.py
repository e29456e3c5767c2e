"""Which approvals a move of a deal or a quote needs, and whether somebody gave them for exactly this as it is."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from config.quotes import FLOOR_STEP
from config.vocabulary import ApprovalState, Measure, SignMode, StageKind
from crm import policy
from crm.ladders import Course
from crm.prices import standing_quote
from crm.rules.approvals import PRICED, Case, Rule, Step, fingerprint, steps_of
from crm.rules.funnel import Lack, Missing, Rung
from crm.rules.quotes import converted
from models.approvals import Approval, ApprovalRule, ApprovalRuleStep
from models.base import bare
from models.deals import Deal, Evidence, Stage
from models.files import Attachment
from models.quotes import Quote

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
    quote = standing_quote(s, deal.id)
    case = case_of(s, deal, quote)
    spared = _signed_for(s, quote) if quote is not None else set()
    asking = tuple(rule for rule in rules if rule.asks(case) and rule.id not in spared)
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


def _signed_for(s: Session, quote: Quote) -> set[int]:
    """The rules under which this very quote was signed: nobody signs its prices twice."""
    signed = select(Approval.facts).where(Approval.quote_id == quote.id, Approval.state == ApprovalState.APPROVED)
    return {rule_id for facts in s.scalars(signed) for rule_id in facts["rules"]}


def case_of(s: Session, deal: Deal, quote: Quote | None) -> Case:
    """With the prices of the deal's newest quote. A lost or shelved deal no longer counts with the others."""
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
    prices = (None, None) if quote is None else (quote.discount, quote.margin)
    return Case(deal.amount, tuple(s.scalars(others)), *prices)


def print_of(s: Session, deal: Deal, rule_ids: Collection[int], stages: Collection[str]) -> str:
    """With the files that were given for the stages of these rules: another contract draft is another matter."""
    shown = (
        select(Evidence.kind, Attachment.sha256)
        .join(Attachment, Attachment.id == Evidence.attachment_id)
        .where(Evidence.deal_id == deal.id, Evidence.stage_key.in_(stages), Evidence.removed_at.is_(None))
    )
    files = [(str(kind), str(sha256)) for kind, sha256 in s.execute(shown)]
    priced = select(_RULE.id).where(_RULE.id.in_(rule_ids), _RULE.measure.in_(PRICED)).limit(1)
    quote = standing_quote(s, deal.id) if s.scalar(priced) is not None else None
    return fingerprint(deal.id, deal.amount, rule_ids, files, None if quote is None else quote.id)


@dataclass(frozen=True, slots=True)
class QuoteNeed:
    """The approval that a quote waits for. `told` names no margin: it would tell whoever asks the floor price."""

    rules: tuple[Rule, ...]
    steps: tuple[Step, ...]
    told: str
    fingerprint: str


def quote_needs(s: Session, quote: Quote) -> QuoteNeed | None:
    """Who has to sign before it is open: for its discount and margin by the rules, and for a price below the floor."""
    case = Case(in_yuan(quote), (), quote.discount, quote.margin)
    rules = tuple(rule for rule in current_rules(s) if rule.measure in PRICED and rule.asks(case))
    if not rules and not quote.below_floor:
        return None
    mark = fingerprint(0, quote.total, [rule.id for rule in rules], [], quote.id)
    signed = (Approval.quote_id == quote.id, Approval.fingerprint == mark, Approval.state == ApprovalState.APPROVED)
    if s.scalar(select(exists().where(*signed))):
        return None
    floor = [Step(*FLOOR_STEP)] if quote.below_floor else []
    told = [*(["低于底价"] if quote.below_floor else []), *(rule.told(case) for rule in rules)]
    return QuoteNeed(rules, tuple(dict.fromkeys([*steps_of(rules), *floor])), "；".join(told), mark)


def in_yuan(quote: Quote) -> Decimal:
    return converted(quote.total, quote.rate, Decimal(1))


def waiting_approval(s: Session, deal_id: int) -> Approval | None:
    return s.scalar(select(Approval).where(Approval.deal_id == deal_id, Approval.state == ApprovalState.WAITING))


def missing_approval(s: Session, deal: Deal, to: Rung, need: Need, *, sums: bool = True) -> Missing:
    """As one of the things that a move lacks. Without `sums` it tells no amount: its reader is shown none."""
    waiting = waiting_approval(s, deal.id)
    if waiting is not None and waiting.fingerprint == need.fingerprint:
        how = "已经提交，正在等审批。发 /审批 看进展、催办或撤回"
    else:
        how = "别的齐了以后，点推进就自动提交审批"
    return Missing(Lack.APPROVAL, to.key, f"要审批：{need.told if sums else '超过了审批规则的界限'}", how)
