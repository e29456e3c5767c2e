"""A real HTTP server with canned answers and a token table in memory: the other end for the client's tests."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gateways.wecom.client import WecomClient
from gateways.wecom.errors import WecomError

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SECRET = "s3cret-of-the-app"
OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}

Answer = dict[str, Any] | bytes | int  # JSON, raw bytes, or a bare HTTP status


@dataclass
class Call:
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]


@dataclass
class TinyWecom:
    """``answers[path](call)`` answers; gettoken hands out t1, t2, … and calls take only a token in ``good``."""

    base: str = ""
    answers: dict[str, Callable[[Call], Answer]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    good: set[str] = field(default_factory=set)
    token_life: int = 7200
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> Counter[str]:
        with self.lock:
            return Counter(call.path for call in self.calls)

    def answer(self, call: Call) -> Answer:
        with self.lock:
            self.calls.append(call)
        if call.path == "gettoken" and "gettoken" not in self.answers:
            token = f"t{self.count()['gettoken']}"
            self.good.add(token)
            return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": self.token_life}
        if call.path != "gettoken" and call.query.get("access_token") not in self.good:
            return {"errcode": 40014, "errmsg": "invalid access_token"}
        return self.answers[call.path](call)


@contextmanager
def tiny_wecom() -> Iterator[TinyWecom]:
    """Serves on a free loopback port until the block ends."""
    wecom = TinyWecom()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one segment per answer, or each call waits for a delayed acknowledgement

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            answer = wecom.answer(Call(parts.path.removeprefix("/cgi-bin/"), query, body, dict(self.headers)))
            status = answer if isinstance(answer, int) else 200
            content = json.dumps(answer).encode() if isinstance(answer, dict) else b""
            content = answer if isinstance(answer, bytes) else content
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", wecom.base + "elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_: Any) -> None:
            """A client that gave up is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    wecom.base = f"http://127.0.0.1:{server.server_port}/cgi-bin/"
    try:
        yield wecom
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Row:
    value: str
    expires_at: datetime
    version: int


class MemoryTokenStore:
    """What processes share, with the same promises as the table: lease, compare-and-set, lease dropped by put."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.leases: dict[str, tuple[str, datetime]] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Row | None:
        return self.rows.get(name)

    def lease(self, name: str, holder: str, now: datetime, seconds: int) -> bool:
        with self._lock:
            held = self.leases.get(name)
            if held and held[1] > now and held[0] != holder:
                return False
            self.leases[name] = holder, now + timedelta(seconds=seconds)
            return True

    def put(self, name: str, value: str, expires_at: datetime, seen_version: int) -> bool:
        with self._lock:
            row = self.rows.get(name)
            if (row.version if row else 0) != seen_version:
                return False
            self.rows[name] = Row(value, expires_at, seen_version + 1)
            self.leases.pop(name, None)
            return True


def client_of(wecom: TinyWecom) -> WecomClient:
    return WecomClient(
        base=wecom.base,
        corp_id="ww1",
        agent_id=1000002,
        secret=SECRET,
        tokens=MemoryTokenStore(),
        clock=lambda: NOW,
        connect_timeout=0.5,
        read_timeout=0.5,
    )


def always(answer: Answer) -> Callable[[Call], Answer]:
    return lambda call: answer


def failing(work: Callable[[], object]) -> WecomError:
    with pytest.raises(WecomError) as failure:
        work()
    return failure.value
