"""The network of the phones' mini-program: what a phone sends arrives at the product as it is, alone."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from emulator import miniapp
from emulator.miniapp import UNREACHED
from emulator.server import application
from emulator.tenant import load
from emulator.world import build
from tests.emulator.conftest import ROOT

Heard = list[tuple[str, str, dict[str, str], bytes]]
GONE = "http://127.0.0.1:9/"  # nobody listens there


@pytest.fixture
def product() -> Iterator[tuple[str, Heard]]:
    heard: Heard = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            heard.append((self.command, self.path, dict(self.headers), body))
            self.send_response(302 if self.path.endswith("/away") else 201)
            for name, value in (("ETag", '"a1"'), ("Set-Cookie", "a=b"), ("Location", "/x"), ("Content-Length", "2")):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"{}")

        def do_POST(self) -> None:
            self.do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/console/", heard
    server.shutdown()
    server.server_close()


def phone(home: str) -> FlaskClient:
    return application(build(load(ROOT / "emulator/demo/company.json"), None, home, None, None)).test_client()


def test_a_call_arrives_with_its_query_its_body_and_its_key(product: tuple[str, Heard]) -> None:
    home, heard = product
    headers = {"Authorization": "Bearer t", "Idempotency-Key": "k", "Cookie": "a=b", "Origin": "http://elsewhere"}
    answer = phone(home).post("/emu/network/api/v1/visits?day=2026-11-23", json={"place": "昆山"}, headers=headers)
    ((method, path, told, body),) = heard
    assert (method, path, body) == ("POST", "/api/v1/visits?day=2026-11-23", '{"place": "昆山"}'.encode())
    assert (told["Authorization"], told["Idempotency-Key"], told["Content-Type"]) == (
        "Bearer t", "k", "application/json"
    )  # fmt: skip
    assert "Cookie" not in told
    assert "Origin" not in told
    assert (answer.status_code, answer.headers["ETag"], answer.data) == (201, '"a1"', b"{}")
    assert "Set-Cookie" not in answer.headers


def test_a_redirect_is_the_phones_to_follow(product: tuple[str, Heard]) -> None:
    home, heard = product
    assert phone(home).get("/emu/network/away").status_code == 302
    assert len(heard) == 1


def test_where_nobody_answers_that_is_no_answer_of_the_products() -> None:
    answer = phone(GONE).get("/emu/network/api/v1/me")
    assert (answer.status_code, UNREACHED in answer.headers) == (504, True)


def test_the_page_brings_its_own_policy_and_says_so_where_it_was_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(miniapp, "BUILT", tmp_path)
    client = phone(GONE)
    assert "make setup" in client.get("/miniapp/?userid=liqiang").get_data(as_text=True)
    (tmp_path / "index.html").write_text("<!doctype html>", encoding="utf-8")
    with client.get("/miniapp/?userid=liqiang") as page:
        assert page.status_code == 200
        assert "connect-src 'self';" in page.headers["Content-Security-Policy"]
    assert client.get("/miniapp/../phones.html").status_code == 404
