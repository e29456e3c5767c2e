"""A started emulator per test and a small product on the other end of its callback."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from wechatpy.work.crypto import WeChatCrypto

ROOT = Path(__file__).parents[2]
COMPANY = json.loads((ROOT / "emulator/demo/company.json").read_text(encoding="utf-8"))
CORP, APP = COMPANY["corpid"], COMPANY["app"]
Json = dict[str, Any]


@dataclass
class Received:
    """One callback as it arrived."""

    query: dict[str, str]
    body: bytes
    xml: str


@dataclass
class Product:
    """The callback's side. `answer` decides per call: plain XML to seal, or None; `statuses` are used up before 200."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    answer: Callable[[Received], str | bytes | None] = lambda _: None
    pause: float = 0.0

    def crypto(self) -> WeChatCrypto:
        return WeChatCrypto(APP["token"], APP["aeskey"], CORP)


@pytest.fixture(scope="session")
def one_product() -> Iterator[Product]:
    product = Product()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def do_GET(self) -> None:
            query = _query(self.path)
            plain = product.crypto().check_signature(
                *(query[k] for k in ("msg_signature", "timestamp", "nonce", "echostr"))
            )
            self._say(200, plain.encode())

        def do_POST(self) -> None:
            query, body = _query(self.path), self.rfile.read(int(self.headers["Content-Length"]))
            try:
                xml = product.crypto().decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
            except Exception as error:
                product.refused.append(type(error).__name__)
                self._say(403, b"")
                return
            call = Received(query, body, xml)
            product.received.append(call)
            time.sleep(product.pause)
            if product.statuses and (status := product.statuses.pop(0)) != 200:
                self._say(status, b"")
                return
            answer = product.answer(call)
            if isinstance(answer, str):
                answer = product.crypto().encrypt_message(answer, "n0nce", "1700000000").encode()
            self._say(200, answer or b"")

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    product.url = f"http://127.0.0.1:{server.server_port}/wecom/callback"
    yield product
    server.shutdown()
    server.server_close()


def _query(path: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(path).query).items()}


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that happens in another process."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


class Emulator:
    """A running emulator and the two ways to speak to it: as the product (`api`) and as the people (`act`, `look`)."""

    def __init__(self, base: str, process: "subprocess.Popen[str]", folder: Path) -> None:
        self.base, self.process, self.folder = base, process, folder

    def token(self) -> str:
        found = requests.get(
            f"{self.base}/cgi-bin/gettoken", params={"corpid": CORP, "corpsecret": APP["secret"]}, timeout=10
        ).json()
        assert found["errcode"] == 0, found
        return str(found["access_token"])

    def api(self, path: str, body: Json | None = None, *, token: str | None = None, **query: str | int) -> Json:
        params: dict[str, str | int] = {"access_token": self.token() if token is None else token, **query}
        url = f"{self.base}/cgi-bin/{path}"
        method = "GET" if body is None else "POST"
        response = requests.request(method, url, params=params, json=body, timeout=10)
        assert response.status_code == 200
        found: Json = response.json()
        return found

    def send(self, kind: str, content: Json, touser: str = "liqiang", **more: object) -> Json:
        body = {"touser": touser, "msgtype": kind, "agentid": APP["agentid"], kind: content, **more}
        return self.api("message/send", body)

    def act(self, action: str, expected: int = 200, /, **body: object) -> Json:
        response = requests.post(f"{self.base}/emu/api/{action}", json=body, timeout=30)
        assert response.status_code == expected, response.text
        found: Json = response.json()
        return found

    def look(self, what: str, **query: str | int) -> Json:
        response = requests.get(f"{self.base}/emu/api/{what}", params=query, timeout=30)
        assert response.status_code == 200, response.text
        found: Json = response.json()
        return found

    def inbox(self, userid: str = "liqiang", since: int = 0) -> list[Json]:
        messages: list[Json] = self.look("inbox", userid=userid, since=since)["messages"]
        return messages


@contextmanager
def running(
    folder: Path, callback: str | None, *, company: Json = COMPANY, **callback_settings: object
) -> Iterator[Emulator]:
    """Start `python -m emulator` on a free port over `folder`, stop it by SIGTERM."""
    company = json.loads(json.dumps(company))
    company["callback"] = {"timeout": 1, "retry_waits": [0.02, 0.02, 0.02], **callback_settings}
    company["id_epoch"] = 1_700_000_000
    (folder / "company.json").write_text(json.dumps(company), encoding="utf-8")
    command = [sys.executable, "-m", "emulator", "--port", "0", "--tenant", str(folder / "company.json")]
    command += ["--state", str(folder / "emulator.json"), "--clock-file", str(folder / "clock")]
    command += ["--callback", callback] if callback else []
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    errors = (folder / "stderr").open("a", encoding="utf-8")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder, env=environment)
    try:
        yield Emulator(_address(process), process, folder)
    finally:
        process.terminate()
        process.wait(timeout=20)
        assert process.stdout is not None
        process.stdout.close()
        errors.close()


def _address(process: "subprocess.Popen[str]") -> str:
    lines: queue.Queue[str] = queue.Queue()

    def first_line() -> None:
        assert process.stdout is not None
        lines.put(process.stdout.readline())

    threading.Thread(target=first_line, daemon=True).start()
    line = lines.get(timeout=20)
    assert line.startswith("emulator: http://"), line
    return line.removeprefix("emulator: ").strip().rstrip("/")


@pytest.fixture
def product(one_product: Product) -> Product:
    """The product as if just started; the server behind it serves all tests."""
    fresh = Product(url=one_product.url)
    vars(one_product).update(vars(fresh))
    return one_product


@pytest.fixture(scope="session")
def one_emulator(tmp_path_factory: pytest.TempPathFactory, one_product: Product) -> Iterator[Emulator]:
    with running(tmp_path_factory.mktemp("emulator"), one_product.url) as found:
        yield found


@pytest.fixture
def emulator(one_emulator: Emulator, product: Product) -> Emulator:
    """The emulator after `reset`, on real time, without a menu."""
    one_emulator.act("clock", reset=True)
    one_emulator.act("reset")
    one_emulator.api("menu/delete", agentid=APP["agentid"])
    return one_emulator
