"""Words from outside, fit to be stored."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(words: str) -> str:
    """Without what no database takes: NUL goes, half a surrogate pair (`\\ud83d` alone in JSON) becomes U+FFFD."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", words.replace("\x00", ""))
