"""What a phone may ask of many deals: whose, of which pipeline, in which colour and order, in which time."""

from typing import Literal

from pydantic import Field

from crm.reads.board import SHOWN
from miniapp_api.payloads import Day, Payload, Words


class DealsQuery(Payload):
    """`scope` empty: what your role looks at first. `owner` is a userid, `department` a department's number in WeCom,
    with all below it; `pipeline` is a name."""

    scope: Literal["", "mine", "team", "all"] = ""
    owner: Words = Field(default="", max_length=64)
    department: int | None = Field(default=None, ge=1, le=2**31 - 1, strict=False)
    pipeline: Words = Field(default="", max_length=64)


class BoardQuery(DealsQuery):
    """With `stage` (a column's) only that column, `page` of it with `limit` cards; else the first cards of each."""

    customer_id: Words = Field(default="", max_length=64)
    colour: Literal["", "green", "yellow", "red"] = ""
    sort: Literal["days", "amount", "newest"] = "days"
    stage: Words = Field(default="", max_length=32)
    page: int = Field(default=1, ge=1, le=100_000, strict=False)
    limit: int = Field(default=SHOWN, ge=1, le=100, strict=False)


class PeriodQuery(DealsQuery):
    """The last year where days are left out; both inclusive, at most three years."""

    since: Day | None = None
    until: Day | None = None
