"""Examples of what the sidebar sends and is told, by the name of the model."""

from typing import Any

from miniapp_api.example_ids import CONTACT_ID, CUSTOMER_ID, DEAL_ID, ENTRY_ID, QUOTE_ID, TODO_ID

_WHO = {"kind": "external_contact", "chat": "woAJ2GCAAAXtWyujaWJHDDGi0mACH71w"}
_AT = "2026-11-23T02:00:00Z"
_CARD = {
    "id": CUSTOMER_ID,
    "name": "昆山恒泽水务设备有限公司",
    "stage": "潜在客户",
    "level": "重点客户",
    "owner": "李强",
    "mine": True,
    "silent_days": 12,
    "days_left": 33,
    "why": "已 12 天没有跟进，还剩 33 天",
    "linked_by": "李强",
    "linked_at": _AT,
    "undo_until": "2026-11-23T02:10:00Z",
    "contacts": [
        {
            "id": CONTACT_ID,
            "name": "钱卫国",
            "title": "采购经理",
            "phone": "13800138000",
            "masked": False,
            "retired": False,
        }
    ],
    "linked": [{"name": "钱卫国", "linked_by": "李强"}],
    "deals": [
        {
            "id": DEAL_ID,
            "name": "二期循环泵",
            "amount": "800000.00",
            "stage": "方案报价",
            "owner": "李强",
            "days": 9,
            "colour": "yellow",
        }
    ],
    "quotes": [
        {
            "id": QUOTE_ID,
            "number": "BJ261123-17",
            "state": "open",
            "state_label": "有效",
            "total": "19000.00",
            "currency": "CNY",
            "valid_until": "2026-12-23",
            "text": "【报价单 BJ261123-17】\n· IHG80-160 立式化工泵 2台 × 9,500.00 = 19,000.00\n合计 19,000.00 CNY",
        }
    ],
    "todos": [{"id": TODO_ID, "text": "送样品", "due_at": "2026-11-24T07:00:00Z"}],
    "timeline": [
        {
            "id": ENTRY_ID,
            "digest_id": None,
            "from_archive": False,
            "kind_label": "跟进",
            "author": "李强",
            "at": _AT,
            "text": "电话确认了口径和扬程",
        }
    ],
    "may": {"write": True, "deal": True},
}
_BESIDE = {
    "me": {"userid": "liqiang", "name": "李强", "role": "rep", "role_label": "销售"},
    "at": _AT,
    "state": "linked",
    "kind": "external_contact",
    "name": "钱卫国",
    "company": "昆山恒泽水务设备有限公司",
    "position": "采购经理",
    "remark": "钱经理-恒泽水务",
    "said": "",
    "members": [],
    "customer": _CARD,
    "candidates": [],
}
SIDEBAR_EXAMPLES: dict[str, dict[str, Any]] = {
    "AgentConfigOut": {
        "corp_id": "ww1a2b3c4d5e6f7a8b",
        "agent_id": 1000002,
        "timestamp": 1763863200,
        "nonce": "4f1c9e07d2ab8365",
        "signature": "0f9de62fce790f9a083d5c99e95740ceb90c27ed",
    },
    "SidebarOut": _BESIDE,
    "LinkIn": {**_WHO, "customer_id": CUSTOMER_ID, "seen": None},
    "UnlinkIn": {**_WHO, "seen": CUSTOMER_ID, "linked_at": _AT, "former": None},
    "NewcomerIn": {
        **_WHO,
        "name": "昆山恒泽水务设备有限公司",
        "contact_name": "钱卫国",
        "title": "采购经理",
        "alike": "ask",
    },
    "IgnoreIn": {**_WHO, "reason": "supplier"},
    "BesideDoneOut": {"said": "已关联到「昆山恒泽水务设备有限公司」", "alike": False, "sidebar": _BESIDE},
    "TodoIn": {"text": "送样品", "due_at": "2026-11-24T15:00:00+08:00"},
    "TodoOut": {"id": TODO_ID, "text": "送样品", "due_at": "2026-11-24T07:00:00Z"},
    "MediaOut": {"msgtype": "image", "media_id": "3a8asd892asd8asd", "name": "旧泵铭牌.jpg"},
}
