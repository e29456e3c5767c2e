"""People outside, customer groups, tags and codes, as WeCom tells them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from config.vocabulary import ChatKind


class Follower(Protocol):
    @property
    def userid(self) -> str: ...
    @property
    def remark(self) -> str: ...
    @property
    def createtime(self) -> datetime: ...
    @property
    def state(self) -> str: ...
    @property
    def remark_corp_name(self) -> str: ...
    @property
    def add_way(self) -> int: ...
    @property
    def tags(self) -> Sequence[str]: ...


class ExternalPerson(Protocol):
    @property
    def external_userid(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def corp_name(self) -> str: ...
    @property
    def corp_full_name(self) -> str: ...
    @property
    def position(self) -> str: ...
    @property
    def followers(self) -> Sequence[Follower]: ...


class ReadExternalContact(Protocol):
    """The person with those of us who follow him; None when none does, or when there is nobody of that id."""

    def __call__(self, external_userid: str, /) -> ExternalPerson | None: ...


class FriendPage(Protocol):
    @property
    def people(self) -> Sequence[ExternalPerson]: ...
    @property
    def next_cursor(self) -> str: ...


class Tag(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


class TagGroup(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def tags(self) -> Sequence[Tag]: ...


class GroupMember(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def outside(self) -> bool: ...
    @property
    def name(self) -> str: ...
    @property
    def joined_at(self) -> datetime: ...


class GroupChat(Protocol):
    @property
    def chat_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def made_at(self) -> datetime: ...
    @property
    def members(self) -> Sequence[GroupMember]: ...


class GroupPage(Protocol):
    @property
    def chat_ids(self) -> Sequence[str]: ...
    @property
    def next_cursor(self) -> str: ...


class NotVisible(Exception):
    """WeCom shows nothing of one of these members, or not this group; the sentence says why."""


class StaleCursor(Exception):
    """WeCom no longer knows the place where we stopped reading."""


class CustomerBook(Protocol):
    """Everybody's customers as WeCom shows them to this app; waits out its limits instead of failing."""

    def follow_users(self) -> Sequence[str]: ...
    def friends(self, userids: Sequence[str], cursor: str) -> FriendPage: ...
    def contact(self, external_userid: str) -> ExternalPerson | None: ...
    def tag_groups(self) -> Sequence[TagGroup]: ...
    def group_chats(self, owners: Sequence[str], cursor: str) -> GroupPage: ...
    def group_chat(self, chat_id: str) -> GroupChat | None: ...


class TellsTags(Protocol):
    """WeCom hears of tags: a new one, and who wears which."""

    def tag_groups(self) -> Sequence[TagGroup]: ...
    def add_tag(self, group: str, name: str) -> str: ...
    def mark(self, userid: str, external_userid: str, add: Sequence[str], remove: Sequence[str]) -> None: ...


class MakesWays(Protocol):
    """WeCom's 联系我 codes: what it calls one, and the picture of it."""

    def make_way(self, userid: str, state: str, remark: str) -> tuple[str, bytes]: ...
    def remove_way(self, config_id: str) -> None: ...


class ReadGroupChat(Protocol):
    def __call__(self, chat_id: str, /) -> GroupChat | None: ...


@dataclass(frozen=True, slots=True)
class Beside:
    """The chat: an external_userid, or a group as WeCom has just told it."""

    external_userid: str = ""
    group: GroupChat | None = None

    @property
    def key(self) -> str:
        return self.external_userid if self.group is None else self.group.chat_id

    @property
    def kind(self) -> ChatKind:
        return ChatKind.EXTERNAL_CONTACT if self.group is None else ChatKind.CUSTOMER_GROUP
