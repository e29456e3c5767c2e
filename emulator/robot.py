"""The platform's side of the 智能机器人: one long WebSocket from the product, and a chat of its own on each phone."""

import base64
import binascii
import json
import os
import threading
from typing import Any

from Crypto.Cipher import AES
from flask import Blueprint, Response
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server

from emulator.chats import Chats
from emulator.clock import Clock
from emulator.media import sample_picture
from emulator.refusal import Refusal
from emulator.state import State
from emulator.tenant import Json, Robot

PATIENCE = 5.0  # seconds the phone waits for the robot's first words
FILE_SECONDS = 300
FILE_MOST = 20 << 20
ANSWER_MOST = 20_480  # bytes
PAD = 32
OK = {"errcode": 0, "errmsg": "ok"}
UNKNOWN_REQUEST = {"errcode": 846605, "errmsg": "invalid req_id"}


class RobotDesk:
    """Which line is the robot's now, what it was asked and has not answered, and the files it may fetch."""

    def __init__(self, robot: Robot | None, state: State, clock: Clock, chats: Chats) -> None:
        self.robot = robot
        self._state, self._clock, self._chats = state, clock, chats
        self._lock = threading.Lock()
        self._line: Server | None = None
        self._asked: dict[str, tuple[str, threading.Event]] = {}  # req_id → whose chat, and who waits
        self._files: dict[str, tuple[bytes, float]] = {}

    def serve(self, line: Server) -> None:
        """One connection, until it closes. The newest that names the right secret is the robot's."""
        while True:
            frame = _frame(line.receive())
            request = str(frame.get("headers", {}).get("req_id", ""))
            outcome = self._take(line, str(frame.get("cmd")), request, frame.get("body"))
            line.send(json.dumps({"headers": {"req_id": request}, **outcome}))

    def _take(self, line: Server, command: str, request: str, body: Any) -> Json:
        body = body if isinstance(body, dict) else {}
        if command == "aibot_subscribe":
            return self._subscribe(line, body)
        if line is not self._line:
            return {"errcode": 40014, "errmsg": "not subscribed"}
        if command == "ping":
            return OK
        if command in ("aibot_respond_msg", "aibot_respond_welcome_msg"):
            return self._answered(request, _words(body))
        return {"errcode": 40058, "errmsg": f"no such command: {command}"}

    def _subscribe(self, line: Server, body: Json) -> Json:
        if self.robot is None or (body.get("bot_id"), body.get("secret")) != (self.robot.id, self.robot.secret):
            return {"errcode": 40001, "errmsg": "invalid bot_id or secret"}
        with self._lock:
            before, self._line = self._line, line
        if before is not None:
            _tell(before, "aibot_event_callback", os.urandom(8).hex(), {"event": {"eventtype": "disconnected_event"}})
        return OK

    def _answered(self, request: str, words: str | None) -> Json:
        with self._lock:
            asked = self._asked.pop(request, None)
        if asked is None:
            return UNKNOWN_REQUEST
        if words is None:
            return {"errcode": 40058, "errmsg": "content"}
        whose, waiting = asked
        self._chats.add(whose, "app", "text", {"content": words})
        waiting.set()
        return OK

    def gone(self, line: Server) -> None:
        with self._lock:
            if self._line is line:
                self._line = None

    def ask(self, userid: str, body: Json) -> bool:
        """Hand a message or event to the robot; whether it has answered within five seconds."""
        with self._lock:
            line = self._line
        if line is None or self.robot is None:
            return False
        request, waiting = os.urandom(8).hex(), threading.Event()
        with self._lock:
            self._asked[request] = (chat_of(userid), waiting)
        event = "eventtype" in body.get("event", {})
        head = {"aibotid": self.robot.id, "chattype": "single", "from": {"userid": userid}}
        command = "aibot_event_callback" if event else "aibot_msg_callback"
        return _tell(line, command, request, {**head, "msgid": self._state.opaque("robot", 24), **body}) and (
            waiting.wait(PATIENCE)
        )

    def keep(self, data: bytes) -> tuple[str, str]:
        """Seal a file for five minutes: its name and its key."""
        secret = os.urandom(32)
        padding = PAD - len(data) % PAD
        sealed = AES.new(secret, AES.MODE_CBC, secret[:16]).encrypt(data + bytes([padding]) * padding)
        name = os.urandom(12).hex()
        with self._lock:
            self._files[name] = (sealed, self._clock.now())
        return name, base64.b64encode(secret).decode().rstrip("=")

    def fetched(self, name: str) -> bytes | None:
        with self._lock:
            sealed, kept_at = self._files.get(name, (b"", 0.0))
        return sealed if sealed and 0 <= self._clock.now() - kept_at < FILE_SECONDS else None


