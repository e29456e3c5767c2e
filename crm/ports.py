"""What the flows need from outside the process, typed; composition roots pass the real things in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol

from config.vocabulary import ChatKind, FileKind


class Follower(Protocol):
    @property
    def userid(self) -> str: ...
    @property
    def remark(self) -> str: ...
    @property
    def createtime(self) -> datetime: ...
    @property
    def state(self) -> str: ...


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
    def __call__(self, external_userid: str, /) -> ExternalPerson: ...


class Department(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def parent_id(self) -> int: ...
    @property
    def leaders(self) -> Sequence[str]: ...


class Member(Protocol):
    @property
    def userid(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def department_ids(self) -> Sequence[int]: ...
    @property
    def leader_in(self) -> Sequence[int]: ...
    @property
    def main_department(self) -> int: ...
    @property
    def direct_leader(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def position(self) -> str: ...


class Directory(Protocol):
    """The member directory as WeCom shows it to this app."""

    def departments(self) -> Sequence[Department]: ...
    def members(self, department_id: int) -> Sequence[Member]: ...
    def member(self, userid: str) -> Member: ...


class Who(Protocol):
    """Trade a login code for a userid."""

    def __call__(self, code: str, /) -> str: ...


class FileContent(Protocol):
    """What a file says: words without layout, their minhash (numbers of 32 bits), marks of pictures (32 bytes by which
    they are found, 64 × 64 grey levels by which they are compared).

    `refused` is why it proves nothing, a sentence for people; "" where it may.
    """

    @property
    def refused(self) -> str: ...
    @property
    def words(self) -> Sequence[str]: ...
    @property
    def minhash(self) -> Sequence[int]: ...
    @property
    def pictures(self) -> Sequence[bytes]: ...


class AcceptedFile(Protocol):
    """A file that was looked into and lies on the disk; the names are random. The copies are those of a picture."""

    @property
    def kind(self) -> FileKind: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def content(self) -> FileContent: ...
    @property
    def stored_name(self) -> str: ...
    @property
    def width(self) -> int | None: ...
    @property
    def height(self) -> int | None: ...
    @property
    def shown_name(self) -> str: ...
    @property
    def shown_kind(self) -> FileKind | None: ...
    @property
    def thumb_name(self) -> str: ...
    @property
    def thumb_kind(self) -> FileKind | None: ...


class KeepsFiles(Protocol):
    def accept(self, stream: IO[bytes], /) -> AcceptedFile: ...
    def forget(self, accepted: AcceptedFile, /) -> None: ...


class NoPicture(Exception):
    """It cannot be had, now or later; the sentence says why and what to do."""


class TakePicture(Protocol):
    """Fetch a picture of the chat and take it in; NoPicture where there is none to be had, else it may come later."""

    def __call__(self, media_id: str, /) -> AcceptedFile: ...


class ReadsFiles(Protocol):
    """What a file says that lies under this random name."""

    def content(self, name: str, kind: FileKind, /) -> FileContent: ...


class GroupMember(Protocol):
    """`userid` is an external_userid where `outside`."""

    @property
    def userid(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def outside(self) -> bool: ...


class CustomerGroup(Protocol):
    @property
    def chat_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def members(self) -> Sequence[GroupMember]: ...


class ReadCustomerGroup(Protocol):
    def __call__(self, chat_id: str, /) -> CustomerGroup: ...


@dataclass(frozen=True, slots=True)
class Beside:
    """The chat: an external_userid, or a group as WeCom has just told it."""

    external_userid: str = ""
    group: CustomerGroup | None = None

    @property
    def key(self) -> str:
        return self.external_userid if self.group is None else self.group.chat_id

    @property
    def kind(self) -> ChatKind:
        return ChatKind.EXTERNAL_CONTACT if self.group is None else ChatKind.CUSTOMER_GROUP
