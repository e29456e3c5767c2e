"""The marks by which content is known again: words without their layout, a minhash of them, a picture made small."""

import unicodedata
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from PIL.Image import Resampling

SHINGLE = 5  # letters
MARKS = 120  # values of a minhash, 32 bits each
MOST_LETTERS = 200_000  # of a text; what stands behind them is not looked at
SHORTEST = 8  # letters of a passage: a shorter line is read together with the next one
HASH_BYTES, SIDE = 32, 64  # of a picture's mark
_ACROSS, _DOWN = 8, 16
_FLAT = 3  # grey levels of 256: a smaller step is noise of the paper, the camera or the compression


def passages(lines: Iterable[str]) -> list[str]:
    """The words of each paragraph: folded (NFKC, case), only letters and digits, so that no layout is left in them."""
    found, held, total = [], "", 0
    for line in lines:
        held += "".join(sign for sign in unicodedata.normalize("NFKC", line).casefold() if sign.isalnum())
        if len(held) < SHORTEST:
            continue
        found.append(held[: MOST_LETTERS - total])
        total, held = total + len(held), ""
        if total >= MOST_LETTERS:
            return found
    if held and found:
        found[-1] += held
    elif held:
        found.append(held)
    return found


def minhash(words: Sequence[str]) -> list[int]:
    """One permutation hashing: each shingle falls into one of MARKS bins, the smallest of each bin is kept.

    An empty bin takes the value of another one, which its own number decides, as in Shrivastava's densification
    (2017): two texts agree in a place with the probability of their Jaccard index, short ones too.
    """
    text = "".join(words)
    bins: list[int | None] = [None] * MARKS
    for shingle in {text[at : at + SHINGLE] for at in range(max(1, len(text) - SHINGLE + 1))}:
        number = int.from_bytes(blake2b(shingle.encode(), digest_size=8).digest(), "big")
        place, value = number % MARKS, number >> 32
        held = bins[place]
        bins[place] = value if held is None else min(held, value)
    return [_filled(bins, place) for place in range(MARKS)]


def _filled(bins: Sequence[int | None], place: int) -> int:
    value, turn, at = bins[place], 0, place
    while value is None:
        turn += 1
        at = int.from_bytes(blake2b(f"{place} {turn}".encode(), digest_size=4).digest(), "big") % MARKS
        value = bins[at]
    return value


def picture_mark(grey: Any) -> bytes:
    """A picture in grey, small: HASH_BYTES of steps by which it is found, then SIDE × SIDE levels that are compared.

    The steps say whether it grows lighter from field to field, across and down; one that is hardly a step counts as
    none. Both survive another size, another compression and another brightness.
    """
    wide = grey.resize((_ACROSS + 1, _DOWN), Resampling.BOX).tobytes()
    high = grey.resize((_DOWN, _ACROSS + 1), Resampling.BOX).tobytes()
    bits = 0
    for row in range(_DOWN):
        for column in range(_ACROSS):
            at = row * (_ACROSS + 1) + column
            bits = bits << 1 | (wide[at + 1] - wide[at] > _FLAT)
    for row in range(_ACROSS):
        for column in range(_DOWN):
            at = row * _DOWN + column
            bits = bits << 1 | (high[at + _DOWN] - high[at] > _FLAT)
    levels: bytes = grey.resize((SIDE, SIDE), Resampling.BOX).tobytes()
    return bits.to_bytes(HASH_BYTES, "big") + levels
