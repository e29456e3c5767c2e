"""The words of spreadsheets: what an import goes through, what is said of its rows, whose a customer is, exports."""

from enum import StrEnum


class ImportKind(StrEnum):
    CUSTOMERS = "customers"
    CONTACTS = "contacts"
    HISTORY = "history"
    DEALS = "deals"


class ImportState(StrEnum):
    """The way of an import; in the five states that end in -ing a worker is at it, or will be."""

    READING = "reading"
    MAPPING = "mapping"  # which column is what: waits for a person
    CHECKING = "checking"
    CHECKED = "checked"  # the dry run is there: waits for a person
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"  # the file cannot be read
    DROPPED = "dropped"


class RowVerdict(StrEnum):
    """What the dry run says of a row."""

    NEW = "new"
    SAME = "same"
    SIMILAR = "similar"
    REPEATED = "repeated"  # an earlier row of the same sheet is the same
    ERROR = "error"


class RowResolution(StrEnum):
    CREATE = "create"
    MERGE = "merge"  # fill what is empty, overwrite nothing
    SKIP = "skip"
    CONTEST = "contest"  # two sheets name it: the supervisors decide whose it is


class RowOutcome(StrEnum):
    MADE = "made"
    MERGED = "merged"
    SKIPPED = "skipped"
    CONTESTED = "contested"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"  # by the undo
    STAYED = "stayed"  # the undo left it, and `said` tells why


class ContestVerdict(StrEnum):
    FIRST = "first"
    SECOND = "second"
    BOTH = "both"


class ExportState(StrEnum):
    ASKED = "asked"  # waits for the second person
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"
    FAILED = "failed"


_LABELS: dict[type[StrEnum], dict[str, str]] = {
    ImportKind: {
        ImportKind.CUSTOMERS: "客户（可带联系人）",
        ImportKind.CONTACTS: "联系人",
        ImportKind.HISTORY: "历史跟进",
        ImportKind.DEALS: "商机",
    },
    ImportState: {
        ImportState.READING: "正在读取",
        ImportState.MAPPING: "待对应列",
        ImportState.CHECKING: "正在试导入",
        ImportState.CHECKED: "待确认",
        ImportState.RUNNING: "正在导入",
        ImportState.DONE: "已完成",
        ImportState.UNDOING: "正在撤销",
        ImportState.UNDONE: "已撤销",
        ImportState.FAILED: "读不了",
        ImportState.DROPPED: "已放弃",
    },
    RowVerdict: {
        RowVerdict.NEW: "新建",
        RowVerdict.SAME: "与已有相同",
        RowVerdict.SIMILAR: "与已有相近",
        RowVerdict.REPEATED: "表内重复",
        RowVerdict.ERROR: "有错误",
    },
    RowResolution: {
        RowResolution.CREATE: "新建",
        RowResolution.MERGE: "合并（只补空白）",
        RowResolution.SKIP: "跳过",
        RowResolution.CONTEST: "请主管裁定归属",
    },
    RowOutcome: {
        RowOutcome.MADE: "已新建",
        RowOutcome.MERGED: "已合并",
        RowOutcome.SKIPPED: "已跳过",
        RowOutcome.CONTESTED: "归属待裁定",
        RowOutcome.FAILED: "没有导入",
        RowOutcome.WITHDRAWN: "已撤销",
        RowOutcome.STAYED: "保留",
    },
    ContestVerdict: {
        ContestVerdict.FIRST: "归先导入的人",
        ContestVerdict.SECOND: "归后导入的人",
        ContestVerdict.BOTH: "共同跟进",
    },
    ExportState: {
        ExportState.ASKED: "待审批",
        ExportState.RUNNING: "正在生成",
        ExportState.DONE: "可下载",
        ExportState.REFUSED: "已驳回",
        ExportState.EXPIRED: "已过期",
        ExportState.FAILED: "没有完成",
    },
}


def said(word: StrEnum) -> str:
    """The Chinese for one of these words. Several kinds have a `done` of their own, which mean different things."""
    return _LABELS[type(word)][word]
