"""Read a spreadsheet: started in a child process, its rows come one by one and nothing it does can hurt the parent."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateways.sheets import child

MOST_BYTES = child.MOST_BYTES
_SECONDS = 180  # by the clock on the wall, however little of it the child was given
_STOPPED = "读这个文件用的时间太长或内存太多，已停止。请删掉多余的空白行列、图片和公式，或拆成几个文件再上传"


class SheetError(Exception):
    """The file cannot be read; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows` may be walked once, in the file's order; a blank line is an empty list. Walking raises `SheetError`."""

    name: str
    others: tuple[str, ...]
    rows: Iterator[list[str]]


@contextmanager
def sheet_of(path: Path) -> Iterator[Sheet]:
    """The first sheet of the file that holds anything; the child is gone when the block ends."""
    with open(os.devnull, "wb") as nowhere:
        # The arguments are ours: this interpreter, a file of ours, and a path made of a random name.
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-X", "utf8", child.__file__, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=nowhere,
        )
    timer = threading.Timer(_SECONDS, process.kill)
    timer.daemon = True
    timer.start()
    try:
        lines = _lines(process)
        heading = next(lines)
        yield Sheet(str(heading["sheet"]), tuple(heading["others"]), _rows(lines))
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _rows(lines: Iterator[Any]) -> Iterator[list[str]]:
    for line in lines:
        if isinstance(line, dict):
            return
        yield line


def _lines(process: "subprocess.Popen[bytes]") -> Iterator[Any]:
    """Every line of the child up to its end mark; a child that died without one was stopped by its limits."""
    assert process.stdout is not None  # noqa: S101  (it was asked for)
    for raw in process.stdout:
        line = None
        with suppress(ValueError):  # half a line: it died while it wrote
            line = json.loads(raw)
        if isinstance(line, dict) and "error" in line:
            raise SheetError(line["error"])
        if line is not None:
            yield line
        if isinstance(line, dict) and "end" in line:
            return
    process.wait()
    raise SheetError(_STOPPED if process.returncode in _LIMITS else child.TOO_BIG)


_LIMITS = (-signal.SIGXCPU, -signal.SIGKILL)
