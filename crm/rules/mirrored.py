"""What a pull of everybody's customers brought, in a sentence for people."""

from collections.abc import Mapping

_SAID = (
    ("members", "成员"),
    ("friends", "好友关系"),
    ("new", "新增"),
    ("changed", "变化"),
    ("ended", "补记结束"),
    ("tags", "标签"),
    ("groups", "客户群"),
    ("dissolved", "解散"),
)


def say(counts: Mapping[str, int]) -> str:
    """By name; what is missing is none."""
    return "，".join(f"{word} {counts.get(name, 0)}" for name, word in _SAID)
