"""What the audit book says of each entry, in Chinese: what it is about, its particulars, and where it came in."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from config import collisions, sheets
from config.policy import Policy
from config.prospects import ProjectState
from config.sheets import ContestVerdict, ImportKind, RowResolution, RowVerdict
from config.vocabulary import (
    CustomerSource,
    DigestEngine,
    DigestOrigin,
    FieldObject,
    OutboxState,
    OwnershipReason,
    PersonStatus,
    Role,
    ShareAccess,
    Verdict,
)
from console.verbs import VERBS as VERBS
from console.words import label, money, size, when

ENTRANCES = {
    "console": "管理后台",
    "chat": "企微会话",
    "card": "消息卡片",
    "miniapp": "手机端",
    "sidebar": "侧边栏",
    "link": "上传链接",
    "shell": "命令行",
    "form": "网站表单",
    "wecom": "企业微信",
    "sweep": "定时任务",
    "sync": "通讯录同步",
    "archive": "会话存档",
    "seed": "演示数据",
    "radar": "查重",
    "import": "导入",
    "approval": "审批通过",
    "job": "后台任务",
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
    "contact_way": "联系我",
    "corp_tag": "企业标签",
    "visit": "拜访",
    "team": "部门",
    "role": "角色",
    "radar": "查重规则",
    "sending": "消息发送",
    "directory": "通讯录",
    "import": "导入",
    "export": "导出",
    "attachments": "附件",
    "approval_rule": "审批规则",
    "pipeline": "商机流程",
    "quote": "报价",
    "product": "产品",
    "rate": "汇率",
    "archive": "会话存档",
    "customer_group": "客户群",
}
_WHOLE = ("sending", "directory", "attachments", "archive")  # of these there is only one, which needs no name
DETAILS = {
    "changed": "改动",
    "put": "加上的标签数",
    "taken": "去掉的标签数",
    "contacts": "联系人",
    "twin": "并入的账号",
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
    "origin": "来自",
    "engine": "整理方式",
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
    "rows": "行数",
    "asked": "筛选",
    "agrees": "同意",
    "file": "文件",
    "kind": "内容",
    "targets": "各列对应",
    "clock_from": "上线日",
    "mine": "没写负责人的归导入人",
    "resolution": "处理方式",
    "job": "导入文件",
    "row": "表里第几行",
    "filled": "补了",
    "first": "先导入的人",
    "second": "后导入的人",
    "protected": "受保护",
    "role": "角色",
    "told": "依据",
    "words": "附言",
    "who": "同事",
    "deputy": "代理人",
    "days": "日期",
    "measure": "看什么",
    "bound": "界限",
    "total": "合计",
    "list_price": "列表价",
    "first_day": "生效日",
    "affected": "受影响的报价",
    "day": "日期",
    "rate": "汇率",
    "deal": "商机",
    "forced": "主管放行",
    "ids": "附件（个）",
    "size": "大小",
    "userid": "账号",
    "position": "职位",
    "version": "第几版",
    "note": "备注",
    "status": "状态",
    "messages": "会话（条）",
    "visits": "拜访（次）",
    "score": "可信分",
    "team_id": "部门",
}
# Numbers of rows, which are nobody's to read.
HIDDEN = frozenset(
    {
        "attachment",
        "call",
        "chat_id",
        "collision",
        "contest",
        "entry",
        "external_userid",
        "loser",
        "merge",
        "path",
        "period",
        "sha256",
        "upload",
        "visit",
    }
)
# What is stored as a word of the trade, by its key, or by the verb where one key holds several kinds.
_KEYS: Mapping[str, tuple[type[StrEnum], ...]] = {
    "kind": (ImportKind,),
    "verdict": (ContestVerdict, RowVerdict, Verdict),
    "resolution": (RowResolution,),
    "source": (CustomerSource,),
    "origin": (DigestOrigin,),
    "engine": (DigestEngine,),
    "access": (ShareAccess,),
    "record": (FieldObject,),
    "status": (PersonStatus,),
    "why": (OwnershipReason,),
}
_STATES: Mapping[str, type[StrEnum]] = {
    "project_state": ProjectState,
    "retry_message": OutboxState,
    "person_left": PersonStatus,
    "grant_role": Role,
    "take_back_role": Role,
}
# What a field's definition is made of.
_PARTS = {
    "label": "名称",
    "group": "分组",
    "help": "填写说明",
    "position": "顺序",
    "required_at": "必填的阶段",
    "options": "选项",
    "retired_options": "停用的选项",
    "retired": "停用",
}
_POLICY = {name: number.label for name, _, number in Policy()}
_MOMENTS = ("until", "due_at", "due", "was", "at")


def subject(kind: str, about: str) -> str:
    """What an entry is about; empty where there is only one of the kind."""
    if kind in _WHOLE:
        return ""
    if kind == "policy":
        return _POLICY.get(about, about)
    if kind == "export":
        return f"第 {about} 号"
    if kind == "radar":
        return _word(about, (collisions.RadarEntry,))
    return _word(about, (Role,)) if kind == "role" else about


def detail(verb: str, values: Mapping[str, Any], about: str) -> list[tuple[str, str]]:
    """An entry's particulars, named and worded, without row numbers and what its subject says already."""
    return [
        (DETAILS.get(key, key), _said(verb, key, value))
        for key, value in values.items()
        if key not in HIDDEN and value not in ("", None, [], about) and not (key == "team_id" and "team" in values)
    ]


def _said(verb: str, key: str, value: Any) -> str:
    if isinstance(value, bool) or value in ("true", "false"):
        return "是" if value in (True, "true") else "否"
    if key == "amount":
        return money(Decimal(str(value)))
    if isinstance(value, Mapping):
        return "、".join(f"{DETAILS.get(name, name)} {_said(verb, name, one) or '空'}" for name, one in value.items())
    if isinstance(value, list):
        return str(len(value)) if key == "ids" else "、".join(_PARTS.get(str(one), str(one)) for one in value)
    if key == "size":
        return size(int(value))
    if key == "rows":
        return "全部" if value == "all" else f"{value:,}"
    if not isinstance(value, str):
        return str(value)
    if key in _MOMENTS:
        try:
            return when(datetime.fromisoformat(value))
        except ValueError:
            pass
    return _word(value, (_STATES[verb],) if verb in _STATES and key in ("old", "new", "was") else _KEYS.get(key, ()))


def _word(value: str, kinds: tuple[type[StrEnum], ...]) -> str:
    """The Chinese of a word of one of these kinds; what is none of them stands as it is."""
    for kind in kinds:
        if value in set(kind):
            word = kind(value)
            if isinstance(word, collisions.RadarEntry):
                return collisions.said(word)
            return sheets.said(word) if kind.__module__ == sheets.__name__ else label(word)
    return value
