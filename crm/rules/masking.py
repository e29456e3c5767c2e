"""How a guarded value looks to who may not read it: enough to recognise it, too little to use it."""

import re
from collections.abc import Callable

from crm.rules.reach import clean_email, clean_phone

HIDDEN = "＊＊＊"
_DIGIT = re.compile(r"\d")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_RUN = re.compile(r"(?<![\dA-Za-z.])\+?\d(?:[ ()-]?\d){6,}(?![\dA-Za-z])")  # a number that somebody could dial
_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")  # also where letters stand beside it
_DAY = re.compile(r"(?:19|20)\d{2}-\d{1,2}-\d{1,2}")
_DIALLED = re.compile(r"(?:[\d\s+()（）.,/#x-]|转|分机|ext)+", re.I)


def masked(value: str) -> str:
    """A telephone number or a mail address so that only its owner can tell which one it is; of anything else nothing.

    An address or a web site has no part that tells little enough.
    """
    if not value:
        return ""
    if _is(clean_email, value):
        name, _, host = value.partition("@")
        return f"{name[:1]}***@{host}"
    if _DIALLED.fullmatch(value) and _is(clean_phone, value):
        return masked_phone(value)
    return HIDDEN


def veiled(text: str) -> str:
    """A text in which every telephone number and every mail address is masked; days stay."""
    shown = _MAIL.sub(lambda found: masked(found.group()), text)
    return _MOBILE.sub(lambda found: masked_phone(found.group()), _RUN.sub(_run, shown))


def _run(found: re.Match[str]) -> str:
    """A run of digits; a day at its beginning stays, and what follows it is looked at for itself."""
    digits = found.group()
    day = _DAY.match(digits)
    return masked_phone(digits) if day is None else day.group() + _RUN.sub(_run, digits[day.end() :])


def _is(clean: Callable[[str], str], value: str) -> bool:
    try:
        clean(value)
    except ValueError:
        return False
    return True


def masked_phone(phone: str) -> str:
    """138****5678; a shorter number keeps its last two digits. What stands between the digits stays."""
    digits = len(_DIGIT.findall(phone))
    first, last = (3, 4) if digits >= 11 else (0, 2)
    seen = 0

    def star(found: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        return found.group() if seen <= first or seen > digits - last else "*"

    return _DIGIT.sub(star, phone)
