"""Have one file read by the child process; whatever becomes of that, there is an answer."""

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.files import FileKind
from gateways.reader.refusal import CORRUPT, TOO_HARD

_SECONDS = 40  # by the clock on the wall
_HOUSE = str(Path(__file__).resolve().parents[2])
_CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from gateways.reader.child import main; main(*sys.argv[2:4])"


@dataclass(frozen=True, slots=True)
class Content:
    """What a file is known by. `refused` says, for people, why it proves nothing; "" where it may.

    `words`: its paragraphs without layout; `minhash` of their shingles, numbers of 32 bits, empty without words;
    `pictures`: marks of 4128 bytes (`marks.picture_mark`), of a picture one, of a scanned document one a page.
    """

    refused: str = ""
    words: tuple[str, ...] = ()
    minhash: tuple[int, ...] = ()
    pictures: tuple[bytes, ...] = ()


def read(path: Path, kind: FileKind) -> Content:
    """Read a file of this kind, `path` being on the disk or, of an old one, no more."""
    if not path.is_file():
        return Content(refused=CORRUPT)
    command = [sys.executable, "-I", "-X", "utf8", "-c", _CHILD, _HOUSE, str(path), kind.value]
    said = b""
    with suppress(subprocess.TimeoutExpired):
        # The arguments are ours: this interpreter, our own words, and a path made of random names.
        said = subprocess.run(  # noqa: S603
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, env={}, check=False
        ).stdout
    try:
        return _content(json.loads(said))
    except ValueError:  # it was killed before it said anything
        return Content(refused=TOO_HARD)


def _content(found: dict[str, Any]) -> Content:
    if "refused" in found:
        return Content(refused=found["refused"])
    pictures = tuple(bytes.fromhex(one) for one in found["pictures"])
    return Content("", tuple(found["words"]), tuple(found["minhash"]), pictures)