def chat_of(userid: str) -> str:
    """The name under which a member's talk with the robot is kept, beside his talk with the app."""
    return f"robot:{userid}"


def blueprint(desk: RobotDesk) -> Blueprint:
    routes = Blueprint("robot", __name__)
    sock = Sock()

    @sock.route("/robot", bp=routes)  # type: ignore[untyped-decorator]
    def line(connection: Server) -> None:
        try:
            desk.serve(connection)
        except ConnectionClosed:
            desk.gone(connection)
            raise

    @routes.get("/robot/file/<name>")
    def file(name: str) -> Response:
        sealed = desk.fetched(name)
        if sealed is None:
            return Response("", 404)
        return Response(sealed, mimetype="application/octet-stream")

    return routes


def say(desk: RobotDesk, chats: Chats, userid: str, body: Json) -> Json:
    """A member talks to the robot: `text`, `voice` (the transcript) or a `file`; `quote` is the message he answers."""
    if desk.robot is None:
        raise Refusal("这家企业没有智能机器人")
    message = _message(desk, body)
    quote = body.get("quote")
    shown = {"content": _shown(body)}
    if isinstance(quote, str) and quote:
        message["quote"] = {"msgtype": "text", "text": {"content": quote}}
        shown["quote"] = quote
    if body.get("group"):
        message |= {"chattype": "group", "chatid": "wrRobotGroup"}
        message["text"] = {"content": f"@{desk.robot.name} {shown['content']}"}
    entry = chats.add(chat_of(userid), "member", "text", shown)
    answered = desk.ask(userid, message)
    chats.change(entry, status="ok" if answered else "failed", error=None if answered else "机器人没有回答")
    return {"answered": answered}


def enter(desk: RobotDesk, userid: str) -> Json:
    """Opening the robot's chat for the first time of a day."""
    return {"answered": desk.ask(userid, {"event": {"eventtype": "enter_chat"}, "msgtype": "event"})}


def _message(desk: RobotDesk, body: Json) -> Json:
    if isinstance(body.get("text"), str):
        return {"msgtype": "text", "text": {"content": body["text"]}}
    if isinstance(body.get("voice"), str):
        return {"msgtype": "voice", "voice": {"content": body["voice"]}}
    if "file" not in body and "image" not in body:
        raise Refusal("要说点什么：text、voice、image 或 file")
    kind = "file" if "file" in body else "image"
    try:
        data = base64.b64decode(body[kind], validate=True) if body[kind] else sample_picture(1)
    except (binascii.Error, ValueError, TypeError) as error:
        raise Refusal(f"{kind} 不是 base64") from error
    if len(data) > FILE_MOST:
        raise Refusal("文件超过 20 MB")
    name, key = desk.keep(data)
    return {"msgtype": kind, kind: {"url": f"{body['base']}/robot/file/{name}", "aeskey": key}}


def _shown(body: Json) -> str:
    said = body.get("text") or body.get("voice")
    return str(said) if said else ("[文件]" if "file" in body else "[图片]")


def _words(body: Json) -> str | None:
    """What a reply says, if it says anything that the platform takes."""
    if body.get("msgtype") == "stream":
        stream = body.get("stream")
        content = stream.get("content") if isinstance(stream, dict) and stream.get("finish") is True else None
    else:
        text = body.get("text")
        content = text.get("content") if isinstance(text, dict) else None
    return content if isinstance(content, str) and 0 < len(content.encode()) <= ANSWER_MOST else None


def _tell(line: Server, command: str, request: str, body: Json) -> bool:
    try:
        line.send(json.dumps({"cmd": command, "headers": {"req_id": request}, "body": body}, ensure_ascii=False))
    except (ConnectionClosed, OSError):
        return False
    return True


def _frame(data: str | bytes | None) -> Json:
    try:
        frame = json.loads(data or "")
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) and isinstance(frame.get("headers", {}), dict) else {}
