"""What a phone is told of projects, look-ups, merges, collisions and channels, and of one lead."""

from datetime import datetime

from config.prospects import PartyRole, ProjectState
from config.vocabulary import CustomerSource
from miniapp_api.answers import Answer, LeadLine


class ProjectLine(Answer):
    """`registered_until` is until when an own dealer is protected; `contested`: a colleague registered first."""

    id: str
    name: str
    end_user: str
    site: str
    tender_no: str
    state: str
    registered_until: datetime | None
    contested: bool


class ProjectsOut(Answer):
    projects: list[ProjectLine]
    total: int


class PartyOut(Answer):
    """`id` and `name` are empty for a colleague's customer."""

    id: str
    name: str
    role: PartyRole
    role_label: str


class RegistrationOut(Answer):
    """`standing`: protected, behind (somebody was first) or ended. Of a colleague's there are only the days."""

    id: str
    dealer: str
    rep: str
    reason: str
    registered_at: datetime
    expires_at: datetime
    standing: str
    days_left: int
    own: bool


class ProjectOut(Answer):
    """`end_user_id` is empty where the end user is no customer that you may see."""

    id: str
    name: str
    end_user: str
    end_user_id: str
    site: str
    tender_no: str
    state: ProjectState
    created_by: str
    created_at: datetime
    registered_until: datetime | None
    contested: bool
    parties: list[PartyOut]
    registrations: list[RegistrationOut]


class ProjectSavedOut(ProjectOut):
    """`said` tells also whether a colleague is after the same project, and whom to ask."""

    said: str


class RegisteredOut(Answer):
    """`protected` is false where somebody else was first; `said` tells what that means and whom to ask."""

    id: str
    expires_at: datetime
    protected: bool
    said: str


class RegistrationDoneOut(Answer):
    """`was` is when it would have ended before an extension: `POST /registrations/{id}/shorten` takes it back."""

    said: str
    was: datetime | None
    expires_at: datetime | None


class HitOut(Answer):
    """One customer that may be meant. Of a colleague's there is neither `id` nor `name`: `owner` says 同事在跟进.

    `same`: it is the same company; `settled`: and you cannot say that it is another.
    """

    id: str | None
    name: str
    owner: str
    same: bool
    settled: bool
    score: int
    reason: str


class LookUpOut(Answer):
    """The same ones first, then the likeliest. `said` is what to tell the person who asked."""

    said: str
    hits: list[HitOut]


class CollisionOut(Answer):
    """`verdict` is empty while it waits. `may_differ`: 「不是同一家」 can be said, the names being different ones."""

    id: str
    name: str
    holder: str
    asker: str
    reason: str
    opened_at: datetime
    due_at: datetime
    escalated: bool
    verdict: str
    may_differ: bool


class CollisionsOut(Answer):
    """Those of your own people on either side, the waiting ones first; the latest fifty."""

    collisions: list[CollisionOut]


class SaidOut(Answer):
    said: str


class MergeLine(Answer):
    """`undo_until` is null where it cannot be undone any more."""

    id: str
    winner: str
    winner_id: str
    loser: str
    at: datetime
    who: str
    undone_at: datetime | None
    undo_until: datetime | None


class MergesOut(Answer):
    """The latest fifty into customers that you may see."""

    merges: list[MergeLine]


class ChoiceOut(Answer):
    key: str
    label: str
    winner: str
    loser: str


class CutOut(Answer):
    """Percent of the results that a colleague shares in."""

    person: str
    before: int
    after: int


class ComparisonOut(Answer):
    """`differs` needs a choice; `filled` is taken over in any case, the winner saying nothing there.

    `cut`: colleagues for whose whole credit there is no room in one file.
    """

    winner: str
    loser: str
    differs: list[ChoiceOut]
    filled: list[ChoiceOut]
    cut: list[CutOut]


class MergedOut(Answer):
    """`moved` counts the rows that belong to the winner now; `id` undoes it until `undo_until`.

    Everybody in `cut` is told of it.
    """

    id: str
    customer_id: str
    customer_name: str
    loser_name: str
    moved: int
    cut: list[CutOut]
    undo_until: datetime


class ApartOut(Answer):
    """`stayed` counts values that somebody has changed since the merge, and that stayed with the winner."""

    customer_name: str
    loser_name: str
    loser_id: str
    stayed: int


class ChannelLine(Answer):
    """One source with one campaign (empty: none). Shares in percent, `response` in working minutes, `to_deal` and
    `to_won` in days, each a median; null where nothing is counted. Money in yuan, as text.
    """

    source: CustomerSource
    source_label: str
    campaign: str
    leads: int
    answered: int
    in_time: int | None
    response: int | None
    converted: int
    conversion: int | None
    invalid: int
    customers: int
    to_deal: int | None
    to_won: int | None
    amount_won: str
    amount_open: str
    repeat: int


class ChannelsOut(Answer):
    """`since` until before `until`: when the lead or the customer came in; what came of it up to today.

    Money in yuan, as text; `＊＊＊` for who does not read what a deal is worth.
    """

    since: datetime
    until: datetime
    channels: list[ChannelLine]


class LeadStepOut(Answer):
    """`may_undo`: the newest step and your own; `POST /leads/{id}/undo` takes it back while there is time."""

    at: datetime
    who: str
    step: str
    words: str
    undone: bool
    may_undo: bool


class LeadOut(Answer):
    """`rival` says whom to ask where a colleague has the company. `customer_id` is empty for one you may not see."""

    lead: LeadLine
    email: str
    remark: str
    rival: str
    customer_id: str
    customer_name: str
    mine: bool
    steps: list[LeadStepOut]
