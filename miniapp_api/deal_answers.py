"""What a phone is told of a deal."""

from datetime import datetime

from config.vocabulary import EndReason, EvidenceKind, MilestoneKind, StageKind
from crm.rules.funnel import Lack, Way
from miniapp_api.answers import Answer, FieldValueOut
from miniapp_api.sales_answers import ComparedOut


class StageOut(Answer):
    """`needs` are the kinds of evidence without which it does not open."""

    key: str
    label: str
    kind: StageKind
    needs: list[EvidenceKind]


class MissingOut(Answer):
    """`kind` only of evidence; `how` says how to supply it."""

    lack: Lack
    stage: str
    kind: EvidenceKind | None
    told: str
    how: str


class EvidenceOut(Answer):
    """`sealed`: its stage was opened by it, and it stays."""

    id: str
    stage: str
    kind: EvidenceKind
    kind_label: str
    attachment_id: str
    file: str
    by: str
    at: datetime
    sealed: bool


class StayOut(Answer):
    """`days` are working days; `forced`: a manager let it through without all evidence."""

    stage: str
    since: datetime
    until: datetime | None
    days: int
    by: str
    reason: str
    forced: bool


class MilestoneOut(Answer):
    """`done_at`: it was kept. Those that were removed are not told."""

    id: str
    kind: MilestoneKind
    kind_label: str
    due_at: datetime
    note: str
    by: str
    done_at: datetime | None


class DealPageOut(Answer):
    """`towards` is the key of the next stage, null for a deal that has ended, and so is `beside`: how it stands beside
    the won ones. `amount` in yuan, as text.

    `may_force`: its reader may let it through without all evidence, with his reason. `undo_until`: till then he may
    take back the move that brought it to `stage`; null where that is not his to undo, or too late.

    `approval_id` of the approval that it waits for, null where it waits for none. `fields` as `PATCH /deals/{id}` takes
    them, each with what its reader may see of it.
    """

    id: str
    customer_id: str
    customer: str
    name: str
    amount: str
    owner: str
    stage: str
    stage_since: datetime
    ended_for: EndReason | None
    competitor: str
    ladder: list[StageOut]
    towards: str | None
    missing: list[MissingOut]
    evidence: list[EvidenceOut]
    history: list[StayOut]
    milestones: list[MilestoneOut]
    may_write: bool
    may_force: bool
    undo_until: datetime | None
    approval_id: str | None
    beside: ComparedOut | None
    fields: list[FieldValueOut]


class DealMadeOut(Answer):
    """`stage` is the label of the rung it stands on."""

    id: str
    name: str
    customer: str
    stage: str


class MovedOut(Answer):
    """`way` null and `approval_id` set: it has not moved yet, an approval was asked for; it moves once all sign."""

    id: str
    way: Way | None
    forced: bool
    said: str
    approval_id: str | None


class MovedBackOut(Answer):
    id: str
    said: str


class MilestoneNotedOut(Answer):
    id: str
    deal_id: str
    kind: MilestoneKind
    kind_label: str
    due_at: datetime
    note: str


class PipelineStageOut(StageOut):
    """`days`: working days it may take, null where a policy number says it; `probability`: percent."""

    days: int | None
    probability: int


class PipelineOut(Answer):
    """Deals under `below` yuan take it; null takes the rest."""

    name: str
    version: int
    below: str | None
    stages: list[PipelineStageOut]


class PipelinesOut(Answer):
    pipelines: list[PipelineOut]
