"""What a phone may send: every field bounded, every unknown field refused, so that nothing is assigned in passing."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from apiflask.fields import UploadFile
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from werkzeug.datastructures import FileStorage

from config.vocabulary import ShareAccess, TimelineKind
from crm.usecases.attachments import LONGEST_NOTE
from crm.usecases.followups import LONGEST
from miniapp_api.examples import shown

_DAY = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def _written_out(value: object) -> object:
    """Pydantic would also take 1700000000 and a bare day; a phone that means a moment writes it out."""
    if not isinstance(value, str) or not _ISO.match(value):
        raise ValueError("要填带时区的时间，例如 2026-03-02T10:00:00+08:00")
    return value


def _a_day(value: object) -> object:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("要填日期，例如 2026-03-02")
    return value


def a_file(value: object) -> object:
    if not isinstance(value, FileStorage):
        raise ValueError("要选一个文件")
    return value


def _of_this_century(value: datetime) -> datetime:
    if not 2000 <= value.year < 2100:  # also keeps the turn into other time zones from overflowing
        raise ValueError("年份不对")
    return value.astimezone(UTC)


def _storable(value: str) -> str:
    if "\x00" in value:  # PostgreSQL keeps no NUL
        raise ValueError("有不能识别的字符")
    return value


# Lax only in what is left after `_written_out`: text in ISO 8601.
Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written_out), AfterValidator(_of_this_century)]
Words = Annotated[str, AfterValidator(_storable)]
Narrowed = Annotated[Words, Field(pattern=r"^[a-z0-9_]{1,64}:[^\n]{1,200}$")]
Day = Annotated[date, Field(strict=False), BeforeValidator(_a_day)]


class Payload(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, str_strip_whitespace=True, json_schema_extra=shown
    )


class SessionIn(Payload):
    """`code` is what `wx.qy.login` or OAuth gave; it works once, for five minutes."""

    code: Words = Field(min_length=1, max_length=512)
    via: Literal["miniapp", "sidebar"]


class FollowUpIn(Payload):
    """`at` is when it happened (default now); `next_follow_up_at` makes a to-do of one's own."""

    text: Words = Field(min_length=1, max_length=LONGEST)
    at: Moment | None = None
    next_follow_up_at: Moment | None = None


class CustomersQuery(Payload):
    """`query` matches the name, its pinyin and its initials; `cursor` is `next_cursor` of the page before.

    `where` narrows by any field, at most five times: 「industry:泵」「annual_purchase:10万..50万」「uscc:未填」.
    `sort` is one of four or a field (`field:KEY`, downwards `-field:KEY`). `soon`: reminded of already;
    `queued`: waits for its supervisor. `segment` is one of the answer's own. What a cursor may look like is said in
    `cursor.py`.
    """

    query: Words = Field(default="", max_length=64)
    sort: str = Field(
        default="days_left", pattern=r"^(days_left|name|last_activity|newest|-?field:[a-z0-9_]{1,64})$", max_length=80
    )
    where: list[Narrowed] = Field(default=[], max_length=5)
    level: Literal["", "key", "normal", "small"] = ""
    soon: Literal["0", "1"] = "0"
    queued: Literal["0", "1"] = "0"
    segment: Literal["", "mine", "team", "pool"] = ""
    cursor: str = ""
    limit: int = Field(default=20, ge=1, le=100, strict=False)  # an address carries text


class TimelineQuery(Payload):
    """Without `kind` of every kind; `cursor` is `next_cursor` of the page before, with the same kind."""

    kind: TimelineKind | None = Field(default=None, strict=False)
    cursor: str = ""
    limit: int = Field(default=20, ge=1, le=100, strict=False)


class ShareIn(Payload):
    """`last_day` is the last day of it (default: the policy's span); `credit_percent` only with `together`."""

    userid: Words = Field(min_length=1, max_length=64)
    access: ShareAccess
    last_day: Day | None = None
    credit_percent: int = Field(default=0, ge=0, le=100)


class UploadIn(Payload):
    """A form with the file in `file` (at most 20 MB, what it is told by its content) and a `note` of one line.

    `name` instead of the file's own: a phone sends its files under names of its making.
    """

    file: Annotated[UploadFile, BeforeValidator(a_file)]
    name: Words = Field(default="", max_length=200)
    note: Words = Field(default="", max_length=LONGEST_NOTE)


class Uploaded(Payload):
    """What makes two uploads the same."""

    sha256: str
    name: str
    note: str


class AttachmentQuery(Payload):
    """`original=1`: the picture as it came, for those who work on the customer."""

    original: Literal["0", "1"] = "0"


class RepeatHeaders(BaseModel):
    """`Idempotency-Key`: the same key with the same request gets the first answer again."""

    key: str | None = Field(default=None, alias="Idempotency-Key", pattern=r"^[A-Za-z0-9_-]{1,64}$")


class FormIn(Payload):
    """A form on a web page. `website` is a trap: people do not see it, machines fill it."""

    company: Words = Field(default="", max_length=128)
    contact_name: Words = Field(default="", max_length=64)
    phone: Words = Field(default="", max_length=40)
    email: Words = Field(default="", max_length=128)
    need: Words = Field(default="", max_length=2000)
    consent: bool = False
    website: Words = Field(default="", max_length=256)


class LeadIn(Payload):
    """Company or person, and telephone or mail, are needed."""

    inlet: Literal["exhibition", "inquiry", "manual"]
    company: Words = Field(default="", max_length=128)
    contact_name: Words = Field(default="", max_length=64)
    phone: Words = Field(default="", max_length=40)
    email: Words = Field(default="", max_length=128)
    need: Words = Field(default="", max_length=2000)


class LeadsQuery(Payload):
    query: Words = Field(default="", max_length=64)
    state: Literal["", "new", "contacted", "converted", "invalid"] = ""
    page: int = Field(default=1, ge=1, le=100_000, strict=False)
    limit: int = Field(default=20, ge=1, le=100, strict=False)


class StepIn(Payload):
    step: Literal["claim", "respond", "invalid"]
    kind: Literal["call", "wechat", "visit", "mail"] = "call"
    reason: Literal["wrong_number", "no_need", "not_ours", "supplier", "double"] = "no_need"
    words: Words = Field(default="", max_length=255)


class ConvertIn(Payload):
    """`customer_id` for a customer that it already is; else one of `name`. `amount` in yuan, as text."""

    customer_id: Words = Field(default="", max_length=64)
    name: Words = Field(default="", max_length=128)
    deal_name: Words = Field(default="", max_length=60)
    amount: str = Field(default="0", pattern=r"^[0-9]{1,11}(\.[0-9]{1,2})?$")
