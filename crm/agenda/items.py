"""One thing to do: its kind, what it is about, why today, what is lost otherwise, and how urgent it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ItemKind(StrEnum):
    TODO = "todo"
    SILENT = "silent"
    STALL = "stall"
    CONTACT = "contact"
    QUEUE = "queue"
    LOST = "lost"
    LEAD = "lead"
    REGISTRATION = "registration"
    MILESTONE = "milestone"
    APPROVAL = "approval"  # to be signed by him, or asked for by him and waiting long
    QUOTE = "quote"  # of his own, soon to run out
    COLLISION = "collision"  # two of us want one company: whose it is
    VERDICT = "verdict"  # two teams' quotes: which one stands


_MARKS: Final[Mapping[ItemKind, str]] = {
    ItemKind.TODO: "待办",
    ItemKind.SILENT: "快丢了",
    ItemKind.STALL: "停滞",
    ItemKind.CONTACT: "新联系人",
    ItemKind.QUEUE: "待分配",
    ItemKind.LOST: "已释放",
    ItemKind.LEAD: "线索",
    ItemKind.REGISTRATION: "报备",
    ItemKind.MILESTONE: "节点",
    ItemKind.APPROVAL: "审批",
    ItemKind.QUOTE: "报价",
    ItemKind.COLLISION: "撞单",
    ItemKind.VERDICT: "裁定",
}
LOST_TODAY, OTHERS_WAIT = -5, -4  # the most urgent of all, and what keeps colleagues from going on right behind it


def urgency(days_left: int, few: int) -> int:
    """What ends today comes first; whatever has less than a `few` days left comes before what is merely due."""
    return LOST_TODAY if days_left <= 0 else days_left - few


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do: what it is about, why today, and what is lost if not."""

    kind: ItemKind
    object_id: int
    public_id: str  # of the customer, deal, approval …; empty for a contact
    title: str
    why: str
    loss: str
    sort: int  # smaller is more urgent

    @property
    def mark(self) -> str:
        """The kind in a word."""
        return _MARKS[self.kind]
