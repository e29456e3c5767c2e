"""Files from outside the process."""

from collections.abc import Sequence
from datetime import datetime
from typing import IO, Protocol

from config.vocabulary import FileKind


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
    """A file that was looked into and lies on the disk; the names are random. The copies are those of a picture.

    `image_hash`: 64 bits in hexadecimal. `taken_at`, `latitude` and `longitude` (WGS-84) as the camera wrote them.
    """

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
    @property
    def image_hash(self) -> str: ...
    @property
    def taken_at(self) -> datetime | None: ...
    @property
    def latitude(self) -> float | None: ...
    @property
    def longitude(self) -> float | None: ...


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
