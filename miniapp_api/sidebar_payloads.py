"""What the sidebar sends: which chat it stands beside, and what is to be done with it."""

from typing import Annotated

from pydantic import Field

from config.collisions import IfAlike
from config.prospects import IgnoreReason
from config.vocabulary import ChatKind
from miniapp_api.payloads import Moment, Payload, Words

# WeCom's own ids; what cannot be one is not asked about.
_Chat = Annotated[Words, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_Customer = Annotated[Words, Field(pattern=r"^[0-9a-f]{20}$")]
LONGEST_ADDRESS = 1024


class PageQuery(Payload):
    """`url` is the page's own address, without `#` and what follows it."""

    url: Words = Field(min_length=1, max_length=LONGEST_ADDRESS)


class BesideQuery(Payload):
    """One of the two: what `getCurExternalContact` or `getCurExternalChat` said."""

    external_userid: Annotated[Words, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""
    chat_id: Annotated[Words, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""


class ChatIn(Payload):
    """`chat` is an external_userid or a chat_id, as `kind` says."""

    kind: ChatKind
    chat: _Chat


class LinkIn(ChatIn):
    """`seen`: the customer that the page showed as linked, null for none. To link another one instead is to relink."""

    customer_id: _Customer
    seen: _Customer | None = None


class UnlinkIn(ChatIn):
    """With `linked_at` only the link of that very moment, as an undo wants it; it had replaced the one to `former`
    where that is given, which stands again."""

    seen: _Customer
    linked_at: Moment | None = None
    former: _Customer | None = None


class NewcomerIn(ChatIn):
    """`contact_name` and `title` become the customer's first contact; an empty name makes none.

    `alike`, of colleagues' customers with a similar name: `others` makes this one all the same, `theirs` asks both
    supervisors whose it is and makes none.
    """

    name: Words = Field(min_length=1, max_length=128)
    contact_name: Words = Field(default="", max_length=64)
    title: Words = Field(default="", max_length=64)
    alike: IfAlike = IfAlike.ASK


class IgnoreIn(ChatIn):
    """Without a reason the contact is chased again."""

    reason: IgnoreReason | None = None


class TodoIn(Payload):
    text: Words = Field(min_length=1, max_length=500)
    due_at: Moment
