"""The spool keeps callbacks through any outage and hands them in, oldest first, through our own front door."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateways.spool import Spool, SpoolFull
from jobs.spool import drain, mark
from tests.jobs.company import NOW, settings_in

QUERY = "msg_signature=ab%2Bc&timestamp=1&nonce=2"


class Door:
    """Our own callback address, answering what the test says and noting what it was handed."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, bytes, dict[str, str]]] = []
        self.statuses: list[int] = []
        self.fails_over: set[bytes] = set()
        self.ready = False
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                door.seen.append((self.path, body, dict(self.headers.items())))
                status = 500 if body in door.fails_over else 200
                self.send_response(door.statuses.pop(0) if door.statuses else status)
                self.end_headers()

            def do_GET(self) -> None:
                self.send_response(200 if door.ready else 503)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "deep" / "spool.db")


def test_what_is_kept_comes_back_as_it_was_and_in_order(spool: Spool) -> None:
    assert (spool.count(), spool.oldest(5)) == (0, [])
    for number in range(3):
        spool.keep(QUERY, bytes([number, 255]), NOW + timedelta(seconds=number))
    first, second = spool.oldest(2)
    assert (first.query, first.body, first.received_at) == (QUERY, b"\x00\xff", NOW)
    spool.done(first.id)
    assert [kept.id for kept in spool.oldest(9)] == [second.id, second.id + 1]


def test_many_threads_may_keep_at_once(spool: Spool) -> None:
    threads = [threading.Thread(target=spool.keep, args=(QUERY, b"x", NOW)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spool.count() == 12


def test_a_full_spool_refuses_instead_of_losing_and_keeps_what_it_has(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", cap=200_000)
    kept = 0
    with suppress(SpoolFull):
        while kept < 50:
            spool.keep(QUERY, b"x" * 10_000, NOW)
            kept += 1
    assert 5 < kept < 50
    assert spool.count() == kept


def test_a_folder_that_cannot_be_written_is_a_full_spool(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolFull):
        Spool(tmp_path / "file" / "spool.db").keep(QUERY, b"x", NOW)


def test_a_broken_file_is_a_full_spool(tmp_path: Path) -> None:
    (tmp_path / "spool.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(SpoolFull):
        Spool(tmp_path / "spool.db").keep(QUERY, b"x", NOW)


def test_kept_rows_are_on_the_disk_with_full_synchronisation(spool: Spool, tmp_path: Path) -> None:
    spool.keep(QUERY, b"x", NOW)
    with sqlite3.connect(tmp_path / "deep" / "spool.db") as file:
        assert file.execute("SELECT count(*) FROM kept").fetchone() == (1,)
    file.close()


def test_draining_hands_in_the_same_bytes_with_the_first_receipt_and_its_mark(
    spool: Spool, door: Door, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, port=door.port)
    spool.keep(QUERY, b"<xml/>", NOW)
    assert drain(spool, settings) == 1
    path, body, headers = door.seen[0]
    assert (urlsplit(path).path, urlsplit(path).query, body) == ("/wecom/callback", QUERY, b"<xml/>")
    assert headers["X-Spooled-At"] == NOW.isoformat()
    assert headers["X-Spool-Mark"] == mark("s" * 40, QUERY, b"<xml/>", NOW.isoformat())
    assert spool.count() == 0


def test_a_callback_that_cannot_take_it_yet_stops_the_draining_and_loses_nothing(
    spool: Spool, door: Door, tmp_path: Path
) -> None:
    for number in range(3):
        spool.keep(QUERY, bytes([number]), NOW)
    door.statuses = [200, 503]
    assert drain(spool, settings_in(tmp_path, port=door.port)) == 1
    assert spool.count() == 2
    assert drain(spool, settings_in(tmp_path, port=door.port)) == 2
    assert [body for _, body, _ in door.seen] == [b"\x00", b"\x01", b"\x01", b"\x02"]


def test_what_the_callback_does_not_recognise_is_put_aside_and_counted(
    spool: Spool, door: Door, tmp_path: Path
) -> None:
    for number in range(2):
        spool.keep(QUERY, bytes([number]), NOW)
    door.statuses = [403]
    assert drain(spool, settings_in(tmp_path, port=door.port)) == 1
    assert (spool.count(), spool.refused()) == (0, 1)


def test_nobody_at_the_door_means_later(spool: Spool, tmp_path: Path) -> None:
    spool.keep(QUERY, b"x", NOW)
    assert drain(spool, settings_in(tmp_path, port=9)) == 0
    assert spool.count() == 1


def test_a_row_that_the_callback_fails_over_is_stepped_over_while_others_pass_and_stays_countable(
    spool: Spool, door: Door, tmp_path: Path
) -> None:
    settings, door.ready, door.fails_over = settings_in(tmp_path, port=door.port), True, {b"poison"}
    for body in (b"poison", b"1", b"2"):
        spool.keep(QUERY, body, NOW)
    assert [drain(spool, settings) for _ in range(4)] == [0, 0, 0, 0]
    assert spool.stuck() == 0
    assert drain(spool, settings) == 2
    assert (spool.count(), spool.stuck()) == (1, 1)
    door.fails_over = set()  # somebody mended the reason
    assert drain(spool, settings) == 1
    assert (spool.count(), spool.stuck()) == (0, 0)


def test_while_the_store_is_away_no_row_is_blamed_and_the_order_stays(spool: Spool, door: Door, tmp_path: Path) -> None:
    settings, door.ready = settings_in(tmp_path, port=door.port), False
    for number in range(2):
        spool.keep(QUERY, bytes([number]), NOW)
    for _ in range(9):
        door.statuses = [503]
        assert drain(spool, settings) == 0
    assert spool.stuck() == 0
    assert drain(spool, settings) == 2
    assert [body for _, body, _ in door.seen][-2:] == [b"\x00", b"\x01"]
