"""The menu at the foot of the app's chat: its keys are the verbs one could type."""

from collections.abc import Mapping
from typing import Any


def _click(name: str, key: str) -> dict[str, str]:
    return {"type": "click", "name": name, "key": key}


# At most three entries of five (wecom.md 3.10), names of at most 16 and 40 bytes.
MENU: dict[str, Any] = {
    "button": [
        {
            "name": "今天",
            "sub_button": [
                _click("今日清单", "今日"),
                _click("合并的提醒", "提醒"),
                _click("线索", "线索"),
                _click("我的日报", "日报"),
                {"type": "location_select", "name": "打卡", "key": "打卡"},
            ],
        },
        {
            "name": "客户",
            "sub_button": [
                _click("我的客户", "客户"),
                _click("写跟进", "跟进"),
                _click("新建客户", "新建"),
                _click("查重", "查重"),
                _click("时间节点", "节点"),
            ],
        },
        {
            "name": "商机",
            "sub_button": [
                _click("进行中的商机", "商机"),
                _click("推进商机", "推进"),
                _click("报价", "报价"),
                _click("审批", "审批"),
                _click("帮助", "帮助"),
            ],
        },
    ]
}


def differences(stands: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """What making `wanted` would change, in words; empty when it stands already.

    WeCom adds members of its own to what it was given, so only what we give is compared.
    """
    before, after = _entries(stands), _entries(wanted)
    said = [f"新增「{where}」" for where in after if where not in before]
    said += [f"去掉「{where}」" for where in before if where not in after]
    said += [f"改「{where}」" for where, what in after.items() if where in before and before[where] != what]
    if not said and list(before) != list(after):
        said = ["次序不同"]
    return said


def _entries(menu: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """「entry › below」 → what a press does."""
    found = {}
    for button in menu.get("button") or ():
        below = button.get("sub_button") or ()
        for one in below or (button,):
            where = f"{button.get('name', '')} › {one.get('name', '')}" if below else str(button.get("name", ""))
            found[where] = (str(one.get("type", "")), str(one.get("key") or one.get("url") or ""))
    return found
