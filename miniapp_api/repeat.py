"""A write from a phone: who asks, once per key, effect and stored answer in one transaction."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime

from flask import Response, jsonify, request
from pydantic import BaseModel

from config.vocabulary import LoginVia
from crm import uow
from crm.access import Actor
from crm.usecases.idempotency import Stored, Transaction, TwinWon, once
from miniapp_api.deps import ApiDeps
from miniapp_api.session import bearer_token, signed_in

Write = Callable[[Transaction, Actor, datetime, LoginVia], Stored]
_PUBLIC_ID = re.compile(r"[0-9a-f]{20}\Z", re.ASCII)


def plain_id(text: str) -> str:
    """What cannot be an id of ours becomes one that is nobody's, and is answered like any that is not yours."""
    return text if _PUBLIC_ID.match(text) else ""


def done(status: int, answer: BaseModel | None = None) -> Stored:
    return Stored(status, {} if answer is None else answer.model_dump(mode="json"))


def write(deps: ApiDeps, key: str | None, body: BaseModel | None, effect: Write) -> Response:
    """Run `effect` for the caller and his entrance, or give the answer this key already has.

    Where a twin commits first, this one's effect is undone and the second try finds the twin's answer.
    """
    token, now, digest = bearer_token(), deps.clock(), _fingerprint(body)
    try:
        stored = _attempt(token, key, digest, now, effect)
    except TwinWon:
        stored = _attempt(token, key, digest, now, effect)
    response = jsonify(stored.answer) if stored.status != 204 else Response()
    response.status_code = stored.status
    return response


def _attempt(token: str, key: str | None, digest: str, now: datetime, effect: Write) -> Stored:
    def once_for_all(s: Transaction) -> Stored:
        actor, via = signed_in(s, token, now)
        return once(s, actor, key, digest, now, lambda s, actor, now: effect(s, actor, now, via))

    return uow.attempt(once_for_all)


def _fingerprint(body: BaseModel | None) -> str:
    """What makes two requests the same: method, path and the meaning, not the spelling, of the body."""
    meaning = None if body is None else body.model_dump(mode="json")
    said = json.dumps([request.method, request.path, meaning], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()
