"""Numbers of people, mail addresses and known names taken out of texts before they leave, and put back after."""

import re
from collections.abc import Collection, Iterator, Sequence

_MAIL = r"[A-Za-z0-9.+_-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_ID_CARD = r"\d{17}[\dXx]"
_CREDIT_CODE = r"(?=[0-9A-Z]*[A-Z])[0-9A-HJ-NP-RTUWXY]{18}"
_PART = r"[ .·_—–－-]{0,2}"  # between the figures of a number that somebody writes for people
_BANK_CARD = rf"\d{{4}}(?:{_PART}\d{{4}}){{3}}(?:{_PART}\d{{1,3}})?"
_MOBILE = rf"(?:\+?86{_PART})?1[3-9]\d(?:{_PART}\d{{4}}){{2}}"
_AREA = rf"[(（]?0\d{{2,3}}[)）]?{_PART}"
_LANDLINE = rf"{_AREA}\d{{3,4}}{_PART}\d{{4}}(?:-\d{{1,5}})?|0\d{{9,11}}|400{_PART}\d{{3,4}}{_PART}\d{{3,4}}"
_LONG = r"\d{7,}"  # whatever it is, nobody needs it to sum up a talk
_SECRET = (
    rf"(?P<邮箱>{_MAIL})|(?<![0-9A-Za-z])(?:(?P<证件>{_ID_CARD}|{_CREDIT_CODE})|(?P<卡号>{_BANK_CARD})|"
    rf"(?P<电话>{_MOBILE}|{_LANDLINE})|(?P<号码>{_LONG}))(?![0-9])"
)
_BLANK = re.compile(r"〔(?:邮箱|证件|卡号|电话|号码|名称)\d+〕")
_ROLES = frozenset({"客户", "我方", "我们", "对方"})  # what stands where a name might, and names nobody


class Blanks:
    """Remembers what it took out, so that the answer can be told in whole. The same value is the same blank.

    `names` are people and companies to be taken out as well, of two letters or more.
    """

    def __init__(self, names: Collection[str] = ()) -> None:
        self._of: dict[str, str] = {}
        known = "|".join(_patterns(names))
        self._secret = re.compile(f"{_SECRET}|(?P<名称>(?i:{known}))" if known else _SECRET)

    def out(self, texts: Sequence[str]) -> list[str]:
        """The texts with 〔电话1〕 where a number stood. A blank that somebody typed himself is none of ours."""
        return [self._secret.sub(self._blank, _BLANK.sub("", text)) for text in texts]

    def _blank(self, found: re.Match[str]) -> str:
        value = found.group()
        if value not in self._of:
            self._of[value] = f"〔{found.lastgroup}{len(self._of) + 1}〕"
        return self._of[value]

    def back(self, text: str) -> str:
        values = {blank: value for value, blank in self._of.items()}
        return _BLANK.sub(lambda found: values.get(found.group(), found.group()), text)


def _patterns(names: Collection[str]) -> Iterator[str]:
    """The longest first: 恒泽水务 before 恒泽. A Latin name is no part of another word."""
    plain = {" ".join(name.split()) for name in names} - _ROLES
    for name in sorted(plain, key=lambda one: (-len(one), one)):
        if len(name) > 1 and any(letter.isalpha() for letter in name):
            before = r"(?<![0-9A-Za-z])" if name[0].isascii() else ""
            after = r"(?![0-9A-Za-z])" if name[-1].isascii() else ""
            yield before + re.escape(name) + after
