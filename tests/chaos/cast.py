"""The product's processes: kept running, and killed with -9 one after another."""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.load.stage import Stage
from tests.support.process import Running

_LOOK = 0.2  # seconds between two looks at who is dead: a restart begins well within one second
# How often each is killed. A master, a worker and a scheduler start from nothing, which takes a second or two; a web
# worker is a fork.
KINDS = {"web master": 2, "web worker": 4, "rq worker": 4, "scheduler": 2}
_PATIENCE = 0.5  # seconds to wait for one that is just starting


class Cast:
    """Web master and workers, RQ workers, two schedulers."""

    def __init__(self, stage: Stage, seed: int, *, workers: int = 2) -> None:
        self._dice = random.Random(seed)
        starters: dict[str, Callable[[], Running]] = {"web": stage.web}
        starters |= {f"worker-{n}": lambda: stage.processes.worker(stage.env) for n in range(workers)}
        starters |= {f"scheduler-{n}": lambda: stage.processes.scheduler(stage.env) for n in range(2)}
        self._starters = starters
        self._running = {name: start() for name, start in starters.items()}
        self._end = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self.kills: Counter[str] = Counter()
        stage.wait_for_web(self._running["web"])
        self._keeper.start()

    def kill_one(self) -> None:
        """kill -9 for one process chosen at random: a kind first, then one of that kind."""
        kind = self._dice.choices(list(KINDS), list(KINDS.values()))[0]
        give_up = time.monotonic() + _PATIENCE
        while not (pids := self._pids(kind)):
            if time.monotonic() > give_up:
                kind = self._dice.choice(["scheduler", "rq worker", "web worker"])
                give_up = time.monotonic() + _PATIENCE
            time.sleep(0.005)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._dice.choice(pids), signal.SIGKILL)
            self.kills[kind] += 1

    def stop(self) -> None:
        """No more restarts, and a polite end for everybody."""
        self._end.set()
        self._keeper.join()

    def _pids(self, kind: str) -> list[int]:
        role = {"web": "web", "rq ": "worker", "sch": "scheduler"}[kind[:3]]
        leaders = [one.pid for name, one in self._running.items() if name.startswith(role) and one.running]
        if kind == "web worker":
            return [child for leader in leaders for child in children(leader)]
        # A master without workers is still starting: killed then, and again, it would only prove that nobody is there.
        return [leader for leader in leaders if kind != "web master" or children(leader)]

    def _keep(self) -> None:
        while not self._end.wait(_LOOK):
            for name, one in self._running.items():
                if not one.running and not self._end.is_set():
                    self._running[name] = self._starters[name]()


def children(pid: int) -> list[int]:
    """Living children by the kernel's own list."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in listed.read_text().split()]
    return found
