"""How the console writes dates, money and the machine's own names, so that a salesperson reads them at once."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from config.policy import Policy
from config.sheets import said
from config.vocabulary import LABELS, OwnershipReason, Role, ShareAccess
from crm.rules.days import SHANGHAI, days_between

VERBS = {
    "sign_in": "登录",
    "grant_role": "调整角色",
    "assign_scope": "分管部门",
    "withdraw_scope": "取消分管",
    "change_policy": "修改规则数字",
    "create_customer": "新建客户",
    "fetch_export": "下载导出文件",
    "run_export": "生成导出文件",
    "decide_export": "审批导出",
    "ask_export": "申请导出",
    "decide_contest": "归属裁定",
    "open_contest": "归属待裁定",
    "import_deal": "导入商机",
    "import_follow_up": "导入历史跟进",
    "import_contact": "导入联系人",
    "import_into": "导入合并",
    "undo_import": "撤销导入",
    "drop_import": "放弃导入",
    "start_import": "开始导入",
    "resolve_import": "处理导入重复",
    "map_import": "对应导入列",
    "upload_import": "上传导入表",
    "update_customer": "修改客户资料",
    "add_contact": "新增联系人",
    "update_contact": "修改联系人",
    "retire_contact": "停用联系人",
    "restore_contact": "恢复联系人",
    "add_campaign": "新增市场活动",
    "retire_campaign": "停用市场活动",
    "restore_campaign": "恢复市场活动",
    "add_field": "新增字段",
    "edit_field": "修改字段",
    "require_field": "设置必填",
    "move_field": "调整字段顺序",
    "retire_field": "停用字段",
    "restore_field": "恢复字段",
    "add_field_group": "新增字段分组",
    "withdraw_customer": "撤销新建客户",
    "withdraw_deal": "撤销新建商机",
    "follow_up": "记跟进",
    "retract_follow_up": "撤销跟进",
    "recycle": "沉默回收",
    "assign": "分配客户",
    "return": "退还原负责人",
    "give_back": "主动退回",
    "take_back": "撤销归属变动",
    "take_back_role": "撤销授予角色",
    "share_customer": "共享客户",
    "end_share": "结束共享",
    "take_back_share": "撤销共享",
    "reveal_phone": "看完整电话",
    "look_alikes": "查重命中他人客户",
    "grant_fields": "调整字段权限",
    "open_deal": "新建商机",
    "snooze_deal": "商机暂缓",
    "wake_deal": "取消暂缓",
    "add_todo": "新建待办",
    "finish_todo": "完成待办",
    "drop_todo": "撤销待办",
    "reopen_todo": "恢复待办",
    "postpone_todo": "待办延期",
    "link": "关联客户",
    "unlink": "取消关联",
    "ignore_contact": "忽略联系人",
    "unignore_contact": "取消忽略",
    "set_current": "切换当前客户",
    "check_in": "拜访打卡",
    "retract_check_in": "撤销打卡",
    "capture_lead": "收到线索",
    "assign_lead": "分配线索",
    "respond_lead": "线索首次响应",
    "invalidate_lead": "线索判为无效",
    "convert_lead": "线索转客户",
    "undo_lead": "撤销线索操作",
    "open_lead_source": "新建线索入口",
    "close_lead_source": "停用线索入口",
    "reopen_lead_source": "恢复线索入口",
    "create_project": "新建项目",
    "add_party": "项目加公司",
    "remove_party": "项目去掉公司",
    "project_state": "项目状态",
    "register_project": "项目报备",
    "extend_registration": "报备延期",
    "shorten_registration": "撤销报备延期",
    "end_registration": "放弃报备",
    "restore_registration": "恢复报备",
    "registration_ran_out": "报备到期",
    "add_person": "新增成员",
    "mirror_person": "更新成员",
    "retry_event": "重新处理消息",
    "retry_message": "重发消息",
    "resume_sending": "恢复发送",
    "sync_directory": "手动同步通讯录",
    "mirror_team": "更新部门",
    "rename_person": "账号改名",
    "person_left": "成员离职",
    "direct_leader": "更新直属上级",
    "set_leader": "设为部门负责人",
    "unset_leader": "取消部门负责人",
}
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
_LABELS = {word.value: text for word, text in LABELS.items()}
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


def plain(value: Any) -> str:
    """A number of the business as it stands in its field."""
    if isinstance(value, bool):
        return "启用" if value else "停用"
    return f"{value:,.2f}".removesuffix(".00") if isinstance(value, Decimal) else f"{value:,}"


def label(word: str) -> str:
    """The Chinese word of a vocabulary value, or the value itself where we have no word."""
    return _LABELS.get(word, word)


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


_NUMBERS = {"entry", "period", "team_id", "visit", "path", "external_userid"}
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
