"""The product's server with two receivers beside it that verify, open, store one row and commit, and do nothing else.

`HOUSE` stores it as the product does (its unit of work, its table), so product ÷ house is what a callback's own work
costs. `BARE` stores it by the bare driver in a table of two columns: as low as Python goes.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
from flask import Flask, Response, request

from config.settings import Settings
from config.vocabulary import InboxState
from crm import uow
from crm.messages import Received, remember
from gateways.wecom.envelope import BadEnvelope, Envelope, unwrap
from wsgi import create_app as create_product

HOUSE, BARE = "/floor/house", "/floor/bare"
_TABLE = "CREATE TABLE IF NOT EXISTS floor_event (key TEXT PRIMARY KEY, raw TEXT NOT NULL)"
Keep = Callable[[str, str], None]


def create_app() -> Flask:
    """`gunicorn 'tests.bench.floor:create_app()'`, with the product's environment."""
    settings = Settings.load()
    envelope = Envelope(settings.wecom_token, settings.wecom_encoding_aes_key, settings.wecom_corp_id)
    app = create_product(settings)
    for path, keep in ((HOUSE, _into_inbox), (BARE, _by_driver(settings.database_url))):
        app.add_url_rule(path, path, _receiver(envelope, keep), methods=["POST"])
    return app


def _receiver(envelope: Envelope, keep: Keep) -> Callable[[], Response]:
    def receive() -> Response:
        args = request.args
        try:
            sealed = unwrap(request.get_data()).encrypt
            plain = envelope.open(sealed, args["msg_signature"], args["timestamp"], args["nonce"])
        except (BadEnvelope, KeyError):
            return Response(status=403)
        keep(hashlib.sha256(plain).hexdigest(), plain.decode())
        return Response(status=200)

    return receive


def _into_inbox(key: str, raw: str) -> None:
    received = Received(f"floor:{key}", "text", "", "", "", "", raw, None)
    uow.attempt(lambda s: remember(s, received, InboxState.KEPT, "", datetime.now(UTC)))


def _by_driver(url: str) -> Keep:
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
    """The one table of `BARE`."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=15) as store:
            store.execute(_TABLE)
        return
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as server:
        server.execute(_TABLE)
