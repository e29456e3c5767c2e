"""What a phone is told of visits and their photos, plans and calls."""

from datetime import date, datetime

from config.vocabulary import Datum
from miniapp_api.answers import Answer


class PhotoOut(Answer):
    """`id` goes into `photos` of a visit; `again` for one that was sent before. `size` in bytes, the rest in pixels."""

    id: str
    kind: str
    size: int
    width: int
    height: int
    again: bool


class VisitMadeOut(Answer):
    """`distance_m` is null where the customer's place is not known; `again` for a visit recorded before.

    `verdict` is valid, doubtful (待补充说明), or empty for one of before there was a verdict; `signals` say what to
    explain. `effective`: valid, and with a report that says something.
    """

    id: str
    distance_m: int | None
    said: str
    customer_name: str
    verdict: str
    verdict_label: str
    signals: list[str]
    effective: bool
    again: bool


class VisitLine(Answer):
    """`verdict` invalid is told to those alone who judge; where the visitor stood, and any verdict, to them and to him
    alone: to others these are empty. Degrees in `datum`, metres; `photos` are ids, in order.

    `why` is the reason of a visit that was written afterwards (补签).
    """

    id: str
    customer_id: str
    customer_name: str
    person: str
    userid: str
    mine: bool
    at: datetime
    received_at: datetime
    place: str
    latitude: float | None
    longitude: float | None
    datum: Datum
    accuracy_m: float | None
    distance_m: int | None
    said: str
    why: str
    report: str
    verdict: str
    verdict_label: str
    effective: bool
    photos: list[str]


class VisitsOut(Answer):
    """The newest first; `next_cursor` is null on the last page."""

    visits: list[VisitLine]
    next_cursor: str | None


class VisitReviewOut(Answer):
    """What was said of a visit that was not clear, and what was decided; `decided_at` is null while it waits."""

    asked: str
    asked_at: datetime
    words: str
    decided: str
    decided_at: datetime | None
    verdict_label: str
    decision_words: str


class VisitOut(VisitLine):
    """`score` (0 to 100) is null for whoever does not judge; `signals` say what was noticed, the heaviest first."""

    score: int | None
    signals: list[str]
    reviews: list[VisitReviewOut]
    may_report: bool
    may_retract: bool
    may_appeal: bool
    may_review: bool


class PlanOut(Answer):
    """`visit_id` is empty until it has happened; degrees in GCJ-02, null where the customer's place is not known."""

    id: str
    customer_id: str
    customer_name: str
    day: date
    place: int
    note: str
    visit_id: str
    latitude: float | None
    longitude: float | None


class PlansOut(Answer):
    """In their order."""

    plans: list[PlanOut]


class PlanMadeOut(Answer):
    """`again` for one planned before; `plans` is the whole day now."""

    id: str
    again: bool
    plans: list[PlanOut]


class NearOut(Answer):
    customer_id: str
    customer_name: str
    metres: int
    said: str


class NearbyOut(Answer):
    """The nearest first."""

    customers: list[NearOut]


class StopOut(Answer):
    """`metres` from the stop before, as the crow flies; `at` and `visit_id` of what has happened."""

    customer_id: str
    customer_name: str
    at: datetime | None
    visit_id: str
    latitude: float | None
    longitude: float | None
    metres: int | None


class RouteOut(Answer):
    """`planned` in its order, `actual` by the clock; `done` counts plans that happened."""

    planned: list[StopOut]
    actual: list[StopOut]
    planned_metres: int
    actual_metres: int
    done: int


class CallOut(Answer):
    """`reached` is null until it is said; `counts` whether that restarts the silence clock, `remark` why not."""

    id: str
    customer_name: str
    reached: bool | None
    counts: bool
    remark: str
    again: bool
