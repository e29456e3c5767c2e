"""What is known of a check-in when it is judged, and what a judgement is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from config.trust import QUESTIONS, SENTENCES, WEIGHTS, Grade, Question, SignalCode, Verdict
from config.vocabulary import FixSource
from crm.rules.checkin import Point


@dataclass(frozen=True, slots=True)
class Fix:
    """One reading. `point` as it came, in its own datum: digits tell something. `at` by the phone's clock.

    `accuracy_m` in metres, None where the source gives none; `device` is "" in chat.
    """

    point: Point
    at: datetime
    accuracy_m: float | None
    source: FixSource
    device: str


@dataclass(frozen=True, slots=True)
class Photo:
    """`image_hash`: 64 bits as 16 hexadecimal digits, near where pictures look alike; "" where there is none.

    `taken_at` and `point` as EXIF says them, by the phone's clock and in WGS-84.
    """

    sha256: str
    image_hash: str
    taken_at: datetime | None
    point: Point | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Another check-in: `own`, or a colleague's. `sent_at` by the phone's clock, `received_at` by ours."""

    fix: Fix | None
    own: bool
    customer_id: int
    sent_at: datetime
    received_at: datetime
    photos: Sequence[Photo]


@dataclass(frozen=True, slots=True)
class OutdoorRow:
    """A 外出打卡 of WeCom by the same person; `exception` in its own words, "" where it saw nothing odd."""

    at: datetime
    point: Point
    exception: str
    device: str


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The visit to be judged.

    `target` is the customer's place, None while it is not known; `target_learnt` where phones that stood there gave it,
    so that agreeing with it closely says nothing. `others`: places of further customers, of which those in the same
    park count. `at` (said time of the visit) and `sent_at` by the phone's clock, `received_at` by ours. `late`: 补签,
    written afterwards, so that the fix says where it was written and not where the visit was.
    """

    fix: Fix | None
    customer_id: int
    target: Point | None
    target_learnt: bool
    others: Sequence[Point]
    at: datetime
    sent_at: datetime
    received_at: datetime
    photos: Sequence[Photo]
    late: bool


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that was seen: how much it weighs against (below 0: for) the visit, in a sentence without accusing."""

    code: SignalCode
    weight: int
    said: str

    @property
    def question(self) -> Question:
        return QUESTIONS[self.code]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`score` 0 … 100; `signals` heaviest first."""

    score: int
    verdict: Verdict
    signals: tuple[Signal, ...]


def signal(code: SignalCode, grade: Grade, what: str = "") -> Signal:
    """`what` fills the sentence of the code."""
    return Signal(code, WEIGHTS[grade], SENTENCES[code].format(what=what))
