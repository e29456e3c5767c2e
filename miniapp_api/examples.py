"""One example of everything a phone sends and is told: in the OpenAPI document, and on its page."""

from typing import Any

from miniapp_api.approval_examples import APPROVAL_EXAMPLES
from miniapp_api.deal_examples import DEAL_EXAMPLES
from miniapp_api.digest_examples import DIGEST_EXAMPLES
from miniapp_api.example_ids import ATTACHMENT_ID, CONTACT_ID, CUSTOMER_ID, ENTRY_ID, IDS, LEAD_ID, SHARE_ID, TODO_ID
from miniapp_api.form_examples import FIELD_VALUE, FORM_EXAMPLES
from miniapp_api.quote_examples import QUOTE_EXAMPLES
from miniapp_api.sales_examples import SALES_EXAMPLES
from miniapp_api.sidebar_examples import SIDEBAR_EXAMPLES
from miniapp_api.today_examples import TODAY_EXAMPLES
from miniapp_api.visit_examples import VISIT_EXAMPLES
from miniapp_api.work_examples import WORK_EXAMPLES

__all__ = ["CUSTOMER_ID", "EXAMPLES", "IDS", "shown"]

_CURSOR = "WyJkYXlzX2xlZnQiLDAsIjIwMjYtMTAtMTZUMDE6MTI6MDArMDA6MDAiLCIzZjljMWQwYTdiZTI1NDg2YzBkMSJd"
_ME = {"userid": "liqiang", "name": "李强", "role": "rep", "role_label": "销售"}
_WHY = "已 38 天没有跟进，还剩 7 天"
_HELD = {
    "id": CUSTOMER_ID,
    "name": "常熟新泰纺织机械有限公司",
    "level": "普通客户",
    "stage": "意向",
    "region": "江苏常熟",
    "owner": "李强",
}
_CLOCK = {"queued": False, "silent_days": 38, "days_left": 7, "why": _WHY}
_SAID = "电话确认了口径和扬程，周五前给修改方案"
_ENTRY = {
    "id": ENTRY_ID,
    "kind": "follow_up",
    "kind_label": "跟进",
    "author": "李强",
    "at": "2026-10-16T01:12:00Z",
    "text": _SAID,
    "counts": True,
    "visit_id": "",
    "photos": [],
    "fields": [],
}

_OLDER = "WyJ0aW1lbGluZSIsIjIwMjYtMTAtMTZUMDE6MTI6MDArMDA6MDAiLCJiNzFlMDRjOWQyZjhhNjUzM2UxMCJd"
_ATTACHMENT = {
    "id": ATTACHMENT_ID,
    "name": "旧泵铭牌.jpg",
    "note": "泵房 2 号位",
    "kind": "jpeg",
    "kind_label": "图片",
    "size": 2483112,
    "width": 3024,
    "height": 4032,
    "uploaded_by": "李强",
    "at": "2026-11-23T02:00:00Z",
}

_LEAD = {
    "id": LEAD_ID,
    "name": "苏州恒力泵业有限公司",
    "contact_name": "王工",
    "phone": "13800138000",
    "need": "问二期循环泵",
    "inlet": "展会",
    "campaign": "2026 上海泵阀展",
    "owner": "李强",
    "state": "new",
    "state_label": "待联系",
    "urgency": "fine",
    "why": "11-23 12:00 前要联系",
    "due_at": "2026-11-23T04:00:00Z",
    "created_at": "2026-11-23T02:00:00Z",
}

