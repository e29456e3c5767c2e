"""Words from outside, fit to be stored."""

import re
import unicodedata

from pypinyin import lazy_pinyin

_SURROGATE = re.compile("[\ud800-\udfff]")
_ID_CARD = re.compile(  # place, day of birth, turn and check figure, together or in groups
    r"(?<![0-9A-Za-z])[1-9]\d{5} ?(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]) ?\d{3}[\dXx](?![0-9A-Za-z])"
)


def storable(words: str) -> str:
    """Without what no database takes: NUL goes, half a surrogate pair (`\\ud83d` alone in JSON) becomes U+FFFD."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", words.replace("\x00", ""))


def without_id_cards(words: str) -> str:
    """Of a Chinese identity card's number the first three and the last four stay: nobody needs the rest to sell."""
    return _ID_CARD.sub(lambda found: f"{found[0][:3]}{'＊' * 11}{found[0][-4:]}", words)


def slug(words: str, longest: int = 30) -> str:
    """A name for machines: the pinyin of the words in small letters and digits; "" where nothing is left."""
    plain = "".join(lazy_pinyin(unicodedata.normalize("NFKC", words))).casefold()
    return re.sub(r"[^a-z0-9]", "", plain)[:longest]
