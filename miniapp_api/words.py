"""What pydantic found wrong, said in Chinese; never what was typed, which may be hostile or secret."""

from collections.abc import Iterable, Mapping
from typing import Any

# By pydantic's error type; `{…}` are the bounds that our own models set.
_WORDS = {
    "missing": "必填",
    "extra_forbidden": "有不认识的字段，请去掉",
    "json_invalid": "不是有效的 JSON",
    "model_type": "要传一个 JSON 对象",
    "string_type": "要填文字",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "最多 {max_length} 个字",
    "string_pattern_mismatch": "格式不对",
    "string_unicode": "有不能识别的字符",
    "int_type": "要填整数",
    "int_parsing": "要填整数",
    "int_parsing_size": "数字太大",
    "int_from_float": "要填整数",
    "float_type": "要填数字",
    "float_parsing": "要填数字",
    "finite_number": "要填有限的数字",
    "bool_type": "要填 true 或 false",
    "greater_than": "要大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "要小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "enum": "不在可选的值里",
    "literal_error": "不在可选的值里",
    "datetime_type": "要填带时区的时间，例如 2026-03-02T10:00:00+08:00",
    "datetime_parsing": "要填带时区的时间，例如 2026-03-02T10:00:00+08:00",
    "datetime_from_date_parsing": "要填带时区的时间，例如 2026-03-02T10:00:00+08:00",
    "datetime_object_invalid": "要填带时区的时间，例如 2026-03-02T10:00:00+08:00",
    "timezone_aware": "时间要带时区，例如 2026-03-02T10:00:00+08:00",
}
_OTHERWISE = "填写不正确"
_WHOLE = "body"  # the place of what is wrong with the request as a whole


def in_chinese(problems: Iterable[Mapping[str, Any]], known: Iterable[str]) -> dict[str, str]:
    """Pydantic's problems as field → sentence. `known` are our own field names: no other name is repeated."""
    own = frozenset(known)
    fields: dict[str, str] = {}
    for problem in problems:
        kind, context = str(problem["type"]), problem.get("ctx") or {}
        place = str(problem["loc"][0]) if problem["loc"] else _WHOLE
        # A value_error is raised by our own validators, in our own words.
        said = str(context["error"]) if kind == "value_error" else _WORDS.get(kind, _OTHERWISE).format_map(context)
        fields.setdefault(place if place in own else _WHOLE, said)
    return fields
