"""What a phone is told: public ids and words, never a row's own number."""

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from config.vocabulary import FieldKind, StallColour
from crm.rules.masking import HIDDEN
from miniapp_api.examples import shown


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra=shown)


def said_sum(yuan: Decimal | None) -> str:
    """Money as it travels; of a sum that is not shown (None) only that it is there."""
    return HIDDEN if yuan is None else f"{yuan:.2f}"


class MeOut(Answer):
    userid: str
    name: str
    role: str
    role_label: str


class SessionOut(Answer):
    """`token` goes into `Authorization: Bearer …` and stays in memory."""

    token: str
    expires_at: datetime
    person: MeOut


class FollowUpOut(Answer):
    """`counts` says whether it restarted the silence clock; `remark` why not."""

    id: str
    counts: bool
    remark: str
    customer_name: str
    next_follow_up_at: datetime | None


class ContactOut(Answer):
    """`phone` is shown in part where `masked`; the whole number is asked for with `POST /contacts/{id}/phone`.

    `retired`: put away, and brought back with `POST /contacts/{id}/restore`.
    """

    id: str
    name: str
    title: str
    phone: str
    masked: bool
    retired: bool


class PhoneOut(Answer):
    """`left` is how many numbers of others' customers may still be seen today; null where none was counted."""

    phone: str
    left: int | None


class ShareOut(Answer):
    """A colleague who sees the customer (`read`) or works on it (`together`), the last day included."""

    id: str
    person: str
    team: str
    access: str
    access_label: str
    last_day: date
    credit_percent: int
    granted_by: str


class SharesOut(Answer):
    """`may_share`: whether you may share it and end what is shared. `holder_percent` of the credit is the holder's."""

    shares: list[ShareOut]
    may_share: bool
    holder_percent: int


class SharedOut(Answer):
    id: str
    customer_name: str
    person: str
    access: str
    last_day: date
    credit_percent: int


class AttachmentOut(Answer):
    """`kind` is what the file is by its content; `width` and `height`, in pixels, of pictures. `size` in bytes."""

    id: str
    name: str
    note: str
    kind: str
    kind_label: str
    size: int
    width: int | None
    height: int | None
    uploaded_by: str
    at: datetime


class AttachmentsOut(Answer):
    """The newest first. `may_write`: whether you may add to them and remove them."""

    attachments: list[AttachmentOut]
    may_write: bool


class LinkOut(Answer):
    """A WeCom contact whose chat belongs to this customer."""

    contact: str
    corp_name: str
    linked_by: str
    linked_at: datetime


class FieldSaid(Answer):
    """A field that the company added, and what it holds, as people write it."""

    label: str
    value: str


class DealOut(Answer):
    """`amount` in yuan, as text, so that no phone rounds it; `＊＊＊` for what the reader's role does not read.
    `colour` is null of a deal that has ended. `fields` are the company's own that are filled.
    """

    id: str
    name: str
    amount: str
    stage: str
    owner: str
    stage_since: datetime
    colour: StallColour | None
    colour_label: str
    fields: list[FieldSaid]


class EntryOut(Answer):
    """One line of the timeline, newest first; `counts` says whether it restarted the silence clock.

    `fields` are the company's own of a visit, `visit_id` its id ("" of anything else), `photos` the ids of its photos.
    """

    id: str
    kind: str
    kind_label: str
    author: str
    at: datetime
    text: str
    counts: bool
    visit_id: str
    photos: list[str]
    fields: list[FieldSaid]


class PeriodOut(Answer):
    """Who held the customer from when to when; the newest first, the open one without an end."""

    holder: str
    reason: str
    started_at: datetime
    ended_at: datetime | None


class FieldValueOut(Answer):
    """What one field of a record says, `shown` as one would type it, or, to whom it is not shown so, in part (`****`: a
    telephone, a mail) or as `＊＊＊`; `keys` are the choices taken, of a person or a file its id. `missing`: its stage
    asks for it. `may_edit`: this role may, in records that it may write to.
    """

    key: str
    label: str
    group: str
    kind: FieldKind
    shown: str
    keys: list[str]
    missing: bool
    may_edit: bool


class FormOut(Answer):
    message: str


class LeadMadeOut(Answer):
    """`said` tells what became of it: his own, the supervisor's, or filed with an existing customer."""

    id: str
    said: str


class LeadDoneOut(Answer):
    said: str


class LeadLine(Answer):
    """`urgency`: settled, answered, fine, due or late; `why` says it in a sentence."""

    id: str
    name: str
    contact_name: str
    phone: str
    need: str
    inlet: str
    campaign: str
    owner: str
    state: str
    state_label: str
    urgency: str
    why: str
    due_at: datetime
    created_at: datetime


class LeadsOut(Answer):
    leads: list[LeadLine]
    total: int
