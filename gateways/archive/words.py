"""What a message of the archive says, in plain words: pictures and sounds by name, never by content."""

import json
from collections.abc import Callable, Mapping
from typing import Any

Body = Mapping[str, Any]
MOST = 4000  # characters kept of one message
_NAMES = {
    "image": "图片",
    "voice": "语音",
    "video": "视频",
    "emotion": "表情",
    "card": "名片",
    "weapp": "小程序",
    "redpacket": "红包",
    "external_redpacket": "红包",
    "meeting": "会议",
    "meeting_voice_call": "语音通话",
    "voip_doc_share": "共享文档",
    "voiptext": "通话",
    "calendar": "日程",
    "vote": "投票",
    "collect": "填表",
    "sphfeed": "视频号",
    "docmsg": "在线文档",
    "todo": "待办",
    "agree": "同意存档",
    "disagree": "不同意存档",
    "revoke": "撤回",
}
_UNKNOWN = "[不支持的消息]"
_TITLED = ("title", "topic", "filename", "sph_name")  # where a message that is not words says what it is


def body_of(document: Body, kind: str) -> Body:
    """The part of a message that belongs to its type; markdown and news have theirs under ``info``."""
    for name in (kind, "info", "doc" if kind == "docmsg" else ""):
        found = document.get(name)
        if isinstance(found, dict):
            return found
    return {}


def words(kind: str, body: Body) -> str:
    """What was said, at most ``MOST`` characters, without bytes that no database takes."""
    say = _SAYING.get(kind)
    said = say(body) if say else _named(kind, body)
    return said.replace("\x00", "").encode("utf-8", "ignore").decode().strip()[:MOST]


def _text(body: Body, name: str) -> str:
    found = body.get(name)
    return found.strip() if isinstance(found, str) else ""


def _named(kind: str, body: Body) -> str:
    name = _NAMES.get(kind)
    if name is None:
        return _UNKNOWN
    title = next((found for one in _TITLED if (found := _text(body, one))), "")
    return f"[{name}] {title}".strip()


def _file(body: Body) -> str:
    return f"[文件] {_text(body, 'filename')}".strip()


def _location(body: Body) -> str:
    return f"[位置] {_text(body, 'title')} {_text(body, 'address')}".strip()


def _link(body: Body) -> str:
    return f"[链接] {_text(body, 'title')} {_text(body, 'link_url')}".strip()


def _news(body: Body) -> str:
    items = body.get("item")
    return " ".join(_link(one) for one in items if isinstance(one, dict)) if isinstance(items, list) else "[链接]"


def _mixed(body: Body) -> str:
    """Each part has its body as JSON in a string of its own."""
    items = body.get("item")
    parts = [_part(one) for one in items if isinstance(one, dict)] if isinstance(items, list) else []
    return "\n".join(parts) or _UNKNOWN


def _part(item: Body) -> str:
    kind, content = _text(item, "type"), item.get("content")
    try:
        body = json.loads(content) if isinstance(content, str) else content
    except ValueError:
        return content if isinstance(content, str) and kind == "text" else _UNKNOWN
    if kind in ("mixed", "chatrecord"):  # nobody nests them, and a message must not decide how deep we go
        return _UNKNOWN
    return words(kind.removeprefix("ChatRecord").casefold(), body) if isinstance(body, dict) else _UNKNOWN


def _record(body: Body) -> str:
    """Merged chat records, line by line."""
    items = body.get("item")
    lines = [_part(one) for one in items if isinstance(one, dict)] if isinstance(items, list) else []
    return "\n".join([f"[聊天记录] {_text(body, 'title')}".strip(), *lines])


_SAYING: Mapping[str, Callable[[Body], str]] = {
    "text": lambda body: _text(body, "content"),
    "markdown": lambda body: _text(body, "content"),
    "file": _file,
    "location": _location,
    "link": _link,
    "news": _news,
    "mixed": _mixed,
    "chatrecord": _record,
}
