"""The whole system for a measurement: a durable store, Redis, the emulator, and the three processes of production."""

import json
import os
import platform
import shutil
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from config.vocabulary import InboxState, OutboxState
from crm import uow
from emulator.demo import embedded_redis
from gateways.spool import Spool
from models.messages import InboxEvent, OutboxMessage
from tests.load.company import Company, OpenCard, found
from tests.support.postgres import Server
from tests.support.process import Processes, Running, free_port

# How production is started (docs/trust.md says why): one worker per core, threads for what waits for the store.
WORKERS, THREADS = 2, 8
GUNICORN = (
    *("--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(THREADS)),
    *("--keep-alive", "75", "--preload", "--no-control-socket"),
)


@dataclass(slots=True)
class Stage:
    """Where everything is. `env` is what the product's processes are given."""

    folder: Path
    company: Company
    cards: list[OpenCard]
    processes: Processes
    env: dict[str, str]
    port: int
    emulator_url: str

    def web(self, app: str = "wsgi:app") -> Running:
        serving = ["--bind", f"127.0.0.1:{self.port}", *GUNICORN]
        return self.processes.start("web", [sys.executable, "-m", "gunicorn", *serving, app], self.env)

    def wait_for_web(self, running: Running) -> None:
        running.wait_for_http(f"http://127.0.0.1:{self.port}/healthz")

    def eye(self, since: int = 0) -> list[dict[str, Any]]:
        """What members saw, from the emulator's own book, starting at an index."""
        items: list[dict[str, Any]] = self.look(f"eye?since={since}")["items"]
        return items

    def dropped(self) -> list[str]:
        names: list[str] = self.look("state")["dropped"]
        return names

    def look(self, what: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.emulator_url}/emu/api/{what}", timeout=30) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found

    def spool(self) -> Spool:
        return Spool(self.folder / "var" / "spool.db")

    def backlog(self) -> int:
        """Events not worked, messages not sent and callbacks not brought in from the spool."""
        with uow.reading() as s:
            waiting = select(func.count()).select_from(InboxEvent).where(InboxEvent.state == InboxState.WAITING)
            unsent = OutboxMessage.state.in_([OutboxState.READY, OutboxState.LEASED])
            ready = select(func.count()).select_from(OutboxMessage).where(unsent)
            return (s.scalar(waiting) or 0) + (s.scalar(ready) or 0) + self.spool().count()

    def drain(self, seconds: float) -> float | None:
        """Seconds until nothing is left to do; None when that took longer."""
        start = time.monotonic()
        while (passed := time.monotonic() - start) <= seconds:
            if self.backlog() == 0:
                return passed
            time.sleep(0.25)
        return None


@contextmanager
def stage(db: str, company: Company, *, cards: int = 0, redis: bool = True) -> Iterator[Stage]:
    """`db` is pg (fsync on) or sqlite (synchronous=FULL). Nothing of the product runs yet; the emulator does."""
    folder = Path(tempfile.mkdtemp(prefix="crm-load-"))
    (folder / "var").mkdir()
    (folder / "logs").mkdir()
    server = Server(durable=True) if db == "pg" else None
    processes = Processes(folder / "logs")
    try:
        url = server.create_database() if server else f"sqlite:///{folder}/var/crm.db"
        hanging = found(url, company, cards)
        redis_url = embedded_redis.ensure(folder / "redis") if redis else f"unix://{folder}/nobody.sock"
        port = free_port()
        emulator_url = _emulator(processes, company, folder, port)
        env = _env(company.tenant, url, redis_url, folder, port, emulator_url)
        yield Stage(folder, company, hanging, processes, env, port, emulator_url)
    finally:
        processes.stop()
        uow.dispose()
        embedded_redis.stop(folder / "redis")
        if server:
            server.stop()
        if not os.environ.get("KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


def _emulator(processes: Processes, company: Company, folder: Path, port: int) -> str:
    callback = f"http://127.0.0.1:{port}/wecom/callback"
    words = ["--port", "0", "--tenant", str(company.write(folder)), "--callback", callback]
    running = processes.start("emulator", [sys.executable, "-m", "emulator", *words], {})
    running.wait_for_output("emulator: http")
    return running.output().partition("emulator: ")[2].split()[0].rstrip("/")


def _env(
    tenant: Mapping[str, Any], url: str, redis_url: str, folder: Path, port: int, emulator_url: str
) -> dict[str, str]:
    app = tenant["app"]
    return {
        "DATABASE_URL": url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "load" * 10,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "VAR_DIR": str(folder / "var"),
        "WECOM_API_BASE": f"{emulator_url}/cgi-bin/",
        "WECOM_CORP_ID": str(tenant["corpid"]),
        "WECOM_AGENT_ID": str(app["agentid"]),
        "WECOM_AGENT_SECRET": str(app["secret"]),
        "WECOM_TOKEN": str(app["token"]),
        "WECOM_ENCODING_AES_KEY": str(app["aeskey"]),
    }


def machine() -> str:
    """What a figure is worth depends on where it was taken, and on what else was running there."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    cores = os.cpu_count()
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {cores} cores, Python {platform.python_version()}, load {load}"
