"""What closed deals teach: how long a win takes, how often one speaks, how far deals get from each stage.

A figure always says how many deals stand behind it, and is not told at all while there are fewer than `LEAST`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.rules.days import days_between

LEAST = 5  # of fewer deals the middle one is chance
KEY_SHARE = 50  # percent of the won deals that have a kind of contact before it counts as a key one


@dataclass(frozen=True, slots=True)
class Spread:
    """`many` things were measured; the quartiles and the middle of them, None while there are fewer than `LEAST`."""

    many: int
    low: int | None = None
    middle: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`; `percent` is None while `whole` is less than `LEAST`."""

    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        return round(100 * self.part / self.whole) if self.whole >= LEAST else None


@dataclass(frozen=True, slots=True)
class Stayed:
    """One stay on the open rung of this number, counted from 0; `ended` None where it still stands there."""

    rung: int
    started: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Story:
    """One closed deal. `touches` counts follow-ups and visits, `kinds` are the keys of what was done at all."""

    opened: datetime
    closed: datetime
    won: bool
    stays: Sequence[Stayed]
    touches: int
    kinds: Collection[str]


@dataclass(frozen=True, slots=True)
class Step:
    """Of one open rung: the share of deals on it that got further and that were won, working days on it of the won
    ones, and calendar days from first reaching it to the win."""

    further: Share
    won: Share
    dwell: Spread
    to_win: Spread


@dataclass(frozen=True, slots=True)
class Path:
    """`won` of `closed` deals; `cycle` in calendar days from opened to won; `kinds`: the share of won deals of each."""

    closed: int
    won: int
    cycle: Spread
    touches: Spread
    kinds: Sequence[tuple[str, Share]]
    steps: Sequence[Step]

    @property
    def key_kinds(self) -> tuple[str, ...]:
        """What at least every second won deal had."""
        return tuple(kind for kind, share in self.kinds if (share.percent or 0) >= KEY_SHARE)


def spread(values: Iterable[int]) -> Spread:
    """Of two in the middle the upper one, and the same of the quarters."""
    ordered = sorted(values)
    many = len(ordered)
    if many < LEAST:
        return Spread(many)
    return Spread(many, ordered[many // 4], ordered[many // 2], ordered[3 * many // 4])


def reached(stays: Sequence[Stayed], rungs: int, won_at: datetime | None) -> list[datetime | None]:
    """When each rung was first reached, the win being the last: whoever stands on a higher one has reached it too."""
    first: list[datetime | None] = [*([None] * rungs), won_at]
    for stay in stays:
        before = first[stay.rung]
        first[stay.rung] = stay.started if before is None else min(before, stay.started)
    for rung in range(rungs - 1, -1, -1):
        here, above = first[rung], first[rung + 1]
        if above is not None:
            first[rung] = above if here is None else min(here, above)
    return first


def learn(stories: Sequence[Story], rungs: int, working_days: Callable[[datetime, datetime], int]) -> Path:
    """From closed deals of one pipeline with so many open rungs, lowest first."""
    won = [one for one in stories if one.won]
    firsts = [reached(one.stays, rungs, one.closed if one.won else None) for one in stories]
    had = Counter(kind for one in won for kind in set(one.kinds))
    kinds = sorted(had, key=lambda kind: (-had[kind], kind))
    return Path(
        closed=len(stories),
        won=len(won),
        cycle=spread(days_between(one.opened, one.closed) for one in won),
        touches=spread(one.touches for one in won),
        kinds=tuple((kind, Share(had[kind], len(won))) for kind in kinds),
        steps=tuple(_step(rung, stories, firsts, working_days) for rung in range(rungs)),
    )


def _step(
    rung: int,
    stories: Sequence[Story],
    firsts: Sequence[Sequence[datetime | None]],
    working_days: Callable[[datetime, datetime], int],
) -> Step:
    here = [first for first in firsts if first[rung] is not None]
    further = sum(first[rung + 1] is not None for first in here)
    dwell, to_win = [], []
    for story, first in zip(stories, firsts, strict=True):
        began = first[rung]
        if not story.won or began is None:
            continue
        to_win.append(days_between(began, story.closed))
        stood = [working_days(s.started, s.ended or story.closed) for s in story.stays if s.rung == rung]
        if stood:  # who jumped over it tells nothing of how long one stands there
            dwell.append(sum(stood))
    won = sum(first[-1] is not None for first in here)
    return Step(Share(further, len(here)), Share(won, len(here)), spread(dwell), spread(to_win))


def expected_by(since: datetime, to_win: Spread) -> datetime | None:
    """When a deal that stands on a rung since then would be won, if it went as half of the won ones did."""
    return None if to_win.middle is None else since + timedelta(days=to_win.middle)
