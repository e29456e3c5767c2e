"""What the flows need from outside the process, typed; composition roots pass the real things in."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, Protocol

from config.vocabulary import FileKind


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


class Told(Protocol):
    """A sentence of an outside model: `kind` as it names it, `cites` the numbers of messages it claims to stand on."""

    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def cites(self) -> Sequence[int]: ...


class AskModel(Protocol):
    """What an outside model makes of messages (number, who, text); raises where it answers late or nonsense."""

    def __call__(self, messages: Sequence[tuple[int, str, str]], /) -> Sequence[Told]: ...


class ArchivedMessage(Protocol):
    """One message of the chat archive: who (userid or external_userid) said what to whom, in a group or ("") not.

    `recalls` is the msgid that it takes back, `agrees` an outsider's yes or no to the archive, None for neither.
    """

    @property
    def msgid(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def receivers(self) -> Sequence[str]: ...
    @property
    def room(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def recalls(self) -> str: ...
    @property
    def agrees(self) -> bool | None: ...


class PulledEntry(Protocol):
    """One number of the archive. Without a message: `wrong` says why it cannot be opened, "" where there is none."""

    @property
    def seq(self) -> int: ...
    @property
    def key_version(self) -> int: ...
    @property
    def message(self) -> ArchivedMessage | None: ...
    @property
    def wrong(self) -> str: ...
    @property
    def key_missing(self) -> bool: ...


class ArchiveSource(Protocol):
    """The company's chat archive, opened with its own private keys."""

    def page(self, seq: int, limit: int, /) -> Sequence[PulledEntry]:
        """At most `limit` entries after `seq`, in the order of their numbers."""

    def has_key(self, version: int, /) -> bool:
        """Whether entries sealed for this version of the public key can be opened now."""


class Consent(Protocol):
    @property
    def external_userid(self) -> str: ...
    @property
    def agreed(self) -> bool: ...
    @property
    def since(self) -> datetime | None: ...


class PairConsent(Protocol):
    @property
    def userid(self) -> str: ...
    @property
    def consent(self) -> Consent: ...


class AsksConsent(Protocol):
    """What outsiders said to the archive of their talk, as the platform knows it at this moment."""

    def of_pairs(self, pairs: Iterable[tuple[str, str]], /) -> Sequence[PairConsent]: ...
    def of_room(self, room: str, /) -> Sequence[Consent]: ...
