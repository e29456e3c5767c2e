"""The company's 智能机器人 over one long WebSocket: no address of ours is needed, and it hears voice, files and quotes.

Frames as the official client writes them: a command, headers with the id of the request, a body. A message is answered
by a stream of one finished piece. Files lie at an address for five minutes, sealed with a key of their own.
"""

import base64
import binascii
import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from Crypto.Cipher import AES
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException
from websockets.sync.client import ClientConnection, connect

from gateways.wecom.replies import split_text

log = logging.getLogger(__name__)

_LONGEST = 20_480  # bytes of one answer
_PING_EVERY = 30.0  # seconds, as WeCom asks
_LOOK_UP = 1.0  # seconds after which a silent line is left to see whether to go on
_PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0)  # before each next attempt to connect
_TAKEN_OVER = 300.0  # seconds to leave the line to another process of ours that took it
_FRAME_MOST = 1 << 20
_FILE_MOST = 20 << 20
_TIMEOUT = (3.0, 20.0)
_BLOCK = 32  # bytes: what WeCom pads to


@dataclass(frozen=True, slots=True)
class RobotMessage:
    """What a member said to the robot. ``words`` are typed or transcribed; ``quoted`` is the message he answers.

    ``file`` says where a picture or file lies and with what it is sealed, for ``fetch``; "" where there is none.
    """

    id: str
    userid: str
    in_group: bool
    kind: str
    words: str
    quoted: str
    file: str
    raw: str


Answers = Callable[[RobotMessage], str]


class Robot:
    """One robot of the company. Only one connection of a robot lives: the newest."""

    def __init__(self, url: str, bot_id: str, secret: str) -> None:
        self._url, self._bot_id, self._secret = url, bot_id, secret

    def serve(self, answer: Answers, welcome: str, go_on: Callable[[], bool]) -> None:
        """Listen and answer until ``go_on`` says no; a line that breaks is built anew, ever more slowly."""
        failed = 0
        while go_on():
            began = time.monotonic()
            try:
                pause = self._listen(answer, welcome, go_on)
            except (OSError, WebSocketException, InvalidHandshake, InvalidURI, TimeoutError) as error:
                log.warning("robot: the line broke: %s", type(error).__name__)
                failed = 0 if time.monotonic() - began > _PAUSES[-1] else failed
                pause = _PAUSES[min(failed, len(_PAUSES) - 1)]
                failed += 1
            _wait(pause, go_on)

    def _listen(self, answer: Answers, welcome: str, go_on: Callable[[], bool]) -> float:
        """Until the line ends; how long to leave it alone then."""
        with connect(self._url, max_size=_FRAME_MOST, ping_interval=None) as line:
            hello = uuid.uuid4().hex
            _send(line, "aibot_subscribe", hello, {"bot_id": self._bot_id, "secret": self._secret})
            ping, pinged = "", time.monotonic()
            while go_on():
                if time.monotonic() - pinged > _PING_EVERY:
                    ping, pinged = uuid.uuid4().hex, time.monotonic()
                    _send(line, "ping", ping)
                try:
                    frame = _read(line.recv(timeout=_LOOK_UP))
                except TimeoutError:
                    continue
                if frame.get("errcode"):
                    log.error("robot: WeCom refuses a frame: %s", frame["errcode"])
                    if _request(frame) in (hello, ping):  # the line is dead; of anything else only that is lost
                        return _PAUSES[-1]
                if _is_taken_over(frame):
                    log.warning("robot: another process has taken the line")
                    return _TAKEN_OVER
                _heard(line, frame, answer, welcome)
        return 0.0


def _heard(line: ClientConnection, frame: Mapping[str, Any], answer: Answers, welcome: str) -> None:
    request = _request(frame)
    body = _dict(frame.get("body"))
    if frame.get("cmd") == "aibot_event_callback":
        if _dict(body.get("event")).get("eventtype") == "enter_chat":
            _send(line, "aibot_respond_welcome_msg", request, {"msgtype": "text", "text": {"content": welcome}})
        return
    message = message_of(body) if frame.get("cmd") == "aibot_msg_callback" else None
    if message is None:
        return
    said = answer(message)
    if said:
        content = split_text(said, _LONGEST)[0]
        stream = {"id": uuid.uuid4().hex, "finish": True, "content": content}
        _send(line, "aibot_respond_msg", request, {"msgtype": "stream", "stream": stream})


