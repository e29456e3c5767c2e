"""Who outside has agreed to the archive: msgaudit/* with the archive's own token."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateways.wecom.errors import WecomError
from gateways.wecom.people import Malformed, objects, text
from gateways.wecom.wire import Wire

_AT_ONCE = 100  # pairs of one call
_YES = "Agree"  # Default_Agree is the company's own setting: nobody outside has said it


@dataclass(frozen=True, slots=True)
class Consent:
    """`since` is when somebody last said yes or no, None where he never did."""

    external_userid: str
    agreed: bool
    since: datetime | None


@dataclass(frozen=True, slots=True)
class PairConsent:
    userid: str
    consent: Consent


class Consents:
    """Asks the platform; every failure is a WecomError."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def covered(self) -> int:
        """How many members the company lets the archive hear; with none of them nothing is ever kept."""
        return len(self._wire.post("msgaudit/get_permit_user_list", b"{}").get("ids") or ())

    def of_pairs(self, pairs: Iterable[tuple[str, str]]) -> Sequence[PairConsent]:
        """What each outsider said to each member (userid, external_userid); who is not in the answer said nothing."""
        asked = sorted(set(pairs))
        some = (asked[start : start + _AT_ONCE] for start in range(0, len(asked), _AT_ONCE))
        return [one for batch in some for one in self._of_some(batch)]

    def of_room(self, room: str) -> Sequence[Consent]:
        """What the outsiders in a group said."""
        found = self._asked("msgaudit/check_room_agree", {"roomid": room})
        return [consent for entry in found if (consent := _consent(entry)) is not None]

    def _of_some(self, pairs: Sequence[tuple[str, str]]) -> Iterator[PairConsent]:
        info = [{"userid": userid, "exteranalopenid": external} for userid, external in pairs]
        for entry in self._asked("msgaudit/check_single_agree", {"info": info}):
            consent, userid = _consent(entry), text(entry, "userid")
            if consent is not None and userid:
                yield PairConsent(userid, consent)

    def _asked(self, path: str, document: dict[str, Any]) -> list[dict[str, Any]]:
        """An answer without its list is none: taken for «nobody agreed» it would lose messages for good."""
        answer = self._wire.post(path, json.dumps(document, ensure_ascii=False).encode())
        try:
            return objects(answer, "agreeinfo")
        except Malformed:
            raise WecomError(path, what="企业微信接口的回答不完整") from None


def _consent(entry: dict[str, Any]) -> Consent | None:
    external = text(entry, "exteranalopenid")  # sic, the platform spells it so
    if not external:
        return None
    changed = entry.get("status_change_time")
    since = datetime.fromtimestamp(changed, UTC) if type(changed) is int and 0 < changed < 1 << 34 else None
    return Consent(external, text(entry, "agree_status") == _YES, since)
