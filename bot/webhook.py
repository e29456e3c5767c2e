"""The callback WeCom knows: verify, open, act once, answer within five seconds; when the store is away, spool."""

import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import Blueprint, Response, request

from bot.answers import Reply, answer_to
from bot.digests import ask_outside
from bot.inbound import understand
from bot.proofs import lead_to
from config.clock import Clock
from crm import uow
from gateways.upload_links import UploadLinks
from gateways.wecom.envelope import BadEnvelope, Envelope, unwrap

log = logging.getLogger(__name__)

BODY_LIMIT = 256 * 1024
SPOOLED_AT, SPOOL_MARK = "X-Spooled-At", "X-Spool-Mark"


class KeepRaw(Protocol):
    """Where a callback waits while the store is away (`gateways.spool`)."""

    def __call__(self, query: str, body: bytes, received_at: datetime, /) -> None: ...


@dataclass(frozen=True, slots=True)
class BotDeps:
    envelope: Envelope
    clock: Clock
    spool: KeepRaw
    spool_mark: Callable[[str, bytes, str], str]  # (query, body, time) → the mark only our own drain can make
    corp_id: str
    agent_id: int
    home_url: str
    links: UploadLinks
    asks_outside: bool = False  # whether a digest is asked of a model outside


def callback(deps: BotDeps) -> Blueprint:
    bp = Blueprint("bot", __name__)
    lead_to(deps.links)
    ask_outside(deps.asks_outside)

    @bp.get("/wecom/callback")
    def verify() -> Response:
        """WeCom asks once, when the address is saved; it wants the bare plaintext back."""
        try:
            plain = deps.envelope.open_echo(request.args.get("echostr", ""), *_seal(request.args))
        except BadEnvelope:
            return _refused()
        return Response(plain, mimetype="text/plain")

    @bp.post("/wecom/callback")
    def receive() -> Response:
        body = request.stream.read(BODY_LIMIT + 1)
        if len(body) > BODY_LIMIT:
            return Response(status=413)
        signature, timestamp, nonce = _seal(request.args)
        try:
            plain = deps.envelope.open(unwrap(body).encrypt, signature, timestamp, nonce)
        except BadEnvelope:
            return _refused()
        now = deps.clock()
        query = request.query_string.decode("ascii", "replace")
        spooled_at = _spooled_at(deps, query, body)
        try:
            answer = answer_to(understand(plain), Reply(deps.corp_id, deps.agent_id, deps.home_url), now, spooled_at)
        except (uow.StoreDown, uow.TryAgain) as error:
            if spooled_at is not None:
                return Response(status=503)  # the drain keeps the row and tries again
            return _spooled(deps, query, body, now, error)
        except Exception as error:  # not even the note that it failed could be written
            if spooled_at is not None:
                raise  # 500: the drain counts that against this row
            log.exception("a callback could not be kept")
            return _spooled(deps, query, body, now, error)
        if not answer:
            return Response(status=200)
        return Response(deps.envelope.seal(answer, timestamp, nonce), mimetype="application/xml")

    return bp


def _seal(args: Mapping[str, str]) -> tuple[str, str, str]:
    return args.get("msg_signature", ""), args.get("timestamp", ""), args.get("nonce", "")


def _refused() -> Response:
    """One answer for every failure: nothing to learn for whoever guesses."""
    return Response(status=403)


def _spooled(deps: BotDeps, query: str, body: bytes, now: datetime, error: Exception) -> Response:
    """200 only for what is safe on disk; otherwise WeCom keeps it and tries again."""
    log.error("the store cannot take it, callback spooled: %s", error)
    try:
        deps.spool(query, body, now)
    except Exception:  # whatever the disk says, the one honest answer is "not stored"
        log.exception("the spool failed too")
        return Response(status=503)
    return Response(status=200)


def _spooled_at(deps: BotDeps, query: str, body: bytes) -> datetime | None:
    """When a drained callback was first received; the mark proves that our own drain says so."""
    said = request.headers.get(SPOOLED_AT, "")
    mark = request.headers.get(SPOOL_MARK, "")
    if not said or not hmac.compare_digest(mark.encode(), deps.spool_mark(query, body, said).encode()):
        return None
    return datetime.fromisoformat(said)
