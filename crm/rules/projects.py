"""Are these two the same project? Judged by tender number, else by end user, name and site, with a reason."""

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz import fuzz

from crm.rules.name_parts import parts_of
from crm.rules.naming import similarity

CERTAIN = 100  # the score of one tender number; names and places never reach it
LONGEST_NAME, LONGEST_SITE, LONGEST_TENDER = 60, 120, 40
# Fewer signs than this are no number of a tender: 「2」 or 「一标段」 stand in thousands of them.
_SHORTEST_TENDER = 6
_SAME_USER = 88  # a short form of the full name scores this; another company of the same trade never does
_SAME_NAME = 85
_ALIKE_NAME = 60
_SAME_SITE = 85
_NUMERALS = {sign: str(value) for value, sign in enumerate("一二三四五六七八九十", start=1)}
_PHASE = re.compile(r"([0-9]+|[一二三四五六七八九十])\s*(期|标段|标|号|#|线|泵站|车间|机组)")
_EMPTY_WORDS = re.compile(r"项目|工程|采购|招标|建设|设备|新建|扩建|有限公司|公司|的")


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What is known of a project. `end_user_id` is the customer's number where the end user is one of ours."""

    name: str
    end_user: str = ""
    site: str = ""
    tender_no: str = ""
    end_user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sameness:
    """`same` is strong evidence, which a contest may rest on; else it is only worth asking."""

    same: bool
    score: int
    reason: str


def tender_key(number: str) -> str:
    """A tender number without width, case and punctuation; empty for what is too short to name one tender."""
    folded = unicodedata.normalize("NFKC", number).casefold()
    key = "".join(sign for sign in folded if sign.isalnum())
    return key[:64] if len(key) >= _SHORTEST_TENDER and any(sign.isdigit() for sign in key) else ""


def user_key(company: str) -> str:
    """What the spellings of an end user have in common: its 字号, or the whole name where there is none."""
    if not company.strip():
        return ""
    parts = parts_of(company)
    return (parts.key if parts.generic else parts.brand)[:128]


def judge(a: ProjectFacts, b: ProjectFacts) -> Sameness | None:
    """The same both ways; None when nothing speaks for it, or a phase or a tender number speaks against it."""
    one, other = tender_key(a.tender_no), tender_key(b.tender_no)
    if one and one == other:
        return Sameness(True, CERTAIN, "招标编号相同")
    if (one and other) or _other_phase(a.name, b.name):
        return None
    named = _alike(_bare(a), _bare(b))
    if _phases(a.name).keys() != _phases(b.name).keys():  # 循环水泵 may be 循环水泵二期, or its first phase
        named = min(named, _SAME_NAME - 1)
    if not _one_user(a, b):
        sited = _alike(_plain(a.site), _plain(b.site)) >= _SAME_SITE
        unknown = not a.end_user.strip() or not b.end_user.strip()
        if unknown and sited and named >= _SAME_NAME:
            return Sameness(False, 80, "地点相同，项目名称相近")
        return None
    if named >= _SAME_NAME:
        letters = "相同" if _plain(a.name) == _plain(b.name) else "相近"
        return Sameness(True, 96, f"同一终端用户，项目名称{letters}")
    if named >= _ALIKE_NAME:
        if _alike(_plain(a.site), _plain(b.site)) >= _SAME_SITE:
            return Sameness(True, 92, "同一终端用户、同一地点，项目名称相近")
        return Sameness(False, 75, "同一终端用户，项目名称有些像")
    return None


def _one_user(a: ProjectFacts, b: ProjectFacts) -> bool:
    if a.end_user_id is not None and a.end_user_id == b.end_user_id:
        return True
    if not a.end_user.strip() or not b.end_user.strip():
        return False
    return similarity(a.end_user, b.end_user) >= _SAME_USER


def _other_phase(a: str, b: str) -> bool:
    """二期 is another project than 一期, 3# than 2#: where both say one of a kind, it must be the same one."""
    one, other = _phases(a), _phases(b)
    return any(one[kind] != other[kind] for kind in one.keys() & other.keys())


def _phases(name: str) -> dict[str, str]:
    folded = unicodedata.normalize("NFKC", name)
    return {kind: _NUMERALS.get(number, number.lstrip("0")) for number, kind in _PHASE.findall(folded)}


def _bare(facts: ProjectFacts) -> str:
    """The project's name without its phase, the words every project has and the end user's, which half of them begin
    with; the whole name where nothing else would be left."""
    whole = _plain(facts.name)
    rest = _EMPTY_WORDS.sub("", _plain(_PHASE.sub("", unicodedata.normalize("NFKC", facts.name))))
    for word in (_plain(facts.end_user), user_key(facts.end_user)):
        if word and rest.startswith(word) and len(rest) > len(word) + 1:
            rest = rest[len(word) :]
    return rest or whole


def _plain(words: str) -> str:
    folded = unicodedata.normalize("NFKC", words).casefold()
    return "".join(_NUMERALS.get(sign, sign) for sign in folded if sign.isalnum())


def _alike(a: str, b: str) -> int:
    """0 … 100: letters in common, or how much of the longer the shorter is when it stands in it whole."""
    if not a or not b:
        return 0
    return round(max(fuzz.ratio(a, b), 0.92 * fuzz.token_sort_ratio(a, b), _inside(a, b)))


def _inside(a: str, b: str) -> float:
    short, long = sorted((a, b), key=len)
    return 90.0 if len(short) >= 4 and short in long else 0.0
