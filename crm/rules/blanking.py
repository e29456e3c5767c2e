"""Telephone numbers, mail addresses, ids and bank cards taken out of texts before they leave, and put back after."""

import re
from collections.abc import Sequence

_MAIL = r"[A-Za-z0-9.+_-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_ID_CARD = r"\d{17}[\dXx]"
_CREDIT_CODE = r"(?=[0-9A-Z]*[A-Z])[0-9A-HJ-NP-RTUWXY]{18}"
_BANK_CARD = r"\d{4}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?"
_MOBILE = r"(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}"
_LANDLINE = r"(?:0\d{2,3}[ -])\d{7,8}(?:-\d{1,5})?|0\d{9,11}|400[ -]?\d{3}[ -]?\d{4}"
_LONG = r"\d{7,}"  # whatever it is, nobody needs it to sum up a talk
_SECRET = re.compile(
    rf"(?P<邮箱>{_MAIL})|(?<![0-9A-Za-z])(?:(?P<证件>{_ID_CARD}|{_CREDIT_CODE})|(?P<卡号>{_BANK_CARD})|"
    rf"(?P<电话>{_MOBILE}|{_LANDLINE})|(?P<号码>{_LONG}))(?![0-9])"
)
_BLANK = re.compile(r"〔(?:邮箱|证件|卡号|电话|号码)\d+〕")


class Blanks:
    """Remembers what it took out, so that the answer can be told in whole. The same value is the same blank."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}

    def out(self, texts: Sequence[str]) -> list[str]:
        """The texts with 〔电话1〕 where a number stood. A blank that somebody typed himself is none of ours."""
        return [_SECRET.sub(self._blank, _BLANK.sub("", text)) for text in texts]

    def _blank(self, found: re.Match[str]) -> str:
        value = found.group()
        if value not in self._of:
            self._of[value] = f"〔{found.lastgroup}{len(self._of) + 1}〕"
        return self._of[value]

    def back(self, text: str) -> str:
        values = {blank: value for value, blank in self._of.items()}
        return _BLANK.sub(lambda found: values.get(found.group(), found.group()), text)
