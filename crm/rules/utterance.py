"""What a digest is made of: one message of a talk, and one sentence that says which messages it stands on."""

from dataclasses import dataclass
from datetime import date, datetime

from config.vocabulary import DigestKind


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message. `number` counts from 1; `speaker` is "" where nobody is named, as in a dictated note."""

    number: int
    speaker: str
    ours: bool
    text: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a digest; `cites` are numbers of messages, `due` the day that it names."""

    kind: DigestKind
    text: str
    cites: tuple[int, ...]
    due: date | None
