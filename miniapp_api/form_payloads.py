"""What a phone may send of a form: fields by their keys, whatever fields operations have made."""

from typing import Annotated, Literal

from pydantic import Field

from crm.usecases.followups import LONGEST
from miniapp_api.payloads import Payload, Words

_Key = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
_Text = Annotated[Words, Field(max_length=LONGEST)]
_Number = Annotated[int, Field(ge=-(10**15), le=10**15)]
_Decimal = Annotated[float, Field(ge=-(10**15), le=10**15)]
# As typed, or as JSON has it; null and "" empty the field.
Told = _Text | _Number | _Decimal | Annotated[list[_Text], Field(max_length=50)] | None
Fields = Annotated[dict[_Key, Told], Field(min_length=1, max_length=200)]


class FieldsQuery(Payload):
    of: Literal["customer", "contact", "deal"]


class CustomerIn(Payload):
    """`fields` by the keys of `GET /fields?of=customer`. `anyway`: those that are alike are others."""

    fields: Fields
    anyway: bool = False


class ChangeIn(Payload):
    """What is to be changed and nothing else. `seen` is what `shown` said of these fields when they were read, of a
    file the one of its `keys`: what somebody else has changed since is refused with 409 instead of overwritten.
    """

    fields: Fields
    seen: Annotated[dict[_Key, _Text], Field(max_length=200)] | None = None


class ContactIn(Payload):
    """`fields` by the keys of `GET /fields?of=contact`."""

    fields: Fields
