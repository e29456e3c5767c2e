"""WeCom as the sidebar's API sees it: people and groups by id, and everything that was asked."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateways.wecom.client import ExternalPerson, Follower
from gateways.wecom.groups import CustomerGroup, GroupMember
from gateways.wecom.js import Signature
from miniapp_api import Wecom

HOME = "https://crm.example.com"


class Nobody(Exception):
    """What the gateway says of an id that is nobody's."""

    kind = "receiver"


@dataclass
class TinyOutside:
    """`down` is raised instead of every answer."""

    people: dict[str, ExternalPerson] = field(default_factory=dict)
    groups: dict[str, CustomerGroup] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: Exception | None = None

    def wecom(self) -> Wecom:
        return Wecom(HOME, "ww1", 7, self.contact, self.group, self.sign, self.upload)

    def contact(self, external_userid: str) -> ExternalPerson:
        self._note(external_userid)
        if external_userid not in self.people:
            raise Nobody
        return self.people[external_userid]

    def group(self, chat_id: str) -> CustomerGroup:
        self._note(chat_id)
        if chat_id not in self.groups:
            raise Nobody
        return self.groups[chat_id]

    def sign(self, url: str) -> Signature:
        self._note(url)
        return Signature(1, "n", "s")

    def upload(self, kind: str, name: str, content: bytes) -> str:
        self._note(f"{kind} {name} {len(content)}")
        return "M1"

    def friend(self, external_userid: str, name: str, company: str, *userids: str) -> None:
        since = datetime(2026, 11, 1, tzinfo=UTC)
        followers = tuple(Follower(userid, "", "", since, "") for userid in userids)
        self.people[external_userid] = ExternalPerson(external_userid, name, company, company, "经理", followers)

    def chat(self, chat_id: str, name: str, inside: str, *outside: str) -> None:
        members = (GroupMember(inside, inside, False), *(GroupMember(one, f"{one}名", True) for one in outside))
        self.groups[chat_id] = CustomerGroup(chat_id, name, inside, members)

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if self.down is not None:
            raise self.down
