"""What a phone may send of projects, look-ups, merges, collisions, channels, and of a lead's owner."""

from typing import Annotated, Literal

from pydantic import Field

from config.collisions import CollisionVerdict
from config.prospects import PartyRole, ProjectState
from crm.usecases.registrations import LONGEST_REASON
from miniapp_api.payloads import Day, Moment, Payload, Words

_Id = Annotated[Words, Field(min_length=1, max_length=64)]


class ProjectsQuery(Payload):
    query: Words = Field(default="", max_length=64)
    state: Literal["", "open", "won", "lost", "ended"] = ""
    page: int = Field(default=1, ge=1, le=100_000, strict=False)
    limit: int = Field(default=20, ge=1, le=100, strict=False)


class ProjectIn(Payload):
    """`end_user_id` for a customer you may see, whose name counts then; else `end_user`, or a `tender_no`."""

    name: Words = Field(min_length=1, max_length=128)
    end_user: Words = Field(default="", max_length=128)
    end_user_id: Words = Field(default="", max_length=64)
    site: Words = Field(default="", max_length=128)
    tender_no: Words = Field(default="", max_length=64)


class ProjectChangeIn(Payload):
    """What is not sent, or null, stays."""

    name: Words | None = Field(default=None, min_length=1, max_length=128)
    end_user: Words | None = Field(default=None, max_length=128)
    end_user_id: _Id | None = None
    site: Words | None = Field(default=None, max_length=128)
    tender_no: Words | None = Field(default=None, max_length=64)


class ProjectStateIn(Payload):
    state: ProjectState


class PartyIn(Payload):
    customer_id: _Id
    role: PartyRole


class RegisterIn(Payload):
    """`customer_id` is the dealer to be protected, a customer that you may write to."""

    customer_id: _Id
    reason: Words = Field(default="", max_length=LONGEST_REASON)


class ReasonIn(Payload):
    reason: Words = Field(default="", max_length=LONGEST_REASON)


class ShortenIn(Payload):
    """`was` as the extension answered it."""

    was: Moment


class LookUpIn(Payload):
    """Only the name must be known; the rest finds companies that go by another name."""

    name: Words = Field(min_length=1, max_length=128)
    uscc: Words = Field(default="", max_length=40)
    phone: Words = Field(default="", max_length=40)
    website: Words = Field(default="", max_length=255)


class VerdictIn(Payload):
    verdict: CollisionVerdict


class MergeIn(Payload):
    """`from_loser`: the fields whose value is taken from `loser_id`; what the winner left empty is filled anyway."""

    loser_id: _Id
    from_loser: list[Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]] = Field(default=[], max_length=200)


class AssignIn(Payload):
    """`userid` of the colleague who is to follow it."""

    userid: _Id


class ChannelsQuery(Payload):
    """Both days included; the last year where they are left out."""

    since: Day | None = None
    until: Day | None = None
    sort: Literal["amount_won", "leads", "customers", "conversion", "response", "cycle", "open", "repeat"] = (
        "amount_won"
    )
