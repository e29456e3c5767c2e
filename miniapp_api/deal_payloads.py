"""What a phone may send of a deal: where it should go and why, which file proves what, what must not be missed."""

from pydantic import Field

from config.vocabulary import EndReason, EvidenceKind, MilestoneKind
from crm.usecases.deals import LONGEST_COMPETITOR, LONGEST_NAME, LONGEST_REASON
from crm.usecases.milestones import LONGEST_NOTE
from miniapp_api.form_payloads import Fields
from miniapp_api.payloads import Moment, Payload, Words


class DealIn(Payload):
    """`amount` as people write it: 「80万」, 「800000」. `fields`: the form's others, by the keys of `GET /fields`."""

    name: Words = Field(min_length=1, max_length=LONGEST_NAME)
    amount: Words = Field(min_length=1, max_length=20)
    fields: Fields | None = None


class MoveIn(Payload):
    """`to` is a stage's key. `ended_for` and `competitor` of a deal that is won or lost; `force` lets it through."""

    to: Words = Field(min_length=1, max_length=32)
    reason: Words = Field(default="", max_length=LONGEST_REASON)
    ended_for: EndReason | None = None
    competitor: Words = Field(default="", max_length=LONGEST_COMPETITOR)
    force: bool = False


class MoveBackIn(Payload):
    """`stage` is the key of the one it was moved to: where it stands elsewhere by now, nothing is undone."""

    stage: Words = Field(min_length=1, max_length=32)


class EvidenceIn(Payload):
    """`stage` is the key of the stage that it should open, `attachment_id` one of the customer's files."""

    stage: Words = Field(min_length=1, max_length=32)
    kind: EvidenceKind
    attachment_id: Words = Field(min_length=1, max_length=64)


class MilestoneMoveIn(Payload):
    """Both stand as they are sent: the note too."""

    due_at: Moment
    note: Words = Field(default="", max_length=LONGEST_NOTE)


class MilestoneIn(MilestoneMoveIn):
    kind: MilestoneKind
