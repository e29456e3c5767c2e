"""Which column of a strange spreadsheet is which field: by what the header says, else by what the cells hold."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

_LOOKED_AT = 10  # lines among which the header is sought
_BRACKETED = re.compile(r"[（(\[【]([^）)\]】]*)[）)\]】]")
_NOISE = re.compile(r"[\s*＊:：_\-—/、.。'\"“”]+")
_UNITS = {
    "万元": "万",
    "万": "万",
    "万人民币": "万",
    "w": "万",
    "亿元": "亿",
    "亿": "亿",
    "千元": "千",
    "元": "",
    "rmb": "",
}
_SURE, _CLOSE, _LIKELY = 100, 80, 60
SHOWN_AT = 50  # below it a guess is none

_COMPANY = re.compile(r"公司|集团|厂$|企业|事务所|研究院|设计院|合作社|经营部|中心$|商行|co\.?,? ?ltd|inc\.?$", re.I)
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("uscc", re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}", re.I)),
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.I)),
    (
        "phone",
        re.compile(
            r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}[- ]?\d{7,8}(?:[-转 ]+\d{1,6})?"
            r"|400[- ]?\d{3}[- ]?\d{4}"
        ),
    ),
    (
        "domain",
        re.compile(
            r"(?:https?://)?(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|net|org|cc|io|top)(?:[/:].*)?", re.I
        ),
    ),
    ("date", re.compile(r"(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T]\d{1,2}:\d\d.*)?")),
    ("number", re.compile(r"[¥￥]?\d[\d,]*(?:\.\d+)?[万亿元]*")),
)


@dataclass(frozen=True, slots=True)
class Target:
    """One field that a column may fill. `words` are its other names; `sign` what its values look like.

    `options`, where it has any, are the only words it takes. `money`: the header's unit counts. `many`: several columns
    may fill it.
    """

    key: str
    label: str
    words: tuple[str, ...] = ()
    sign: str = ""
    money: bool = False
    many: bool = False
    options: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Guess:
    """`target` is a field's key or empty; `confidence` 0 … 100; `unit` is the header's, for the cells' numbers."""

    target: str = ""
    confidence: int = 0
    unit: str = ""
    why: str = ""


def plain(header: str) -> str:
    """A header without what people put into it for the eye: width, case, spaces, stars, what stands in brackets."""
    folded = unicodedata.normalize("NFKC", header).casefold()
    bare = _NOISE.sub("", _BRACKETED.sub("", folded))
    return bare or _NOISE.sub("", folded)


def unit_of(header: str) -> str:
    """万, 亿 or 千 that the header's brackets say: 「年采购额（万元）」."""
    for hint in _BRACKETED.findall(unicodedata.normalize("NFKC", header).casefold()):
        for part in (hint, hint.removeprefix("单位").strip(":： ")):
            if _UNITS.get(part.strip()):
                return _UNITS[part.strip()]
    return ""


def signature(headers: Sequence[str]) -> str:
    """What stays the same when the same kind of sheet comes again."""
    return "|".join(plain(header) for header in headers)


def header_row(lines: Sequence[Sequence[str]], targets: Sequence[Target]) -> int | None:
    """Which of the first lines is the header; None where the data begins at once."""
    known = {plain(word) for target in targets for word in (target.label, *target.words)}
    best, most = None, 0
    for number, line in enumerate(lines[:_LOOKED_AT]):
        hits = sum(plain(cell) in known for cell in line if cell)
        if hits > most and (hits >= 2 or _heading(line)):
            best, most = number, hits
    if best is not None:
        return best
    first = next((number for number, line in enumerate(lines) if len([cell for cell in line if cell]) > 1), None)
    return first if first is not None and first < len(lines) - 1 and _heading(lines[first]) else None


def _heading(line: Sequence[str]) -> bool:
    """Short, different words of which none is a value: no number, date, phone or company."""
    cells = [cell for cell in line if cell]
    if not cells or len(set(cells)) < len(cells) or any(len(cell) > 20 for cell in cells):
        return False
    return not any((_COMPANY.search(cell) and len(cell) > 6) or sign_of([cell]) for cell in cells)


def sign_of(samples: Sequence[str]) -> str:
    """What most of these cells are: uscc, email, phone, domain, date, number, company, or nothing in particular."""
    cells = [unicodedata.normalize("NFKC", cell).strip() for cell in samples if cell.strip()]
    if not cells:
        return ""
    for name, pattern in _SIGNS:
        if sum(pattern.fullmatch(cell) is not None for cell in cells) * 10 >= len(cells) * 6:
            return name
    if sum(_COMPANY.search(cell) is not None and 4 <= len(cell) <= 60 for cell in cells) * 10 >= len(cells) * 5:
        return "company"
    return ""


def guess(headers: Sequence[str], samples: Sequence[Sequence[str]], targets: Sequence[Target]) -> list[Guess]:
    """One guess per column; `samples` are cells of each column. Each field goes to its best column, `many` to all."""
    ranked: list[tuple[int, int, int, str]] = []
    for column, header in enumerate(headers):
        sign = sign_of(samples[column]) if column < len(samples) else ""
        for order, target in enumerate(targets):
            confidence, why = _fit(header, sign, target)
            if confidence and target.options and not _chosen_from(samples[column], target.options):
                confidence, why = min(confidence - 45, SHOWN_AT + 5), "列名像，内容对不上"
            if confidence >= SHOWN_AT:
                ranked.append((-confidence, column, order, why))
    guesses = [Guess() for _ in headers]
    taken: set[str] = set()
    for confidence, column, order, why in sorted(ranked, key=lambda row: (row[0], row[2], row[1])):
        target = targets[order]
        if guesses[column].target or target.key in taken:
            continue
        if not target.many:
            taken.add(target.key)
        unit = unit_of(headers[column]) if target.money else ""
        guesses[column] = Guess(target.key, -confidence, unit, why)
    return guesses


def _chosen_from(samples: Sequence[str], options: frozenset[str]) -> bool:
    """Whether most cells, as far as there are any, are words that the field takes."""
    cells = ["".join(cell.casefold().split()) for cell in samples if cell]
    return sum(cell in options for cell in cells) * 2 >= len(cells)


def _fit(header: str, sign: str, target: Target) -> tuple[int, str]:
    """How well a column fits one field. A header that says something else entirely is not overruled by its cells."""
    said = plain(header)
    names = [plain(word) for word in (target.label, *target.words)]
    agrees = bool(target.sign) and sign == target.sign
    against = bool(target.sign) and bool(sign) and not agrees and sign != "number"
    if said in names:
        return (_SURE - 10 * against, "列名相同")
    if said:
        inside = max((len(name) for name in names if len(name) >= 2 and name in said), default=0)
        if inside * 2 >= len(said) and not against:
            return min(95, 55 + 40 * inside // len(said) + 5 * agrees), "列名相近"
        alike = max(fuzz.ratio(said, name) for name in names)
        if alike >= _CLOSE and not against:
            return round(alike * 0.75) + 10 * agrees, "列名相近"
    if agrees and sign not in ("date", "number"):
        return (_LIKELY + 15 if not said or _numbered(said) else _LIKELY - 5), "看内容像"
    return 0, ""


def _numbered(said: str) -> bool:
    """A name that we, or a program, gave a column that had none: 第3列, column3."""
    return re.fullmatch(r"第?\d+列?|列\d+|column\d*|unnamed\d*|[a-z]{1,2}", said) is not None
