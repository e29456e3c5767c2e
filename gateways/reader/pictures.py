"""A picture as evidence: large enough, showing something, and nothing but a picture."""

import re
import zipfile
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps, ImageStat

from gateways.reader.marks import picture_mark
from gateways.reader.refusal import CORRUPT, ONE_COLOUR, TOO_SMALL, TWO_THINGS, Unreadable

LEAST_SIDE = 160  # pixels
_SOMETHING = 3.0  # grey levels of standard deviation: less is a wall, a pocket, a blank sheet
_LOOKED_AT = 1024  # pixels of the longer side: more are not looked at
_BROKEN = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, Image.DecompressionBombError)
_EDGE = 64 * 1024  # bytes at either end of a file, where a second one would begin or end
_SECOND = re.compile(
    rb"<\s*/?\s*(?:!doctype|html|head|body|script|iframe|svg|\?php)\b|%PDF-1|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c"
    rb"|\x7fELF|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|This program cannot be run",
    re.IGNORECASE,
)


def picture(data: bytes, kind: str) -> bytes:
    """Its mark; Unreadable for one that shows nothing or is two things at once."""
    refuse_second(data[:_EDGE] + b"\n" + data[-_EDGE:], data)
    try:
        with Image.open(BytesIO(data), formats=(kind.upper(),)) as opened:
            if min(opened.size) < LEAST_SIDE:
                raise Unreadable(TOO_SMALL)
            return mark_of(opened)
    except _BROKEN as error:
        raise Unreadable(CORRUPT) from error


def page(data: bytes, kind: str, least: int) -> bytes | None:
    """The mark of a picture that stands in a document; None for a small, empty or broken one."""
    try:
        with Image.open(BytesIO(data), formats=(kind,)) as opened:
            return mark_of(opened) if min(opened.size) >= least else None
    except (Unreadable, *_BROKEN):
        return None


def refuse_second(where: bytes, data: bytes) -> None:
    """A page, a program or another document in `where`, or an archive at the end of `data`.

    Telephones append films and notes of their own to a photo: those are no second face of the file.
    """
    if _SECOND.search(where) or zipfile.is_zipfile(BytesIO(data)):
        raise Unreadable(TWO_THINGS)


def mark_of(opened: Any) -> bytes:
    """The mark of an open picture, upright, in grey, on white where it is clear."""
    opened.draft("L", (_LOOKED_AT, _LOOKED_AT))
    clear = opened.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in opened.info
    if opened.mode.startswith("I"):  # sixteen bits of grey
        opened = opened.convert("F").point(lambda level: level * (1 / 257))
    small = opened.convert("RGBA" if clear else "L")
    small.thumbnail((_LOOKED_AT, _LOOKED_AT), Image.Resampling.BOX, reducing_gap=2.0)
    upright = ImageOps.exif_transpose(small)
    if clear:
        seen = Image.new("RGBA", upright.size, "white")
        seen.alpha_composite(upright)
        upright = seen.convert("L")
    if ImageStat.Stat(upright).stddev[0] < _SOMETHING:
        raise Unreadable(ONE_COLOUR)
    return picture_mark(upright)
