"""Reads JSON bodies, which come from outside and may be anything."""

import json

from emulator.tenant import Json


def read(raw: bytes) -> Json:
    """A JSON object of text that can be written as UTF-8; ValueError for anything else."""
    try:
        body = json.loads(raw)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(body, dict):
        raise ValueError("not an object")
    if b"\\ud" in raw.lower():
        # Half a surrogate pair passes json.loads but could be neither sent nor saved.
        json.dumps(body, ensure_ascii=False).encode()
    return body
