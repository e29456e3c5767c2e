"""Work the events that a callback only kept: one at a time, each in a handler that may safely run twice."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from crm import uow
from crm.messages import Received
from crm.usecases import inbox

log = logging.getLogger(__name__)

ANY = "*"
_OUTAGE = 600.0  # seconds that a worker waits for the store to tell an outcome; without a store it has nothing to do
_LOOK_AGAIN = 0.5
Handler = Callable[[Received, datetime], None]
Handlers = Mapping[tuple[str, str], Handler]


def work_one(handlers: Handlers, now: datetime) -> bool:
    """Lease one event, hand it to the handler of its (event, change_type) or (event, ANY), record how it went.

    False when nothing is due. A kind without a handler is kept, visible, not worked. Whatever a handler raises is an
    attempt that failed: the event stays, and is tried again later.
    """
    event = uow.attempt(lambda s: inbox.lease_next(s, now))
    if event is None:
        return False
    kind = (event.received.event.casefold(), event.received.change_type.casefold())
    handler = handlers.get(kind) or handlers.get((kind[0], ANY))
    if handler is None:
        uow.attempt(lambda s: inbox.record_done(s, event, now, kept=True))
        return True
    try:
        handler(event.received, now)
    except uow.StoreDown as error:
        log.warning("inbox %s %s: the store went away: %s", event.id, kind, error)
        _once_it_is_back(lambda s: inbox.record_outage(s, event, now))
    except Exception as error:
        words = str(error) or type(error).__name__
        log.warning("inbox %s %s: attempt %s failed: %s", event.id, kind, event.tries, words)
        _once_it_is_back(lambda s: inbox.record_failed(s, event, words, now))
    else:
        _once_it_is_back(lambda s: inbox.record_done(s, event, now))
        log.info("inbox %s %s: done, attempt %s", event.id, kind, event.tries)
    return True


def _once_it_is_back(outcome: Callable[[uow.Session], None]) -> None:
    """Record an outcome, waiting for the store if it is away: an outcome never told looks like a dead worker."""
    ends = time.monotonic() + _OUTAGE
    while True:
        try:
            uow.attempt(outcome)
        except uow.StoreDown:
            if time.monotonic() > ends:
                raise
            time.sleep(_LOOK_AGAIN)
        else:
            return
