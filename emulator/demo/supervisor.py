"""A small supervisor: starts children in process groups of their own, restarts what dies, ends all of them."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from emulator.demo.settings import ROOT

_PATIENCE = 10.0  # seconds between TERM and KILL
_DIE_WITH_PARENT = 1  # prctl(PR_SET_PDEATHSIG)


@dataclass
class Child:
    name: str
    command: Sequence[str]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(self.command),
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)


def _die_with_parent() -> None:
    """Should the supervisor itself be killed, the kernel ends its children."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)


class Supervisor:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._children: list[Child] = []

    def start(self, name: str, command: Sequence[str], env: dict[str, str]) -> None:
        child = Child(name, command, env, self._folder / f"{name}.log")
        child.log.write_bytes(b"")
        child.start()
        self._children.append(child)

    def watch(self) -> None:
        """Restart whoever dies, with a pause that grows; returns only by an exception (Ctrl-C)."""
        while True:
            time.sleep(0.5)
            for child in self._children:
                if child.process is not None and child.process.poll() is not None:
                    self._restart(child)

    def _restart(self, child: Child) -> None:
        now = time.monotonic()
        child.deaths = [died for died in child.deaths if now - died < 60] + [now]
        pause = min(30.0, 2.0 ** (len(child.deaths) - 1) - 1)
        code = child.process.returncode if child.process else None
        print(f"{child.name} ended ({code}), started again in {pause:.0f} s; see {child.log}", flush=True)
        time.sleep(pause)
        child.start()

    def stop(self) -> None:
        """TERM to every group, then KILL to what is left."""
        for child in self._children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE
        for child in self._children:
            if child.process is not None:
                try:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    child.signal(signal.SIGKILL)
                    child.process.wait()
        self._children.clear()
