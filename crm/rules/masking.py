"""How a guarded value looks to who may not read it: enough to recognise it, too little to use it."""

import re

HIDDEN = "＊＊＊"
_DIGIT = re.compile(r"\d")


def masked(value: str) -> str:
    """A telephone number, or a mail address, of which only its owner can tell which one it is."""
    name, at, host = value.partition("@")
    return f"{name[:1]}***@{host}" if at else masked_phone(value)


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
