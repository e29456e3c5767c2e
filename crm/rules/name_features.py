"""What is compared of two company names: some thirty small numbers, each of which picks a learnt weight."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler, LCSseq

from crm.rules.name_parts import NameParts

_KEY = (30, 40, 50, 55, 60, 65, 70, 75, 80, 84, 88, 91, 94, 97, 100)
_BARE = (20, 30, 40, 50, 55, 60, 65, 70, 75, 80, 85, 90, 94, 97, 100)
_CORE = (10, 25, 40, 50, 60, 67, 75, 80, 86, 92, 100)
_BRAND = (1, 25, 40, 50, 60, 67, 75, 80, 86, 100)
_JARO = (0.2, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.96, 1)
_PARTIAL = (30, 50, 60, 67, 75, 80, 90, 100)
_OF_ASKED = (0.3, 0.4, 0.5, 0.6, 0.67, 0.75, 0.8, 0.9, 1)
_OF_KNOWN = (0.2, 0.3, 0.4, 0.5, 0.6, 0.67, 0.75, 0.85, 1)
_LONGER = (-4, -2, 0, 1, 2, 3, 4, 6, 8, 11)
_SHORT = (3, 4, 5, 6, 8, 11)
_BRAND_LENGTH = (2, 3, 4, 5, 7)
_CORE_ROUGHLY = (25, 50, 67, 80, 100)
_WORDS, _HOLDS, _PLACES, _FORMS = 14, 15, 6, 5  # how many answers `_words`, `_holds`, `_places` and `form` have

# How many values each number has, in the order of `features`.
SIZES = (
    len(_KEY) + 1,
    len(_BARE) + 1,
    len(_CORE) + 1,
    len(_BRAND) + 1,
    len(_JARO) + 1,
    len(_PARTIAL) + 1,
    len(_OF_ASKED) + 1,
    len(_OF_KNOWN) + 1,
    _WORDS,  # 字号
    _WORDS,  # core
    _WORDS,  # trade
    5,  # sounds alike
    len(_LONGER) + 1,
    4,  # who has a 字号 at all
    8,  # the same letters at beginning and end
    4,  # offices
    len(_BRAND_LENGTH) + 1,
    _FORMS * _FORMS,
    _HOLDS * (len(_SHORT) + 1),
    _WORDS * _PLACES,
    _WORDS * _WORDS,
    (len(_CORE_ROUGHLY) + 1) * _PLACES,
    5 * 10,  # letters of one that the other lacks
    _WORDS * _PLACES,
    _WORDS * (len(_SHORT) + 1),
    4 * _HOLDS,
    _FORMS * (len(_SHORT) + 1),
)


def features(asked: NameParts, known: NameParts) -> Sequence[int]:
    """One value per entry of `SIZES`. `asked` is what somebody typed, `known` a name in the store: not symmetric."""
    bare, other = asked.bare, known.bare
    common = LCSseq.similarity(bare, other)
    core = fuzz.ratio(asked.core, known.core)
    brands = _words(asked.brand, known.brand)
    trades = _words(asked.trade, known.trade)
    holds = _holds(asked, known)
    places = _places(asked.regions, known.regions)
    offices = asked.office << 1 | known.office
    short = _step(len(bare), _SHORT)
    letters, others = set(bare), set(other)
    return (
        _step(fuzz.ratio(asked.key, known.key), _KEY),
        _step(fuzz.ratio(bare, other), _BARE),
        _step(core, _CORE),
        _step(fuzz.ratio(asked.brand, known.brand), _BRAND),
        _step(JaroWinkler.similarity(bare, other), _JARO),
        _step(fuzz.partial_ratio(asked.core, other), _PARTIAL),
        _step(common / len(bare), _OF_ASKED),
        _step(common / len(other), _OF_KNOWN),
        brands,
        _words(asked.core, known.core),
        trades,
        _sounds_alike(asked.brand, known.brand),
        _step(len(other) - len(bare), _LONGER),
        asked.generic << 1 | known.generic,
        (bare[0] == other[0]) | (asked.core[0] == known.core[0]) << 1 | (bare[-1] == other[-1]) << 2,
        offices,
        _step(len(known.brand), _BRAND_LENGTH),
        asked.form * _FORMS + known.form,
        holds * (len(_SHORT) + 1) + short,
        brands * _PLACES + places,
        brands * _WORDS + trades,
        _step(core, _CORE_ROUGHLY) * _PLACES + places,
        min(len(letters - others), 4) * 10 + min(len(others - letters), 9),
        trades * _PLACES + places,
        brands * (len(_SHORT) + 1) + short,
        offices * _HOLDS + holds,
        known.form * (len(_SHORT) + 1) + short,
    )


def _step(value: float, edges: Sequence[float]) -> int:
    """How many edges the value has reached."""
    return bisect_right(edges, value)


def _words(asked: str, known: str) -> int:
    """How two words lie to each other, 0 … 13: missing, equal, a beginning, inside, scattered, some letters, none."""
    if not asked or not known:
        return 0 if not asked and not known else 1 if not asked else 2
    if asked == known:
        return 3
    if known.startswith(asked):
        return 4
    if asked.startswith(known):
        return 5
    if asked in known:
        return 6
    if known in asked:
        return 7
    if _scattered(asked, known):
        return 8
    if _scattered(known, asked):
        return 9
    if asked[0] == known[0]:
        return 10 if asked[:2] == known[:2] else 11
    return 13 if set(asked).isdisjoint(known) else 12


def _holds(asked: NameParts, known: NameParts) -> int:
    """Where one name stands in the other, 0 … 14, the closest way first."""
    bare, other = asked.bare, known.bare
    if bare == other:
        return 0
    if other.startswith(bare):
        return 1
    if known.core.startswith(asked.core):
        return 2
    if known.core.startswith(bare):
        return 3
    if bare in other:
        return 4
    if bare in known.key:
        return 5
    if other in bare:
        return 6
    if _scattered(bare, other):
        return 7 if bare[0] == other[0] else 8 if bare[0] == known.core[0] else 9
    if _scattered(bare, known.key):
        return 10
    if _scattered(asked.core, other):
        return 11
    if _scattered(other, bare):
        return 12
    return 13 if _scattered(known.core, bare) else 14


def _places(asked: frozenset[str], known: frozenset[str]) -> int:
    """Regions, 0 … 5: none said, only the known says one, only the asked, the same, some in common, different."""
    if not asked or not known:
        return 0 if not asked and not known else 1 if not asked else 2
    if asked == known:
        return 3
    return 5 if asked.isdisjoint(known) else 4


def _scattered(short: str, long: str) -> bool:
    """Do the letters of one stand in the other in their order, with anything between them?"""
    return len(short) <= len(long) and LCSseq.similarity(short, long) == len(short)


def _sounds_alike(asked: str, known: str) -> int:
    """0 where it cannot be said; one letter that differs 1, that sounds alike 2; several 3, that all sound alike 4."""
    if asked == known or len(asked) != len(known) or len(asked) > 6:
        return 0
    other = [(a, b) for a, b in zip(asked, known, strict=True) if a != b]
    alike = all(_syllable(a) == _syllable(b) for a, b in other)
    return 1 + alike + (0 if len(other) == 1 else 2)


@lru_cache(maxsize=32_768)
def _syllable(letter: str) -> str:
    return "".join(lazy_pinyin(letter, style=Style.NORMAL))
