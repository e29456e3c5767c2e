"""What people call the columns of their lists: the other names of our fields, and what their values look like."""

import unicodedata
from collections.abc import Iterable, Sequence

from config.sheets import ImportKind
from config.vocabulary import FieldKind
from crm.rules.fields import FieldSpec
from crm.rules.headers import Target

# Keys: object.field; without a dot it is something that only an import knows.
OWNER, NOTE, AUTHOR, AT, TEXT = "owner", "note", "author", "at", "text"
NAME, USCC = "customer.name", "customer.uscc"
CONTACT, CONTACT_PHONE = "contact.name", "contact.phone"

_WORDS: dict[str, tuple[str, ...]] = {
    NAME: (
        "客户名称", "客户", "客户全称", "公司", "公司名称", "公司名", "公司全名", "公司全称", "企业名称", "企业",
        "单位", "单位名称", "名称", "全称", "客户名", "厂家", "厂名", "company", "company name", "customer",
        "customer name", "account", "account name",
    ),
    USCC: (
        "统一社会信用代码", "信用代码", "社会信用代码", "税号", "纳税人识别号", "统一信用代码", "营业执照号",
        "uscc", "tax id",
    ),
    "customer.level": ("客户级别", "级别", "等级", "客户等级", "客户分级", "level", "grade"),
    "customer.source": (
        "客户来源", "来源", "渠道", "来源渠道", "获客渠道", "从哪来的", "哪里来的", "怎么来的", "从哪里来", "source",
    ),
    "customer.industry": ("行业", "所属行业", "客户行业", "类型", "行业类型", "行业分类", "industry"),
    "customer.region": ("地区", "区域", "省市", "所在地区", "所在地", "城市", "省份", "所属区域", "region", "city"),
    "customer.address": ("地址", "公司地址", "详细地址", "注册地址", "办公地址", "联系地址", "通讯地址", "address"),
    "customer.phone": ("公司电话", "总机", "座机", "固定电话", "固话", "单位电话", "tel"),
    "customer.website": ("网址", "公司网址", "官网", "网站", "公司网站", "主页", "website", "url", "homepage"),
    "customer.cooperation_stage": ("合作阶段", "客户阶段", "客户状态", "阶段", "stage", "status"),
    "customer.procurement_cycle": ("采购周期", "采购频率"),
    "customer.annual_estimate": (
        "年采购额", "年采购量", "预计年采购额", "年采购预估", "采购预算", "年用量", "年需求",
    ),
    "customer.campaign": ("市场活动", "活动", "展会", "活动名称", "campaign"),
    "customer.parent": ("上级公司", "母公司", "集团", "所属集团", "总公司", "parent"),
    OWNER: (
        "负责人", "业务员", "销售", "销售员", "所属销售", "客户经理", "归属人", "归属", "跟进人", "销售负责人",
        "业务经理", "owner", "sales",
    ),
    NOTE: (
        "备注", "说明", "需求", "客户需求", "备注信息", "描述", "其他", "remark", "remarks", "note", "notes",
        "comment",
    ),
    CONTACT: (
        "联系人", "姓名", "联系人姓名", "主要联系人", "首要联系人", "对接人", "对接人姓名", "接口人", "contact",
        "contact name", "contact person",
    ),
    CONTACT_PHONE: (
        "联系电话", "电话", "手机", "手机号", "手机号码", "联系方式", "联系人电话", "电话号码", "联系手机",
        "移动电话", "phone", "mobile", "cell", "telephone",
    ),
    "contact.title": ("职位", "职务", "岗位", "联系人职务", "联系人职位", "title", "position"),
    "contact.email": ("邮箱", "电子邮箱", "电子邮件", "邮件", "email", "e-mail", "mail"),
    "contact.decision_role": ("决策角色", "采购角色", "决策链角色"),
    AUTHOR: ("跟进人", "记录人", "作者", "填写人", "销售", "业务员", "负责人", "author", "owner", "created by"),
    AT: ("跟进时间", "跟进日期", "日期", "时间", "记录时间", "拜访日期", "拜访时间", "创建时间", "date", "time"),
    TEXT: (
        "跟进内容", "跟进记录", "内容", "记录", "沟通内容", "拜访内容", "跟进情况", "备注", "情况", "content",
        "text", "note",
    ),
    "deal.name": ("商机", "商机名称", "项目", "项目名称", "机会名称", "deal", "opportunity"),
    "deal.amount": ("金额", "预计金额", "商机金额", "合同金额", "预算", "amount"),
    "deal.stage": ("阶段", "商机阶段", "销售阶段", "进展", "stage"),
}  # fmt: skip
_SIGNS = {
    NAME: "company",
    USCC: "uscc",
    "customer.website": "domain",
    "customer.phone": "phone",
    CONTACT_PHONE: "phone",
    "contact.email": "email",
    AT: "date",
}
# What people write instead of an option's label, where the company has the option: the option's key.
_MEANT: dict[str, dict[str, str]] = {
    "customer.level": {
        **dict.fromkeys(("a", "a类", "a级", "vip", "大客户", "重要", "重要客户"), "key"),
        **dict.fromkeys(("b", "b类", "b级", "一般", "一般客户"), "normal"),
        **dict.fromkeys(("c", "c类", "c级"), "small"),
    },
    "customer.source": {
        **dict.fromkeys(("展会", "参展", "展览会", "会议"), "event"),
        **dict.fromkeys(("介绍", "老客户介绍", "客户介绍", "朋友介绍"), "referral"),
        **dict.fromkeys(("陌拜", "地推", "自己开发", "自主开发", "电话开发"), "outreach"),
        **dict.fromkeys(("询盘", "官网", "网站", "网络询盘", "来电"), "inquiry"),
        "企微": "wecom",
    },
}
_SHORTEST = 2  # characters of a label's beginning that stand for all of it
LABELS = {
    OWNER: "负责人",
    NOTE: "备注（记到时间线）",
    AUTHOR: "跟进人",
    AT: "跟进时间",
    TEXT: "跟进内容",
    "deal.name": "商机名称",
    "deal.amount": "金额",
    "deal.stage": "阶段",
}
MANY = frozenset({NOTE})
NEEDED: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.CUSTOMERS: (NAME,),
    ImportKind.CONTACTS: (NAME, CONTACT),
    ImportKind.HISTORY: (NAME, TEXT),
    ImportKind.DEALS: (NAME, "deal.name", "deal.amount"),
}


