"""The members' chats with people outside: contacts and customer groups, and what was said in them. Kept in memory."""

from dataclasses import dataclass, field

from emulator.archive import Archive
from emulator.clock import Clock
from emulator.outside import Outside
from emulator.refusal import Refusal
from emulator.state import State
from emulator.tenant import Json

KEPT = 200  # messages of one chat


@dataclass
class Client:
    """How the client behaves towards pages: `entry` other than the chat's own, `refuse` as the reason of every call,
    `silent` never answers."""

    entry: str = ""
    refuse: str = ""
    silent: bool = False


@dataclass
class Talks:
    """Call with the state's lock held. `frames` are the pages that `agentConfig` let in, by frame and address."""

    outside: Outside
    state: State
    clock: Clock
    archive: Archive
    client: Client = field(default_factory=Client)
    frames: set[tuple[str, str]] = field(default_factory=set)
    _said: dict[tuple[str, str], list[Json]] = field(default_factory=dict)

    def of(self, userid: str) -> list[Json]:
        """A member's chats: his contacts, and whether they agreed to the archive; then the groups that he is in."""
        words = self.archive.said(userid)
        friends = (self.outside.person(one) for one in self.outside.friends_of(userid))
        people = [
            {
                "chat": person["external_userid"],
                "kind": "external_contact",
                "name": person["friends"][userid].get("remark") or person["name"],
                "about": person.get("corp_name") or "微信",
                "agreed": words.get(person["external_userid"], {}).get("agreed", False),
            }
            for person in friends
            if person is not None
        ]
        groups = [
            {
                "chat": group["chat_id"],
                "kind": "customer_group",
                "name": group["name"],
                "about": f"客户群 · {len(group['members'])} 人",
            }
            for group in self.outside.standing()
            if userid in {member["userid"] for member in group["members"]}
        ]
        return [{**chat, "last": self._last(userid, chat["chat"])} for chat in (*people, *groups)]

    def one(self, userid: str, chat: object) -> Json:
        found = next((each for each in self.of(userid) if each["chat"] == chat), None)
        if found is None:
            raise Refusal("他没有这个聊天")
        return found

    def said(self, userid: str, chat: str) -> list[Json]:
        return list(self._said.get((userid, chat), ()))

    def say(self, userid: str, chat: str, by: str, kind: str, body: Json) -> Json:
        """`by`: member or outside. What is said in text goes into the chat archive too, if the company has one."""
        lines = self._said.setdefault((userid, chat), [])
        entry: Json = {
            "id": self.state.next_id("talk"), "at": round(self.clock.now(), 3), "by": by, "kind": kind, "body": body,
        }  # fmt: skip
        lines.append(entry)
        del lines[:-KEPT]
        self.state.touch()
        if kind == "text":
            self._archived(userid, chat, by, body)
        return entry

    def _archived(self, userid: str, chat: str, by: str, body: Json) -> None:
        group = self.outside.group(chat)
        if group is None:
            sender, receiver = (userid, chat) if by == "member" else (chat, userid)
            self.archive.add(sender, [receiver], "text", body)
            return
        sender = userid if by == "member" else next((one["userid"] for one in group["members"] if one["type"] == 2), "")
        if sender:
            others = [one["userid"] for one in group["members"] if one["userid"] != sender]
            self.archive.add(sender, others, "text", body, chat)

    def clear(self) -> None:
        self._said.clear()
        self.frames.clear()
        self.client = Client()

    def _last(self, userid: str, chat: str) -> str:
        lines = self._said.get((userid, chat), [])
        return "" if not lines else lines[-1]["body"].get("content") or lines[-1]["body"].get("name", "")
