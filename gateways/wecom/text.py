"""Makes text that strangers wrote safe and short enough to stand in a WeCom message."""

import re
import unicodedata

ELLIPSIS = "…"

# Not allowed in XML 1.0 or invisible and harmful: control characters except tab and newline, lone surrogates,
# noncharacters, and the bidirectional overrides with which a name can be drawn backwards.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
_LINE_END = re.compile("\r\n?|\x85|\u2028|\u2029")
_BLANK = re.compile(r"\s+")
_ID_TRANSLATION = re.compile(r"\$(?=\w+=)")
# What a chat makes a link of by itself: an address with its scheme, or one that begins with www.
_SCHEME, _WWW = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}):(?=//)"), re.compile(r"(?i)\b(www)\.")
_ENDS_HOST = re.compile(r"$|[/?#\s]|[^\x00-\x7f]")
_LONGEST_CLUSTER = 32  # code points looked back over for a better place to cut; beyond that it is no honest writing


def clean(text: str) -> str:
    """The text without characters that XML forbids or that hide; line ends become ``\\n``. Never longer than before."""
    return _ILLEGAL.sub("", _LINE_END.sub("\n", text))


def one_line(text: str) -> str:
    """Cleaned and folded to a single line, for titles, buttons and facts."""
    return _BLANK.sub(" ", clean(text)).strip()


def no_markup(text: str) -> str:
    """Text in which nobody can plant a link or a name lookup.

    WeCom draws ``<a href>`` inside a plain text message and translates ``$userName=ID$``; both come out as they read.
    """
    return _ID_TRANSLATION.sub("＄", text.replace("<", "＜").replace(">", "＞"))


def no_links(text: str, own: str = "") -> str:
    """The same, and no address that a chat would make a link of, but for ``own`` (PUBLIC_URL).

    What was typed reads as it did, with a full-width sign in it.
    """
    plain = no_markup(text)
    first, *others = [_WWW.sub("\\1．", _SCHEME.sub("\\1：", part)) for part in (plain.split(own) if own else [plain])]
    # What only begins like ours, as crm.example.com.evil.cn does, is somebody else's.
    return first + "".join((own if _ENDS_HOST.match(part) else own.replace("://", "：//")) + part for part in others)


def clip(text: str, limit: int) -> str:
    """At most ``limit`` characters (字), the last of them '…' when something was left out."""
    if len(text) <= limit:
        return text
    return text[: whole_characters(text, limit - 1)].rstrip() + ELLIPSIS


def clip_bytes(text: str, limit: int) -> str:
    """At most ``limit`` bytes of UTF-8, ending in '…' when something was left out."""
    if len(text.encode()) <= limit:
        return text
    room = limit - len(ELLIPSIS.encode())
    return text[: whole_characters(text, fitting(text, room))].rstrip() + ELLIPSIS


def fitting(text: str, limit: int) -> int:
    """How many leading code points of ``text`` fit into ``limit`` bytes of UTF-8."""
    # A code point has at least one byte, so nothing beyond `limit` code points can matter.
    return len(text[:limit].encode()[:limit].decode(errors="ignore"))


def whole_characters(text: str, end: int) -> int:
    """The nearest cut at or before ``end`` that parts no base from its marks, no joined emoji and no flag."""
    for cut in range(end, max(0, end - _LONGEST_CLUSTER), -1):
        if _may_cut(text, cut):
            return cut
    return end


def _may_cut(text: str, at: int) -> bool:
    if at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if after == "\u200d" or before == "\u200d" or unicodedata.combining(after) or "\U0001f3fb" <= after <= "\U0001f3ff":
        return False
    if unicodedata.category(after) in ("Mn", "Me"):  # variation selectors and enclosing marks
        return False
    return not (_is_flag_half(after) and _flag_halves_before(text, at) % 2)


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    start = at
    while start > 0 and at - start < _LONGEST_CLUSTER and _is_flag_half(text[start - 1]):
        start -= 1
    return at - start


def cdata(text: str) -> str:
    """The cleaned text as a CDATA section; ``]]>`` inside is split over two sections and reads the same."""
    return "<![CDATA[" + clean(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"
