"""A Chinese company name taken apart: where it is, what it is called, what it does, which legal form it has."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from opencc import OpenCC

from crm.rules.name_words import AUTONOMOUS, CITIES, LEGAL_FORMS, NOT_PLACES, PROVINCES, TRADES

_BRACKETS = str.maketrans("（【[〔〖{〈《<「『）】]〕〗}〉》>」』", "(" * 11 + ")" * 11)
_PLAIN = re.compile(r"[\u4e00-\u9fffa-z0-9()（）]*")  # nothing that NFKC or case would change but the brackets
_MARKS = re.compile(r"[\W_]+")  # exactly what `isalnum` refuses
_BRACKETED = re.compile(r"\(([^()]*)\)")
# Smaller places are told by their suffix: 乐清市, 朝阳县, 天河区.
_SMALL_PLACE = re.compile(r"[\u4e00-\u9fff]{2,4}?[市县区旗州盟]")
_BRANCH = re.compile(r"(?<=公司)[\u4e00-\u9fff]{0,6}(?:分公司|分厂|分店|办事处)$")
_LATIN_FORM = re.compile(r"(?:[\s,.&]+(?:co|ltd|limited|inc|llc|corp|corporation|company|gmbh))+[\s.]*$")
# What an exchange adds to a short name: *ST国华, 万科A, 优刻得-W. Only beside Chinese letters: TATA is a name.
_STOCK_MARK = re.compile(
    r"^(?:\*?s?\*?st|pt|xd|xr|dr|退市)(?=[\u4e00-\u9fff]{2})"
    r"|(?<=[\u4e00-\u9fff]{2})(?:[ab]|-(?:[ubwrs]|uw|sw|sb|ss|swr|new)|\(退\)|退)$"
)
_FORM_SET = frozenset(LEGAL_FORMS)
_TRADE_SET = frozenset(TRADES)
_LONGEST_FORM = len(LEGAL_FORMS[0])
_LONGEST_TRADE = len(TRADES[0])
# 中国工商银行股份有限公司诸暨支行: what stands inside says no more than at the end.
_INNER_FORM = re.compile(r"(?<=..)(?:股份|集团)?有限(?:责任)?公司(?=.)")
_LEGAL_FORM = re.compile(
    "股份有限责任公司|有限责任公司|集团股份有限公司|股份有限公司|集团有限公司|有限公司|股份公司|集团公司|总公司|公司|集团|股份|有限合伙|普通合伙"
)
# An office of a company, not the company: 分公司, 支行, 门店.
_OFFICE = re.compile(
    "(?:分公司|分厂|分店|支行|分行|营业部|门市部|分社|分部|办事处|分理处|储蓄所|营业所|店|支公司|中心)$"
)
_ORDINALS = re.compile("[0-9一二三四五六七八九十壹贰叁]")
_PLACES = PROVINCES | CITIES | {"中国"}
_LONGEST_NAME = 200
_LONGEST_PLACE = max(map(len, _PLACES))


@dataclass(frozen=True, slots=True)
class NameParts:
    """`key` is the whole name for exact comparison, `core` = brand + trade, `generic` when no 字号 was left.

    `bare` is the key without legal form; `form` tells 股份 1, 有限 2, 合伙 3, another company 4 and nothing 0; `office`
    a branch; `ordinals` are the figures of the key, Chinese ones too, in their order.
    """

    key: str
    bare: str
    core: str
    brand: str
    trade: str
    regions: frozenset[str]
    generic: bool
    form: int
    office: bool
    ordinals: str


def _kept(text: str) -> str:
    return text if text.isalnum() else _MARKS.sub("", text)


@cache
def _simplified() -> dict[int, str | int]:
    """Traditional letters and what they are in simplified writing, letter by letter; and every bracket round.

    Taken from OpenCC once. Its phrases are left aside: 乾坤 and 干坤 shall be one key, whichever was written.
    """
    letters = [chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))]
    simplify = OpenCC("t2s").convert
    simple = simplify(simplify("\n".join(letters))).split("\n")  # twice: 薴 becomes 苧, and that becomes 苎
    return {ord(letter): one for letter, one in zip(letters, simple, strict=True) if letter != one} | _BRACKETS


def fold(name: str) -> str:
    """NFKC, case folded, simplified, every bracket round; unchanged by being folded again."""
    if _PLAIN.fullmatch(name):
        return name.translate(_simplified())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return folded.translate(_simplified())


def key_of(name: str) -> str:
    """Letters and digits of the folded name, region and legal form included."""
    key = _kept(fold(name))
    while (again := _kept(fold(key))) != key:  # letters that met when what stood between them went
        key = again
    return key or fold(name).strip()


def bare_of(name: str) -> str:
    """Letters and digits without legal form and exchange marks, wherever they stand; the key where nothing is left."""
    return _bare(fold(name[:_LONGEST_NAME])) or key_of(name[:_LONGEST_NAME])


def _bare(folded: str) -> str:
    key = _kept(_unmarked(folded))
    return _LEGAL_FORM.sub("", key) or key


def _form(key: str) -> int:
    for number, words in enumerate((("股份",), ("有限",), ("合伙",), ("公司", "集团")), start=1):
        if any(word in key for word in words):
            return number
    return 0


def _unmarked(folded: str) -> str:
    return _STOCK_MARK.sub("", folded.strip())


def _known_place(text: str) -> tuple[str, int]:
    """(the place a text begins with, its length with 省/市 …), or ("", 0)."""
    for length in range(min(_LONGEST_PLACE, len(text)), 1, -1):
        if text[:length] in _PLACES:
            for suffix in AUTONOMOUS:
                if text.startswith(suffix, length):
                    return text[:length], length + len(suffix)
            return text[:length], length
    return "", 0


def _place(text: str) -> tuple[str, int]:
    place, length = _known_place(text)
    found = _SMALL_PLACE.match(text)
    is_longer = found is not None and (not length or found.end() == length + 1)  # 朝阳县 is not the city 朝阳
    if found and is_longer and not found[0].endswith(NOT_PLACES):
        return found[0][:-1], found.end()
    return place, length


def _place_at_end(text: str) -> str:
    """The place a name ends with (力赛佳支架上海有限公司), "" without one."""
    for length in range(min(_LONGEST_PLACE, len(text) - 2), 1, -1):
        if text[-length:] in _PLACES:
            return text[-length:]
    return ""


def _without_tail(text: str, words: frozenset[str], longest: int, left: int) -> str:
    """Words taken off the end, the longest first, as long as `left` letters stay."""
    while True:
        for length in range(min(longest, len(text) - left), 0, -1):
            if text[-length:] in words:
                text = text[:-length]
                break
        else:
            return text


def _without_forms(text: str) -> str:
    return _without_tail(text, _FORM_SET, _LONGEST_FORM, left=1)


def _split_trade(core: str) -> tuple[str, str]:
    """(brand, trade): trade words taken off the end while at least two letters of brand are left."""
    brand = _without_tail(core, _TRADE_SET, _LONGEST_TRADE, left=2)
    return brand, core[len(brand) :]


def _says_nothing(text: str) -> bool:
    """Only trade words and legal forms are left, so that what stood before them is the name itself."""
    return len(text) < 2 or text in _TRADE_SET or text in _FORM_SET or _split_trade(text)[0] in _TRADE_SET


def parts_of(name: str) -> NameParts:
    """Take one name apart; no part is ever more than a guess, and `core` is never empty for a name that is not.

    Only the first 200 letters are read: no stored name is that long, and a hostile one shall cost nothing.
    """
    return _taken_apart(name.strip()[:_LONGEST_NAME])


@lru_cache(maxsize=16384)
def _taken_apart(name: str) -> NameParts:
    folded = fold(name)
    text, regions, key = _unmarked(folded), set[str](), key_of(name)
    for inside in _BRACKETED.findall(text):
        place, length = _place(inside)
        if length == len(inside) and place:
            regions.add(place)
    text = _BRACKETED.sub(lambda found: "" if _is_aside(found[1]) else found[0], text)
    text = _kept(_LATIN_FORM.sub("", text))
    rest = _without_forms(_INNER_FORM.sub("", _BRANCH.sub("", text)))
    while True:
        place, length = _place(rest)
        if not length or place == "中国" or _says_nothing(rest[length:]):
            break
        regions.add(place)
        rest = rest[length:]
    if (place := _place_at_end(rest)) and not _says_nothing(rest[: -len(place)]):
        regions.add(place)
        rest = _without_forms(rest[: -len(place)])
    core = rest or key
    brand, trade = _split_trade(core)
    generic = len(brand) < 2 or brand in _TRADE_SET or brand in _PLACES
    return NameParts(
        key=key,
        bare=_bare(folded) or key,
        core=core,
        brand=brand,
        trade=trade,
        regions=frozenset(regions),
        generic=generic,
        form=_form(key),
        office=_OFFICE.search(key) is not None,
        ordinals="".join(_ORDINALS.findall(key)),
    )


def _is_aside(inside: str) -> bool:
    """Is what stands in brackets a place or a legal form, not a part of the name?"""
    letters = _kept(inside)
    return letters in _FORM_SET or (bool(letters) and _place(letters)[1] == len(letters))
