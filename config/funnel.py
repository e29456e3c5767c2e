"""The words of the funnel: what opens a stage, why a deal ended, and the ladders a company starts with."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final


class StageKind(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    SHELVED = "shelved"


class EvidenceKind(StrEnum):
    """What a file proves. A ladder says which of them open which of its stages."""

    MINUTES = "minutes"
    TECHNICAL_DRAFT = "technical_draft"
    QUOTATION = "quotation"
    CONTRACT_DRAFT = "contract_draft"
    SIGNED_CONTRACT = "signed_contract"
    PROOF = "proof"  # of a small order: whatever shows that it was placed


class EndReason(StrEnum):
    """What decided a deal, in the customer's eyes; asked of whoever closes it."""

    PRICE = "price"
    TECHNOLOGY = "technology"
    DELIVERY = "delivery"
    RELATIONSHIP = "relationship"
    SERVICE = "service"
    BUDGET = "budget"
    OTHER = "other"


class MilestoneKind(StrEnum):
    """A moment outside our own doing that a deal must not miss."""

    BID_DEADLINE = "bid_deadline"
    DEPOSIT = "deposit"
    BID_OPENING = "bid_opening"
    DELIVERY = "delivery"


class StallColour(StrEnum):
    """How long an open deal has stood on its rung, against what that rung usually takes."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class DealScope(StrEnum):
    """Whose deals are looked at, of those that one may see."""

    MINE = "mine"
    TEAM = "team"
    ALL = "all"


LABELS: tuple[tuple[StrEnum, str], ...] = (
    (StageKind.OPEN, "进行中"),
    (StageKind.WON, "赢单"),
    (StageKind.LOST, "输单"),
    (StageKind.SHELVED, "搁置"),
    (EvidenceKind.MINUTES, "会议纪要"),
    (EvidenceKind.TECHNICAL_DRAFT, "技术协议草稿"),
    (EvidenceKind.QUOTATION, "报价单"),
    (EvidenceKind.CONTRACT_DRAFT, "合同稿"),
    (EvidenceKind.SIGNED_CONTRACT, "签字合同"),
    (EvidenceKind.PROOF, "成交凭证"),
    (EndReason.PRICE, "价格"),
    (EndReason.TECHNOLOGY, "技术方案"),
    (EndReason.DELIVERY, "交期"),
    (EndReason.RELATIONSHIP, "客户关系"),
    (EndReason.SERVICE, "服务"),
    (EndReason.BUDGET, "预算或项目变化"),
    (EndReason.OTHER, "其他"),
    (MilestoneKind.BID_DEADLINE, "截标"),
    (MilestoneKind.DEPOSIT, "保证金"),
    (MilestoneKind.BID_OPENING, "开标"),
    (MilestoneKind.DELIVERY, "交货"),
    (StallColour.GREEN, "正常"),
    (StallColour.YELLOW, "黄牌"),
    (StallColour.RED, "红牌"),
    (DealScope.MINE, "我的"),
    (DealScope.TEAM, "团队"),
    (DealScope.ALL, "全部"),
)


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A rung as a company starts with it. `days`: working days it usually takes, None where a policy number says it;
    `probability`: percent of such deals that are won."""

    key: str
    label: str
    kind: StageKind
    needs: tuple[EvidenceKind, ...] = ()
    days: int | None = None
    probability: int = 0


@dataclass(frozen=True, slots=True)
class LadderPlan:
    """Deals below `below` yuan take it, None takes the rest."""

    name: str
    below: Decimal | None
    stages: tuple[StagePlan, ...]


_ENDS: Final = (
    StagePlan("lost", "输单", StageKind.LOST),
    StagePlan("shelved", "搁置", StageKind.SHELVED),
)
# Rows in the store once a company has begun, so it can change them.
LADDERS: Final = (
    LadderPlan("标准流程", None, (
        StagePlan("requirement", "需求确认", StageKind.OPEN, probability=10),
        StagePlan("proposal", "方案提交", StageKind.OPEN, (EvidenceKind.MINUTES,), probability=30),
        StagePlan(
            "negotiation", "价格谈判", StageKind.OPEN,
            (EvidenceKind.TECHNICAL_DRAFT, EvidenceKind.QUOTATION), probability=50,
        ),
        StagePlan("contract_review", "合同审批", StageKind.OPEN, (EvidenceKind.CONTRACT_DRAFT,), probability=80),
        StagePlan("won", "赢单", StageKind.WON, (EvidenceKind.SIGNED_CONTRACT,), probability=100),
        *_ENDS,
    )),
    LadderPlan("小单流程", Decimal(50_000), (
        StagePlan("requirement", "需求确认", StageKind.OPEN, probability=30),
        StagePlan("negotiation", "价格谈判", StageKind.OPEN, probability=60),
        StagePlan("won", "赢单", StageKind.WON, (EvidenceKind.PROOF,), probability=100),
        *_ENDS,
    )),
)  # fmt: skip
