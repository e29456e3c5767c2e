"""What a phone sends to have a talk summed up, and what it is told of a digest."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from config.vocabulary import DigestEngine, DigestKind, DigestOrigin
from miniapp_api.answers import Answer
from miniapp_api.payloads import Payload, Words

_BODY = 64 * 1024


class DigestIn(Payload):
    """`ours`: further names under which our own people write in it; one's own name is known."""

    text: str = Field(max_length=_BODY)  # how long a talk may be is told by whoever reads it
    ours: list[Annotated[Words, Field(min_length=1, max_length=30)]] = Field(default_factory=list, max_length=20)


class CitedOut(Answer):
    """`at` is null where the talk did not say when."""

    number: int
    speaker: str
    ours: bool
    at: datetime | None
    text: str


class DigestSentenceOut(Answer):
    kind: DigestKind
    kind_label: str
    text: str
    due: date | None
    cited: list[CitedOut]


class DigestOut(Answer):
    """`counts` says whether it counts as a follow-up; `engine` who wrote it: our own offline one, or a model."""

    id: str
    customer_id: str
    customer_name: str
    at: datetime
    counts: bool
    origin: DigestOrigin
    origin_label: str
    engine: DigestEngine
    engine_label: str
    sentences: list[DigestSentenceOut]


class DigestTodoOut(Answer):
    id: str
    text: str
    due_at: datetime


class DigestMadeOut(DigestOut):
    """`remark` tells why it does not count, or does not restart the silence clock."""

    remark: str
    todos: list[DigestTodoOut]
