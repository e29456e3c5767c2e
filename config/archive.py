"""The words of the chat archive: what became of each message that was pulled, and why one is missing."""

from enum import StrEnum
from typing import Final


class EntryState(StrEnum):
    """What is known of one number of the sequence. Only a kept one holds words."""

    KEPT = "kept"
    NO_CONSENT = "no_consent"  # somebody outside has not agreed, or had not when it was said
    NOT_OURS = "not_ours"  # among colleagues, or with nobody of ours whom the app may see
    IGNORED = "ignored"  # a contact that his colleague marked as no customer
    REPEATED = "repeated"  # a message that another number brought already
    PURGED = "purged"  # was kept, and was deleted on request


class GapReason(StrEnum):
    """Why numbers of the sequence are missing."""

    JUMP = "jump"  # the platform left them out
    NO_KEY = "no_key"  # sealed for a private key that is not here
    UNREADABLE = "unreadable"  # it cannot be opened with the key that is here


class GapState(StrEnum):
    OPEN = "open"  # looked for again
    FILLED = "filled"
    LOST = "lost"  # older than the platform keeps them


LABELS: Final[tuple[tuple[StrEnum, str], ...]] = (
    (EntryState.KEPT, "已存"),
    (EntryState.NO_CONSENT, "未同意，没有存"),
    (EntryState.NOT_OURS, "与客户无关，没有存"),
    (EntryState.IGNORED, "已忽略的联系人，没有存"),
    (EntryState.REPEATED, "重复"),
    (EntryState.PURGED, "已删除"),
    (GapReason.JUMP, "序号跳过"),
    (GapReason.NO_KEY, "缺少私钥"),
    (GapReason.UNREADABLE, "打不开"),
    (GapState.OPEN, "补取中"),
    (GapState.FILLED, "已补上"),
    (GapState.LOST, "补不回来"),
)
