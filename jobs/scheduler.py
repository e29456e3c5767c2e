"""The scheduler process: makes due runs, delivers, and works what no worker takes; correct with Redis switched off.

Any number may run at once: every effect is a leased row or a unique key.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from config.settings import Settings
from crm import policy, uow
from crm.usecases import slots
from jobs import deliver, exports, imports, inbox, runs, schedule, spool
from jobs.wiring import Wiring, give_way, start_logging, wire

log = logging.getLogger(__name__)

_TICK = 1.0
_GLANCES = 10  # how often in a tick the main loop looks whether it should stop
_SPOOL_EVERY = 5.0
_UNCLAIMED = timedelta(seconds=10)
_PATIENCE = 4.0  # seconds to finish what is under way; leases take care of the rest


class Scheduler:
    """Six loops over one stop signal; an error ends a turn of a loop, never the loop."""

    def __init__(self, w: Wiring) -> None:
        self._w = w
        self._asked_to_stop = False
        self._stop = threading.Event()
        self._made: dict[str, datetime] = {}

    def run(self) -> None:
        """Until `stop` is called; then at most a few seconds more."""
        loops = [
            threading.Thread(target=self._loop, args=(seconds, work), name=work.__name__, daemon=True)
            for seconds, work in (
                (_TICK, self.work_messages),
                (_TICK, self.work_runs),
                (_TICK, self.work_imports),
                (_TICK, self.work_exports),
                (_SPOOL_EVERY, self.drain_spool),
            )
        ]
        for loop in loops:
            loop.start()
        log.info("scheduler: started")
        while not self._asked_to_stop:
            self._turn(self.make_runs)
            for _ in range(_GLANCES):
                if not self._asked_to_stop:
                    time.sleep(_TICK / _GLANCES)
        self._stop.set()
        for loop in loops:
            loop.join(_PATIENCE / len(loops))
        log.info("scheduler: stopped")

    def stop(self, *_: object) -> None:
        """Also as a signal handler: it touches no lock, since the interrupted thread may be holding it."""
        self._asked_to_stop = True

    def make_runs(self) -> None:
        """Make every run that is due now, and tell the workers. Remembering what exists only saves statements."""
        now = self._w.clock()
        with uow.reading() as s:
            calendar = policy.calendar(s)
        for job, slot in schedule.due(now, calendar):
            if self._made.get(job) == slot:
                continue
            if uow.attempt(partial(slots.make, job=job, slot=slot, now=now)):
                self._w.nudge(frozenset({"slot"}))
            self._made[job] = slot

    def work_messages(self) -> None:
        """Messages before events, and again after them: what an event promised does not wait for the next turn."""
        deliver.deliver_due(self._w.client.send, self._w.render, self._w.clock, go_on=self._going)
        if inbox.work_due(self._w.handlers, self._w.clock, go_on=self._going):
            deliver.deliver_due(self._w.client.send, self._w.render, self._w.clock, go_on=self._going)

    def work_runs(self) -> None:
        while self._going() and runs.work_one(self._w, unclaimed_for=_UNCLAIMED, go_on=self._going):
            pass

    def work_imports(self) -> None:
        imports.work_due(self._w.clock, self._w.incoming, go_on=self._going)

    def work_exports(self) -> None:
        exports.work_due(self._w.clock, self._w.outgoing, go_on=self._going)

    def drain_spool(self) -> None:
        spool.drain(self._w.spool, self._w.settings)

    def _going(self) -> bool:
        return not self._stop.is_set()

    def _loop(self, seconds: float, work: Callable[[], None]) -> None:
        while self._going():
            self._turn(work)
            self._stop.wait(seconds)

    @staticmethod
    def _turn(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            log.exception("scheduler: %s failed, going on", work.__name__)


def main() -> None:
    start_logging()
    give_way()
    scheduler = Scheduler(wire(Settings.load()))
    signal.signal(signal.SIGTERM, scheduler.stop)
    signal.signal(signal.SIGINT, scheduler.stop)
    scheduler.run()


if __name__ == "__main__":
    main()
