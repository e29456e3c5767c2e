"""The words of the customer file's forms: what has fields, of which kinds, and what a few of them choose from."""

from enum import StrEnum


class CooperationStage(StrEnum):
    """How far a company has come with us, in the order of the trade; 停滞 stands beside the ladder."""

    POTENTIAL = "potential"  # on the list, nobody has shown interest yet
    INTENT = "intent"  # talks about a concrete need
    TRIAL = "trial"  # a first small order or a sample run
    PARTNER = "partner"  # orders come again
    DORMANT = "dormant"  # was further once, nothing comes any more


class DecisionRole(StrEnum):
    """What a contact's word weighs when his company buys."""

    DECIDER = "decider"
    INFLUENCER = "influencer"
    USER = "user"
    BUYER = "buyer"
    GATEKEEPER = "gatekeeper"


class FieldObject(StrEnum):
    """What has a form of fields."""

    CUSTOMER = "customer"
    CONTACT = "contact"
    DEAL = "deal"
    VISIT = "visit"


class FieldKind(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    SELECT = "select"
    MULTI_SELECT = "multi_select"
    PERSON = "person"
    ATTACHMENT = "attachment"
    REGION = "region"
    COMPANY = "company"  # another customer of ours; only the product's own fields are of this kind


LABELS: tuple[tuple[StrEnum, str], ...] = (
    (CooperationStage.POTENTIAL, "潜在"),
    (CooperationStage.INTENT, "意向"),
    (CooperationStage.TRIAL, "试单"),
    (CooperationStage.PARTNER, "合作"),
    (CooperationStage.DORMANT, "停滞"),
    (DecisionRole.DECIDER, "决策人"),
    (DecisionRole.INFLUENCER, "影响者"),
    (DecisionRole.USER, "使用者"),
    (DecisionRole.BUYER, "采购"),
    (DecisionRole.GATEKEEPER, "守门人"),
    (FieldObject.CUSTOMER, "客户"),
    (FieldObject.CONTACT, "联系人"),
    (FieldObject.DEAL, "商机"),
    (FieldObject.VISIT, "拜访"),
    (FieldKind.TEXT, "单行文字"),
    (FieldKind.LONG_TEXT, "多行文字"),
    (FieldKind.NUMBER, "数字"),
    (FieldKind.MONEY, "金额"),
    (FieldKind.DATE, "日期"),
    (FieldKind.SELECT, "单选"),
    (FieldKind.MULTI_SELECT, "多选"),
    (FieldKind.PERSON, "同事"),
    (FieldKind.ATTACHMENT, "附件"),
    (FieldKind.REGION, "地区"),
    (FieldKind.COMPANY, "公司"),
)
