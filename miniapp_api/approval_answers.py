"""What a phone is told of approvals and absences."""

from datetime import date, datetime

from config.vocabulary import ApprovalState, RejectReason, SignMode, SignState
from miniapp_api.answers import Answer


class ApprovalOut(Answer):
    """Of a deal or of a quote: the other's id is "". `deal` is what people call it, `amount` in yuan, as text, empty
    where it is not shown; `hours` since it was asked for, to its end.
    """

    id: str
    deal_id: str
    quote_id: str
    deal: str
    customer: str
    amount: str
    told: str
    to: str
    asked_by: str
    asked_at: datetime
    state: ApprovalState
    state_label: str
    waits_for: list[str]
    hours: float
    my_turn: bool


class ApprovalsOut(Answer):
    approvals: list[ApprovalOut]
    total: int
    page: int
    pages: int


class SignerOut(Answer):
    """`in_place_of` is the name of whom he stands in for; `hours` that he took."""

    step: int
    mode: SignMode
    name: str
    in_place_of: str
    state: SignState
    state_label: str
    asked_at: datetime | None
    signed_at: datetime | None
    hours: float | None
    rejected_for: RejectReason | None
    words: str


class NoteOut(Answer):
    by: str
    told: str
    words: str
    at: datetime


class ApprovalPageOut(Answer):
    """`mine`: he may nudge or withdraw it, since he asked for it or owns what it is about."""

    approval: ApprovalOut
    reason: str
    signers: list[SignerOut]
    notes: list[NoteOut]
    mine: bool


class SignedOut(Answer):
    """`said` is the outcome for people."""

    id: str
    state: ApprovalState
    said: str


class AbsenceOut(Answer):
    id: str
    person: str
    deputy: str
    first_day: date
    last_day: date
    mine: bool


class AbsencesOut(Answer):
    absences: list[AbsenceOut]
