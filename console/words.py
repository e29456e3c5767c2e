"""How the console writes dates, money and the machine's own names, so that a salesperson reads them at once."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from config.policy import Policy
from config.sheets import said
from config.vocabulary import LABELS, OwnershipReason, Role, ShareAccess
from console.verbs import VERBS as VERBS
from crm.rules.days import SHANGHAI, days_between

ENTRANCES = {
    "console": "管理后台",
    "chat": "企微会话",
    "card": "消息卡片",
    "miniapp": "手机端",
    "sidebar": "侧边栏",
    "shell": "命令行",
    "form": "网站表单",
    "wecom": "企业微信",
    "sweep": "定时任务",
    "sync": "通讯录同步",
    "seed": "演示数据",
    "radar": "查重",
}
SUBJECTS = {
    "field": "字段",
    "field_group": "字段分组",
    "campaign": "市场活动",
    "customer": "客户",
    "person": "成员",
    "deal": "商机",
    "project": "项目",
    "lead": "线索",
    "lead_source": "线索入口",
    "policy": "规则",
    "outbox": "发出的消息",
    "inbox": "收到的消息",
    "todo": "待办",
    "contact": "联系人",
    "external_contact": "联系人",
    "visit": "拜访",
    "team": "部门",
    "role": "角色",
    "radar": "查重规则",
    "sending": "消息发送",
    "directory": "通讯录",
}
_WHOLE = ("sending", "directory")  # of these there is only one, which needs no name
DETAILS = {
    "changed": "改动",
    "old": "原来",
    "new": "改为",
    "was": "原来",
    "name": "名称",
    "text": "内容",
    "why": "原因",
    "to": "给",
    "team": "部门",
    "customer": "客户",
    "amount": "金额",
    "until": "到",
    "due_at": "到期",
    "due": "到期",
    "counts": "计为有效",
    "stage": "阶段",
    "metres": "距离（米）",
    "person": "成员",
    "source": "来源",
    "withdrawn_teams": "收回的分管部门",
    "contact": "联系人",
    "outcome": "结果",
    "access": "方式",
    "last_day": "到期",
    "credit": "业绩分成（%）",
    "hits": "命中",
    "left": "今天还剩",
    "typed": "查的名称",
    "reason": "依据",
    "verdict": "意见",
    "evidence": "信息",
    "before": "原来",
    "after": "改为",
    "moved": "并入（条）",
    "stayed": "保留后来的改动（处）",
    "read": "可看",
    "edit": "可改",
    "record": "对象",
    "group": "字段组",
}
EVENTS = {
    "text": "文字消息",
    "image": "图片",
    "voice": "语音",
    "video": "视频",
    "location": "位置",
    "link": "链接",
    "file": "文件",
    "click": "点菜单",
    "view": "打开网页",
    "template_card_event": "点卡片按钮",
    "template_card_menu_event": "卡片菜单",
    "enter_agent": "进入应用",
    "subscribe": "加入可见范围",
    "unsubscribe": "移出可见范围",
    "change_external_contact": "外部联系人变动",
    "change_contact": "通讯录变动",
    "change_external_chat": "客户群变动",
    "change_external_tag": "客户标签变动",
    "location_select": "点菜单发位置",
    "scancode_push": "扫码",
    "scancode_waitmsg": "扫码",
    "pic_sysphoto": "菜单拍照",
    "pic_photo_or_album": "菜单发图",
    "pic_weixin": "菜单发图",
    "view_miniprogram": "打开小程序",
    "add_external_contact": "添加了外部联系人",
    "add_half_external_contact": "外部联系人免验证添加",
    "edit_external_contact": "修改了外部联系人",
    "del_external_contact": "删除了外部联系人",
    "del_follow_user": "被客户删除",
    "transfer_fail": "客户接替失败",
    "create_user": "新增成员",
    "update_user": "成员信息更新",
    "delete_user": "删除成员",
    "create_party": "新增部门",
    "update_party": "部门更新",
    "delete_party": "删除部门",
}
_POLICY = {name: number.label for name, _, number in Policy()}
_TOLD = {word.value: {one[word] for one in LABELS.values() if word in one} for kind in LABELS for word in kind}
_TEN_THOUSAND = Decimal(10_000)


def when(instant: datetime | None) -> str:
    """`YYYY-MM-DD HH:mm` in Shanghai; a dash for what has not happened."""
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if instant else "—"


def day(instant: datetime | None) -> str:
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d}" if instant else "—"


def ago(instant: datetime | None, now: datetime) -> str:
    """How many Shanghai days ago, as one says it."""
    if instant is None:
        return "从未"
    days = days_between(instant, now)
    return {0: "今天", 1: "昨天"}.get(days, f"{days} 天前") if days >= 0 else day(instant)


def money(yuan: Decimal) -> str:
    """¥ with 万 from ten thousand on: ¥52.8 万, ¥9,800."""
    if abs(yuan) < _TEN_THOUSAND:
        return f"¥{yuan:,.2f}".removesuffix(".00")
    return f"¥{yuan / _TEN_THOUSAND:,.2f}".rstrip("0").rstrip(".") + " 万"


def size(count: int) -> str:
    """Bytes as people say them."""
    if count < 1024:
        return f"{count} 字节"
    kilo = count / 1024
    return f"{kilo:.0f} KB" if kilo < 1000 else f"{kilo / 1024:.1f} MB"


def plain(value: Any) -> str:
    """A number of the business as it stands in its field."""
    if isinstance(value, bool):
        return "启用" if value else "停用"
    return f"{value:,.2f}".removesuffix(".00") if isinstance(value, Decimal) else f"{value:,}"


def label(word: str) -> str:
    """The Chinese word of a vocabulary value; of a bare value only where every kind that has it says the same."""
    if isinstance(word, StrEnum) and type(word) in LABELS:
        return LABELS[type(word)][word]
    told = _TOLD.get(word, {word})
    return next(iter(told)) if len(told) == 1 else word


def sheet(word: StrEnum) -> str:
    """The Chinese for a word of imports and exports."""
    return said(word)


def event(msg_type: str, name: str, change: str) -> str:
    """What a callback was about: the finest word we know of it."""
    if name.casefold() == "location":  # its name is a message's as well
        return "上报位置"
    for word in (change, name, msg_type):
        if word and word.casefold() in EVENTS:
            return EVENTS[word.casefold()]
    return change or name or msg_type


def detail(values: Mapping[str, Any], about: str) -> list[tuple[str, str]]:
    """An audit entry's particulars, named and worded, without row numbers and what its subject says already."""
    return [
        (DETAILS.get(key, key), _said(key, value))
        for key, value in values.items()
        if key not in _NUMBERS and value not in ("", None, [], about)
    ]


def subject(kind: str, about: str) -> str:
    if kind in _WHOLE:
        return ""
    return _POLICY.get(about, about) if kind == "policy" else about


_NUMBERS = {"collision", "entry", "loser", "merge", "period", "team_id", "visit", "path", "external_userid"}
_ROLES = {word.value for word in (*Role, *ShareAccess)}
_REASONS = {reason.value for reason in OwnershipReason}


def _said(key: str, value: Any) -> str:
    if isinstance(value, bool) or value in ("true", "false"):
        return "是" if value in (True, "true") else "否"
    if key == "amount":
        return money(Decimal(str(value)))
    if isinstance(value, list):
        return "、".join(str(one) for one in value)
    if isinstance(value, str) and value in _ROLES | _REASONS:
        return label(value)
    if isinstance(value, str) and key in ("until", "due_at", "due", "was", "at"):
        try:
            return when(datetime.fromisoformat(value))
        except ValueError:
            return label(value)
    return str(value)
