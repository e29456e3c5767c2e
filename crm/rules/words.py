"""Words from outside, fit to be stored."""

import re
import unicodedata

from pypinyin import lazy_pinyin

_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(words: str) -> str:
    """Without what no database takes: NUL goes, half a surrogate pair (`\\ud83d` alone in JSON) becomes U+FFFD."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", words.replace("\x00", ""))


def slug(words: str, longest: int = 30) -> str:
    """A name for machines: the pinyin of the words in small letters and digits; "" where nothing is left."""
    plain = "".join(lazy_pinyin(unicodedata.normalize("NFKC", words))).casefold()
    return re.sub(r"[^a-z0-9]", "", plain)[:longest]
