"""The words of what comes before a customer: projects and who registered them, leads, and who will never be one."""

from enum import StrEnum


class ProjectState(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    ENDED = "ended"  # will not be built, or not by anybody we could sell to


class PartyRole(StrEnum):
    """What a company is in a project."""

    END_USER = "end_user"
    DEALER = "dealer"
    DESIGNER = "designer"
    CONTRACTOR = "contractor"
    OTHER = "other"


class LeadInlet(StrEnum):
    """How a lead reached us."""

    WEB_FORM = "web_form"
    EXHIBITION = "exhibition"
    WECOM_CONTACT = "wecom_contact"
    IMPORT = "import"
    INQUIRY = "inquiry"
    MANUAL = "manual"


class LeadState(StrEnum):
    NEW = "new"
    CONTACTED = "contacted"
    CONVERTED = "converted"
    INVALID = "invalid"


class ResponseKind(StrEnum):
    """How a lead was answered for the first time."""

    CALL = "call"
    WECHAT = "wechat"
    VISIT = "visit"
    MAIL = "mail"


class InvalidReason(StrEnum):
    WRONG_NUMBER = "wrong_number"
    NO_NEED = "no_need"
    NOT_OURS = "not_ours"
    SUPPLIER = "supplier"
    DOUBLE = "double"


class IgnoreReason(StrEnum):
    """Why an outside contact need not be on file."""

    SUPPLIER = "supplier"
    PEER = "peer"
    PRIVATE = "private"


class LeadStep(StrEnum):
    """What was done with a lead; its history is a row for each."""

    CAPTURED = "captured"
    ASSIGNED = "assigned"
    RESPONDED = "responded"
    CONVERTED = "converted"
    INVALIDATED = "invalidated"
    UNDONE = "undone"


LABELS: tuple[tuple[StrEnum, str], ...] = (
    (ProjectState.OPEN, "进行中"),
    (ProjectState.WON, "已中标"),
    (ProjectState.LOST, "未中标"),
    (ProjectState.ENDED, "已终止"),
    (PartyRole.END_USER, "终端用户"),
    (PartyRole.DEALER, "经销商"),
    (PartyRole.DESIGNER, "设计院"),
    (PartyRole.CONTRACTOR, "总包"),
    (PartyRole.OTHER, "其他"),
    (LeadInlet.WEB_FORM, "网站表单"),
    (LeadInlet.EXHIBITION, "展会"),
    (LeadInlet.WECOM_CONTACT, "联系我"),
    (LeadInlet.IMPORT, "导入"),
    (LeadInlet.INQUIRY, "询价"),
    (LeadInlet.MANUAL, "手工录入"),
    (LeadState.NEW, "待联系"),
    (LeadState.CONTACTED, "已联系"),
    (LeadState.CONVERTED, "已转客户"),
    (LeadState.INVALID, "无效"),
    (ResponseKind.CALL, "电话"),
    (ResponseKind.WECHAT, "微信"),
    (ResponseKind.VISIT, "上门"),
    (ResponseKind.MAIL, "邮件"),
    (InvalidReason.WRONG_NUMBER, "联系不上"),
    (InvalidReason.NO_NEED, "没有需求"),
    (InvalidReason.NOT_OURS, "我们做不了"),
    (InvalidReason.SUPPLIER, "同行或推销"),
    (InvalidReason.DOUBLE, "重复线索"),
    (IgnoreReason.SUPPLIER, "供应商"),
    (IgnoreReason.PEER, "同行"),
    (IgnoreReason.PRIVATE, "私人"),
    (LeadStep.CAPTURED, "收到"),
    (LeadStep.ASSIGNED, "分配"),
    (LeadStep.RESPONDED, "首次响应"),
    (LeadStep.CONVERTED, "转客户"),
    (LeadStep.INVALIDATED, "判为无效"),
    (LeadStep.UNDONE, "撤销"),
)
