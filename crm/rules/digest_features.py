"""What the engine sees of each message before it judges how much the message matters: places in a table of weights.

Every observation is a short string (`c` or `o` says whose message it is) that is hashed to one of `BINS` places; the
weights there are learnt (`crm.rules.digest_weights`). Of other messages only a window is looked at, so that the work
grows with the length of the talk and not with its square.
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence

from crm.rules.spoken import asks, without_links
from crm.rules.utterance import Utterance

BINS = 4096
_WINDOW = 40  # messages before this one in which a repetition is looked for
_READ = 200  # characters of a message that are looked at


def features(talk: Sequence[Utterance]) -> list[tuple[int, ...]]:
    """For each message the places of its weights."""
    views = [_View(one) for one in talk]
    common = Counter(pair for view in views for pair in view.pairs)
    ranks = _ranks([len(view.letters) for view in views])
    return [
        tuple(zlib.crc32(seen.encode()) % BINS for seen in _seen(views, number, common, ranks[number]))
        for number in range(len(views))
    ]


class _View:
    """One message as it is looked at."""

    def __init__(self, one: Utterance) -> None:
        plain = without_links(one.text)
        self.linked = plain != one.text
        self.letters = "".join(letter for letter in plain[:_READ] if letter.isalnum() or letter in "[]")
        self.pairs = frozenset(_grams(self.letters, 2))
        self.side = "o" if one.ours else "c"
        self.asks = asks(one.text)


def _grams(letters: str, size: int) -> Iterator[str]:
    return (letters[at : at + size] for at in range(len(letters) - size + 1))


def _ranks(lengths: Sequence[int]) -> list[int]:
    """How many messages of the talk are longer than each."""
    in_order = sorted(lengths, reverse=True)
    first = {length: place for place, length in reversed(list(enumerate(in_order)))}
    return [first[length] for length in lengths]


def _seen(views: Sequence[_View], number: int, common: Counter[str], rank: int) -> Iterator[str]:
    view, many = views[number], len(views)
    before = views[max(0, number - _WINDOW) : number]
    side, length = view.side, len(view.letters)
    shared = sum(common[pair] > 1 for pair in view.pairs)
    known = max((len(view.pairs & other.pairs) for other in before), default=0) / max(1, len(view.pairs))
    earlier = Counter(other.side for other in before if len(other.letters) > 5)
    yield "any"
    yield side
    yield f"{side}place{number * 8 // many}"
    yield f"{side}first{min(number, 8)}"
    yield f"{side}last{min(many - 1 - number, 4)}"
    yield f"{side}many{min(many // 4, 8)}"
    yield f"{side}length{length // 4 if length < 24 else 6 + min(length // 12, 6)}"
    yield f"{side}rank{min(rank, 9)}"
    yield f"{side}asks{view.asks}"
    yield f"{side}linked{view.linked}"
    yield f"{side}before{_beside(views, number - 1)}"
    yield f"{side}after{_beside(views, number + 1)}"
    yield f"{side}share{shared * 5 // max(1, len(view.pairs))}"
    yield f"{side}shared{min(12, shared)}"
    yield f"{side}known{int(known * 5)}"
    yield f"{side}earlier{min(earlier['c'], 5)}"
    yield f"{side}answers{min(earlier['o'], 5)}"
    edged = f"^{view.letters}$"
    for size in (1, 2, 3):
        yield from (f"{side}{size}{gram}" for gram in sorted(set(_grams(edged, size))))


def _beside(views: Sequence[_View], number: int) -> str:
    if not 0 <= number < len(views):
        return ""
    return f"{views[number].side}{views[number].asks}"
