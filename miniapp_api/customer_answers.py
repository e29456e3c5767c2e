"""What a phone is told of customers: the list, one file, what happened with it."""

from datetime import datetime

from miniapp_api.answers import Answer, ContactOut, DealOut, EntryOut, FieldValueOut, LinkOut, PeriodOut


class CustomerLine(Answer):
    """`days_left` is null for a customer nobody holds; `why` says it in a sentence. `next_step`: the nearest to-do of
    yours or of its holder, "" for none.
    """

    id: str
    name: str
    level: str
    stage: str
    region: str
    owner: str
    team: str
    queued: bool
    last_activity_at: datetime | None
    silent_days: int
    days_left: int | None
    why: str
    next_step: str
    next_step_at: datetime | None


class SegmentOut(Answer):
    """A part of the list, to be asked for with `segment`."""

    key: str
    label: str


class CustomersOut(Answer):
    """`next_cursor` is null on the last page; give it back as it is, with the same query and sort.

    It names the row the page ended with, so what changes between two pages makes no other row skipped or doubled.
    Beyond 3,000 nobody counts: then `total` is 3,000, `total_at_least` is true, and the cursor still leads to the end.
    `segments` are what your role may ask for, the first of them the one to begin with.
    """

    segments: list[SegmentOut]
    customers: list[CustomerLine]
    total: int
    total_at_least: bool
    next_cursor: str | None


class TimelineOut(Answer):
    """The newest first; `next_cursor` is null on the last page."""

    timeline: list[EntryOut]
    next_cursor: str | None


class StepOut(Answer):
    """A to-do at this customer; yours (`mine`) is ticked off with `POST /todos/{id}/finish`."""

    id: str
    text: str
    due_at: datetime
    person: str
    mine: bool


class CustomerOut(Answer):
    """`fields` are all that the form has today, in its order; `missing` the labels of what the stage still asks for.

    `timeline` is its newest part; the rest: `GET /customers/{id}/timeline`. `may_write`: whether you may change it and
    write into it. `steps`: open to-dos of yours and of its holder, the nearest first.
    """

    id: str
    name: str
    level: str
    stage: str
    source: str
    industry: str
    region: str
    address: str
    uscc: str
    owner: str
    mine: bool
    may_write: bool
    queued: bool
    created_at: datetime
    silent_days: int
    days_left: int | None
    why: str
    contacts: list[ContactOut]
    fields: list[FieldValueOut]
    missing: list[str]
    links: list[LinkOut]
    steps: list[StepOut]
    deals: list[DealOut]
    timeline: list[EntryOut]
    owners: list[PeriodOut]
