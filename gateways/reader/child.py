"""The child process that reads one file as evidence: alone, limited, and with nothing of the product but this room.

`main(FILE, KIND)` prints one line of JSON: `{"refused": sentence}` for what proves nothing, else `{"words", "minhash",
"pictures"}`. Nothing printed: it was killed by its limits.
"""

import json
import re
import resource
import sys
from typing import Any

from gateways.reader.marks import minhash, passages
from gateways.reader.refusal import BEFORE_2007, CORRUPT, NO_WORDS, OTHER_KIND, TOO_HARD, Unreadable

MEMORY = 1024 * 1024 * 1024
SECONDS = 20  # of the processor
LEAST_LETTERS = 2  # one alone is no word
LETTERS_A_PAGE = 50  # fewer beside each scanned page of a PDF are a cover, a stamp, the number of the page
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def main(path: str, kind: str) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open(path, "rb") as file:
            found = read(file.read(), kind)
    except Unreadable as refused:
        found = {"refused": str(refused)}
    except (MemoryError, RecursionError):
        found = {"refused": TOO_HARD}
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


def read(data: bytes, kind: str) -> dict[str, Any]:
    """What its words and pictures are known by; Unreadable for what proves nothing.

    The pictures of a document count only where it has no words: with words they are logos, stamps and illustrations
    that every document of a company shares. A PDF of drawings alone is known by its sha256.
    """
    words: list[str] = []
    marks: list[bytes] = []
    something = False
    if kind in ("jpeg", "png", "gif", "webp", "bmp"):
        from gateways.reader import pictures

        return {"words": [], "minhash": [], "pictures": [pictures.picture(data, kind).hex()]}
    if kind == "pdf":
        from gateways.reader import pdf

        lines, marks, something = pdf.read(data)
    elif kind in ("docx", "xlsx", "pptx"):
        from gateways.reader import office

        lines, marks = office.read(data, kind)
    elif kind == "text":
        lines = _text(data)
    elif kind in ("doc", "xls", "ppt"):
        raise Unreadable(BEFORE_2007)
    else:
        raise Unreadable(OTHER_KIND)
    words = passages(lines)
    if kind == "pdf" and sum(map(len, words)) < LETTERS_A_PAGE * len(marks):
        words = []
    if sum(map(len, words)) < LEAST_LETTERS:
        if not marks and not something:
            raise Unreadable(NO_WORDS)
        words = []
    pictures_of = [] if words else [one.hex() for one in marks]
    return {"words": words, "minhash": minhash(words) if words else [], "pictures": pictures_of}


def _text(data: bytes) -> list[str]:
    codings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for coding in codings:
        try:
            return _NO_TEXT.sub("", data.decode(coding)).splitlines()
        except UnicodeDecodeError:
            continue
    raise Unreadable(CORRUPT)
