"""The learnt judgement of two names: which of several is meant, and whether it is one company."""

from itertools import accumulate
from operator import add

from crm.rules.name_features import SIZES, features
from crm.rules.name_parts import NameParts
from crm.rules.name_weights import PLACE, SAME, SAME_ABOVE

_SHORT_NAME = tuple(accumulate((2 * size for size in SIZES[:-1]), initial=0))
_FULL_NAME = tuple(start + size for start, size in zip(_SHORT_NAME, SIZES, strict=True))


def place_and_same(asked: NameParts, known: NameParts) -> tuple[int, bool]:
    """How well `known` is meant by what was typed, to order candidates by; and whether the two are one company.

    Whatever the weights say, another number or another region is another company (二分公司 is not 一分公司), and the
    same 字号, trade and region in another order is the same one: 华东泵业（上海）有限公司.
    """
    starts = _FULL_NAME if asked.form else _SHORT_NAME
    picked = list(map(add, starts, features(asked, known)))
    alike = sum(map(SAME.__getitem__, picked)) > SAME_ABOVE or _reordered(asked, known)
    same = alike and not told_apart(asked, known)
    return sum(map(PLACE.__getitem__, picked)), same


def _reordered(asked: NameParts, known: NameParts) -> bool:
    if asked.generic or asked.office or known.office:  # where the office is has been taken off its name
        return False
    return asked.core == known.core and asked.regions == known.regions


def told_apart(asked: NameParts, known: NameParts) -> bool:
    """Another number or another region: never one company."""
    if asked.regions and known.regions and asked.regions.isdisjoint(known.regions):
        return True
    return asked.ordinals != known.ordinals
