"""One thing to do: its kind, what it is about, why today, what is lost otherwise, and how urgent it is."""

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do: what it is about, why today, and what is lost if not."""

    kind: ItemKind
    object_id: int
    public_id: str  # of the customer, deal or to-do; empty for a contact
    title: str
    why: str
    loss: str
    sort: int  # smaller is more urgent
