"""The words of the collision radar: where it is asked, what counts as evidence, how a collision may end."""

from collections.abc import Mapping
from enum import StrEnum


class RadarEntry(StrEnum):
    """Where the radar is asked."""

    CREATE = "create"
    LINK = "link"
    LEAD = "lead"
    IMPORT = "import"
    QUOTE = "quote"


class Evidence(StrEnum):
    NAME = "name"
    USCC = "uscc"
    PHONE = "phone"
    DOMAIN = "domain"


class Weight(StrEnum):
    """What a piece of evidence weighs: nothing, a hint to look, or that it is the same company."""

    OFF = "off"
    HINT = "hint"
    SAME = "same"


class IfAlike(StrEnum):
    """What whoever makes a customer says of colleagues' customers that are like it; ASK: he has not been asked yet."""

    ASK = "ask"
    OTHERS = "others"
    THEIRS = "theirs"


class CollisionVerdict(StrEnum):
    HOLDER = "holder"
    ASKER = "asker"
    TOGETHER = "together"
    DIFFERENT = "different"


# By kind: words of different kinds may have the same value, and would be one key.
_SAID: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    RadarEntry: {
        RadarEntry.CREATE: "新建客户",
        RadarEntry.LINK: "关联客户",
        RadarEntry.LEAD: "线索",
        RadarEntry.IMPORT: "导入",
        RadarEntry.QUOTE: "报价",
    },
    Evidence: {
        Evidence.NAME: "公司名称",
        Evidence.USCC: "统一社会信用代码",
        Evidence.PHONE: "电话",
        Evidence.DOMAIN: "网址",
    },
    Weight: {
        Weight.OFF: "不看",
        Weight.HINT: "只提示",
        Weight.SAME: "算同一家",
    },
    CollisionVerdict: {
        CollisionVerdict.HOLDER: "归现负责人",
        CollisionVerdict.ASKER: "归申请人",
        CollisionVerdict.TOGETHER: "共同跟进",
        CollisionVerdict.DIFFERENT: "不是同一家",
    },
}


def said(word: RadarEntry | Evidence | Weight | CollisionVerdict) -> str:
    """The word as people read it."""
    return _SAID[type(word)][word]
