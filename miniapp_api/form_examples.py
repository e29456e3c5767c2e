"""Examples of forms, and of customers and contacts that are written by them."""

from typing import Any

from miniapp_api.example_ids import CONTACT_ID, CUSTOMER_ID

FIELD_VALUE = {
    "key": "industry",
    "label": "行业",
    "group": "公司",
    "kind": "text",
    "shown": "纺织机械",
    "keys": [],
    "missing": False,
    "may_edit": True,
}
_TITLE = FIELD_VALUE | {"key": "title", "label": "职务", "group": "联系人", "shown": "设备科长"}

FORM_EXAMPLES: dict[str, dict[str, Any]] = {
    "FieldsQuery": {"of": "customer"},
    "FieldsOut": {
        "version": "9c27e1f04bd8a365",
        "groups": [
            {
                "key": "basic",
                "label": "公司",
                "fields": [
                    {
                        "key": "level",
                        "label": "客户级别",
                        "kind": "select",
                        "help": "",
                        "always": True,
                        "required_at": ["potential"],
                        "options": [{"key": "key", "label": "重点客户"}, {"key": "normal", "label": "普通客户"}],
                        "starts_as": "normal",
                        "may_read": True,
                        "may_edit": True,
                    }
                ],
            }
        ],
    },
    "CustomerIn": {"fields": {"name": "常熟新泰纺织机械有限公司", "industry": "纺织机械", "annual_purchase": "80万"}},
    "ChangeIn": {"fields": {"industry": "印染"}, "seen": {"industry": "纺织机械"}},
    "ContactIn": {"fields": {"name": "沈科长", "title": "设备科长", "phone": "13800000000"}},
    "ContactFileOut": {
        "id": CONTACT_ID,
        "customer_id": CUSTOMER_ID,
        "name": "沈科长",
        "fields": [_TITLE],
        "missing": [],
    },
    "ContactsOut": {
        "contacts": [
            {
                "id": CONTACT_ID,
                "name": "沈科长",
                "title": "设备科长",
                "phone": "138****0000",
                "masked": True,
                "retired": False,
            }
        ]
    },
    "ContactTurnedOut": {"id": CONTACT_ID, "name": "沈科长", "retired": True},
}
