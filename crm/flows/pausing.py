"""Calls to WeCom by the thousand: what it puts off is asked again, and whoever works the run is heard meanwhile."""

import time
from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")
Pause = Callable[[Exception], float]  # seconds after which the refused call may be answered; 0: time mends nothing

_WINDOWS = 5  # that one call sits out before it fails
_BREATH = 2.0  # seconds


def never(_: Exception) -> float:
    """For where somebody waits for the answer."""
    return 0.0


def asked(ask: Callable[[], T], pause: Pause) -> Generator[str, None, T]:
    """What `ask` returns. It stops for a breath, "", before each call, and every two seconds of a pause: then a lease
    can be renewed, and the run ended."""
    for _ in range(_WINDOWS):
        yield ""
        try:
            return ask()
        except Exception as error:  # the gateway's own exception type is not known in this room
            wait = pause(error)
            if not wait:
                raise
        yield from _resting(wait)
    yield ""
    return ask()


def _resting(seconds: float) -> Generator[str, None, None]:
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        time.sleep(min(left, _BREATH))
        yield ""
