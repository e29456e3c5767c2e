"""Passive replies: the plain XML that answers a callback within its five seconds."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateways.wecom.text import cdata, clean, clip_bytes, fitting, one_line, whole_characters

TEXT_LIMIT = 2048  # bytes of UTF-8 in one text message, passive or sent

# The XML names are the JSON names in camel case, except these.
_ODD_NAMES = {
    "appid": "AppId",
    "checkbox": "CheckBox",
    "keyname": "KeyName",
    "pagepath": "PagePath",
    "userid": "UserId",
}


def text_reply(to_user: str, from_corp: str, content: str, created: int) -> str:
    """Plain text to the member who wrote. Over 2048 bytes is clipped: use ``split_text`` and send the rest.

    WeCom draws ``<a href>`` in it; put strangers' words through ``text.no_markup`` before composing.
    """
    content = clip_bytes(clean(content), TEXT_LIMIT)
    return _reply(to_user, from_corp, created, "text", f"<Content>{cdata(content)}</Content>")


def update_button_reply(to_user: str, from_corp: str, replace_name: str, created: int) -> str:
    """Answers a card click: for the clicker the buttons become one grey ``replace_name``."""
    name = cdata(one_line(replace_name))
    return _reply(to_user, from_corp, created, "update_button", f"<Button><ReplaceName>{name}</ReplaceName></Button>")


def update_card_reply(to_user: str, from_corp: str, card: Mapping[str, Any], created: int) -> str:
    """Answers a card click with a new card for the clicker; ``card`` is a ``template_card`` as in message/send."""
    # task_id is what the event already carries; the documented reply has no element for it.
    shown = {name: value for name, value in card.items() if name != "task_id"}
    body = "".join(_elements(shown))
    return _reply(to_user, from_corp, created, "update_template_card", f"<TemplateCard>{body}</TemplateCard>")


def split_text(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """The text in parts of at most ``limit`` bytes of UTF-8, in order; a text that fits is the only part.

    A part ends at a line break when there is one in its second half (the break itself is dropped), rather before a line
    that begins an item than before one that goes on with it (indented), and not behind a heading (「：」); else between
    two whole characters. Parts without any letter are left out. ``limit`` below 4, the longest character, is a
    ValueError.
    """
    if limit < 4:
        raise ValueError("a character may need 4 bytes")
    text = clean(text)
    parts = []
    rest = text
    while fitting(rest, limit) < len(rest):
        end, resume = _break(rest, limit)
        parts.append(rest[:end])
        rest = rest[resume:]
    parts.append(rest)
    return [part for part in parts if part.strip()] or [text[: fitting(text, limit)]]


def _break(text: str, limit: int) -> tuple[int, int]:
    """Where the part ends and where the next one begins."""
    room = fitting(text, limit)
    breaks = [place for place in range(max(1, room // 2), room + 1) if text.startswith("\n", place)]
    between = [place for place in breaks if not text.startswith(" ", place + 1)] or breaks
    between = [place for place in between if not text.endswith("：", 0, place)] or between
    if between:
        return between[-1], between[-1] + 1
    end = whole_characters(text, room)
    return end, end


def _reply(to_user: str, from_corp: str, created: int, kind: str, body: str) -> str:
    return (
        f"<xml><ToUserName>{cdata(to_user)}</ToUserName><FromUserName>{cdata(from_corp)}</FromUserName>"
        f"<CreateTime>{int(created)}</CreateTime><MsgType>{cdata(kind)}</MsgType>{body}</xml>"
    )


def _elements(fields: Mapping[str, Any]) -> Iterator[str]:
    """JSON fields as elements; a list is the element repeated, without a wrapper, as the platform draws it."""
    for name, value in fields.items():
        tag = _ODD_NAMES.get(name) or "".join(word.capitalize() for word in name.split("_"))
        for item in value if isinstance(value, list) else [value]:
            yield f"<{tag}>{_content(item)}</{tag}>"


def _content(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(_elements(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else cdata(str(value))
