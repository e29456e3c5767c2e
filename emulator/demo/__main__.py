"""`make demo`: the product, the emulator and a real Redis over SQLite, with a demo company; one Ctrl-C ends all."""

import argparse
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from types import FrameType

from emulator.demo import embedded_redis
from emulator.demo.settings import Demo
from emulator.demo.supervisor import Supervisor

_WAIT = 60.0  # seconds for a process to answer


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m emulator.demo", description=__doc__)
    parser.add_argument("--reset", action="store_true", help="forget everything and start over")
    options = parser.parse_args()
    demo = Demo.load()
    for port in (demo.port, demo.emulator_port):
        if _taken(port):
            print(f"Port {port} is in use (another demo?). Stop that, or: PORT=8010 EMULATOR_PORT=8011 make demo")
            return 1
    if options.reset:
        demo.must_be_ours()
        embedded_redis.stop(demo.var / "redis")
        demo.forget()
    for wish in (signal.SIGINT, signal.SIGTERM):  # a shell may have started us with Ctrl-C ignored
        signal.signal(wish, _as_interrupt)
    demo.prepare()
    os.environ.update(demo.environment(embedded_redis.ensure(demo.var / "redis")))
    children = Supervisor(demo.var / "log")
    try:
        _start(demo, children)
        children.watch()
    except KeyboardInterrupt:
        print("\nstopping …", flush=True)
    finally:
        for impatient in (signal.SIGINT, signal.SIGTERM):  # a second Ctrl-C must not leave anybody behind
            signal.signal(impatient, signal.SIG_IGN)
        children.stop()
        embedded_redis.stop(demo.var / "redis")
    return 0


def _start(demo: Demo, children: Supervisor) -> None:
    began = time.monotonic()
    env = dict(os.environ)
    fresh = not demo.planted
    if fresh:
        from emulator.demo import seed  # heavy, and it reads its settings from the environment made above

        seed.set_clock(demo)
    _start_emulator(demo, children, env)
    if fresh:
        seed.upgrade(demo)
        _wait(f"{demo.wecom}/emu/api/clock")
        seed.plant()
        seed.talk(demo)
        demo.note_planted()
    # Loaded once before it forks, so that two web processes cost the start of one.
    serving = ["--bind", f"127.0.0.1:{demo.port}", "--worker-class", "gthread", "--workers", "2", "--threads", "8"]
    gunicorn = ["-m", "gunicorn", *serving, "--preload", "--no-control-socket", "wsgi:app"]
    children.start("web", [sys.executable, *gunicorn], env)
    _wait(f"{demo.web}/readyz")
    _wait(f"{demo.wecom}/emu/api/clock")
    children.start("scheduler", [sys.executable, "-m", "jobs.scheduler"], env)
    children.start("worker", [sys.executable, "-m", "jobs.worker"], env)
    children.start("robot", [sys.executable, "-m", "flask", "--app", "wsgi", "robot"], env)
    what = "a fresh demo company" if fresh else "the demo company as you left it (make demo-reset starts over)"
    print(
        f"\nRunning after {time.monotonic() - began:.1f} s, with {what}.\n\n"
        f"  phones   {demo.wecom}/            talk to the bot as a rep, a lead, a director\n"
        f"  console  {demo.web}/console/    sign in as anybody; 林岚 is the administrator\n"
        f"  API      {demo.web}/api/docs\n"
        f"  logs     {demo.var}/log\n\n"
        "Ctrl-C stops everything.",
        flush=True,
    )


def _start_emulator(demo: Demo, children: Supervisor, env: dict[str, str]) -> None:
    command = ["-m", "emulator", "--port", str(demo.emulator_port), "--tenant", str(demo.company_file())]
    command += ["--callback", f"{demo.web}/wecom/callback", "--home", f"{demo.web}/console/"]
    command += ["--state", str(demo.var / "emulator.json"), "--clock-file", str(demo.var / "clock")]
    children.start("emulator", [sys.executable, *command], env)


def _wait(url: str) -> None:
    deadline = time.monotonic() + _WAIT
    while True:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise SystemExit(f"{url} does not answer; see the logs in var/log") from None
            time.sleep(0.1)


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
