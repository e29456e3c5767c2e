"""One message of the archive as it is after opening."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateways.archive.words import body_of, words

_AGREED, _REFUSED, _TAKEN_BACK = "agree", "disagree", "revoke"


class NoMessage(ValueError):
    """Opened, and not a message we can place: no id, no sender or no time."""


@dataclass(frozen=True, slots=True)
class Message:
    """Who said what to whom; ``room`` is "" between two people, ``at`` is aware UTC.

    ``recalls`` is the msgid that this takes back, ``agrees`` says whether it is an outsider's yes or no to the archive
    (None: neither).
    """

    msgid: str
    sender: str
    receivers: tuple[str, ...]
    room: str
    at: datetime
    kind: str
    text: str
    recalls: str
    agrees: bool | None


def message(document: Mapping[str, Any]) -> Message | None:
    """The message in the library's JSON; None for what is none (a member who changes companies)."""
    if document.get("action") == "switch":
        return None
    kind = _text(document, "msgtype")
    body = body_of(document, kind)
    msgid, sender = _text(document, "msgid"), _text(document, "from")
    if not msgid or not sender or not kind or len(msgid) > 128:
        raise NoMessage
    return Message(
        msgid=msgid,
        sender=sender,
        receivers=_texts(document.get("tolist")),
        room=_text(document, "roomid")[:64],
        at=_instant(document.get("msgtime")),
        kind=kind[:32],
        text=words(kind, body),
        recalls=_text(body, "pre_msgid")[:128] if kind == _TAKEN_BACK else "",
        agrees={_AGREED: True, _REFUSED: False}.get(kind),
    )


def _text(document: Mapping[str, Any], name: str) -> str:
    found = document.get(name)
    return found.replace("\x00", "") if isinstance(found, str) else ""


def _texts(found: Any) -> tuple[str, ...]:
    return tuple(one for one in found if isinstance(one, str) and one) if isinstance(found, list) else ()


def _instant(milliseconds: Any) -> datetime:
    if type(milliseconds) is not int:
        raise NoMessage
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise NoMessage from None
