"""Are these two the same company? Names cleaned, compared and ranked, the 字号 weighing most."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest
from typing import Generic, TypeVar

from pypinyin import Style, lazy_pinyin
from pypinyin.seg.mmseg import seg
from rapidfuzz import fuzz, process

from config.vocabulary import NameVerdict
from crm.rules.name_parts import NameParts, key_of, parts_of
from crm.rules.name_scores import place_and_same, told_apart

T = TypeVar("T")

MAX_NAME = 60
_FEW = 200  # so many names are compared one by one

SAME_NAME, SAME_BRAND, SHORT_NAME, ALIKE, BY_PINYIN = "名称相同", "字号相同", "简称", "名称相近", "拼音"

_FULL_WIDTH = str.maketrans("()", "（）")


def clean_name(name: str) -> str:
    """A name fit to be stored: NFKC, inner white space folded, brackets （）; ValueError says what to mend."""
    folded = unicodedata.normalize("NFKC", name)
    spaced = " ".join(folded.split())
    plain = spaced.isprintable()  # nearly every name, and then no sign of it is without a shape
    kept = spaced if plain else "".join(letter for letter in spaced if unicodedata.category(letter) != "Cf").strip()
    kept = kept if plain else unicodedata.normalize("NFKC", kept)  # what stood apart may be one letter now
    if not kept:
        raise ValueError("请填写公司名称")
    if not plain and any(unicodedata.category(letter)[0] == "C" for letter in kept):
        raise ValueError("公司名称里有看不见的控制字符，请删掉后重填")
    if not any(letter.isalnum() for letter in kept):
        raise ValueError("公司名称不能只有标点，请填写完整名称")
    if len(kept) > MAX_NAME:
        raise ValueError(f"公司名称最多 {MAX_NAME} 个字，现在有 {len(kept)} 个，请缩短")
    return kept.translate(_FULL_WIDTH)


def is_name(name: str) -> bool:
    """Whether `clean_name` would take it."""
    try:
        clean_name(name)
    except ValueError:
        return False
    return True


def name_key(name: str) -> str:
    """The whole name for exact comparison: width, case, brackets, spaces and punctuation no longer matter."""
    return key_of(name)


def core_name(name: str) -> str:
    """字号 and trade without region and legal form; never empty for a name that is not."""
    return parts_of(name).core


def said_in(name: str, text_key: str) -> int:
    """How much of a company's name stands in a text (its `name_key`), in letters; 0 when it is not named.

    The 字号 alone is enough (瑞衡 for 苏州瑞衡热能工程有限公司); a bare trade or region names nobody.
    """
    parts = parts_of(name)
    forms = (parts.key, parts.core) if parts.generic else (parts.key, parts.core, parts.brand)
    return max((len(form) for form in forms if len(form) >= 2 and form in text_key), default=0)


def similarity(a: str, b: str) -> int:
    """0 … 100, the same both ways; a shared region, trade or legal form alone never comes near 80."""
    return _compare(parts_of(a), parts_of(b))[0]


def reason(a: str, b: str) -> str:
    """Why the two look alike, in two or four characters for a card."""
    return _compare(parts_of(a), parts_of(b))[1]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`score` 0 … 100, what the radar says of it, and why in two or four characters for a card."""

    score: int
    verdict: NameVerdict
    reason: str


_CERTAIN = 97  # 「same」 never scores less, and nothing else scores more


def judge(typed: str, known: str, similar_at: int = 82) -> Judgement:
    """Is what was typed the company of this name in the store? `similar_at` is `Policy.similar_at`."""
    return _judged(parts_of(typed), parts_of(known), similar_at)[1]


def _judged(typed: NameParts, known: NameParts, similar_at: int) -> tuple[int, Judgement]:
    """(where it stands among others, the judgement)."""
    score, why = _compare(typed, known)
    if not typed.key or not known.key:
        return 0, Judgement(0, NameVerdict.NONE, ALIKE)
    if score < similar_at and typed.key != known.key and told_apart(typed, known):  # nothing more can come of it
        return 0, Judgement(score, NameVerdict.NONE, why)
    place, same = place_and_same(typed, known)
    if same or typed.key == known.key:
        return place, Judgement(max(score, _CERTAIN), NameVerdict.SAME, why)
    score = min(score, _CERTAIN - 1)
    return place, Judgement(score, NameVerdict.SIMILAR if score >= similar_at else NameVerdict.NONE, why)


# Company names share few words: read one by one and remembered, a name takes a seventh of the time.
_HAN = re.compile("[\u2e80-\u9fff\uf900-\ufaff]")
_RUNS = re.compile(f"{_HAN.pattern}+|[^{_HAN.pattern[1:]}+")


def _words(run: str) -> Iterable[str]:
    return seg.cut(run) if _HAN.match(run) else (run,)


@lru_cache(maxsize=16384)
def _syllables(word: str) -> tuple[str, ...]:
    return tuple(lazy_pinyin(word, style=Style.NORMAL))


@lru_cache(maxsize=16384)
def _pinyin(core: str) -> tuple[str, str]:
    syllables = [syllable for run in _RUNS.findall(core) for word in _words(run) for syllable in _syllables(word)]
    return "".join(syllables), "".join(part[0] for part in syllables if part)


