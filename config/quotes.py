"""The words of products, prices and quotes."""

from enum import StrEnum
from typing import Final

from config.approvals import Seat, SignMode


class Currency(StrEnum):
    CNY = "CNY"
    USD = "USD"
    EUR = "EUR"
    JPY = "JPY"
    HKD = "HKD"


class QuoteState(StrEnum):
    OPEN = "open"
    FROZEN = "frozen"  # another team has an open quote for the same customer; the supervisors decide
    IN_APPROVAL = "in_approval"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"  # a newer version took over
    CLOSED = "closed"  # the verdict went to the other team, or its deal ended before it was open
    WON = "won"
    LOST = "lost"


class QuoteVerdict(StrEnum):
    """归A, 归B, 共同: A is the quote that was there first."""

    FIRST = "first"
    SECOND = "second"
    TOGETHER = "together"


# A price is in the making: nobody else quotes this customer meanwhile.
STANDING: Final = (QuoteState.OPEN, QuoteState.IN_APPROVAL)
# What may still become an order.
LIVE: Final = (*STANDING, QuoteState.FROZEN)
# Below the floor price no rule has to be made first: the directors sign.
FLOOR_STEP: Final = (SignMode.ANY, (Seat.DIRECTOR.value,))

LABELS: Final[tuple[tuple[StrEnum, str], ...]] = (
    (Currency.CNY, "人民币"),
    (Currency.USD, "美元"),
    (Currency.EUR, "欧元"),
    (Currency.JPY, "日元"),
    (Currency.HKD, "港币"),
    (QuoteState.OPEN, "未结"),
    (QuoteState.FROZEN, "已冻结"),
    (QuoteState.IN_APPROVAL, "审批中"),
    (QuoteState.REJECTED, "已驳回"),
    (QuoteState.WITHDRAWN, "已撤回"),
    (QuoteState.SUPERSEDED, "已有新版"),
    (QuoteState.CLOSED, "已关闭"),
    (QuoteState.WON, "赢单"),
    (QuoteState.LOST, "输单"),
    (QuoteVerdict.FIRST, "归先报的一方"),
    (QuoteVerdict.SECOND, "归后报的一方"),
    (QuoteVerdict.TOGETHER, "共同"),
)
