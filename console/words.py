"""How the console writes dates, money and the machine's own names, so that a salesperson reads them at once."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from config.sheets import said
from config.vocabulary import LABELS
from crm.rules.amounts import shown_amount
from crm.rules.days import SHANGHAI, days_between
from crm.rules.masking import HIDDEN
from crm.rules.quotes import say_money, say_quantity

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
    "picture_proves": "取图片作凭证",
    "digest_asked": "整理会话摘要",
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


def price(amount: Decimal | None, currency: str) -> str:
    """Of a quote nothing is rounded: ¥12,000, USD 1,234.50; a dash for what has no price."""
    return "—" if amount is None else say_money(amount, currency)


def amount(yuan: Decimal | None) -> str:
    """What one deal or quote is about, as every card says it: ¥52.8 万, ¥14,250; nothing is rounded."""
    return shown_amount(yuan)


def money(yuan: Decimal | None) -> str:
    """A sum of many, short: ¥52.8 万, ¥9,800; of one that is not shown (None) only that it is there."""
    if yuan is None:
        return HIDDEN
    if abs(yuan) < _TEN_THOUSAND:
        return f"¥{yuan:,.2f}".removesuffix(".00")
    return f"¥{yuan / _TEN_THOUSAND:,.2f}".rstrip("0").rstrip(".") + " 万"


def percent(value: Decimal) -> str:
    """To the hundredth, without the zeros that a column keeps: 20%, 25.78%."""
    return f"{value:.2f}".rstrip("0").removesuffix(".") + "%"


def hours(many: float) -> str:
    """How long something took: of a wait below an hour nobody asks how many minutes."""
    if many < 1:
        return "不到 1 小时"
    return f"{many:g} 小时" if many < 48 else f"{many / 24:.1f} 天"


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


def event(msg_type: str, name: str, change: str, button: str = "") -> str:
    """What a callback was about: the finest word we know of it, and which button of the menu it was."""
    if button:
        return f"{EVENTS['click']}「{button}」"
    if name.casefold() == "location":  # its name is a message's as well
        return "上报位置"
    for word in (change, name, msg_type):
        if word and word.casefold() in EVENTS:
            return EVENTS[word.casefold()]
    return change or name or msg_type


def quantity(many: Decimal) -> str:
    return say_quantity(many)
