"""What the sidebar is told: the chat it stands beside, the customer's card, or which customers may be meant."""

from datetime import date, datetime

from miniapp_api.answers import Answer, ContactOut, MeOut


class AgentConfigOut(Answer):
    """What `ww.register` takes; the signature is for the address that was asked about, and no other."""

    corp_id: str
    agent_id: int
    timestamp: int
    nonce: str
    signature: str


class BesideMemberOut(Answer):
    """`known`: your friend, with `id` the chat with him. `customer` is null where he is linked to none that you see."""

    id: str | None
    name: str
    known: bool
    customer: str | None
    customer_id: str | None


class BesideCandidateOut(Answer):
    """Of a colleague's customer there is neither `id` nor `name`: `owner` says 同事在跟进."""

    id: str | None
    name: str
    owner: str
    reason: str
    same: bool


class BesideLinkOut(Answer):
    """Somebody in WeCom who is linked to the customer."""

    name: str
    linked_by: str


class BesideDealOut(Answer):
    """`colour` (green, yellow, red) is null of a deal that has ended. `days` are working days on its stage."""

    id: str
    name: str
    amount: str
    stage: str
    owner: str
    days: int
    colour: str | None


class BesideQuoteOut(Answer):
    """`text` is what may be sent to the customer, without list and floor prices; null where it may not be sent."""

    id: str
    number: str
    state: str
    state_label: str
    total: str
    currency: str
    valid_until: date
    text: str | None


class BesideEntryOut(Answer):
    """`digest_id` of a talk that was summed up, else null; `from_archive`: nobody asked for it."""

    id: str
    digest_id: str | None
    from_archive: bool
    kind_label: str
    author: str
    at: datetime
    text: str


class TodoOut(Answer):
    id: str
    text: str
    due_at: datetime


class BesideMayOut(Answer):
    write: bool
    deal: bool


class BesideCustomerOut(Answer):
    """`days_left` is null for a customer nobody holds; `why` says it in a sentence. `undo_until` of the link.

    `todos` are one's own that are open, the next first.
    """

    id: str
    name: str
    stage: str
    level: str
    owner: str
    mine: bool
    silent_days: int
    days_left: int | None
    why: str
    linked_by: str
    linked_at: datetime
    undo_until: datetime
    contacts: list[ContactOut]
    linked: list[BesideLinkOut]
    deals: list[BesideDealOut]
    quotes: list[BesideQuoteOut]
    todos: list[TodoOut]
    timeline: list[BesideEntryOut]
    may: BesideMayOut


class SidebarOut(Answer):
    """`state`: linked, unlinked, ignored, elsewhere (a colleague's), empty (a group with nobody from outside).

    `at` is our clock: a phone's own may be wrong. `company` is a new customer's name, already filled in; `candidates`
    only where nothing is linked.
    """

    me: MeOut
    at: datetime
    state: str
    kind: str
    name: str
    company: str
    position: str
    remark: str
    said: str
    members: list[BesideMemberOut]
    customer: BesideCustomerOut | None
    candidates: list[BesideCandidateOut]


class BesideDoneOut(Answer):
    """What was done, in a sentence, and how it looks now. `alike`: nothing yet, it is asked which customer is meant."""

    said: str
    alike: bool
    sidebar: SidebarOut


class MediaOut(Answer):
    """For `sendChatMessage`: `msgtype` image or file, and the id WeCom gave it, good for three days."""

    msgtype: str
    media_id: str
    name: str
