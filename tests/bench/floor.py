"""The floor: a receiver that verifies, opens, stores the message once and commits, and does nothing else."""

import hashlib
import sqlite3
import threading
from collections.abc import Callable

import psycopg
from flask import Flask, Response, request

from config.settings import Settings
from gateways.wecom.envelope import BadEnvelope, Envelope, unwrap

_TABLE = "CREATE TABLE IF NOT EXISTS floor_event (key TEXT PRIMARY KEY, raw TEXT NOT NULL)"
Keep = Callable[[str, str], None]


def create_app() -> Flask:
    """`gunicorn 'tests.bench.floor:create_app()'`, with the product's environment."""
    settings = Settings.load()
    envelope = Envelope(settings.wecom_token, settings.wecom_encoding_aes_key, settings.wecom_corp_id)
    keep = _keeper(settings.database_url)
    app = Flask(__name__)

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.post("/wecom/callback")
    def receive() -> Response:
        args = request.args
        try:
            sealed = unwrap(request.get_data()).encrypt
            plain = envelope.open(sealed, args["msg_signature"], args["timestamp"], args["nonce"])
        except (BadEnvelope, KeyError):
            return Response(status=403)
        keep(hashlib.sha256(plain).hexdigest(), plain.decode())
        return Response(status=200)

    return app


def _keeper(url: str) -> Keep:
    """One connection per thread, opened when first needed, straight to the driver."""
    mine = threading.local()
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")

        def into_file(key: str, raw: str) -> None:
            if not hasattr(mine, "store"):
                mine.store = sqlite3.connect(path, timeout=15, isolation_level=None)
                mine.store.execute("PRAGMA synchronous=FULL")
            mine.store.execute("INSERT INTO floor_event VALUES (?, ?) ON CONFLICT DO NOTHING", (key, raw))

        return into_file
    address = url.replace("postgresql+psycopg", "postgresql")

    def into_server(key: str, raw: str) -> None:
        if not hasattr(mine, "store"):
            mine.store = psycopg.connect(address)
        mine.store.execute("INSERT INTO floor_event VALUES (%s, %s) ON CONFLICT DO NOTHING", (key, raw))
        mine.store.commit()

    return into_server


def lay(url: str) -> None:
    """The floor's one table."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=15) as store:
            store.execute(_TABLE)
        return
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as server:
        server.execute(_TABLE)
