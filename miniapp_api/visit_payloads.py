"""What a phone may send of visits and their photos, plans and calls."""

from typing import Annotated, Literal

from apiflask.fields import UploadFile
from pydantic import BeforeValidator, Field

from config.vocabulary import Datum, Verdict
from crm.usecases.followups import LONGEST
from crm.usecases.visit_uploads import MOST_PHOTOS
from crm.usecases.visits import LONGEST_WHY
from miniapp_api.payloads import Day, Moment, Payload, Words, a_file

ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Id = Annotated[Words, Field(min_length=1, max_length=64)]


class PhotoIn(Payload):
    """A form with one picture in `file` (at most 20 MB) and the phone's own name of it."""

    file: Annotated[UploadFile, BeforeValidator(a_file)]
    client_id: ClientId


class PhotoSent(Payload):
    """What makes two uploads the same."""

    sha256: str
    client_id: str


class PhotoQuery(Payload):
    size: Literal["thumb", "full"] = "full"


class VisitIn(Payload):
    """`client_id` is the phone's own name of the visit: sent twice, it is one visit. Degrees in `datum`, metres.

    `at` is when the visit was, `fix_at` when the phone got its position, `sent_at` its clock as it sends; `device` is
    an opaque name that the phone made at install. Without a position it needs `why`: 补签. `photos` are ids of uploads.
    """

    client_id: ClientId
    customer_id: Id
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    datum: Datum
    accuracy_m: float | None = Field(default=None, ge=0, le=100_000)
    fix_at: Moment | None = None
    at: Moment
    sent_at: Moment
    device: ClientId
    place: Words = Field(default="", max_length=255)
    report: Words = Field(default="", max_length=LONGEST)
    photos: list[Id] = Field(default=[], max_length=MOST_PHOTOS)
    plan_id: Words = Field(default="", max_length=64)
    why: Words = Field(default="", max_length=LONGEST_WHY)


class VisitsQuery(Payload):
    """`person` is a userid; `cursor` is `next_cursor` of the page before."""

    day: Day | None = None
    person: Words = Field(default="", max_length=64)
    customer: Words = Field(default="", max_length=64)
    verdict: Literal["", "valid", "doubtful", "invalid"] = ""
    cursor: str = ""
    limit: int = Field(default=20, ge=1, le=100, strict=False)


class ReviewsQuery(Payload):
    cursor: str = ""
    limit: int = Field(default=20, ge=1, le=100, strict=False)


class ReportIn(Payload):
    report: Words = Field(min_length=1, max_length=LONGEST)


class AppealIn(Payload):
    words: Words = Field(min_length=1, max_length=500)


class ReviewIn(Payload):
    """`here`: the customer is where this visit was made."""

    verdict: Verdict
    words: Words = Field(default="", max_length=500)
    here: bool = False


class HereIn(Payload):
    """Where the phone is, degrees in `datum`."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    datum: Datum


class DayQuery(Payload):
    """`person` is a userid, empty for oneself: of colleagues only for those who judge their visits."""

    day: Day
    person: Words = Field(default="", max_length=64)


class PlanIn(Payload):
    """`client_id` is the phone's own name of the plan; without `place` it comes behind what the day has."""

    client_id: ClientId
    customer_id: Id
    day: Day
    place: int | None = Field(default=None, ge=0, le=1000)
    note: Words = Field(default="", max_length=255)


class PlanChangeIn(Payload):
    """What is not sent, or null, stays."""

    day: Day | None = None
    place: int | None = Field(default=None, ge=0, le=1000)
    note: Words | None = Field(default=None, max_length=255)


class CallIn(Payload):
    """`client_id` is the phone's own name of the call; `contact_id` where the number was a contact's."""

    client_id: ClientId
    customer_id: Id
    contact_id: Words = Field(default="", max_length=64)
    at: Moment


class CallToldIn(Payload):
    """Whether anybody answered, and what was said: needed where somebody did."""

    reached: bool
    note: Words = Field(default="", max_length=500)
