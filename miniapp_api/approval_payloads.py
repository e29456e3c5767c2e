"""What a phone may send of approvals and absences."""

from datetime import date
from typing import Literal

from pydantic import Field

from config.vocabulary import RejectReason
from crm.reads.approvals import Box
from crm.usecases.approval_steps import LONGEST_WORDS
from miniapp_api.payloads import Payload, Words


class DecideIn(Payload):
    """`why` of a rejection; with `other` the words must say it."""

    verdict: Literal["approve", "reject"]
    why: RejectReason = RejectReason.OTHER
    words: Words = Field(default="", max_length=LONGEST_WORDS)


class SignerIn(Payload):
    """`userid` of the colleague who signs too (`add`), or instead (`instead`)."""

    userid: Words = Field(min_length=1, max_length=64)
    how: Literal["add", "instead"]


class NoteIn(Payload):
    """`userid`: a colleague who is told of it."""

    words: Words = Field(min_length=1, max_length=LONGEST_WORDS)
    userid: Words = Field(default="", max_length=64)


class AbsenceIn(Payload):
    """Both days are included; `userid` is the deputy."""

    userid: Words = Field(min_length=1, max_length=64)
    first_day: date
    last_day: date


class ApprovalQuery(Payload):
    """Which approvals: `mine` wait for me, `asked` I asked for, `signed` I signed, `all` that I may see."""

    box: Box = Field(default=Box.MINE, strict=False)
    page: int = Field(default=1, ge=1, le=100_000, strict=False)