def message_of(body: Mapping[str, Any]) -> RobotMessage | None:
    """None for what says neither who nor what, and for members of other companies."""
    sender, kind = _dict(body.get("from")), str(body.get("msgtype", ""))
    userid, number = sender.get("userid"), body.get("msgid")
    if not isinstance(userid, str) or not userid or not isinstance(number, str) or not number:
        return None
    in_group = body.get("chattype") == "group"
    words, file = _content(body, kind)
    if in_group:  # 「@robot words」
        words = words.partition(" ")[2].strip() if words.startswith("@") else words
    quote = _dict(body.get("quote"))
    quoted, _ = _content(quote, str(quote.get("msgtype", "")))
    raw = json.dumps(body, ensure_ascii=False)
    return RobotMessage(number, userid, in_group, kind, words, quoted, file, raw)


def _content(body: Mapping[str, Any], kind: str) -> tuple[str, str]:
    """Words and file of a message, or of the one it quotes."""
    part = _dict(body.get(kind))
    if kind in ("text", "voice"):
        return str(part.get("content", "")).replace("\x00", ""), ""
    if kind in ("image", "file"):
        return "", _file_of(part)
    if kind != "mixed":
        return "", ""
    items = part.get("msg_item")
    found = [_content(item, str(item.get("msgtype", ""))) for item in items or () if isinstance(item, dict)]
    return "\n".join(words for words, _ in found if words), next((file for _, file in found if file), "")


def _file_of(part: Mapping[str, Any]) -> str:
    url, key = part.get("url"), part.get("aeskey")
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
        return ""
    return f"{url}#{key}" if isinstance(key, str) else ""


class FileGone(Exception):
    """It cannot be had any more."""


def is_file(where: str) -> bool:
    """Whether this names a file of the robot rather than a media id of the app."""
    return urlsplit(where).scheme in ("http", "https")


def fetch(where: str) -> bytes:
    """The file that ``RobotMessage.file`` names; FileGone when its five minutes are over, or it is too large."""
    url, _, key = where.rpartition("#")
    try:
        with requests.get(url, timeout=_TIMEOUT, stream=True, allow_redirects=False) as answer:
            if answer.status_code != 200:
                raise FileGone
            sealed = answer.raw.read(_FILE_MOST + 2 * _BLOCK, decode_content=True)
    except requests.RequestException as error:
        raise ConnectionError(type(error).__name__) from None  # its own text would hold the address
    if len(sealed) > _FILE_MOST + _BLOCK:
        raise FileGone
    return _opened(sealed, key)


def _opened(sealed: bytes, key: str) -> bytes:
    """AES-256-CBC, the first half of the key as the vector, padded to 32 bytes."""
    try:
        secret = base64.b64decode(key + "=" * (-len(key) % 4), validate=True)
        plain = AES.new(secret, AES.MODE_CBC, secret[:16]).decrypt(sealed)
    except (ValueError, binascii.Error):
        raise FileGone from None
    padding = plain[-1] if plain else 0
    if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise FileGone
    return plain[:-padding]


def _request(frame: Mapping[str, Any]) -> str:
    return str(_dict(frame.get("headers")).get("req_id", ""))


def _is_taken_over(frame: Mapping[str, Any]) -> bool:
    event = _dict(_dict(frame.get("body")).get("event"))
    return frame.get("cmd") == "aibot_event_callback" and event.get("eventtype") == "disconnected_event"


def _send(line: ClientConnection, command: str, request: str, body: Mapping[str, Any] | None = None) -> None:
    frame: dict[str, Any] = {"cmd": command, "headers": {"req_id": request}}
    if body is not None:
        frame["body"] = body
    line.send(json.dumps(frame, ensure_ascii=False))


def _read(data: str | bytes) -> dict[str, Any]:
    """A frame; what is none is as good as an empty one."""
    try:
        frame = json.loads(data)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _wait(seconds: float, go_on: Callable[[], bool]) -> None:
    ends = time.monotonic() + seconds
    while go_on() and time.monotonic() < ends:
        time.sleep(min(0.2, seconds))
