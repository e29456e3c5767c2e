"""From a decrypted callback to the few things that can happen in chat."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crm.messages import Received
from gateways.wecom.inbound_xml import Unreadable, as_list, parse


@dataclass(frozen=True, slots=True)
class Words:
    """Something typed, or a menu entry that stands for something typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Position:
    latitude: float
    longitude: float
    place: str
    from_menu: bool


@dataclass(frozen=True, slots=True)
class Click:
    """A card's button. `selected` maps a drop-down's question key to the ids chosen."""

    key: str
    task_id: str
    selected: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Media:
    """`media_id` fetches it from WeCom, for three days."""

    kind: str
    media_id: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A member has come to see the app, or opened its chat."""


@dataclass(frozen=True, slots=True)
class Later:
    """Needs WeCom's API or the whole directory: a job's work."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """Nobody listens to this kind; it is kept."""


What = Words | Position | Click | Media | Arrived | Later | Unheard

_LATER = frozenset(
    {
        ("change_external_contact", "add_external_contact"),
        ("change_external_contact", "add_half_external_contact"),
        ("change_external_contact", "edit_external_contact"),
        ("change_external_contact", "del_external_contact"),
        ("change_external_contact", "del_follow_user"),
        ("change_external_contact", "msg_audit_approved"),
        ("msgaudit_notify", ""),
    }
    | {("change_external_chat", change) for change in ("create", "update", "dismiss")}
    | {("change_external_tag", change) for change in ("create", "update", "delete", "shuffle")}
    | {("change_contact", f"{verb}_{noun}") for verb in ("create", "update", "delete") for noun in ("user", "party")}
)
# What an event is about, in the order in which one of them is certain to be there.
_OBJECTS = ("ExternalUserID", "NewUserID", "ChatId", "Id", "TagId", "TaskId", "JobId")


@dataclass(frozen=True, slots=True)
class Inbound:
    """`corp` and `agent` are what the message says it was sent to; empty where it does not say."""

    received: Received
    corp: str
    agent: str
    what: What


def understand(plain: bytes) -> Inbound:
    """Never fails: what cannot be read is kept as it came, under its hash."""
    digest = f"e:{hashlib.sha256(plain).hexdigest()}"
    try:
        doc = parse(plain)
    except Unreadable:
        raw = plain.decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")
        return Inbound(Received(digest, "unreadable", "", "", "", "", raw, None), "", "", Unheard())
    msg_id = _text(doc, "MsgId")
    event, change = _text(doc, "Event"), _text(doc, "ChangeType")
    about = ("EventKey",) if event.casefold() == "click" else _OBJECTS  # which button of the menu
    received = Received(
        key=f"m:{msg_id[:70]}" if msg_id else digest,
        msg_type=_text(doc, "MsgType"),
        event=event,
        change_type=change,
        userid=_text(doc, "UserID") or _text(doc, "FromUserName"),
        object_id=next((found for name in about if (found := _text(doc, name))), ""),
        raw=plain.decode("utf-8"),
        made_at=_instant(_text(doc, "CreateTime")),
    )
    what = _what(doc, received.msg_type.casefold(), event.casefold(), change.casefold())
    return Inbound(received, _text(doc, "ToUserName"), _text(doc, "AgentID"), what)


def _what(doc: Mapping[str, Any], kind: str, event: str, change: str) -> What:
    if kind == "text":
        return Words(_text(doc, "Content"))
    if kind == "location":
        return _position(_text(doc, "Location_X"), _text(doc, "Location_Y"), _text(doc, "Label"), from_menu=False)
    if kind in ("image", "voice", "video", "file", "link"):
        return Media(kind, _text(doc, "MediaId"))
    if kind != "event":
        return Unheard()
    if event == "click":
        return Words("/" + _text(doc, "EventKey").lstrip("/"))
    if event == "template_card_event":
        return Click(_text(doc, "EventKey"), _text(doc, "TaskId"), _selected(doc))
    if event == "location_select":
        info = _dict(doc.get("SendLocationInfo"))
        place = _text(info, "Poiname") or _text(info, "Label")
        return _position(_text(info, "Location_X"), _text(info, "Location_Y"), place, from_menu=True)
    if event in ("subscribe", "enter_agent"):
        return Arrived()
    if (event, change) in _LATER:
        return Later()
    return Unheard()


def _position(latitude: str, longitude: str, place: str, *, from_menu: bool) -> What:
    try:
        return Position(float(latitude), float(longitude), place, from_menu)
    except ValueError:
        return Unheard()


def _selected(doc: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    items = as_list(_dict(doc.get("SelectedItems")).get("SelectedItem"))
    return {
        _text(item, "QuestionKey"): tuple(str(i) for i in as_list(_dict(item.get("OptionIds")).get("OptionId")))
        for item in items
        if isinstance(item, dict)
    }


def _text(doc: Mapping[str, Any], name: str) -> str:
    """An element's text. Repeated or nested where one word is expected is as good as absent."""
    value = doc.get(name)
    return value.replace("\x00", "") if isinstance(value, str) else ""


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _instant(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
