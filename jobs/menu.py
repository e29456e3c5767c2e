"""The menu at the foot of the app's chat: its keys are the verbs one could type."""

from typing import Any

MENU: dict[str, Any] = {
    "button": [
        {
            "name": "今天",
            "sub_button": [
                {"type": "click", "name": "今日清单", "key": "今日"},
                {"type": "click", "name": "待办", "key": "待办"},
            ],
        },
        {
            "name": "客户",
            "sub_button": [
                {"type": "click", "name": "我的客户", "key": "客户"},
                {"type": "click", "name": "写跟进", "key": "跟进"},
                {"type": "click", "name": "商机", "key": "商机"},
            ],
        },
        {
            "name": "更多",
            "sub_button": [
                {"type": "location_select", "name": "打卡", "key": "打卡"},
                {"type": "click", "name": "帮助", "key": "帮助"},
            ],
        },
    ]
}