# By the name of the model.
EXAMPLES: dict[str, dict[str, Any]] = {
    "SessionIn": {"code": "wx.qy.login 或 OAuth 给的一次性 code", "via": "miniapp"},
    "SessionOut": {"token": "Zk3v…（43 个字符）", "expires_at": "2026-11-30T02:00:00Z", "person": _ME},
    "MeOut": _ME,
    "TimelineQuery": {"kind": "follow_up", "limit": 20},
    "TimelineOut": {"timeline": [_ENTRY], "next_cursor": _OLDER},
    "CustomersQuery": {"query": "changshu", "sort": "days_left", "where": ["industry:泵"], "limit": 20},
    "CustomersOut": {
        "segments": [{"key": "mine", "label": "我的"}, {"key": "team", "label": "共享给我"}],
        "customers": [
            _HELD
            | {"team": "华东销售部", "last_activity_at": "2026-10-16T01:12:00Z"}
            | _CLOCK
            | {"next_step": "送修改后的方案", "next_step_at": "2026-11-27T02:00:00Z"}
        ],
        "total": 7,
        "total_at_least": False,
        "next_cursor": _CURSOR,
    },
    "CustomerOut": _HELD
    | _CLOCK
    | {
        "source": "转介绍",
        "industry": "纺织机械",
        "address": "",
        "uscc": "",
        "mine": True,
        "may_write": True,
        "created_at": "2026-06-26T02:00:00Z",
        "contacts": [
            {
                "id": CONTACT_ID,
                "name": "沈科长",
                "title": "设备科长",
                "phone": "138****0000",
                "masked": True,
                "retired": False,
            }
        ],
        "fields": [FIELD_VALUE],
        "missing": ["统一社会信用代码"],
        "links": [],
        "steps": [
            {
                "id": TODO_ID,
                "text": "送修改后的方案",
                "due_at": "2026-11-27T02:00:00Z",
                "person": "李强",
                "mine": True,
            }
        ],
        "deals": [
            {
                "id": "c05b2e9a1f7d4438b6e2",
                "name": "印染循环泵改造",
                "amount": "320000.00",
                "stage": "方案提交",
                "owner": "李强",
                "stage_since": "2026-11-11T02:00:00Z",
                "colour": "green",
                "colour_label": "正常",
                "fields": [{"label": "预计签约日", "value": "2026-12-20"}],
            }
        ],
        "timeline": [_ENTRY],
        "owners": [{"holder": "李强", "reason": "新建", "started_at": "2026-06-26T02:00:00Z", "ended_at": None}],
    },
    "AttachmentOut": _ATTACHMENT,
    "AttachmentsOut": {"attachments": [_ATTACHMENT], "may_write": True},
    "AttachmentQuery": {"original": "0"},
    "PhoneOut": {"phone": "13800000000", "left": 19},
    "ShareIn": {"userid": "wangfang", "access": "together", "last_day": "2027-02-21", "credit_percent": 20},
    "SharedOut": {
        "id": SHARE_ID,
        "customer_name": _HELD["name"],
        "person": "王芳",
        "access": "together",
        "last_day": "2027-02-21",
        "credit_percent": 20,
    },
    "SharesOut": {
        "shares": [
            {
                "id": SHARE_ID,
                "person": "王芳",
                "team": "华南销售部",
                "access": "together",
                "access_label": "一起跟进",
                "last_day": "2027-02-21",
                "credit_percent": 20,
                "granted_by": "李强",
            }
        ],
        "may_share": True,
        "holder_percent": 80,
    },
    "FollowUpIn": {"text": _SAID, "next_follow_up_at": "2026-11-27T10:00:00+08:00"},
    "FollowUpOut": {
        "id": ENTRY_ID,
        "counts": True,
        "remark": "",
        "customer_name": _HELD["name"],
        "next_follow_up_at": "2026-11-27T02:00:00Z",
    },
    "FormIn": {
        "company": "苏州恒力泵业有限公司",
        "contact_name": "王工",
        "phone": "13800138000",
        "need": "问二期循环泵",
    },
    "FormOut": {"message": "已收到，我们会尽快联系您"},
    "LeadIn": {"inlet": "exhibition", "company": "苏州恒力泵业有限公司", "phone": "13800138000", "need": "问循环泵"},
    "LeadMadeOut": {"id": LEAD_ID, "said": "已记下，归您跟进"},
    "LeadsQuery": {"state": "new", "limit": 20},
    "LeadsOut": {"leads": [_LEAD], "total": 1},
    "LeadOut": {
        "lead": _LEAD,
        "email": "",
        "remark": "",
        "rival": "",
        "customer_id": "",
        "customer_name": "",
        "mine": True,
        "steps": [
            {
                "at": "2026-11-23T02:00:00Z",
                "who": "李强",
                "step": "录入",
                "words": "",
                "undone": False,
                "may_undo": False,
            }
        ],
    },
    "StepIn": {"step": "respond", "kind": "call", "words": "约了明天上门"},
    "ConvertIn": {"name": "苏州恒力泵业有限公司", "deal_name": "二期循环泵", "amount": "800000"},
    "LeadDoneOut": {"said": "已新建客户「苏州恒力泵业有限公司」"},
}
EXAMPLES |= SIDEBAR_EXAMPLES
EXAMPLES |= FORM_EXAMPLES | WORK_EXAMPLES | DEAL_EXAMPLES | APPROVAL_EXAMPLES | SALES_EXAMPLES | QUOTE_EXAMPLES
EXAMPLES |= DIGEST_EXAMPLES | VISIT_EXAMPLES | TODAY_EXAMPLES


def shown(schema: dict[str, Any], model: type[Any]) -> None:
    """A model's `json_schema_extra`: its example, where it has one of its own."""
    if model.__name__ in EXAMPLES:
        schema["examples"] = [EXAMPLES[model.__name__]]