def pinyin_of(name: str) -> str:
    """`huadongbengye hdby`: full pinyin and initials of the core name, then of the whole name, for searching.

    The region is dropped from the core, but people begin with it: kunshan, kshz.
    """
    key, core = name_key(name), core_name(name)
    at = key.find(core)
    parts = (key[:at], core, key[at + len(core) :]) if at >= 0 else (key,)  # 苏州, 有限公司 are read once for thousands
    full, initials = ("".join(said) for said in zip(*map(_pinyin, parts), strict=True))
    return " ".join(dict.fromkeys((*_pinyin(core), initials, full)))


def _compare(a: NameParts, b: NameParts) -> tuple[int, str]:
    """Score and reason. Same 字号 is judged by trade and region; else a short name; else letters in common."""
    if a.key == b.key:
        return 100, SAME_NAME
    elsewhere = 10 if a.regions and b.regions and not a.regions & b.regions else 0
    if a.core == b.core:
        if a.generic and (a.regions or b.regions):  # 上海水泵 and 广州水泵 share nothing but their trade
            return 60 - elsewhere, ALIKE
        return 97 - elsewhere - (a.regions != b.regions), SAME_BRAND
    short, long = sorted((a, b), key=lambda parts: (len(parts.core), parts.core))
    if a.brand == b.brand and not a.generic and not b.generic:
        if not short.trade:
            return 90 - elsewhere, SHORT_NAME
        return round(62 + 0.3 * fuzz.ratio(a.trade, b.trade)) - elsewhere, SAME_BRAND
    if not short.generic or not short.regions:
        nickname = _nickname(short, long)
        if nickname:
            return nickname - elsewhere, SHORT_NAME
    brand = fuzz.ratio(a.brand, b.brand) * (0.5 if a.generic or b.generic else 1)
    return round(0.7 * brand + 0.2 * fuzz.ratio(a.core, b.core) + 0.1 * fuzz.ratio(a.key, b.key)), ALIKE


def _nickname(short: NameParts, long: NameParts) -> int:
    """How far `short` reads as a short form of `long`: 0, or 74 … 88. One letter or a bare trade word never does."""
    word = short.core
    if len(word) < 2 or short.generic:
        return 0
    if long.core.startswith(word):
        return 88 if not short.trade else 85
    if word in long.key:
        return 80 if len(word) > 2 else 76
    if len(word) <= 4 and len(long.core) >= len(word) + 2 and word[0] in (long.core[0], long.key[0]):
        letters = iter(long.key)
        if all(letter in letters for letter in word):
            return 74
    return 0


@dataclass(frozen=True, slots=True)
class Candidate(Generic[T]):
    """One company that may be meant: `score` 0 … 100, what the radar says, and why."""

    item: T
    score: int
    verdict: NameVerdict
    reason: str


def rank(query: str, names: Iterable[tuple[T, str]], at_least: int, limit: int) -> list[Candidate[T]]:
    """The best `limit` candidates of at least that score, best first, equals by name then by place in `names`.

    The query may be a full name, a short name, pinyin or initials. What the index offers is compared one by one; of
    more names a first pass in C keeps those that share enough letters.
    """
    rows = list(names)
    asked = parts_of(query)
    if not asked.key or limit <= 0:
        return []
    parts = [parts_of(name) for _, name in rows]
    found: dict[int, tuple[int, Judgement]] = {}
    for index in range(len(rows)) if len(rows) <= _FEW else _nearest(asked, parts):
        found[index] = _judged(asked, parts[index], at_least)
    if asked.key.isascii() and len(asked.key) >= 2:
        for index, part in enumerate(parts):
            score = _sounds(asked.key, part.core)
            if index not in found or score > found[index][1].score:
                found[index] = score, Judgement(score, NameVerdict.SIMILAR, BY_PINYIN)
    worth = [(-place, rows[i][1], i, one) for i, (place, one) in found.items() if one.score >= at_least]
    best = sorted(worth, key=lambda row: (row[3].verdict != NameVerdict.SAME, *row[:3]))
    return [Candidate(rows[index][0], one.score, one.verdict, one.reason) for _, _, index, one in best[:limit]]


def _nearest(asked: NameParts, parts: list[NameParts]) -> list[int]:
    """Places of the few names that are worth a judgement, which costs ten times what a comparison does."""
    return nlargest(_FEW, _worth_comparing(asked, parts), key=lambda index: _compare(asked, parts[index])[0])


def _worth_comparing(asked: NameParts, parts: list[NameParts]) -> list[int]:
    """Places of the names that share half of the shorter core's letters with the query in order."""
    alike = process.extract(
        asked.core, [part.core for part in parts], scorer=fuzz.ratio, processor=None, score_cutoff=25, limit=None
    )
    holding = process.extract(
        asked.core, [part.key for part in parts], scorer=fuzz.partial_ratio, processor=None, score_cutoff=50, limit=None
    )
    return sorted({index for _, _, index in alike} | {index for _, _, index in holding})


def _sounds(query: str, core: str) -> int:
    """Does a query in Latin letters spell this core name in pinyin or by its initials?"""
    full, initials = _pinyin(core)
    if query in (full, initials):
        return 95
    if full.startswith(query) or (len(query) >= 3 and initials.startswith(query)):
        return 88
    return round(0.9 * fuzz.ratio(query, full)) if len(query) >= 5 else 0