def targets(
    kind: ImportKind,
    customer: Iterable[FieldSpec],
    contact: Iterable[FieldSpec],
) -> tuple[Target, ...]:
    """The fields that a sheet of this kind may fill, in the order in which doubtful columns choose them.

    `customer` and `contact` are their forms.
    """
    companies = [_field("customer", spec) for spec in customer]
    people = [_field("contact", spec) for spec in contact]
    named = [one for one in companies if one.key in (NAME, USCC)]
    if kind is ImportKind.CUSTOMERS:
        found: Sequence[Target] = [*companies, *people, _target(OWNER), _target(NOTE)]
    elif kind is ImportKind.CONTACTS:
        found = [*named, *people]
    elif kind is ImportKind.HISTORY:
        found = [*named, _target(TEXT), _target(AT), _target(AUTHOR)]
    else:
        found = [
            *named,
            _target("deal.name"),
            _target("deal.amount", money=True),
            _target("deal.stage"),
            _target(OWNER),
        ]
    return tuple(found)


def _field(of: str, spec: FieldSpec) -> Target:
    """A contact's 姓名 and 备注 stand among the company's fields here, and say whose they are."""
    key = f"{of}.{spec.key}"
    money = spec.kind is FieldKind.MONEY
    words = {folded for option in spec.options for folded in (_folded(option.label), option.key)}
    options = frozenset(words) if spec.kind is FieldKind.SELECT else frozenset()
    if of == "contact":
        name = spec.label if spec.label.startswith("联系人") else f"联系人{spec.label}"
        return Target(key, name, _WORDS.get(key, ()), _SIGNS.get(key, ""), money, options=options)
    return Target(key, spec.label, _WORDS.get(key, ()), _SIGNS.get(key, ""), money, options=options)


def option_meant(target: str, spec: FieldSpec, cell: str) -> str:
    """The label that a cell stands for: by another word for it, or as the beginning of this one alone. Else the cell.

    「重点」 is 重点客户; what could be two options stays as it was written, and is refused with what there is.
    """
    wanted = _folded(unicodedata.normalize("NFKC", cell))
    there = [option for option in spec.options if not option.retired]
    if any(wanted in (_folded(option.label), option.key) for option in spec.options):
        return cell
    key = _MEANT.get(target, {}).get(wanted)
    named = [option.label for option in there if option.key == key]
    begun = [option.label for option in there if _folded(option.label).startswith(wanted)]
    if not named and len(wanted) >= _SHORTEST and len(begun) == 1:
        named = begun
    return named[0] if named else cell


def _folded(label: str) -> str:
    return "".join(label.casefold().split())


def _target(key: str, *, money: bool = False) -> Target:
    return Target(key, LABELS[key], _WORDS[key], _SIGNS.get(key, ""), money, key in MANY)
