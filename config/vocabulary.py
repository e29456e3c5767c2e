"""The words of the trade, each defined once: stored as its value, shown by its Chinese label."""

from enum import StrEnum

from config import approvals, archive, digests, files, forms, funnel, prospects, quotes, trust
from config.approvals import ApprovalState as ApprovalState
from config.approvals import Measure as Measure
from config.approvals import RejectReason as RejectReason
from config.approvals import Seat as Seat
from config.approvals import SignMode as SignMode
from config.approvals import SignState as SignState
from config.archive import EntryState as EntryState
from config.archive import GapReason as GapReason
from config.archive import GapState as GapState
from config.digests import DigestEngine as DigestEngine
from config.digests import DigestKind as DigestKind
from config.digests import DigestOrigin as DigestOrigin
from config.files import FileKind as FileKind
from config.forms import CooperationStage as CooperationStage
from config.forms import DecisionRole as DecisionRole
from config.forms import FieldKind as FieldKind
from config.forms import FieldObject as FieldObject
from config.funnel import DealScope as DealScope
from config.funnel import EndReason as EndReason
from config.funnel import EvidenceKind as EvidenceKind
from config.funnel import MilestoneKind as MilestoneKind
from config.funnel import StageKind as StageKind
from config.funnel import StallColour as StallColour
from config.quotes import Currency as Currency
from config.quotes import QuoteState as QuoteState
from config.quotes import QuoteVerdict as QuoteVerdict
from config.trust import Verdict as Verdict


class Role(StrEnum):
    REP = "rep"
    TEAM_LEAD = "team_lead"
    REGIONAL_MANAGER = "regional_manager"
    DIRECTOR = "director"
    OPERATIONS = "operations"
    FINANCE = "finance"
    SERVICE = "service"
    ADMIN = "admin"


