"""Examples of what a phone is told of a person's day, by the name of the model."""

from typing import Any

from miniapp_api.example_ids import TODO_ID

_THING = {
    "kind": "todo",
    "mark": "待办",
    "id": TODO_ID,
    "title": "常熟新泰纺织：周五前给修改方案",
    "why": "已过期 1 天",
    "loss": "答应客户的事会落空",
    "urgent": False,
}
_COMING = {"text": "送样品", "customer": "昆山恒泽水务设备有限公司", "due_at": "2026-11-24T07:00:00Z"}
_DONE = {"follow_ups": 3, "visits": 2, "moves": 1, "quotes": 0, "todos": 4}

TODAY_EXAMPLES: dict[str, dict[str, Any]] = {
    "TodayOut": {"day": "2026-11-23", "things": [_THING], "coming": [_COMING], "coming_more": 2, "done": _DONE},
    "ThingOut": _THING,
    "ComingOut": _COMING,
    "DoneOut": _DONE,
}
