"""Bring the callbacks that waited in the spool in through our own front door, with the time they first came."""

import hashlib
import hmac
import logging

import requests

from config.settings import Settings
from gateways.spool import Kept, Spool

log = logging.getLogger(__name__)

_AT_ONCE = 50
_TIMEOUT = (1.0, 5.0)


def drain(spool: Spool, settings: Settings) -> int:
    """Hand in the oldest first until none is left or the callback cannot take them; the number taken.

    A callback that says 403 did not recognise it: it is put aside and counted. Anything else means later, for all of
    them as long as the store is away; a row that keeps failing with the store at hand is stepped over, not dropped.
    """
    taken = last = 0
    with requests.Session() as session:
        session.trust_env = False  # loopback: no proxy of the machine can reach it
        while kept := spool.oldest(_AT_ONCE, after=last):
            for one in kept:
                last, status = one.id, _hand_in(session, one, settings)
                if status == 200:
                    spool.done(one.id)
                    taken += 1
                elif status == 403:
                    spool.refuse(one.id)
                    log.warning("spool %s: refused by the callback, put aside", one.id)
                elif not _ready(session, settings):
                    log.info("spool %s: the callback cannot take it yet (%s)", one.id, status or "no answer")
                    return taken
                elif spool.failed(one.id):
                    log.error("spool %s: the callback fails over it (%s), stepped over", one.id, status or "no answer")
                else:
                    log.warning("spool %s: the callback failed over it (%s)", one.id, status or "no answer")
                    return taken
    return taken


def mark(secret_key: str, query: str, body: bytes, received_at: str) -> str:
    """The seal by which the callback knows that the time of first receipt is ours and not a stranger's."""
    return hmac.new(secret_key.encode(), query.encode() + body + received_at.encode(), hashlib.sha256).hexdigest()


def _hand_in(session: requests.Session, one: Kept, settings: Settings) -> int:
    """The callback's status, 0 without an answer."""
    received_at = one.received_at.isoformat()
    headers = {
        "Content-Type": "text/xml",
        "X-Spooled-At": received_at,
        "X-Spool-Mark": mark(settings.secret_key, one.query, one.body, received_at),
    }
    url = f"http://127.0.0.1:{settings.port}/wecom/callback?{one.query}"
    try:
        answer = session.post(url, data=one.body, headers=headers, timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException:
        return 0
    return answer.status_code


def _ready(session: requests.Session, settings: Settings) -> bool:
    """Whether the web process can work, so that a failure is the row's own."""
    try:
        return session.get(f"http://127.0.0.1:{settings.port}/readyz", timeout=_TIMEOUT).status_code == 200
    except requests.RequestException:
        return False