class PersonStatus(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"  # invited, never logged in to WeCom
    DISABLED = "disabled"
    LEFT = "left"


class HolderKind(StrEnum):
    """Who holds a customer: a person, a team's queue waiting for its lead, or the open pool."""

    PERSON = "person"
    QUEUE = "queue"
    POOL = "pool"


class OwnershipReason(StrEnum):
    CREATED = "created"
    RECYCLED = "recycled"
    ASSIGNED = "assigned"
    GIVEN_BACK = "given_back"
    DECIDED = "decided"  # two wanted it, and their supervisors said whose it is
    RETURNED = "returned"  # a release taken back
    CONTESTED = "contested"  # two sheets name it: it waits in a queue for the verdict
    UNDONE = "undone"  # a slip of the finger taken back within minutes: the holder before goes on as if nothing was


class ChatKind(StrEnum):
    EXTERNAL_CONTACT = "external_contact"
    CUSTOMER_GROUP = "customer_group"
    APP_USER = "app_user"  # the customer a member is talking about in the app's own chat


class ContactState(StrEnum):
    UNLINKED = "unlinked"
    LINKED = "linked"
    IGNORED = "ignored"


class TimelineKind(StrEnum):
    FOLLOW_UP = "follow_up"
    DIGEST = "digest"
    VISIT = "visit"
    LINK = "link"
    OWNERSHIP = "ownership"
    DEAL = "deal"
    TODO = "todo"
    MERGE = "merge"
    INQUIRY = "inquiry"
    ATTACHMENT = "attachment"
    QUOTE = "quote"


class NoticeClass(StrEnum):
    """`prompt` answers what a person has just done and goes at once; a `reminder` waits for working hours."""

    PROMPT = "prompt"
    REMINDER = "reminder"
    LIST = "list"
    BUNDLE = "bundle"  # several reminders told by one message


class InboxState(StrEnum):
    DONE = "done"  # answered in the callback itself
    WAITING = "waiting"  # a job will work it
    KEPT = "kept"  # nobody listens to this kind; stored, visible
    LATE = "late"  # first seen more than ten minutes after it was made: stored, not executed
    FAILED = "failed"


class OutboxState(StrEnum):
    READY = "ready"
    LEASED = "leased"
    SENT = "sent"
    FOLDED = "folded"  # over the day's reminders: told by a bundle
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # an attempt whose outcome can no longer be told apart by the duplicate check
    DEAD = "dead"


class Datum(StrEnum):
    GCJ02 = "gcj02"
    WGS84 = "wgs84"
    BD09 = "bd09"


class FixSource(StrEnum):
    MINIAPP = "miniapp"
    MESSAGE = "message"  # a place picked in chat: any point can be chosen
    MENU = "menu"


class LoginVia(StrEnum):
    CONSOLE = "console"
    MINIAPP = "miniapp"
    SIDEBAR = "sidebar"


class ShareAccess(StrEnum):
    """What a colleague may do with a customer that is shared with him."""

    READ = "read"
    TOGETHER = "together"


class NameKind(StrEnum):
    """Which of a customer's names it is: the one on its file, an earlier one, a short one."""

    NAME = "name"
    FORMER = "former"
    SHORT = "short"


class NameVerdict(StrEnum):
    """What the radar says of two company names."""

    SAME = "same"
    SIMILAR = "similar"
    NONE = "none"


class CustomerLevel(StrEnum):
    KEY = "key"
    NORMAL = "normal"
    SMALL = "small"


class CustomerSource(StrEnum):
    EVENT = "event"
    REFERRAL = "referral"
    OUTREACH = "outreach"
    WECOM = "wecom"
    INQUIRY = "inquiry"  # they asked us: a web form, a mail, a call


_SAID: tuple[tuple[StrEnum, str], ...] = (
    *approvals.LABELS,
    *digests.LABELS,
    *archive.LABELS,
    *quotes.LABELS,
    *files.LABELS.items(),
    *forms.LABELS,
    *funnel.LABELS,
    *prospects.LABELS,
    *trust.LABELS,
    (Role.REP, "销售"),
    (Role.TEAM_LEAD, "主管"),
    (Role.REGIONAL_MANAGER, "区域经理"),
    (Role.DIRECTOR, "总监"),
    (Role.OPERATIONS, "销售运营"),
    (Role.FINANCE, "财务"),
    (Role.SERVICE, "客服"),
    (Role.ADMIN, "管理员"),
    (PersonStatus.ACTIVE, "在职"),
    (PersonStatus.INACTIVE, "未激活"),
    (PersonStatus.DISABLED, "已停用"),
    (PersonStatus.LEFT, "已离职"),
    (HolderKind.PERSON, "个人"),
    (HolderKind.QUEUE, "待分配"),
    (HolderKind.POOL, "公海"),
    (OwnershipReason.CREATED, "新建"),
    (OwnershipReason.RECYCLED, "沉默回收"),
    (OwnershipReason.ASSIGNED, "分配"),
    (OwnershipReason.GIVEN_BACK, "主动退回"),
    (OwnershipReason.RETURNED, "撤销回收"),
    (OwnershipReason.CONTESTED, "归属待裁定"),
    (OwnershipReason.DECIDED, "归属裁定"),
    (OwnershipReason.UNDONE, "撤销"),
    (NameKind.NAME, "现用名"),
    (NameKind.FORMER, "曾用名"),
    (NameKind.SHORT, "简称"),
    (NameVerdict.SAME, "同一家"),
    (NameVerdict.SIMILAR, "名称相近"),
    (NameVerdict.NONE, "没有重复"),
    (ChatKind.EXTERNAL_CONTACT, "企微外部联系人"),
    (ChatKind.CUSTOMER_GROUP, "客户群"),
    (ChatKind.APP_USER, "应用会话"),
    (ContactState.UNLINKED, "未关联"),
    (ContactState.LINKED, "已关联"),
    (ContactState.IGNORED, "已忽略"),
    (TimelineKind.FOLLOW_UP, "跟进"),
    (TimelineKind.DIGEST, "会话摘要"),
    (TimelineKind.VISIT, "拜访"),
    (TimelineKind.LINK, "关联客户"),
    (TimelineKind.OWNERSHIP, "归属"),
    (TimelineKind.DEAL, "商机"),
    (TimelineKind.TODO, "待办"),
    (TimelineKind.MERGE, "合并"),
    (TimelineKind.INQUIRY, "询盘"),
    (TimelineKind.ATTACHMENT, "附件"),
    (TimelineKind.QUOTE, "报价"),
    (NoticeClass.PROMPT, "即时"),
    (NoticeClass.REMINDER, "提醒"),
    (NoticeClass.LIST, "每日清单"),
    (NoticeClass.BUNDLE, "合并提醒"),
    (InboxState.DONE, "已处理"),
    (InboxState.WAITING, "处理中"),
    (InboxState.KEPT, "已留存"),
    (InboxState.LATE, "迟到未执行"),
    (InboxState.FAILED, "处理失败"),
    (OutboxState.READY, "待发送"),
    (OutboxState.LEASED, "发送中"),
    (OutboxState.SENT, "已送出"),
    (OutboxState.FOLDED, "合并发送"),
    (OutboxState.EXPIRED, "已过期"),
    (OutboxState.UNKNOWN, "结果不明"),
    (OutboxState.DEAD, "送不出去"),
    (Datum.GCJ02, "GCJ-02"),
    (Datum.WGS84, "WGS-84"),
    (Datum.BD09, "BD-09"),
    (FixSource.MINIAPP, "小程序定位"),
    (FixSource.MESSAGE, "聊天位置"),
    (FixSource.MENU, "菜单定位"),
    (LoginVia.CONSOLE, "管理后台"),
    (LoginVia.MINIAPP, "小程序"),
    (LoginVia.SIDEBAR, "侧边栏"),
    (ShareAccess.READ, "只读"),
    (ShareAccess.TOGETHER, "一起跟进"),
    (CustomerLevel.KEY, "重点客户"),
    (CustomerLevel.NORMAL, "普通客户"),
    (CustomerLevel.SMALL, "小客户"),
    (CustomerSource.EVENT, "市场活动"),
    (CustomerSource.REFERRAL, "转介绍"),
    (CustomerSource.OUTREACH, "主动开发"),
    (CustomerSource.WECOM, "企业微信"),
    (CustomerSource.INQUIRY, "客户询盘"),
)
# By kind: equal values of different kinds are equal keys, and `won` is 赢单 of a stage and 已中标 of a project.
LABELS: dict[type[StrEnum], dict[StrEnum, str]] = {}
for _word, _text in _SAID:
    LABELS.setdefault(type(_word), {})[_word] = _text


def label(word: StrEnum) -> str:
    return LABELS[type(word)][word]
