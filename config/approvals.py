"""The words of approvals: what needs one, who signs and how, and why it is refused."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final


class Measure(StrEnum):
    """What a rule looks at: yuan, percent off the list price, percent earned above the floor price."""

    AMOUNT = "amount"
    DISCOUNT = "discount"
    MARGIN = "margin"


class SignMode(StrEnum):
    """How the people of one step sign."""

    ANY = "any"
    ALL = "all"
    SEQUENTIAL = "sequential"


class ApprovalState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    VOID = "void"  # what was to be approved is not what it was any more


class SignState(StrEnum):
    COMING = "coming"  # his turn has not come
    ASKED = "asked"
    APPROVED = "approved"
    REJECTED = "rejected"
    PASSED_ON = "passed_on"  # somebody else was asked in his place
    SPARED = "spared"  # it was decided without him


class RejectReason(StrEnum):
    PRICE = "price"
    TERMS = "terms"
    PAPERS = "papers"
    RISK = "risk"
    TIMING = "timing"
    OTHER = "other"


class Seat(StrEnum):
    """Whom a rule asks, as seen from whoever asks for the approval; a person by name is stored as `person:<id>`."""

    SUPERVISOR = "supervisor"
    DIRECTOR = "director"


LABELS: Final[tuple[tuple[StrEnum, str], ...]] = (
    (Measure.AMOUNT, "金额"),
    (Measure.DISCOUNT, "折扣"),
    (Measure.MARGIN, "毛利"),
    (SignMode.ANY, "或签"),
    (SignMode.ALL, "会签"),
    (SignMode.SEQUENTIAL, "依次"),
    (ApprovalState.WAITING, "审批中"),
    (ApprovalState.APPROVED, "已同意"),
    (ApprovalState.REJECTED, "已驳回"),
    (ApprovalState.WITHDRAWN, "已撤回"),
    (ApprovalState.VOID, "已作废"),
    (SignState.COMING, "还没轮到"),
    (SignState.ASKED, "等待处理"),
    (SignState.APPROVED, "同意"),
    (SignState.REJECTED, "驳回"),
    (SignState.PASSED_ON, "已转交"),
    (SignState.SPARED, "不用处理了"),
    (RejectReason.PRICE, "价格太低"),
    (RejectReason.TERMS, "条款不行"),
    (RejectReason.PAPERS, "资料不全"),
    (RejectReason.RISK, "客户有风险"),
    (RejectReason.TIMING, "时机不对"),
    (RejectReason.OTHER, "其他原因"),
    (Seat.SUPERVISOR, "直属主管"),
    (Seat.DIRECTOR, "总监"),
)


@dataclass(frozen=True, slots=True)
class RulePlan:
    """A rule as a company starts with it. `bound` None: the policy number `director_above`."""

    name: str
    stage: str
    measure: Measure
    bound: Decimal | None
    steps: tuple[tuple[SignMode, tuple[str, ...]], ...]


RULES: Final = (
    RulePlan("大额订单", "contract_review", Measure.AMOUNT, None, ((SignMode.ANY, (Seat.DIRECTOR,)),)),
    RulePlan("超折扣", "contract_review", Measure.DISCOUNT, Decimal(20), ((SignMode.ANY, (Seat.SUPERVISOR,)),)),
)
