"""Real processes for tests: started with their output in files, waited for, and ended with all their children."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What a shell or CI may have set for itself; a tested process hears only what its test says.
OURS = (
    *("APP_ENV", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_URL", "PORT", "VAR_DIR"),
    *("EMULATOR_", "SUMMARISER_", "WECOM_"),
)


class Running:
    """One started process and whatever it starts; `log` holds all it wrote."""

    def __init__(self, name: str, command: list[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until(self, true: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        """Returns once it is true; fails with the end of the log when the process dies or the time is up."""
        give_up = time.monotonic() + seconds
        while not true():
            if not self.running or time.monotonic() > give_up:
                state = "still runs" if self.running else f"ended with {self.process.returncode}"
                raise AssertionError(f"{self.name}: no {what} ({state})\n{self.output()[-3000:]}")
            time.sleep(0.03)

    def wait_for_port(self, port: int, seconds: float = 30.0) -> None:
        self.wait_until(lambda: port_open(port), f"listener on port {port}", seconds)

    def wait_for_http(self, url: str, seconds: float = 30.0) -> None:
        self.wait_until(lambda: http_ok(url), f"answer from {url}", seconds)

    def wait_for_output(self, text: str, seconds: float = 30.0) -> None:
        self.wait_until(lambda: text in self.output(), f"{text!r} in its output", seconds)

    def stop(self, seconds: float = 15.0) -> int:
        """Asks politely, then ends everything it left behind; the exit code of the process itself."""
        if self.running:
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.kill()

    def kill(self) -> int:
        """kill -9 for the process and its whole family, work horses in process groups of their own included."""
        give_up = time.monotonic() + 10
        # Again until nobody is left: one of them may have forked between the look and the kill.
        while (alive := family(self.pid)) and time.monotonic() < give_up:
            for pid in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        return self.process.wait(10)


class Processes:
    """Starts what production starts; everything still alive at the end of the test is ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._all: list[Running] = []

    def start(self, name: str, command: list[str], env: Mapping[str, str]) -> Running:
        log = self._folder / f"{name}-{len(self._all)}.log"
        running = Running(name, command, env, log)
        self._all.append(running)
        return running

    def gunicorn(self, env: Mapping[str, str], *, port: int, workers: int = 1, threads: int = 8) -> Running:
        serving = ["--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", str(threads)]
        running = self.start("web", [sys.executable, "-m", "gunicorn", *serving, "wsgi:app"], env)
        running.wait_for_http(f"http://127.0.0.1:{port}/healthz")
        return running

    def worker(self, env: Mapping[str, str]) -> Running:
        return self.start("worker", [sys.executable, "-m", "jobs.worker"], env)

    def scheduler(self, env: Mapping[str, str]) -> Running:
        return self.start("scheduler", [sys.executable, "-m", "jobs.scheduler"], env)

    def flask(self, env: Mapping[str, str], *words: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
        """A command such as `flask --app wsgi db upgrade`, run to its end."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        return subprocess.run(
            command, cwd=ROOT, env=environment(env), text=True, capture_output=True, timeout=seconds, check=False
        )

    def emulator(self, env: Mapping[str, str], *, port: int) -> Running:
        running = self.start("emulator", [sys.executable, "-m", "emulator"], {**env, "EMULATOR_PORT": str(port)})
        running.wait_for_port(port)
        return running

    def stop(self) -> None:
        for running in reversed(self._all):
            if running.running:
                running.process.terminate()
        for running in reversed(self._all):
            running.stop()


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**inherited, "PYTHONUNBUFFERED": "1", **extra}


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def http_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - only ever our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def family(leader: int) -> set[int]:
    """The pids of a session: a process started here leads one, and no child of ours ever leaves it."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # After the name in brackets, which may hold anything: state, parent, group, session.
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                found.add(int(stat.parent.name))
    return found


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Processes with their logs in the test's own folder."""
    folder = tmp_path / "logs"
    folder.mkdir()
    started = Processes(folder)
    try:
        yield started
    finally:
        started.stop()
