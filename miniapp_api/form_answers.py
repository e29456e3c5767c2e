"""What a phone is told of forms, and of one contact."""

from config.vocabulary import CooperationStage, FieldKind
from miniapp_api.answers import Answer, ContactOut, FieldValueOut


class OptionOut(Answer):
    """`key` is what to send; the label is read as well."""

    key: str
    label: str


class FieldOut(Answer):
    """`always`: no record is without it; `required_at`: the stages that ask for it. `starts_as` stands in a new one."""

    key: str
    label: str
    kind: FieldKind
    help: str
    always: bool
    required_at: list[CooperationStage]
    options: list[OptionOut]
    starts_as: str
    may_read: bool
    may_edit: bool


class FieldGroupOut(Answer):
    key: str
    label: str
    fields: list[FieldOut]


class FieldsOut(Answer):
    """`version` is another one as soon as anything below is: what is kept by it is drawn again without asking."""

    version: str
    groups: list[FieldGroupOut]


class ContactFileOut(Answer):
    id: str
    customer_id: str
    name: str
    fields: list[FieldValueOut]
    missing: list[str]


class ContactsOut(Answer):
    """Those who were put away stand last."""

    contacts: list[ContactOut]


class ContactTurnedOut(Answer):
    id: str
    name: str
    retired: bool
