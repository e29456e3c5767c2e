"""What was said in chats: the archive of it, and a model that sums it up."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol


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
