"""WeCom as the sidebar's API sees it: people and groups by id, and everything that was asked."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateways.wecom.client import ExternalPerson, Follower
from gateways.wecom.customers import GroupChat, GroupMember
from gateways.wecom.js import Signature
from miniapp_api import Wecom

HOME = "https://crm.example.com"
_SINCE = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class TinyOutside:
    """`down` is raised instead of every answer."""

    people: dict[str, ExternalPerson] = field(default_factory=dict)
    groups: dict[str, GroupChat] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: Exception | None = None

    def wecom(self) -> Wecom:
        return Wecom(HOME, "ww1", 7, self.contact, self.group, self.sign, self.upload)

    def contact(self, external_userid: str) -> ExternalPerson | None:
        self._note(external_userid)
        return self.people.get(external_userid)

    def group(self, chat_id: str) -> GroupChat | None:
        self._note(chat_id)
        return self.groups.get(chat_id)

    def sign(self, url: str) -> Signature:
        self._note(url)
        return Signature(1, "n", "s")

    def upload(self, kind: str, name: str, content: bytes) -> str:
        self._note(f"{kind} {name} {len(content)}")
        return "M1"

    def friend(self, external_userid: str, name: str, company: str, *userids: str) -> None:
        followers = tuple(Follower(userid, "", "", _SINCE, "", 1, ()) for userid in userids)
        self.people[external_userid] = ExternalPerson(external_userid, name, company, company, "经理", followers)

    def chat(self, chat_id: str, name: str, inside: str, *outside: str) -> None:
        people = [GroupMember(one, True, f"{one}名", _SINCE) for one in outside]
        members = (GroupMember(inside, False, inside, _SINCE), *people)
        self.groups[chat_id] = GroupChat(chat_id, name, inside, _SINCE, members)

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if self.down is not None:
            raise self.down
