"""What the robot's line brings: read leniently, files opened only with their own key, refusals without an address."""

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from Crypto.Cipher import AES
from websockets.sync.server import ServerConnection, serve

from gateways.wecom import robot
from gateways.wecom.robot import FileGone, Robot, fetch, is_file, message_of

KEY = os.urandom(32)


def sealed(data: bytes, padding: int | None = None) -> bytes:
    padding = 32 - len(data) % 32 if padding is None else padding
    return AES.new(KEY, AES.MODE_CBC, KEY[:16]).encrypt(data + bytes([padding]) * padding)


SHELF = {
    "/whole": sealed(b"%PDF-1.7 whole"),
    "/aligned": sealed(b"a" * 64),
    "/cut": sealed(b"%PDF-1.7 whole")[:-3],
    "/badly-padded": AES.new(KEY, AES.MODE_CBC, KEY[:16]).encrypt(b"a" * 31 + b"\x21"),
    "/empty": b"",
    "/large": b"0" * (21 << 20),
}


@pytest.fixture(scope="module")
def shelf() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def do_GET(self) -> None:
            found = SHELF.get(self.path)
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def where(shelf: str, name: str, key: bytes = KEY) -> str:
    return f"{shelf}{name}#{base64.b64encode(key).decode().rstrip('=')}"


def test_a_file_is_opened_with_its_own_key(shelf: str) -> None:
    assert fetch(where(shelf, "/whole")) == b"%PDF-1.7 whole"
    assert fetch(where(shelf, "/aligned")) == b"a" * 64


@pytest.mark.parametrize("name", ["/gone", "/cut", "/badly-padded", "/empty", "/large"])
def test_what_cannot_be_had_is_gone(shelf: str, name: str) -> None:
    with pytest.raises(FileGone):
        fetch(where(shelf, name))


def test_another_key_opens_nothing(shelf: str) -> None:
    with pytest.raises(FileGone):
        fetch(where(shelf, "/whole", b"k" * 32))
    with pytest.raises(FileGone):
        fetch(f"{shelf}/whole#not base64!")


def test_a_dead_address_is_named_nowhere() -> None:
    with pytest.raises(ConnectionError) as error:
        fetch("http://127.0.0.1:9/secret-path#a2V5")
    assert "secret-path" not in str(error.value)


HEAD = {"msgid": "1", "aibotid": "b", "chattype": "single", "from": {"userid": "liqiang"}}


def test_words_quotes_and_files_are_told_apart() -> None:
    voice = message_of({**HEAD, "msgtype": "voice", "voice": {"content": "记一下"}, "quote": _quoted("报价多少")})
    assert voice is not None
    assert (voice.kind, voice.words, voice.quoted, voice.file) == ("voice", "记一下", "报价多少", "")
    file = message_of({**HEAD, "msgtype": "file", "file": {"url": "https://f.example/1?a=b", "aeskey": "k"}})
    assert file is not None
    assert file.file == "https://f.example/1?a=b#k"
    assert is_file(file.file)
    assert not is_file("3a8asd892asd8asd-media-id")


def _quoted(words: str) -> object:
    return {"msgtype": "text", "text": {"content": words}}


def test_in_a_group_the_robots_name_is_no_part_of_the_words() -> None:
    said = {"msgtype": "text", "text": {"content": "@客户助手 /客户 海蔚"}}
    heard = message_of({**HEAD, "chattype": "group", "chatid": "wr1", **said})
    assert heard is not None
    assert (heard.in_group, heard.words) == (True, "/客户 海蔚")


def test_mixed_messages_give_their_words_and_their_first_file() -> None:
    items = [_quoted("看这张"), {"msgtype": "image", "image": {"url": "https://f.example/p", "aeskey": "k"}}, "?"]
    heard = message_of({**HEAD, "msgtype": "mixed", "mixed": {"msg_item": items}})
    assert heard is not None
    assert (heard.words, heard.file) == ("看这张", "https://f.example/p#k")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"msgid": "1"},
        {"msgid": 1, "from": {"userid": "a"}},
        {"msgid": "1", "from": "a"},
        {"msgid": "1", "from": {"userid": ""}},
    ],
)
def test_what_names_nobody_is_nothing(body: dict[str, object]) -> None:
    assert message_of(body) is None


@pytest.mark.parametrize("part", [None, [], "text", {"content": None}, {"url": "file:///etc/passwd", "aeskey": "k"}])
@pytest.mark.parametrize("kind", ["text", "file", "mixed", "voice", "unheard-of"])
def test_odd_contents_never_raise(kind: str, part: object) -> None:
    heard = message_of(json.loads(json.dumps({**HEAD, "msgtype": kind, kind: part, "quote": part})))
    assert heard is not None
    assert heard.file == ""


@pytest.fixture
def line() -> Iterator[tuple[str, list[str]]]:
    """A robot's line that takes every subscription and refuses every ping, and the commands that came over it."""
    heard: list[str] = []

    def listen(connection: ServerConnection) -> None:
        for frame in connection:
            said = json.loads(frame)
            heard.append(said["cmd"])
            refused = 40014 if said["cmd"] == "ping" else 0
            connection.send(json.dumps({"headers": said["headers"], "errcode": refused}))

    with serve(listen, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}", heard
        server.shutdown()
        thread.join()


def test_a_line_whose_ping_is_refused_is_built_anew(
    line: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, heard = line
    monkeypatch.setattr(robot, "_PING_EVERY", 0.05)
    monkeypatch.setattr(robot, "_LOOK_UP", 0.05)
    monkeypatch.setattr(robot, "_PAUSES", (0.05,))
    ends = time.monotonic() + 10
    Robot(url, "bot", "secret").serve(
        lambda _: "", "", lambda: heard.count("aibot_subscribe") < 2 and time.monotonic() < ends
    )
    assert heard[:3] == ["aibot_subscribe", "ping", "aibot_subscribe"]
