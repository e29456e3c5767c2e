"""What a phone is told of a person's day."""

from datetime import date, datetime

from crm.agenda import ItemKind
from miniapp_api.answers import Answer


class ThingOut(Answer):
    """One thing to do: what it is about, why today, and what is lost otherwise; `urgent` is lost first.

    `id` is what the kind is about: of `silent`, `lost` and `queue` the customer, of a `stall` the deal, of a `contact`
    "", of every other kind that itself.
    """

    kind: ItemKind
    mark: str
    id: str
    title: str
    why: str
    loss: str
    urgent: bool


class ComingOut(Answer):
    """`customer` is "" where it is about none."""

    text: str
    customer: str
    due_at: datetime


class DoneOut(Answer):
    """How many of each today; `follow_ups` that count as one, `moves` of deals to another stage."""

    follow_ups: int
    visits: int
    moves: int
    quotes: int
    todos: int


class TodayOut(Answer):
    """`coming` are the next to-dos after today, `coming_more` how many there are behind them."""

    day: date
    things: list[ThingOut]
    coming: list[ComingOut]
    coming_more: int
    done: DoneOut
