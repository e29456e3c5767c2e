"""What a job of a kind does; the only function that the queue may call."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache

from config.settings import Settings
from jobs import deliver, exports, imports, inbox, runs
from jobs.ahead import ahead
from jobs.wiring import Wiring, wire

log = logging.getLogger(__name__)

_AT_MOST = 60.0  # seconds of one job; what is left is somebody else's, or the next one's
LEAVING = threading.Event()  # this process was asked to stop


@cache
def wired() -> Wiring:
    """This process's wiring; a fork of it is born with it."""
    return wire(Settings.load())


def run(kind: str, row_id: int) -> None:
    """Work whatever is due of this kind. The id is a hint: rows, not the queue, know what is to be done."""
    work = _KINDS.get(kind)
    if work is None:
        log.warning("a job of the unknown kind %.40r (%.20r) was ignored", kind, row_id)
        return
    ends = time.monotonic() + _AT_MOST
    work(wired(), lambda: time.monotonic() < ends)


def _outbox(w: Wiring, go_on: Callable[[], bool]) -> None:
    deliver.deliver_due(w.client.send, w.render, w.clock, go_on=go_on)


def _inbox(w: Wiring, go_on: Callable[[], bool]) -> None:
    inbox.work_due(w.handlers, w.clock, go_on=go_on)


def _slot(w: Wiring, go_on: Callable[[], bool]) -> None:
    """A run is worked to its end, however long that is, or until the process should stop: another one goes on."""
    while go_on() and runs.work_one(w, go_on=lambda: not LEAVING.is_set()):
        pass


def _import(w: Wiring, _: Callable[[], bool]) -> None:
    """To the end, not for a minute: what it leaves would wait for the scheduler."""
    imports.work_due(w.clock, w.incoming, chunks=ahead)


def _export(w: Wiring, go_on: Callable[[], bool]) -> None:
    exports.work_due(w.clock, w.outgoing, go_on=go_on)


_KINDS: Mapping[str, Callable[[Wiring, Callable[[], bool]], None]] = {
    "outbox": _outbox,
    "inbox": _inbox,
    "slot": _slot,
    "import": _import,
    "export": _export,
}
