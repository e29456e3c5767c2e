"""The conversation of each member with the app, as his phone shows it, and the counters of what became visible."""

from collections.abc import Iterator

from emulator.clock import Clock
from emulator.state import CHAT_KEPT, State
from emulator.tenant import Json

RESPONSE_CODE_SECONDS = 72 * 3600


class Chats:
    """Entries: id, rev, at, from (app|member|system), kind, body, msgid, status, error; cards add `card`.

    Takes the lock itself.
    """

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self.eye: list[Json] = []  # every message/send that became visible, since the process started

    def add(self, userid: str, sender: str, kind: str, body: Json, **more: object) -> Json:
        """Append an entry and return it (live: change it through `change`)."""
        with self._state.lock:
            entry: Json = {
                "id": self._state.next_id("entry"),
                "at": round(self._clock.now(), 3),
                "from": sender,
                "kind": kind,
                "body": body,
                **more,
            }
            if kind == "template_card":
                entry["card"] = {"replaced": None, "pending": False}
            entry["rev"] = self._state.touch()
            chat: list[Json] = self._state.data["chats"].setdefault(userid, [])
            chat.append(entry)
            del chat[:-CHAT_KEPT]
            return entry

    def change(self, entry: Json, **fields: object) -> None:
        with self._state.lock:
            entry.update(fields)
            entry["rev"] = self._state.touch()

    def show(self, userid: str, kind: str, body: Json, msgid: str) -> None:
        """A message/send becomes visible to one member."""
        with self._state.lock:
            entry = self.add(userid, "app", kind, body, msgid=msgid)
            self._state.data["eyes"][userid] = self._state.data["eyes"].get(userid, 0) + 1
            self.eye.append(
                {
                    "index": len(self.eye),
                    "userid": userid,
                    "at": entry["at"],
                    "msgid": msgid,
                    "kind": kind,
                    "title": title_of(kind, body),
                    "task_id": body.get("task_id") if kind == "template_card" else None,
                    "raw": body,
                }
            )

    def inbox(self, userid: str, since: int = 0) -> list[Json]:
        """What the member sees, oldest first: entries that are new or altered after revision `since`."""
        with self._state.lock:
            chat: list[Json] = self._state.data["chats"].get(userid, [])
            return [entry for entry in chat if entry["rev"] > since]

    def entry(self, userid: str, number: object) -> Json | None:
        with self._state.lock:
            return next((entry for entry in self.inbox(userid) if entry["id"] == number), None)

    def card(self, userid: str, task_id: object) -> Json | None:
        """The newest card with this task id on the member's phone."""
        with self._state.lock:
            cards = (
                entry
                for entry in reversed(self.inbox(userid))
                if entry["kind"] == "template_card" and not entry.get("recalled")
            )
            return next((entry for entry in cards if entry["body"].get("task_id") == task_id), None)

    def with_msgid(self, msgid: str) -> Iterator[tuple[str, Json]]:
        with self._state.lock:
            for userid, chat in self._state.data["chats"].items():
                yield from ((userid, entry) for entry in chat if entry.get("msgid") == msgid)

    def response_code(self, task_id: str) -> str:
        """A new code that may update this card once within 72 hours."""
        with self._state.lock:
            code = self._state.opaque("response_code", 48)
            self._state.data["response_codes"][code] = {
                "task_id": task_id,
                "until": self._clock.now() + RESPONSE_CODE_SECONDS,
            }
            self._state.touch()
            return code

    def stands_for(self, code: object) -> str | None:
        """The task id a response code stands for, or None if it is unknown, used or late."""
        with self._state.lock:
            known = self._state.data["response_codes"].get(code) if isinstance(code, str) else None
            if known is None or known["until"] <= self._clock.now():
                return None
            return str(known["task_id"])

    def use_up(self, code: object) -> None:
        with self._state.lock:
            del self._state.data["response_codes"][code]
            self._state.touch()

    def grey(self, entry: Json, label: str) -> None:
        """All buttons of a card become one grey label."""
        self.change(entry, card={"replaced": label, "pending": False})

    def replace_card(self, entry: Json, card: Json) -> None:
        """The whole card is exchanged; `replace_text`, if given, takes the place of the buttons."""
        body = {"task_id": entry["body"].get("task_id"), **card}
        self.change(entry, body=body, card={"replaced": card.get("replace_text") or None, "pending": False})


def title_of(kind: str, body: Json) -> str:
    """One line that names a message, for lists and logs."""
    if kind == "template_card":
        main = body.get("main_title") or {}
        return str(main.get("title") or body.get("sub_title_text") or "")
    if kind == "news":
        return str(body["articles"][0].get("title", ""))
    return str(body.get("title") or body.get("content") or "")[:60]
