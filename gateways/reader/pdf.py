"""The words of a PDF, paragraph by paragraph; of one that was scanned, the pictures of its pages."""

import logging
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from unicodedata import east_asian_width

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

from gateways.reader import pictures
from gateways.reader.refusal import BOMB, CORRUPT, LOCKED, TWO_THINGS, Unreadable

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it complains of every file that is not quite right

_MOST_PAGES, _MOST_SCANNED = 200, 30
_PAGE_SIDE = 400  # pixels: a smaller picture on a page is a logo or a stamp
_MOST_BEHIND = 1024  # bytes behind the end mark: more is a second file
_FULL, _MARGIN = 0.85, 56  # of the widest line, where that has so many columns: such a line goes on in the next one
_DRAWN = 1000  # bytes of drawing that make a page without words and pictures more than an empty one
_UNSEEN = re.compile(rb"\b3\s+Tr\b")  # words that are not shown: what a scanner's machine guessed


def read(data: bytes) -> tuple[list[str], list[bytes], bool]:
    """Paragraphs, marks of scanned pages, and whether there is something on its pages at all.

    A page that is a picture with unseen words below it counts as a picture: what the machine read into it differs from
    scan to scan. A scan whose pictures cannot be unpacked here (JBIG2, fax) has no marks; its sha256 still knows it.
    """
    behind = data[data.rfind(b"%%EOF") + 5 :].strip(b"\0\r\n\t ")
    if len(behind) > _MOST_BEHIND:
        raise Unreadable(TWO_THINGS)
    pictures.refuse_second(behind, data)
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable(LOCKED)
        return _pages(reader)
    except Unreadable:
        raise
    except LimitReachedError as error:
        raise Unreadable(BOMB) from error
    except (FileNotDecryptedError, DependencyError) as error:
        raise Unreadable(LOCKED) from error
    except MemoryError:
        raise
    except Exception as error:  # a parser of hostile input may fail in any way; whatever it was, nobody can read it
        raise Unreadable(CORRUPT) from error


def _pages(reader: PdfReader) -> tuple[list[str], list[bytes], bool]:
    lines: list[str] = []
    marks: list[bytes] = []
    something = False
    for number, page in enumerate(reader.pages):
        if number >= _MOST_PAGES:
            break
        content = page.get_contents()
        drawn = content.get_data() if content is not None else b""
        images = page.images.keys()
        scanned = bool(images) and _UNSEEN.search(drawn) is not None
        words = "" if scanned else page.extract_text()
        lines += _paragraphs(words.splitlines())
        if not words.strip() and images and number < _MOST_SCANNED:
            marks += _marks(page, images)
        something = something or bool(images) or len(drawn) > _DRAWN
    return lines, marks, something


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """A line that reaches the right margin goes on in the next one: a page knows lines, and no paragraphs."""
    widest = max(map(_width, lines), default=0)
    held = ""
    for line in lines:
        held += line
        if widest < _MARGIN or _width(line) < widest * _FULL:
            yield held
            held = ""
    if held:
        yield held


def _width(line: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in line.strip())


def _marks(page: Any, images: list[Any]) -> Iterator[bytes]:
    for name in images:
        try:
            image = page.images[name].image
        except MemoryError:
            raise
        except Exception:  # noqa: S112  (a coding that is not unpacked here: the file's sha256 still knows it)
            continue
        if image is None or min(image.size) < _PAGE_SIDE:
            continue
        try:
            yield pictures.mark_of(image)
        except Unreadable:
            continue
