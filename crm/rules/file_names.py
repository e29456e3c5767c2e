"""What an uploaded file is called: the name it came with, made harmless, with the ending its content deserves."""

import unicodedata

from config.files import ENDINGS, LABELS, FileKind

LONGEST = 120  # characters, the ending included
_MOST_BYTES = 240  # what file systems take is 255
_FORBIDDEN = frozenset('<>:"|?*')
# A program's ending before the right one looks like the right one where endings are hidden.
_ENDING = 12


def display_name(given: str, kind: FileKind) -> str:
    """No folder, no sign that turns or hides others, nothing a file system refuses; never empty.

    `display_name(display_name(x, k), k) == display_name(x, k)`.
    """
    words = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(sign for sign in words if sign not in _FORBIDDEN and unicodedata.category(sign)[0] != "C")
    stem, ending = _parted(" ".join(kept.split()), kind)
    room = min(LONGEST, _MOST_BYTES) - len(ending) - 1
    stem = stem[:room].encode()[: _MOST_BYTES - len(ending) - 1].decode(errors="ignore").strip(" .")
    return f"{stem or LABELS[kind]}.{ending}"


def _parted(words: str, kind: FileKind) -> tuple[str, str]:
    """The name without its ending, and the ending that is right: its own where that fits the content."""
    right = ENDINGS[kind]
    stem, dot, ending = words.strip(" .").rpartition(".")
    if not dot or not 0 < len(ending) <= _ENDING or not ending.isascii() or not ending.isalnum():
        return words.strip(" ."), right[0]
    if ending.lower() in right:
        return stem, ending.lower()
    return (f"{stem}.{ending}" if ending.isdigit() else stem), right[0]
