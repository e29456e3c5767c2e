"""The words of what is written in Word, Excel and PowerPoint since 2007: XML in a zip, read without DTD or entities."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gateways.reader import pictures
from gateways.reader.refusal import BOMB, CORRUPT, LOCKED, TWO_THINGS, Unreadable

_MOST_PART = 64 * 1024 * 1024  # bytes of one part, unpacked
_MOST_ALL = 200 * 1024 * 1024
_MOST_ENTRIES = 10_000
_MOST_ROWS = 20_000
_PAGE_SIDE = 400  # pixels: a smaller picture in a document is a logo or a stamp
_MOST_PICTURES = 30
_END: Final = b"PK\x05\x06"
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_MEDIA = re.compile(r"(?:word|ppt|xl)/media/[^/]+\.(jpe?g|png|gif|bmp)", re.IGNORECASE)
_FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "bmp": "BMP"}


def read(data: bytes, kind: str) -> tuple[list[str], list[bytes]]:
    """The paragraphs and rows, and the marks of the larger pictures in it."""
    _whole(data)
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            _check(packed)
            lines = list(_READERS[kind](packed))
            return lines, _pictures(packed)
    except (zipfile.BadZipFile, ParseError, DefusedXmlException, KeyError, ValueError, OSError, EOFError,
            NotImplementedError, RecursionError, IndexError) as error:  # fmt: skip
        raise Unreadable(CORRUPT) from error


def _whole(data: bytes) -> None:
    """The archive ends where the file ends: what follows would be a second file."""
    at = data.rfind(_END)
    if at >= 0 and at + 22 + int.from_bytes(data[at + 20 : at + 22], "little") < len(data):
        raise Unreadable(TWO_THINGS)


def _check(packed: zipfile.ZipFile) -> None:
    entries = packed.infolist()
    if any(one.flag_bits & 1 for one in entries):
        raise Unreadable(LOCKED)
    if len(entries) > _MOST_ENTRIES or sum(one.file_size for one in entries) > _MOST_ALL:
        raise Unreadable(BOMB)


def _part(packed: zipfile.ZipFile, name: str) -> Any:
    if packed.getinfo(name).file_size > _MOST_PART:
        raise Unreadable(BOMB)
    return fromstring(packed.read(name), forbid_dtd=True)


def _docx(packed: zipfile.ZipFile) -> Iterator[str]:
    """A line for each paragraph, of a table for each row; what was deleted with changes tracked is not there."""
    for block in _blocks(_part(packed, "word/document.xml")):
        yield "".join(_said(block))


def _blocks(node: Any) -> Iterator[Any]:
    for child in node:
        if _name(child) in ("p", "tr"):
            yield child
        else:
            yield from _blocks(child)


def _said(node: Any) -> Iterator[str]:
    """The text below a node; of two ways to draw the same (`AlternateContent`) only the first."""
    name = _name(node)
    if name == "t":
        yield node.text or ""
    elif name in ("tab", "br"):
        yield " "
    elif name not in ("del", "Fallback"):
        for child in node:
            yield from _said(child)


def _pptx(packed: zipfile.ZipFile) -> Iterator[str]:
    for name in _numbered(packed, _SLIDE):
        for paragraph in _part(packed, name).iter():
            if _name(paragraph) == "p":
                yield "".join(_said(paragraph))


def _xlsx(packed: zipfile.ZipFile) -> Iterator[str]:
    """A line for each row, sheet after sheet: what the cells hold, not how they are shown."""
    shared = []
    if "xl/sharedStrings.xml" in packed.namelist():
        shared = ["".join(_said(one)) for one in _part(packed, "xl/sharedStrings.xml") if _name(one) == "si"]
    rows = 0
    for name in _numbered(packed, _SHEET):
        for row in _part(packed, name).iter():
            if _name(row) != "row":
                continue
            rows += 1
            if rows > _MOST_ROWS:
                return
            yield " ".join(_cell(cell, shared) for cell in row if _name(cell) == "c")


def _cell(cell: Any, shared: list[str]) -> str:
    value = "".join(child.text or "" for child in cell if _name(child) == "v")
    kind = cell.get("t", "n")
    if kind == "s":
        return shared[int(value)] if value else ""
    if kind == "inlineStr":
        return "".join(_said(cell))
    return value.removesuffix(".0")


_READERS = {"docx": _docx, "pptx": _pptx, "xlsx": _xlsx}


def _numbered(packed: zipfile.ZipFile, pattern: re.Pattern[str]) -> list[str]:
    found = [(int(hit[1]), name) for name in packed.namelist() if (hit := pattern.fullmatch(name))]
    if not found:
        raise Unreadable(CORRUPT)
    return [name for _, name in sorted(found)]


def _pictures(packed: zipfile.ZipFile) -> list[bytes]:
    found: list[bytes] = []
    for name in sorted(packed.namelist()):
        hit = _MEDIA.fullmatch(name)
        if hit and len(found) < _MOST_PICTURES and packed.getinfo(name).file_size <= _MOST_PART:
            marked = pictures.page(packed.read(name), _FORMATS[hit[1].casefold()], _PAGE_SIDE)
            found += [] if marked is None else [marked]
    return found


def _name(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]
