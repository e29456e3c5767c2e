"""What a phone is told of many deals: the board, the funnel, what is expected, what wins taught, why deals ended."""

from datetime import datetime

from config.vocabulary import DealScope, MilestoneKind, StallColour
from miniapp_api.answers import Answer


class SpreadOut(Answer):
    """Of `many` deals the lower quarter, the middle and the upper quarter; null while they are too few to tell."""

    many: int
    low: int | None
    middle: int | None
    high: int | None


class ShareOut(Answer):
    """`part` of `whole`; `percent` is null while `whole` is too small to tell."""

    part: int
    whole: int
    percent: int | None


class DueOut(Answer):
    kind: MilestoneKind
    kind_label: str
    due_at: datetime


class CardOut(Answer):
    """`days` and `limit` are working days on its stage; `amount` in yuan, as text. `moves`: yours to move.

    `due` is the nearest milestone that is not done.
    """

    id: str
    name: str
    customer_id: str
    customer: str
    owner: str
    amount: str
    days: int
    limit: int
    colour: StallColour
    colour_label: str
    stage_since: datetime
    snoozed_until: datetime | None
    moves: bool
    due: DueOut | None


class LaneOut(Answer):
    """One stage. `total` deals, of which so many are yellow and red; `weighted` is the sum of amount × chance.

    `cards` is page `page` of `pages`; more of them: the same address with `stage` and `page`.
    """

    stage: str
    label: str
    total: int
    yellow: int
    red: int
    amount: str
    weighted: str
    page: int
    pages: int
    cards: list[CardOut]


class BoardOut(Answer):
    """`scopes` are what you may ask for, the first of them what you get unasked."""

    scopes: list[DealScope]
    pipelines: list[str]
    total: int
    amount: str
    weighted: str
    columns: list[LaneOut]


class FunnelLine(Answer):
    """One stage: what stands on it now; of those that came to it in the period, how many got to the next stage and
    were won; `dwell` in working days, of the stays that ended in the period."""

    stage: str
    label: str
    count: int
    amount: str
    weighted: str
    further: ShareOut
    won: ShareOut
    dwell: SpreadOut


class ForecastLine(Answer):
    """`name` is a month (`2026-11`, or `overdue`, `later`, `unknown`), a team, or a person of `team`."""

    name: str
    team: str
    count: int
    amount: str
    weighted: str


class ForecastOut(Answer):
    """Amount times the chance of its stage. A deal is expected as many days after it came to its stage as half of the
    won deals needed from there; `won` says how many of those there are."""

    won: int
    total: ForecastLine
    months: list[ForecastLine]
    teams: list[ForecastLine]
    people: list[ForecastLine]


class FunnelOut(Answer):
    """`since` until before `until`; `opened`, `won` and `lost` count deals that were so in it."""

    pipeline: str
    pipelines: list[str]
    since: datetime
    until: datetime
    opened: int
    won: int
    lost: int
    stages: list[FunnelLine]
    forecast: ForecastOut


class StepOut(Answer):
    """One stage of the closed deals. `dwell` in working days, `to_win` in calendar days from first reaching it."""

    label: str
    further: ShareOut
    won: ShareOut
    dwell: SpreadOut
    to_win: SpreadOut


class KindOut(Answer):
    """A kind of contact or evidence, and how many of the won deals had it; `key` from every second on."""

    label: str
    share: ShareOut
    key: bool


class PathOut(Answer):
    """`cycle` in calendar days from opened to won; `touches` counts follow-ups and visits of a won deal."""

    pipeline: str
    closed: int
    won: int
    cycle: SpreadOut
    touches: SpreadOut
    kinds: list[KindOut]
    steps: list[StepOut]


class PathsOut(Answer):
    """Learnt from the newest 500 closed deals of each pipeline, of the whole company: no name and no amount in it."""

    pipelines: list[PathOut]


class ComparedOut(Answer):
    """An open deal beside the won ones of its pipeline. `told` says it in one line; `expected` is when it would be won
    if it went on as half of them did; `lacking` is what at least every second of them had."""

    told: str
    days: int
    cycle: SpreadOut
    touches: int
    usual_touches: SpreadOut
    stage_days: int
    limit: int
    colour: StallColour
    dwell: SpreadOut
    won_from_here: ShareOut
    expected: datetime | None
    lacking: list[str]


class EndingOut(Answer):
    """`key` is a reason's value, or a competitor's name. Money in yuan, as text."""

    key: str
    label: str
    won: int
    lost: int
    amount_won: str
    amount_lost: str
    win_rate: ShareOut


class EndingsOut(Answer):
    """`since` until before `until`: when the deals ended. `competitors`: those met most often, of `all_competitors`."""

    pipelines: list[str]
    since: datetime
    until: datetime
    total: EndingOut
    shelved: int
    reasons: list[EndingOut]
    competitors: list[EndingOut]
    all_competitors: int
